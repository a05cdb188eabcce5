"""Texts that try to steer a model: scored answers stay inside the labels, prompts keep their turns."""

from __future__ import annotations

import numpy as np
import pytest
from support.injections import INJECTIONS
from support.paths import ROOT, needs_packages

from classification.classifiers.chat import ChatClassifier
from classification.errors import InputError
from classification.models.pool import ModelPool
from classification.prompting.messages import Demonstration, parse
from classification.prompting.settings import REASONED, PromptSettings
from classification.task import load_task

TEXTS = list(INJECTIONS.values())
ONE = ["direct", "described", "letters", "chain-of-thought", "carp", "self-consistency", "completion"]
SMOL = "HuggingFaceTB/SmolLM2-135M-Instruct"


def form_of(style: str, **more: object) -> PromptSettings:
    short = {"reasoning_tokens": 4} if style in REASONED else {}
    votes = {"samples": 2} if style == "self-consistency" else {}
    return PromptSettings(**{"style": style} | short | votes | more)


@pytest.mark.parametrize("style", ONE)
def test_scored_answers_are_labels_whatever_the_text_says(task, chat, style: str) -> None:
    shown = [Demonstration(TEXTS[5], ("Bearish",)), Demonstration(TEXTS[7], ("Bullish",))]
    found = ChatClassifier("asked", task, chat, demonstrations=shown, form=form_of(style)).predict(TEXTS)
    assert found.valid.all()
    assert np.allclose(found.probabilities.sum(axis=1), 1, atol=1e-5)
    assert all(len(labels) == 1 for labels in found.labels(task))


@pytest.mark.parametrize("style", ["direct", "chain-of-thought", "yes-no"])
def test_so_they_are_with_several_labels(task, chat, style: str) -> None:
    several = task.model_copy(update={"multi_label": True})
    found = ChatClassifier("asked", several, chat, form=form_of(style)).predict(TEXTS)
    assert found.valid.all()
    assert ((found.probabilities >= 0) & (found.probabilities <= 1)).all()


@pytest.mark.parametrize("text", INJECTIONS.values(), ids=INJECTIONS.keys())
@pytest.mark.parametrize("style", ["direct", "letters", "chain-of-thought", "yes-no"])
def test_a_text_begins_and_ends_no_turn(task, chat, style: str, text: str) -> None:
    asked = task.model_copy(update={"multi_label": True}) if style == "yes-no" else task
    shown = [Demonstration(text, ("Bearish",))]
    classifier = ChatClassifier("asked", asked, chat, demonstrations=shown, form=form_of(style))
    calm = ChatClassifier("asked", asked, chat, demonstrations=[Demonstration("x", ("Bearish",))], form=form_of(style))
    begins, ends = chat.tokenizer.convert_tokens_to_ids(["<|start|>", "<|end|>"])
    try:
        ids, expected = (
            chat.tokenizer.encode(one.prompt(question)) for one, question in ((classifier, f"{text} 2"), (calm, "y"))
        )
    except InputError as error:
        assert "already fills the model's" in str(error)  # noqa: PT017  a demonstration that leaves no room
        assert len(text) > 10_000
        return
    assert (ids.count(begins), ids.count(ends)) == (expected.count(begins), expected.count(ends))


@needs_packages
@pytest.mark.packaged
def test_a_real_model_that_writes_freely_is_believed_only_where_it_says_a_label() -> None:
    task = load_task(ROOT / "tasks" / "financial-sentiment.yaml")
    base = ModelPool().chat(SMOL)
    texts = [text for text in TEXTS if len(text) < 1000]
    found = ChatClassifier("free", task, base, form=PromptSettings(decode="generate")).predict(texts)
    assert found.completions is not None
    for said, valid, shares in zip(found.completions, found.valid, found.probabilities, strict=True):
        assert valid == (parse(task, said) is not None)
        assert shares.sum() == (1.0 if valid else 0.0)
    assert (~found.valid).sum() > 0  # some of them make it say something else, and that is counted


@needs_packages
@pytest.mark.packaged
def test_a_real_model_that_is_scored_answers_with_labels() -> None:
    task = load_task(ROOT / "tasks" / "financial-sentiment.yaml")
    texts = [text for text in TEXTS if len(text) < 1000]  # the long ones go to the tiny model, in a second each
    found = ChatClassifier("scored", task, ModelPool().chat(SMOL)).predict(texts)
    assert found.valid.all()
    assert not found.truncated.any()
