"""For each label of a multi-label task, the probability from which it applies, tuned for F1 (Yang 2001; Lipton 2014).

At .5 a rare label is hardly ever answered: its classifier is right to find it improbable. The threshold with the best
F1 of a label on validation rows is lower (https://doi.org/10.1145/383952.383975, https://arxiv.org/abs/1402.1892).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..predictions import THRESHOLD, Classifier, Predictions

#: Decimals that a threshold is rounded to, as it is measured and as it is written.
DECIMALS = 4


class ThresholdClassifier:
    """A classifier whose labels apply from thresholds of their own; its probabilities stay as they are.

    Args:
        classifier: of a multi-label task.
        thresholds: float32 [L], in the order of its task's labels.
    """

    def __init__(self, classifier: Classifier, thresholds: NDArray[np.float32]) -> None:
        self.name, self.task = classifier.name, classifier.task
        self.classifier, self.thresholds = classifier, thresholds

    def predict(self, texts: Sequence[str]) -> Predictions:
        """Decide about each text."""
        return replace(self.classifier.predict(texts), thresholds=self.thresholds)

    def prompt(self, text: str) -> str | None:
        """What the model is shown for this text."""
        return self.classifier.prompt(text)


def best_thresholds(probabilities: NDArray[np.float32], targets: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The threshold of each label that gives it the best F1 on these rows.

    Args:
        probabilities: float32 [n, L].
        targets: bool [n, L], the labels that each row has.

    Returns:
        float32 [L], midway between two probabilities that occur; `THRESHOLD` for a label that no row has.
    """
    columns = [_best(probabilities[:, label], targets[:, label]) for label in range(targets.shape[1])]
    return np.asarray(columns, dtype=np.float32)


def _best(probabilities: NDArray[np.float32], held: NDArray[np.bool_]) -> float:
    if not held.any():
        return THRESHOLD
    order = np.argsort(-probabilities, kind="stable")
    shares, hits = probabilities[order].astype(np.float64), held[order].cumsum()
    below = np.append(shares[1:], 0.0)
    f1 = np.where(below < shares, 2 * hits / (np.arange(1, len(hits) + 1) + held.sum()), -1.0)
    last = int(f1.argmax())  # the label applies to the rows through this one, which share no probability with the next
    middle = round((shares[last] + below[last]) / 2, DECIMALS)
    # Rounding may pass one of the two where they are close; the row's own probability is then the threshold.
    return float(middle if below[last] < middle <= shares[last] else shares[last])
