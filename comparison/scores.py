"""From a table of predictions to the scores that a comparison shows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from classification.predictions import decide

from . import metrics
from .metrics import Bools
from .prediction_table import PredictionTable
from .records import IntervalBounds, LabelRecord, Scores


def score(table: PredictionTable, *, seed: int = 0) -> Scores:
    """Every score of a classifier's answers, with intervals.

    Args:
        table: one row or more.
        seed: for the bootstrap.
    """
    task, predictions, targets, predicted = table.task, table.predictions, table.targets, table.predicted
    probabilities, valid, seconds = predictions.probabilities, predictions.valid, predictions.seconds
    leading, mass = accuracy_and_macro_f1(targets, predicted, valid), predictions.label_mass
    return Scores(
        accuracy=rounded(leading["accuracy"]),
        accuracy_ci=bounds(metrics.accuracy_interval(table.correct)),
        macro_f1=rounded(leading["macro_f1"]),
        macro_f1_ci=bounds(metrics.macro_f1_interval(targets, predicted, seed=seed)),
        micro_f1=rounded(metrics.micro_f1(targets, predicted)),
        sample_f1=rounded(metrics.sample_f1(targets, predicted)) if task.multi_label else None,
        average_precision=(
            _rounded_or_none(metrics.average_precision(targets, probabilities)) if task.multi_label else None
        ),
        invalid_rate=rounded(1 - valid.mean()),
        auc=_rounded_or_none(metrics.roc_auc(targets, probabilities)),
        ece=_rounded_or_none(metrics.calibration_error(targets, probabilities, valid, multi_label=task.multi_label)),
        seconds_per_text=rounded(seconds.mean()),
        seconds_median=rounded(np.median(seconds)),
        seconds_p95=rounded(np.quantile(seconds, 0.95)),
        prompt_tokens=rounded(predictions.prompt_tokens.mean()),
        completion_tokens=rounded(predictions.completion_tokens.mean()),
        shortened=int(predictions.truncated.sum()),
        label_mass=None if mass is None else rounded(min(mass.mean(), 1.0)),
        uncalibrated_macro_f1=_uncalibrated_macro_f1(table),
        per_class=_per_class(task.labels, metrics.label_scores(targets, predicted), predictions.thresholds),
        confusion_matrix=None if task.multi_label else _as_tuples(metrics.confusion_matrix(targets, predicted)),
    )


def accuracy_and_macro_f1(targets: Bools, predicted: Bools, valid: Bools) -> dict[str, float]:
    """The two figures that a training chooses its checkpoint by and that a report leads with.

    Args:
        targets: bool [n, L], the labels that each row has.
        predicted: bool [n, L], the labels that were answered.
        valid: bool [n], false where an answer was outside the labels.

    Returns:
        ``macro_f1`` and ``accuracy``, between 0 and 1.
    """
    return {
        "macro_f1": metrics.macro_f1(targets, predicted),
        "accuracy": float(metrics.correct(targets, predicted, valid).mean()),
    }


def _uncalibrated_macro_f1(table: PredictionTable) -> float | None:
    predictions = table.predictions
    if predictions.uncalibrated is None:
        return None
    multi_label = table.task.multi_label
    answered = decide(predictions.uncalibrated, predictions.valid, multi_label=multi_label)
    return rounded(metrics.macro_f1(table.targets, answered))


def _per_class(
    labels: Sequence[str], scores: metrics.LabelScores, thresholds: NDArray[np.float32] | None
) -> dict[str, LabelRecord]:
    return {
        label: LabelRecord(
            precision=rounded(scores.precision[column]),
            recall=rounded(scores.recall[column]),
            f1=rounded(scores.f1[column]),
            support=int(scores.support[column]),
            threshold=None if thresholds is None else rounded(thresholds[column]),
        )
        for column, label in enumerate(labels)
    }


def _as_tuples(matrix: NDArray[np.int64]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(int(count) for count in row) for row in matrix)


def bounds(interval: metrics.Interval) -> IntervalBounds:
    """An interval as a record holds it."""
    return rounded(interval.low), rounded(interval.high)


def rounded(value: float | np.floating) -> float:
    """Keep six significant figures: more than any test set can tell apart, and files stay readable."""
    return float(f"{value:.6g}")


def _rounded_or_none(value: float | None) -> float | None:
    return None if value is None else rounded(value)
