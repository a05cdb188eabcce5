"""How good answers are: arrays in, numbers out.

Three arrays describe n answers over L labels, for single-label and multi-label tasks alike:

- ``targets`` bool [n, L]: the labels that each row has;
- ``predicted`` bool [n, L]: the labels that were answered (`classification.predictions.decide`), none where the answer
  is invalid;
- ``valid`` bool [n]: false where the answer was outside the labels.

An invalid answer is wrong: it lowers accuracy and the recall of the label that it missed, and, since it
names no label, the precision of none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest
from sklearn.metrics import average_precision_score, roc_auc_score

Bools = NDArray[np.bool_]
Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

#: Bootstrap resamples; 1000 is what Efron and Tibshirani advise for percentile intervals.
RESAMPLES = 1000
BATCH = 500
CONFIDENCE = 0.95


class Interval(NamedTuple):
    """A 95 % confidence interval."""

    low: float
    high: float


@dataclass(frozen=True)
class LabelScores:
    """Scores of each label, each float64 [L] but ``support``, int64 [L]: the rows that have the label.

    Precision is 0 for a label that was never answered, and recall is 0 for one that no row has.
    """

    precision: Floats
    recall: Floats
    f1: Floats
    support: Counts


def correct(targets: Bools, predicted: Bools, valid: Bools) -> Bools:
    """Whether each answer is wholly right, bool [n]. Its mean is accuracy, for a multi-label task *subset accuracy*."""
    same: Bools = (targets == predicted).all(axis=1)
    return same & valid


def label_scores(targets: Bools, predicted: Bools) -> LabelScores:
    """Precision, recall, F1 and support of each label."""
    hits, answered, support = (targets & predicted).sum(axis=0), predicted.sum(axis=0), targets.sum(axis=0)
    return LabelScores(_ratio(hits, answered), _ratio(hits, support), f1(hits, answered, support), support)


def f1(hits: NDArray[np.generic], answered: NDArray[np.generic], support: NDArray[np.generic]) -> Floats:
    """F1 from counts of any one shape: right answers, answers, and rows. 0 where there are neither answers nor rows."""
    return _ratio(2 * hits, answered + support)  # type: ignore[operator]


def macro_f1(targets: Bools, predicted: Bools) -> float:
    """Mean F1 over the labels that some row has; a label that none has can be neither found nor missed."""
    scores = label_scores(targets, predicted)
    return float(_mean_where(scores.f1, scores.support > 0))


def micro_f1(targets: Bools, predicted: Bools) -> float:
    """F1 of all label decisions pooled."""
    return float(f1((targets & predicted).sum(), predicted.sum(), targets.sum()))


def sample_f1(targets: Bools, predicted: Bools) -> float:
    """Mean over rows of the F1 of a row's labels; 1 where it has none and none is answered, for that is right."""
    hits, answered, support = (targets & predicted).sum(axis=1), predicted.sum(axis=1), targets.sum(axis=1)
    return float(np.where(answered + support > 0, f1(hits, answered, support), 1.0).mean())


def average_precision(targets: Bools, probabilities: NDArray[np.float32]) -> float | None:
    """Area under the precision-recall curve of each label, mean over the labels that some row has.

    As ``sklearn.metrics.average_precision_score`` computes it, which does not interpolate. It needs no threshold, so
    it tells a poor ranking from a poor threshold. ``None`` where no row has a label.
    """
    held = np.flatnonzero(targets.any(axis=0))
    areas = [average_precision_score(targets[:, label], probabilities[:, label]) for label in held]
    return float(np.mean(areas)) if areas else None


def confusion_matrix(targets: Bools, predicted: Bools) -> Counts:
    """Rows of each label by answer, int64 [L, L + 1], for a single-label task; the last column is invalid answers."""
    labels = targets.shape[1]
    answers = np.where(predicted.any(axis=1), predicted.argmax(axis=1), labels)
    matrix = np.zeros((labels, labels + 1), dtype=np.int64)
    np.add.at(matrix, (targets.argmax(axis=1), answers), 1)
    return matrix


def roc_auc(targets: Bools, probabilities: NDArray[np.float32]) -> float | None:
    """Area under the ROC curve, one label against the rest, mean over the labels.

    A label that all rows or none have is left out; ``None`` where that leaves no label. An invalid
    answer has probability 0 for each label, the lowest rank.
    """
    mixed = np.flatnonzero(targets.any(axis=0) & ~targets.all(axis=0))
    areas = [roc_auc_score(targets[:, label], probabilities[:, label]) for label in mixed]
    return float(np.mean(areas)) if areas else None


def calibration_error(
    targets: Bools, probabilities: NDArray[np.float32], valid: Bools, *, multi_label: bool, bins: int = 15
) -> float | None:
    """Expected calibration error of the valid answers: how far confidence is from the share that is right.

    Naeini, Cooper and Hauskrecht (2015), "Obtaining well calibrated probabilities using Bayesian
    binning"; equal-width bins as in Guo et al. (2017), "On calibration of modern neural networks".
    For a multi-label task each probability of each label is held against whether the row has it.
    ``None`` without a valid answer.
    """
    if not valid.any():
        return None
    confidence, right = probabilities[valid].astype(np.float64), targets[valid]
    if not multi_label:
        best = confidence.argmax(axis=1)[:, None]
        confidence, right = np.take_along_axis(confidence, best, axis=1), np.take_along_axis(right, best, axis=1)
    confidence, right = confidence.ravel(), right.ravel()
    place = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    gaps = np.bincount(place, weights=confidence - right, minlength=bins)
    return float(np.abs(gaps).sum() / len(confidence))


def accuracy_interval(right: Bools) -> Interval:
    """Wilson's score interval for accuracy (Wilson, 1927; Brown, Cai and DasGupta, 2001).

    Unlike a bootstrap, it stays honest when all or none of a few answers are right.
    """
    low, high = binomtest(int(right.sum()), len(right)).proportion_ci(CONFIDENCE, method="wilson")
    return Interval(float(low), float(high))


def macro_f1_interval(targets: Bools, predicted: Bools, *, seed: int = 0, resamples: int = RESAMPLES) -> Interval:
    """Percentile bootstrap interval of macro-F1 over resampled rows (Efron and Tibshirani, 1993, chapter 13)."""
    (samples,) = resampled_macro_f1(targets, [predicted], seed=seed, resamples=resamples)
    return percentile_interval(samples)


def resampled_macro_f1(
    targets: Bools, answers: Sequence[Bools], *, seed: int = 0, resamples: int = RESAMPLES
) -> Floats:
    """Macro-F1 of one or more classifiers on the same bootstrap samples of rows, float64 [classifiers, resamples].

    Rows with the same target and the same answers are interchangeable, so what is drawn is how often
    each distinct kind of row occurs (a multinomial), which is the same distribution and far less work.
    """
    _, first, counts = np.unique(
        np.packbits(np.hstack([targets, *answers]), axis=1), axis=0, return_index=True, return_counts=True
    )
    random, shares, kind_targets = np.random.default_rng(seed), counts / len(targets), targets[first]
    samples = np.empty((len(answers), resamples))
    for start in range(0, resamples, BATCH):  # in batches, since n kinds of rows times all resamples would fill memory
        drawn = random.multinomial(len(targets), shares, size=min(BATCH, resamples - start)).astype(np.float64)
        support = drawn @ kind_targets
        for place, predicted in enumerate(answers):
            hits, answered = drawn @ (kind_targets & predicted[first]), drawn @ predicted[first]
            samples[place, start : start + BATCH] = _mean_where(f1(hits, answered, support), support > 0)
    return samples


def percentile_interval(samples: Floats) -> Interval:
    """The middle 95 % of bootstrap samples."""
    low, high = np.quantile(samples, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Interval(float(low), float(high))


def _ratio(numerator: NDArray[np.generic], denominator: NDArray[np.generic]) -> Floats:
    """Elementwise quotient, 0 where the denominator is 0."""
    return np.asarray(numerator / np.maximum(denominator, 1), dtype=np.float64)


def _mean_where(values: Floats, included: Bools) -> Floats:
    """Mean over the last axis of the values that count, 0 where none do."""
    return _ratio((values * included).sum(axis=-1), included.sum(axis=-1))
