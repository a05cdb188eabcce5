from __future__ import annotations

import numpy as np
import pytest
import torch
from support.tiny_models import chat_model

from classification.classifiers.chat import ChatClassifier
from classification.models.pool import LoadedModel, ModelSource
from classification.predictions import normalised
from classification.prompting.decoding import parse_completions
from classification.prompting.messages import Demonstration
from classification.prompting.settings import PromptSettings

FREE = PromptSettings(decode="generate")


def test_scored_answers_are_labels_with_probabilities(chat, task) -> None:
    found = ChatClassifier("zero", task, chat).predict(["Shares fall", "Profit doubles and the market rises"])
    assert np.allclose(found.probabilities.sum(axis=1), 1, atol=1e-6)
    assert found.valid.all()
    assert (found.prompt_tokens > 20).all()
    assert ((found.label_mass > 0) & (found.label_mass < 1)).all()


def test_one_text_alone_is_answered_as_among_others(chat, task) -> None:
    texts = ["Shares fall", "Profit doubles and the market rises", "中文新闻"]
    together = ChatClassifier("zero", task, chat).predict(texts)
    classifier = ChatClassifier("zero", task, chat)
    alone = np.concatenate([classifier.predict([text]).probabilities for text in texts])
    assert np.allclose(alone, together.probabilities, atol=1e-5)


def test_demonstrations_change_the_prompt_and_the_answer(chat, task) -> None:
    shown = [Demonstration("Plant burns down", ("Bearish",))]
    few = ChatClassifier("few", task, chat, demonstrations=shown)
    assert "Plant burns down<|end|>\n<|start|>assistant\nbearish<|end|>" in few.prompt("Shares fall")
    zero = ChatClassifier("zero", task, chat)
    assert np.abs(few.predict(["Shares fall"]).probabilities - zero.predict(["Shares fall"]).probabilities).max() > 1e-6


def test_no_texts_give_no_predictions(chat, task) -> None:
    assert len(ChatClassifier("zero", task, chat).predict([])) == 0


def test_a_text_longer_than_the_context_is_reported(chat, task) -> None:
    found = ChatClassifier("zero", task, chat).predict(["Shares fall. " * 400, "Shares fall."])
    assert found.truncated.tolist() == [True, False]
    assert found.prompt_tokens[0] <= 512


def test_a_free_answer_outside_the_labels_is_invalid(chat, task) -> None:
    found = ChatClassifier("free", task, chat, form=FREE).predict(["Shares fall", "Profit doubles"])
    assert not found.valid.any()
    assert (found.probabilities == 0).all()
    assert (found.best == -1).all()
    assert found.completions is not None
    assert all(isinstance(said, str) for said in found.completions)
    assert (found.completion_tokens > 0).all()


def test_a_free_answer_that_is_a_label_counts(tokenizer, task) -> None:
    """A model whose head always says the next token of `bullish<|end|>`."""
    model = chat_model()
    said = iter([*tokenizer.encode("bullish"), tokenizer.eos_token_id])

    def say(module, inputs, logits):
        if logits.shape[0] == 1:  # the pass over what both prompts share
            return logits
        logits[:, -1] = torch.nn.functional.one_hot(torch.tensor(next(said)), logits.shape[-1]) * 100.0
        return logits

    model.lm_head.register_forward_hook(say)
    base = LoadedModel(model, tokenizer, ModelSource("tests/tiny", "nowhere", "path"))
    found = ChatClassifier("free", task, base, form=FREE).predict(["Shares fall", "x"])
    assert found.completions == ("bullish", "bullish")
    assert found.best.tolist() == [1, 1]


def test_parsing_never_guesses(task) -> None:
    probabilities, valid = parse_completions(task, ["bullish", "I think it is bullish", ""])
    assert valid.tolist() == [True, False, False]
    assert probabilities.tolist() == [[0, 1, 0], [0, 0, 0], [0, 0, 0]]


def test_several_labels_are_scored_each_for_itself(chat, task) -> None:
    several = task.model_copy(update={"multi_label": True})
    found = ChatClassifier("zero", several, chat).predict(["Shares fall", "Shares rise after a long day"])
    assert found.probabilities.shape == (2, 3)
    assert ((found.probabilities >= 0) & (found.probabilities <= 1)).all()
    assert found.label_mass is not None
    assert (found.completion_tokens > 0).all()


def test_probabilities_survive_very_unlikely_labels() -> None:
    shares = normalised(np.array([[-900.0, -901.0]], dtype=np.float32))
    assert shares[0].tolist() == pytest.approx([0.7310586, 0.2689414], abs=1e-5)
