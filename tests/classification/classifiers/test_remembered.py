"""Contenders with one prompt and other calibrations go through the model once."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from support.fakes import SENTIMENT, FakeClassifier

from classification.classifiers.chat import ChatClassifier
from classification.classifiers.loading import PromptToLoad, load_prompt
from classification.classifiers.remembered import RememberedAnswers, RememberingClassifier
from classification.models.pool import ModelPool
from classification.prompting.messages import Demonstration
from classification.prompting.settings import PromptSettings

ROWS = tuple(Demonstration(f"row {n}", (SENTIMENT.label_names[n % 3],)) for n in range(12))


@pytest.fixture
def pool(chat, monkeypatch: pytest.MonkeyPatch) -> ModelPool:
    found = ModelPool()
    monkeypatch.setattr(found, "chat", lambda model, revision=None: chat)
    return found


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    texts: list[str] = []
    predict = ChatClassifier.predict
    monkeypatch.setattr(ChatClassifier, "predict", lambda self, new: texts.extend(new) or predict(self, new))
    return texts


def test_other_calibrations_of_one_prompt_ask_nothing_again(pool: ModelPool, asked: list[str]) -> None:
    def load(**form: object):
        prompt = PromptToLoad("p", SENTIMENT, "m", None, pool, calibration=ROWS, form=PromptSettings(**form))
        return load_prompt(prompt, "chat")

    plain, batch, fitted = load(), load(calibration="batch"), load(calibration="fitted")
    first = plain.predict(["Shares fall", "Shares rise"])
    assert sorted(asked) == sorted([*(row.text for row in ROWS), "Shares fall", "Shares rise"])
    for calibrated in (batch, fitted):
        found = calibrated.predict(["Shares fall", "Shares rise"])
        assert np.array_equal(found.uncalibrated, first.probabilities)
        assert np.array_equal(found.seconds, first.seconds)
    assert len(asked) == 14
    assert plain.prompt("x") == fitted.prompt("x")
    load(style="letters").predict(["Shares fall"])
    assert len(asked) == 15


def test_answers_come_in_the_order_of_the_texts_and_the_oldest_are_forgotten() -> None:
    inner = FakeClassifier("one", said="x", label_mass=0.5)
    answers = RememberedAnswers(inner, most=3)
    view = RememberingClassifier("other name", answers)
    assert len(view.predict(["a", "b", "a"])) == 3
    assert inner.asked == ["a", "b"]
    view.predict(["c", "d"])
    view.predict(["a"])
    assert inner.asked == ["a", "b", "c", "d"]
    view.predict(["b"])
    assert inner.asked == ["a", "b", "c", "d", "b"]
    assert (view.name, view.task) == ("other name", inner.task)
    assert len(view.predict([])) == 0


def test_threads_do_not_get_in_each_others_way() -> None:
    answers = RememberedAnswers(FakeClassifier("one"), most=5)
    texts = [str(number) for number in range(40)]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda at: len(answers.predict(texts[at % 30 :][:10])), range(400)))
    assert found == [10] * 400
    assert len(answers._known) == 5


def test_no_text_is_kept() -> None:
    answers = RememberedAnswers(FakeClassifier("one"))
    answers.predict(["a secret text"])
    assert "secret" not in repr(answers._known)


def test_what_nobody_holds_is_gone(pool: ModelPool) -> None:
    prompt = PromptToLoad("p", SENTIMENT, "m", None, pool)
    held = load_prompt(prompt, "chat")
    assert load_prompt(prompt, "chat").answers is held.answers
    first = id(held.answers)
    del held
    gc.collect()
    assert not pool._shared
    assert first
