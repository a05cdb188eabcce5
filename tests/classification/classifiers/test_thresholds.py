from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score

from classification.classifiers.loading import with_thresholds
from classification.classifiers.thresholds import ThresholdClassifier, best_thresholds
from classification.errors import InputError
from classification.predictions import Predictions
from classification.task import Label, Task

TASK = Task(
    name="t", language="en", instruction="Which?", labels=tuple(Label(name=name) for name in "abc"), multi_label=True
)


class Fixed:
    name, task = "fixed", TASK

    def predict(self, texts):
        return Predictions.of(np.tile(np.array([[0.2, 0.5, 0.9]], dtype=np.float32), (len(texts), 1)), 1.0)

    def prompt(self, text):
        return f"? {text}"


def test_no_other_threshold_has_a_better_f1() -> None:
    random = np.random.default_rng(3)
    shares = random.random((200, 3)).round(2).astype(np.float32)  # with many ties
    targets = random.random((200, 3)) < shares * [0.1, 0.5, 0.9]
    found = best_thresholds(shares, targets)
    for label in range(3):
        best = max(f1_score(targets[:, label], shares[:, label] >= cut) for cut in np.unique(shares[:, label]))
        assert f1_score(targets[:, label], shares[:, label] >= found[label]) == pytest.approx(best)


def test_a_label_that_no_row_has_keeps_the_usual_threshold() -> None:
    shares = np.array([[0.3, 0.2], [0.1, 0.4]], dtype=np.float32)
    assert best_thresholds(shares, np.array([[True, False], [False, False]])).tolist() == pytest.approx([0.2, 0.5])


def test_probabilities_that_differ_by_less_than_rounding_are_told_apart() -> None:
    shares = np.array([[0.100002], [0.100001]], dtype=np.float32)
    cut = best_thresholds(shares, np.array([[True], [False]]))
    assert (shares >= cut).tolist() == [[True], [False]]


def test_labels_apply_from_their_thresholds_and_probabilities_stay() -> None:
    classifier = ThresholdClassifier(Fixed(), np.array([0.1, 0.6, 0.9], dtype=np.float32))
    found = classifier.predict(["x", "y"])
    assert found.labels(TASK) == [("a", "c")] * 2
    assert found.probabilities[0].tolist() == pytest.approx([0.2, 0.5, 0.9])
    assert classifier.prompt("x") == "? x"
    assert Predictions.joined([found, found]).labels(TASK) == [("a", "c")] * 4


def test_a_record_whose_thresholds_do_not_fit_is_refused() -> None:
    class Record:
        name, task, thresholds = "run", TASK, (0.1, 0.2)

    with pytest.raises(InputError, match="run.json has 2 thresholds for 3 labels; train it again"):
        with_thresholds(Fixed(), Record())  # type: ignore[arg-type]
