from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binomtest

from comparison import metrics, significance


def paired(both: int, first: int, second: int, neither: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Rows that both, only the first, only the second and neither got right."""
    counts = [both, first, second, neither]
    return np.repeat([True, True, False, False], counts), np.repeat([True, False, True, False], counts)


def test_mcnemar_mid_p_of_a_published_example() -> None:
    # Fagerland, Lydersen and Laake (2013), table 1 (Bentur et al.): 1 against 7; exact p .070, mid-p .039.
    found = significance.mcnemar(*paired(1, 1, 7, 12))
    assert (found.only_first, found.only_second) == (1, 7)
    assert round(found.p, 3) == 0.039
    assert found.difference == pytest.approx(-6 / 21)


@pytest.mark.parametrize(("first", "second"), [(3, 12), (12, 3), (40, 60), (0, 9)])
def test_mcnemar_counts_half_of_what_is_exactly_as_surprising(first: int, second: int) -> None:
    exact = binomtest(first, first + second).pvalue
    one = binomtest(min(first, second), first + second, alternative="less").pvalue
    as_surprising = (
        one - binomtest(min(first, second) - 1, first + second, alternative="less").pvalue
        if min(first, second)
        else one
    )
    found = significance.mcnemar(*paired(5, first, second, 5)).p
    assert found == pytest.approx(exact - as_surprising)


@pytest.mark.parametrize("counts", [(10, 0, 0, 3), (10, 4, 4, 3)])
def test_mcnemar_finds_nothing_where_neither_is_ahead(counts: tuple[int, int, int, int]) -> None:
    assert significance.mcnemar(*paired(*counts)).p == pytest.approx(1)


def test_macro_f1_differences_come_in_the_order_of_the_pairs() -> None:
    random = np.random.default_rng(0)
    true = random.integers(0, 3, 400)
    targets = true[:, None] == np.arange(3)
    answers = [
        np.where(random.random(400) < share, true, random.integers(0, 3, 400))[:, None] == np.arange(3)
        for share in (0.9, 0.5, 0.5)
    ]
    scores = [metrics.macro_f1(targets, predicted) for predicted in answers]
    found = significance.macro_f1_differences(targets, answers)
    assert [difference.value for difference in found] == [one - two for one, two in combinations(scores, 2)]
    clear, _, unclear = found
    assert clear.interval.low > 0
    assert clear.p == pytest.approx(2 / 10_001)  # never 0: no more is known than the resamples can show
    assert unclear.interval.low < 0 < unclear.interval.high
    assert unclear.p > 0.05


def test_macro_f1_difference_of_equal_answers_is_nothing() -> None:
    targets = np.eye(3, dtype=bool)[np.arange(30) % 3]
    (found,) = significance.macro_f1_differences(targets, [targets, targets])
    assert (found.value, found.interval, found.p) == (0, (0, 0), 1)


def test_pairing_makes_the_interval_narrower_than_two_intervals_apart() -> None:
    random = np.random.default_rng(1)
    true = random.integers(0, 2, 500)
    targets = true[:, None] == np.arange(2)
    answered = np.where(random.random(500) < 0.7, true, 1 - true)
    nearly = answered.copy()
    nearly[:5] = true[:5]
    (found,) = significance.macro_f1_differences(
        targets, [nearly[:, None] == np.arange(2), answered[:, None] == np.arange(2)]
    )
    alone = metrics.macro_f1_interval(targets, answered[:, None] == np.arange(2))
    assert found.interval.high - found.interval.low < 0.5 * (alone.high - alone.low)


def test_holm_by_hand() -> None:
    # Sorted: .01 x 4, .02 x 3, .03 x 2, .04 x 1; never less than the one before it.
    assert significance.holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert significance.holm([0.5, 0.9]) == [1.0, 1.0]
    assert significance.holm([]) == []


def test_many_pairs_can_still_be_significant() -> None:
    pairs = 7 * 6 // 2
    assert pairs * 2 / (significance.PAIR_RESAMPLES + 1) < 0.05
