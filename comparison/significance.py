"""Whether a difference between two classifiers on the same rows could be chance. Arrays in, numbers out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.stats import binom

from .metrics import Bools, Floats, Interval, macro_f1, percentile_interval, resampled_macro_f1

#: More than for one interval: a p-value has to stay below 0.05 when it is multiplied by the number of pairs.
PAIR_RESAMPLES = 10_000


@dataclass(frozen=True)
class McNemar:
    """Rows that only one of two classifiers got right, and how surprising their imbalance is.

    ``difference`` is the accuracy of the first minus that of the second.
    """

    only_first: int
    only_second: int
    difference: float
    p: float


@dataclass(frozen=True)
class Difference:
    """A score of the first classifier minus that of the second, its 95 % interval and two-sided p-value."""

    value: float
    interval: Interval
    p: float


def mcnemar(first: Bools, second: Bools) -> McNemar:
    """McNemar's test of equal accuracy on paired rows, mid-p version.

    Only rows that one classifier alone got right say anything about the difference; were both equally
    good, each such row would fall to either like a coin. The mid-p version counts half of what is
    exactly as surprising as the observation: it keeps the error rate of the exact test without its
    caution. McNemar (1947); Fagerland, Lydersen and Laake (2013), "The McNemar test for binary
    matched-pairs data: mid-p and asymptotic are better than exact conditional".

    Args:
        first: bool [n], the rows that the first classifier got right.
        second: the same for the second, on the same rows.
    """
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    fewer, discordant = min(only_first, only_second), only_first + only_second
    p = 2 * binom.cdf(fewer, discordant, 0.5) - binom.pmf(fewer, discordant, 0.5)
    return McNemar(only_first, only_second, (only_first - only_second) / len(first), float(min(p, 1.0)))


def p_value(p: float) -> str:
    """A p-value as papers write it."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def macro_f1_differences(
    targets: Bools, answers: Sequence[Bools], *, seed: int = 0, resamples: int = PAIR_RESAMPLES
) -> list[Difference]:
    """Paired bootstrap of every difference in macro-F1: all classifiers are scored on the same resampled rows.

    The p-value is twice the smaller share of resamples on either side of zero, which is the level at
    which the percentile interval just touches zero; one is added to both counts, so that it is never 0
    (Davison and Hinkley, 1997, section 4.2). Efron and Tibshirani (1993); Koehn (2004), "Statistical
    significance tests for machine translation evaluation".

    Args:
        targets: bool [n, L].
        answers: for each classifier the labels that it answered, bool [n, L], on the same rows.
        seed: decides which rows are drawn.
        resamples: bootstrap samples.

    Returns:
        One difference a pair, in the order of ``itertools.combinations(answers, 2)``.
    """
    samples = resampled_macro_f1(targets, answers, seed=seed, resamples=resamples)
    values = [macro_f1(targets, predicted) for predicted in answers]
    return [
        _difference(values[first] - values[second], samples[first] - samples[second])
        for first, second in combinations(range(len(answers)), 2)
    ]


def _difference(value: float, samples: Floats) -> Difference:
    tail = min((samples <= 0).sum(), (samples >= 0).sum())
    p = 2 * (float(tail) + 1) / (len(samples) + 1)
    return Difference(value, percentile_interval(samples), min(p, 1.0))


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted for having made so many tests, in the order given (Holm, 1979).

    With a threshold of 0.05 on these, the chance of even one false finding among all of them is at
    most 5 %, however the tests depend on each other.
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted: Floats = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return [float(value) for value in adjusted]
