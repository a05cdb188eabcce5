"""Successive halving: many candidates are tried on few rows, and the better ones on more.

Jamieson and Talwalkar 2016, https://proceedings.mlr.press/v51/jamieson16.html. Every round has the same share of the
budget, and the rows of a round are among those of the next, so what was answered once is not asked again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

Candidate = TypeVar("Candidate")

#: Of the candidates of a round, one in so many goes on.
KEPT = 3
#: Fewer rows say too little to drop a candidate for.
FEWEST_ROWS = 24


@dataclass(frozen=True)
class Round:
    """How many candidates are tried on how many rows."""

    candidates: int
    rows: int


def rounds_within(budget: int, candidates: int, most_rows: int, later: int = 0) -> list[Round]:
    """The rounds that a budget of texts allows.

    Args:
        budget: texts that may be asked about in all.
        candidates: how many there are; fewer are tried where the budget is small.
        most_rows: rows that there are.
        later: further texts for each candidate that comes to the second round, or to the only one.

    Returns:
        At least one round; the last one has one candidate or ``most_rows`` rows, or both.
    """
    fewest = min(FEWEST_ROWS, most_rows)
    for count in range(min(candidates, max(1, budget // fewest)), 0, -1):
        found = _rounds(budget - later * _in_second_round(count), count, most_rows)
        if found[0].rows >= fewest or count == 1:
            return found
    raise AssertionError  # a count of 1 always returns


def _in_second_round(count: int) -> int:
    return count if count <= KEPT else count // KEPT


def _rounds(budget: int, count: int, most_rows: int) -> list[Round]:
    number = max(1, math.ceil(math.log(count, KEPT)))
    found: list[Round] = []
    spent, asked = 0, 0
    for at in range(number):
        share = max(0, budget - spent) // (number - at)
        rows = max(1, min(most_rows, asked + share // count))
        spent += count * (rows - asked)
        found.append(Round(count, rows))
        asked, count = rows, max(1, count // KEPT)
    return found


def best_by_halving(
    candidates: Sequence[Candidate], rounds: Sequence[Round], score: Callable[[Candidate, int], float]
) -> list[Candidate]:
    """Candidates that were tried in the last round, the best one first.

    Args:
        candidates: at least as many as the first round tries.
        rounds: from `rounds_within`.
        score: how well a candidate does in the round of this number, from 0; more is better.
    """
    left = list(candidates[: rounds[0].candidates])
    for at, one_round in enumerate(rounds):
        left = left[: one_round.candidates]
        scored = {place: score(candidate, at) for place, candidate in enumerate(left)}
        order = sorted(scored, key=lambda place: -scored[place])  # of equal ones, the first goes on
        left = [left[place] for place in order]
        if at + 1 < len(rounds):
            left = left[: rounds[at + 1].candidates]
    return left
