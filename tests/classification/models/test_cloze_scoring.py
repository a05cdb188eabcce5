from __future__ import annotations

import numpy as np
import pytest
import torch
from support.tiny_models import masked_model

from classification.models.cloze_scoring import ClozeScorer, padded

MASK = 3
#: Two patterns, three labels; the last word has two tokens.
WORDS = [[[20], [21], [22, 23]], [[20], [24], [25, 23]]]
#: For each text, each pattern with one mask token and with two.
TEXTS = [
    [[1, *text, MASK, 2], [1, *text, MASK, MASK, 2], [1, MASK, *text, 2], [1, MASK, MASK, *text, 2]]
    for text in ([30, 31, 32], [40], list(range(50, 62)))
]


def plainly(model: torch.nn.Module) -> np.ndarray:
    """Each sequence alone, logits over all of it, one word at a time."""
    scores = np.zeros((len(TEXTS), 2, 3), dtype=np.float32)
    for row, asked in enumerate(TEXTS):
        for pattern in range(2):
            for column, word in enumerate(WORDS[pattern]):
                ids = asked[2 * pattern + len(word) - 1]
                with torch.no_grad():
                    logits = model(input_ids=torch.tensor([ids])).logits[0].log_softmax(-1)
                places = [place for place, token in enumerate(ids) if token == MASK]
                scores[row, pattern, column] = np.mean([float(logits[p, t]) for p, t in zip(places, word, strict=True)])
    return scores


@pytest.mark.parametrize("kind", ["bert", "roberta", "distilbert", "deberta-v2", "modernbert", "electra"])
def test_scores_are_those_of_each_sequence_alone(kind: str) -> None:
    model = masked_model(kind)
    for name, parameter in model.named_parameters():
        if "norm" not in name.lower():
            parameter.data.normal_(0, 0.2)
    scorer = ClozeScorer(WORDS, MASK)
    assert [(asked.pattern, asked.gaps) for asked in scorer.questions] == [(0, 1), (0, 2), (1, 1), (1, 2)]
    plain = plainly(model)
    assert np.ptp(plain) > 0.5
    batch = padded([ids for asked in TEXTS for ids in asked], 0)
    np.testing.assert_allclose(scorer.of_batch(model, **batch).detach().numpy(), plain, atol=1e-4)
    np.testing.assert_allclose(scorer.score(model, TEXTS, 0), plain.mean(axis=1), atol=1e-4)
    np.testing.assert_allclose(scorer.score(model, TEXTS, 0, batch_size=1), plain.mean(axis=1), atol=1e-4)


def test_words_of_one_token_each_have_likelihoods_that_are_shares() -> None:
    assert ClozeScorer([[[5], [6]]], MASK).is_share
    assert not ClozeScorer(WORDS, MASK).is_share
