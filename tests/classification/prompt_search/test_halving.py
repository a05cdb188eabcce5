"""More rows for fewer candidates, within a budget."""

from __future__ import annotations

import numpy as np
import pytest

from classification.prompt_search.halving import Round, best_by_halving, rounds_within


@pytest.mark.parametrize("later", [0, 67])
@pytest.mark.parametrize("budget", [1, 24, 100, 1000, 3000, 100_000])
@pytest.mark.parametrize("rows", [5, 200, 5000])
def test_the_budget_is_kept(budget: int, rows: int, later: int) -> None:
    rounds = rounds_within(budget, 84, rows, later)
    asked, spent = 0, later * rounds[min(1, len(rounds) - 1)].candidates
    for one in rounds:
        spent += one.candidates * (one.rows - asked)
        assert asked <= one.rows <= rows
        asked = one.rows
    assert spent <= max(budget, 1 + later)
    assert [one.candidates for one in rounds] == sorted((one.candidates for one in rounds), reverse=True)


def test_a_large_budget_tries_all_and_a_small_one_fewer() -> None:
    assert rounds_within(100_000, 84, 1000)[0].candidates == 84
    assert rounds_within(1000, 84, 1000)[0].candidates < 30
    assert rounds_within(10, 84, 1000) == [Round(1, 10)]


def test_the_best_is_found_among_noise() -> None:
    random = np.random.default_rng(0)
    worth = dict(enumerate(random.permutation(np.linspace(0.2, 0.6, 60))))
    rounds = rounds_within(4000, 60, 1000)
    asked = [0] * len(rounds)

    def score(candidate: int, at: int) -> float:
        asked[at] += 1
        return worth[candidate] + random.normal() * 0.5 / np.sqrt(rounds[at].rows)

    best = best_by_halving(list(worth), rounds, score)[0]
    assert worth[best] > 0.5
    assert asked == [one.candidates for one in rounds]
