from __future__ import annotations

import numpy as np
import pytest
import torch
from support.tiny_models import encoder_model

from classification.classifiers.encoder import EncoderClassifier, context_length, probabilities
from classification.models.pool import LoadedModel, ModelSource

TEXTS = ["Shares fall", "Profit doubles and the market rises again after a long pause", "a", "新闻标题 rises"]


def base_of(kind: str, tokenizer, labels: int = 3) -> LoadedModel:
    return LoadedModel(encoder_model(kind, labels), tokenizer, ModelSource(f"tests/{kind}", "nowhere", "path"))


@pytest.mark.parametrize("kind", ["bert", "roberta", "distilbert", "deberta-v2", "modernbert", "electra"])
def test_batched_by_length_and_returned_in_the_callers_order(kind: str, tokenizer, task) -> None:
    base = base_of(kind, tokenizer)
    together = EncoderClassifier("e", task, base, batch_size=2).predict(TEXTS)
    alone = np.concatenate([EncoderClassifier("e", task, base).predict([text]).probabilities for text in TEXTS])
    assert np.allclose(together.probabilities, alone, atol=1e-5)
    assert np.allclose(together.probabilities.sum(axis=1), 1, atol=1e-6)
    assert len({tuple(row) for row in np.round(alone, 5).tolist()}) == len(TEXTS)


def test_long_texts_are_cut_and_reported(tokenizer, task) -> None:
    base = base_of("bert", tokenizer)
    found = EncoderClassifier("e", task, base, max_length=16).predict(["Shares fall " * 50, "a"])
    assert found.truncated.tolist() == [True, False]
    assert found.prompt_tokens.tolist()[0] == 16


def test_an_encoder_reads_no_more_than_its_positions(tokenizer) -> None:
    assert context_length(base_of("bert", tokenizer)) == 128
    assert context_length(base_of("roberta", tokenizer)) == 126


def test_several_labels_have_independent_probabilities() -> None:
    shares = probabilities(np.array([[0.0, 100.0, -100.0]], dtype=np.float32), multi_label=True)
    assert shares[0].tolist() == pytest.approx([0.5, 1.0, 0.0])


def test_no_texts_give_no_predictions_and_there_is_no_prompt(tokenizer, task) -> None:
    classifier = EncoderClassifier("e", task, base_of("bert", tokenizer))
    assert classifier.predict([]).probabilities.shape == (0, 3)
    assert classifier.prompt("Shares fall") is None


def test_the_logits_are_the_models_own(tokenizer, task) -> None:
    base = base_of("bert", tokenizer)
    with torch.inference_mode():
        logits = base.model(**tokenizer(TEXTS[1], return_tensors="pt")).logits
    found = EncoderClassifier("e", task, base).predict([TEXTS[1]])
    assert np.allclose(found.probabilities, logits.softmax(dim=-1).numpy(), atol=1e-6)
