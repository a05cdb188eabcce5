"""Taking out a model's preference for some labels, whatever the text: arrays in, arrays out.

*Contextual*: what it answers to texts without content (Zhao et al. 2021, https://arxiv.org/abs/2102.09690). *Batch*:
what it answers on average over texts without labels (Zhou et al. 2024, https://arxiv.org/abs/2309.17249). *Fitted*: a
temperature and a bias for each label, fitted on labelled rows (vector scaling with one temperature, Guo et al. 2017,
https://arxiv.org/abs/1706.04599).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_expit, log_softmax, logit, logsumexp, softmax

from .settings import CalibrationKind

#: Texts without content.
CONTENT_FREE = ("N/A", "", "[MASK]")
#: Probabilities below it are taken for it; what a float32 rounds to zero would be minus infinity as a logarithm.
SMALLEST = 1e-9
#: How far a label's bias is held to 0 when it is fitted: on few rows of a rare label it would run away.
PENALTY = 0.1


@dataclass(frozen=True)
class Calibration:
    """What is done to the logarithms of probabilities: multiplied by a scale, and a bias added for each label.

    Attributes:
        kind: how it was found.
        scale: one divided by the temperature; 1 but for a fitted one.
        bias: one for each label, in label order.
        rows: how many texts it was measured on.
    """

    kind: CalibrationKind
    scale: float
    bias: tuple[float, ...]
    rows: int

    def apply(self, probabilities: NDArray[np.float32], *, multi_label: bool) -> NDArray[np.float32]:
        """Calibrated probabilities float32 [n, L]; rows without any, invalid answers, stay as they are."""
        scores = self.scale * _scores(probabilities, multi_label=multi_label) + np.asarray(self.bias)
        found = expit(scores) if multi_label else softmax(scores, axis=1)
        empty = probabilities.sum(axis=1) == 0
        if not multi_label and empty.any():
            found[empty] = 0.0
        return found.astype(np.float32)


def from_preference(kind: CalibrationKind, probabilities: NDArray[np.float32], *, multi_label: bool) -> Calibration:
    """Contextual or batch calibration.

    Args:
        kind: which of both.
        probabilities: float32 [n, L], of texts without content, or of texts without labels.
        multi_label: whether labels are independent. Then only the differences between labels are taken out: how many
            labels a text has is not a preference.
    """
    mean = probabilities.astype(np.float64).mean(axis=0, keepdims=True)
    scores = _scores(mean, multi_label=multi_label)[0]
    bias = scores.mean() - scores
    return Calibration(kind, 1.0, tuple(map(float, bias)), len(probabilities))


def fitted(probabilities: NDArray[np.float32], held: NDArray[np.bool_], *, multi_label: bool) -> Calibration:
    """A temperature and biases that make labelled rows most likely.

    Args:
        probabilities: float32 [n, L].
        held: which labels each row has, bool [n, L].
        multi_label: whether labels are independent.
    """
    scores = _scores(probabilities, multi_label=multi_label)
    labels = scores.shape[1]

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scale, bias = np.exp(parameters[0]), parameters[1:]
        moved = scale * scores + bias
        if multi_label:
            total = -(log_expit(np.where(held, moved, -moved))).sum()
            excess = expit(moved) - held
        else:
            total = -(log_softmax(moved, axis=1) * held).sum()
            excess = softmax(moved, axis=1) * held.sum(axis=1, keepdims=True) - held
        gradient = np.concatenate([[scale * (excess * scores).sum() + PENALTY * parameters[0]],
                                   excess.sum(axis=0) + PENALTY * bias])  # fmt: skip
        return float(total + PENALTY * (parameters**2).sum() / 2), gradient

    found = minimize(loss, np.zeros(1 + labels), jac=True, method="L-BFGS-B").x
    return Calibration("fitted", float(np.exp(found[0])), tuple(map(float, found[1:])), len(probabilities))


def _scores(probabilities: NDArray[np.floating], *, multi_label: bool) -> NDArray[np.float64]:
    """Logarithms, or for independent labels log-odds, float64 [n, L]."""
    shares = np.clip(probabilities.astype(np.float64), SMALLEST, 1.0)
    if multi_label:
        return np.asarray(logit(np.clip(shares, SMALLEST, 1 - SMALLEST)))
    return np.asarray(np.log(shares) - logsumexp(np.log(shares), axis=1, keepdims=True))
