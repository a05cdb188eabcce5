from __future__ import annotations

import numpy as np
import pytest
from support.tiny_models import seq2seq_model

from classification.models.seq2seq_scoring import Seq2SeqScorer, score_plainly, start_token

ANSWERS = [[5, 6, 2], [5, 2], [7, 8, 9, 10, 2], [5, 6, 7, 2]]
SOURCES = [list(range(3, 3 + length)) for length in (9, 4, 30, 12)]


@pytest.mark.parametrize("kind", ["t5", "mt5", "umt5", "bart"])
@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_scores_are_those_of_one_forward_pass_for_each_label(kind: str, attention: str) -> None:
    model = seq2seq_model(kind)
    model.set_attn_implementation(attention)
    for parameter in model.parameters():  # else all logits are about alike
        parameter.data.normal_(0, 0.3)
    plain = np.stack([score_plainly(model, source, ANSWERS) for source in SOURCES])
    assert np.ptp(plain) > 5
    for options in ({}, {"most_logits": 3000}, {"batch_size": 1}):
        found = Seq2SeqScorer(ANSWERS, **options).score(model, SOURCES, 0)
        np.testing.assert_allclose(found, plain, atol=1e-4)


def test_labels_are_scored_in_groups_where_their_logits_would_be_too_many() -> None:
    scorer = Seq2SeqScorer(ANSWERS, most_logits=400 * 5)
    assert list(scorer._chunks(400)) == [[0, 1], [2], [3]]


def test_the_decoder_begins_with_what_its_configuration_says() -> None:
    assert start_token(seq2seq_model()) == 0
