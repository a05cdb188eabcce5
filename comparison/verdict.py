"""What to use, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from classification.errors import one_of

from .comparison import Comparison
from .records import Measured, Pair

#: The chance of a false finding among all pairs that is put up with.
ALPHA = 0.05

Standing = Literal["better", "worse", "can't tell yet"]


@dataclass(frozen=True)
class Verdict:
    """The contender to use, and where the others stand against it.

    Attributes:
        best: the contender with the highest macro-F1.
        others: each other contender that answered, by name: whether it gets more rows right than the
            best one (*better*), fewer (*worse*), or whether these rows can't tell yet, by McNemar's test with
            Holm's correction for all pairs. *Better* is possible, since macro-F1 weighs rare labels more.
        p: the largest corrected p-value among those that are better or worse; ``None`` without such.
        sentence: all this in words.
    """

    best: str
    others: dict[str, Standing]
    p: float | None
    sentence: str


def verdict(comparison: Comparison) -> Verdict | None:
    """Judge a comparison; ``None`` where no contender answered."""
    if not comparison.measured:
        return None
    best = max(comparison.measured, key=lambda contender: contender.macro_f1)
    found = {_other(pair, best): pair for pair in comparison.pairs if best.name in (pair.first, pair.second)}
    others = {name: _standing(pair, best) for name, pair in found.items()}
    told = [pair.accuracy_p_holm for name, pair in found.items() if others[name] != "can't tell yet"]
    p = max(told, default=None)
    return Verdict(best.name, others, p, _sentence(comparison, best, others, p))


def _other(pair: Pair, best: Measured) -> str:
    return pair.second if pair.first == best.name else pair.first


def _standing(pair: Pair, best: Measured) -> Standing:
    if pair.accuracy_p_holm >= ALPHA:
        return "can't tell yet"
    ahead = pair.accuracy_difference > 0 if pair.first == best.name else pair.accuracy_difference < 0
    return "worse" if ahead else "better"


def _sentence(comparison: Comparison, best: Measured, others: dict[str, Standing], p: float | None) -> str:
    low, high = best.macro_f1_ci
    rows = f"{comparison.rows.count:,} rows"
    said = [f"{best.name} has the highest macro-F1, {best.macro_f1:.3f} ({low:.3f} to {high:.3f})"]
    if not others:
        return f"{said[0]}, and nothing was measured beside it on these {rows}."
    if worse := _with(others, "worse"):
        said.append(f"it gets more of the {rows} right than {_listed(worse)}")
    if better := _with(others, "better"):
        said.append(f"but {_listed(better)} {'gets' if len(better) == 1 else 'get'} more of the {rows} right")
    sure = f" ({_level(p)} after Holm's correction)" if p is not None else ""
    told = f"{'; '.join(said)}{sure}."
    if unknown := _with(others, "can't tell yet"):
        told += f" Whether it gets more right than {one_of(unknown)}, these rows can't tell yet."
    if best.approach == "baseline" and any(contender.approach != "baseline" for contender in comparison.measured):
        told += " It is a baseline: no model here is worth its cost by macro-F1."
    return told


def _with(others: dict[str, Standing], standing: Standing) -> list[str]:
    return [name for name, found in others.items() if found == standing]


def _listed(names: Iterable[str]) -> str:
    *before, last = names
    return f"{', '.join(before)} and {last}" if before else last


def _level(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
