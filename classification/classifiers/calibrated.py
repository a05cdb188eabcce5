"""Any classifier whose preference for some labels is taken out, with what it would have said beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..predictions import Classifier, Predictions
from ..prompting.calibration import CONTENT_FREE, Calibration, fitted, from_preference
from ..prompting.messages import Demonstration
from ..prompting.settings import CalibrationKind
from ..task import Task

#: Texts that a classifier is asked about at a time while its calibration is measured.
CHUNK = 32


class CalibratedClassifier:
    """A classifier and a calibration that was measured with it."""

    def __init__(self, classifier: Classifier, calibration: Calibration) -> None:
        self.classifier, self.calibration = classifier, calibration
        self.name, self.task = classifier.name, classifier.task

    def prompt(self, text: str) -> str | None:
        """What the model is shown for a text; a calibration changes nothing of it."""
        return self.classifier.prompt(text)

    def shown(self, text: str) -> Sequence[Demonstration]:
        """The demonstrations in the prompt for a text."""
        return demonstrations_of(self.classifier, text)

    def best_order(self, texts: Sequence[str]) -> list[int]:
        """The order in which texts are answered fastest."""
        return best_order(self.classifier, texts)

    def predict(self, texts: Sequence[str]) -> Predictions:
        """Decide about each text; ``uncalibrated`` holds the probabilities as they were."""
        found = self.classifier.predict(texts)
        calibrated = self.calibration.apply(found.probabilities, multi_label=self.task.multi_label)
        return replace(found, probabilities=calibrated, uncalibrated=found.probabilities)


def calibrated(classifier: Classifier, kind: CalibrationKind | None, rows: Sequence[Demonstration] = ()) -> Classifier:
    """A classifier with a calibration of this kind; as it is where there is none.

    Args:
        classifier: whose probabilities are of scored labels.
        kind: how its preference is found out.
        rows: training rows that it is asked about for that; for a contextual calibration none.
    """
    if kind is None:
        return classifier
    several = classifier.task.multi_label
    texts = CONTENT_FREE if kind == "contextual" else [row.text for row in rows]
    probabilities = np.concatenate(
        [classifier.predict(texts[at : at + CHUNK]).probabilities for at in range(0, len(texts), CHUNK)]
    )
    if kind == "fitted":
        return CalibratedClassifier(
            classifier, fitted(probabilities, _held(rows, classifier.task), multi_label=several)
        )
    return CalibratedClassifier(classifier, from_preference(kind, probabilities, multi_label=several))


def demonstrations_of(classifier: Classifier, text: str) -> Sequence[Demonstration]:
    """The demonstrations that a classifier shows with a text; none where it shows none to any."""
    shown = getattr(classifier, "shown", None)
    return shown(text) if callable(shown) else ()


def best_order(classifier: Classifier, texts: Sequence[str]) -> list[int]:
    """The order in which a classifier answers texts fastest; as they are where it does not matter."""
    order = getattr(classifier, "best_order", None)
    return list(order(texts)) if callable(order) else list(range(len(texts)))


def _held(rows: Sequence[Demonstration], task: Task) -> NDArray[np.bool_]:
    """Which labels each row has, bool [n, L]."""
    return np.array([[name in row.labels for name in task.label_names] for row in rows], dtype=np.bool_)
