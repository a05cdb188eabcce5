"""A calibrated classifier says what it would have said without its calibration."""

from __future__ import annotations

import numpy as np
import pytest
from support.fakes import SENTIMENT, FakeClassifier

from classification.classifiers.calibrated import CalibratedClassifier, calibrated, demonstrations_of
from classification.classifiers.chat import ChatClassifier
from classification.predictions import Predictions
from classification.prompting.calibration import CONTENT_FREE
from classification.prompting.messages import Demonstration

ROWS = [Demonstration(f"row {n}", (SENTIMENT.label_names[n % 3],)) for n in range(40)]


def test_it_is_measured_on_texts_without_content_or_on_rows() -> None:
    inner = FakeClassifier("tilted", probabilities=(0.7, 0.2, 0.1))
    assert calibrated(inner, None) is inner
    found = calibrated(inner, "contextual")
    assert tuple(inner.asked) == CONTENT_FREE
    assert np.allclose(found.predict(["x"]).probabilities, 1 / 3, atol=1e-5)
    inner.asked.clear()
    assert isinstance(calibrated(inner, "batch", ROWS), CalibratedClassifier)
    assert inner.asked == [row.text for row in ROWS]


@pytest.mark.parametrize("kind", ["contextual", "batch", "fitted"])
def test_both_answers_are_there(kind: str) -> None:
    inner = FakeClassifier("tilted", probabilities=(0.7, 0.2, 0.1), prompted=True)
    found = calibrated(inner, kind, ROWS).predict(["x", "y"])
    assert np.allclose(found.uncalibrated, [[0.7, 0.2, 0.1]] * 2)
    assert np.allclose(found.probabilities.sum(axis=1), 1)
    assert calibrated(inner, kind, ROWS).prompt("x") == inner.prompt("x")
    joined = Predictions.joined([found, found])
    assert joined.uncalibrated.shape == (4, 3)


def test_it_shows_what_the_prompt_inside_shows(chat, task) -> None:
    shown = (Demonstration("Plant burns down", ("Bearish",)),)
    inside = ChatClassifier("few", task, chat, demonstrations=shown)
    assert tuple(demonstrations_of(calibrated(inside, "contextual"), "x")) == shown
    assert demonstrations_of(FakeClassifier("none"), "x") == ()
