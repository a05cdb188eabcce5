"""Calibration takes out a preference for labels, and nothing that the texts say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, softmax

from classification.prompting.calibration import Calibration, fitted, from_preference

RANDOM = np.random.default_rng(0)


def tilted(columns: np.ndarray, towards: list[float]) -> np.ndarray:
    """Probabilities that are right but for a preference: [n, 3]."""
    scores = 2.0 * np.eye(3)[columns] + RANDOM.normal(size=(len(columns), 3)) + towards
    return softmax(scores, axis=1).astype(np.float32)


def accuracy(probabilities: np.ndarray, columns: np.ndarray) -> float:
    return float((probabilities.argmax(axis=1) == columns).mean())


@pytest.mark.parametrize("kind", ["batch", "fitted"])
def test_a_preference_for_one_label_is_taken_out(kind: str) -> None:
    columns = RANDOM.integers(0, 3, 400)
    found = tilted(columns, [4.0, 0.0, -2.0])
    measured_on, asked = found[:200], found[200:]
    if kind == "fitted":
        calibration = fitted(measured_on, np.eye(3, dtype=bool)[columns[:200]], multi_label=False)
    else:
        calibration = from_preference("batch", measured_on, multi_label=False)
    calibrated = calibration.apply(asked, multi_label=False)
    assert accuracy(asked, columns[200:]) < 0.5
    assert accuracy(calibrated, columns[200:]) > 0.65
    assert np.allclose(calibrated.sum(axis=1), 1, atol=1e-5)


def test_what_a_text_without_content_gets_becomes_even() -> None:
    empty = np.array([[0.7, 0.2, 0.1], [0.5, 0.3, 0.2]], dtype=np.float32)
    calibration = from_preference("contextual", empty, multi_label=False)
    even = calibration.apply(empty.mean(axis=0, keepdims=True), multi_label=False)
    assert np.allclose(even, 1 / 3, atol=1e-6)


def test_a_fitted_temperature_makes_certainty_as_high_as_accuracy() -> None:
    columns = RANDOM.integers(0, 3, 2000)
    certain = tilted(columns, [0, 0, 0]) ** 8
    certain /= certain.sum(axis=1, keepdims=True)
    calibration = fitted(certain, np.eye(3, dtype=bool)[columns], multi_label=False)
    calibrated = calibration.apply(certain, multi_label=False)
    assert calibration.scale < 0.5
    assert abs(float(calibrated.max(axis=1).mean()) - accuracy(calibrated, columns)) < 0.02


def test_labels_that_are_independent_keep_how_many_there_are() -> None:
    held = RANDOM.random((3000, 3)) < [0.1, 0.3, 0.2]
    shares = expit(3.0 * held - 2.0 + np.array([2.0, 0.0, -2.0]) + RANDOM.normal(size=held.shape)).astype(np.float32)
    calibration = fitted(shares, held, multi_label=True)
    calibrated = calibration.apply(shares, multi_label=True)
    assert np.allclose(calibrated.mean(axis=0), held.mean(axis=0), atol=0.01)
    without_labels = from_preference("batch", shares, multi_label=True)
    assert sum(without_labels.bias) == pytest.approx(0, abs=1e-6)
    assert without_labels.bias[0] < without_labels.bias[1] < without_labels.bias[2]


def test_an_invalid_answer_stays_one() -> None:
    calibration = Calibration("batch", 1.0, (1.0, 0.0, -1.0), 8)
    found = calibration.apply(np.zeros((1, 3), dtype=np.float32), multi_label=False)
    assert found.tolist() == [[0.0, 0.0, 0.0]]


def test_a_label_without_any_probability_stays_a_number() -> None:
    calibration = from_preference("batch", np.array([[1.0, 0.0, 0.0]], dtype=np.float32), multi_label=False)
    assert np.isfinite(calibration.apply(np.array([[1.0, 0.0, 0.0]], dtype=np.float32), multi_label=False)).all()
