"""What to use, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from classification.errors import one_of

from .comparison import Comparison
from .records import MeasuredContender, Pair
from .seen_rows import consequence, has_seen, seen_phrase, seen_remarks
from .significance import p_value

#: The chance of a false finding among all pairs that is put up with.
ALPHA = 0.05

Standing = Literal["better", "worse", "can't tell yet"]


@dataclass(frozen=True)
class Verdict:
    """The contender to use, and where the others stand against it.

    Attributes:
        best: the contender with the highest macro-F1. One that had seen rows of the comparison before is it only
            where nobody else can be, or where it would get more rows right than those who had not even if each row
            that it had seen were wrong.
        others: each other contender that answered, by name: whether it gets more rows right than the
            best one (*better*), fewer (*worse*), or whether these rows can't tell yet, by McNemar's test with
            Holm's correction for all pairs. *Better* is possible, since macro-F1 weighs rare labels more.
        p: the largest corrected p-value among those of whom the sentence says that they are better or worse;
            ``None`` without such.
        sentence: all this in words, and who had seen how many of the rows.
        seen: the end of the sentence, about rows that contenders had seen; empty where it is said before.
    """

    best: str
    others: dict[str, Standing]
    p: float | None
    sentence: str
    seen: str


def verdict(comparison: Comparison) -> Verdict | None:
    """Judge a comparison; ``None`` where no contender answered."""
    if not comparison.measured:
        return None
    highest = max(comparison.measured, key=lambda contender: contender.macro_f1)
    best = _best(comparison)
    pairs = comparison.pairs_of(best.name)
    others = {name: _standing(pair) for name, pair in pairs.items()}
    # Against whoever had seen rows, a contender that had not is not held.
    fair = comparison.measured if best is highest else [one for one in comparison.measured if not has_seen(one)]
    held = {contender.name: others[contender.name] for contender in fair if contender.name in others}
    p_values = [pairs[name].accuracy_p_holm for name, standing in held.items() if standing != "can't tell yet"]
    p = max(p_values, default=None)
    floor = _baseline(best, fair, "here" if best is highest else "among them")
    seen = [*_seen(comparison, best), *seen_remarks(comparison, [one.name for one in (highest, best) if has_seen(one)])]
    sentence = " ".join([_standings(comparison, highest, best, held, p), *floor, *seen])
    return Verdict(best.name, others, p, sentence, " ".join(seen))


def _best(comparison: Comparison) -> MeasuredContender:
    """The highest macro-F1 among those who had seen no row, or would be ahead of them all the same."""
    ranked = sorted(comparison.measured, key=lambda contender: -contender.macro_f1)
    rivals = _unseen(comparison)
    fair = (one for one in ranked if not has_seen(one) or _ahead_anyway(comparison, one, rivals))
    return next(fair) if rivals else ranked[0]


def _unseen(comparison: Comparison) -> list[MeasuredContender]:
    """The contenders that are not known to have seen any of the rows."""
    return [contender for contender in comparison.measured if not has_seen(contender)]


def _ahead_anyway(comparison: Comparison, contender: MeasuredContender, rivals: Sequence[MeasuredContender]) -> bool:
    """Whether a contender gets more rows right than each rival even if every row that it had seen were wrong."""
    pairs = comparison.pairs_of(contender.name)
    leads = {name: pair.only_first_right - pair.only_second_right for name, pair in pairs.items()}
    seen = contender.seen.total if contender.seen else 0
    return all(leads.get(rival.name, 0) > seen for rival in rivals)


def _standing(pair: Pair) -> Standing:
    """How the second of a pair stands against the first."""
    if pair.accuracy_p_holm >= ALPHA:
        return "can't tell yet"
    return "worse" if pair.accuracy_difference > 0 else "better"


def _standings(
    comparison: Comparison,
    highest: MeasuredContender,
    best: MeasuredContender,
    others: dict[str, Standing],
    p: float | None,
) -> str:
    rows = f"{comparison.rows.count:,} rows"
    said = [f"{highest.name} has the highest macro-F1, {_score(highest)}"]
    if best is not highest and highest.seen is not None:
        known = all(contender.seen is not None for contender in comparison.measured)
        rest = "that have seen none" if known else "that are not known to have seen any"
        rest = "that can be judged" if has_seen(best) else rest
        said = [
            f"{said[0]}, but has seen {seen_phrase(highest.seen, comparison.rows.count)}, "
            f"{consequence([highest.seen])}. "
            f"Of the contenders {rest}, {best.name} has the highest macro-F1, {_score(best)}"
        ]
    elif not others:
        return f"{said[0]}, and nothing was measured beside it on these {rows}."
    if worse := _with(others, "worse"):
        said.append(f"it gets more of the {rows} right than {_listed(worse)}")
    if better := _with(others, "better"):
        said.append(f"but {_listed(better)} {'gets' if len(better) == 1 else 'get'} more of the {rows} right")
    sure = f" ({p_value(p)} after Holm's correction)" if p is not None else ""
    sentence = f"{'; '.join(said)}{sure}."
    if unknown := _with(others, "can't tell yet"):
        sentence += f" Whether it gets more right than {one_of(unknown)}, these rows can't tell yet."
    return sentence


def _baseline(best: MeasuredContender, fair: Sequence[MeasuredContender], where: str) -> list[str]:
    if best.approach != "baseline" or all(contender.approach == "baseline" for contender in fair):
        return []
    return [f"It is a baseline: no model {where} is worth its cost by macro-F1."]


def _seen(comparison: Comparison, best: MeasuredContender) -> list[str]:
    """What it means that the contender to use has seen rows itself."""
    if best.seen is None or not has_seen(best):
        return []
    sentence = f"But {best.name} has seen {seen_phrase(best.seen, comparison.rows.count)}, {consequence([best.seen])}"
    rivals = _unseen(comparison)
    if not rivals:
        return [f"{sentence}; compare again on rows that no contender has seen."]
    rest = "has seen none" if all(rival.seen is not None for rival in rivals) else "is not known to have seen any"
    return [f"{sentence}; with each of those rows counted as wrong it would still get more right than whoever {rest}."]


def _score(contender: MeasuredContender) -> str:
    low, high = contender.macro_f1_ci
    return f"{contender.macro_f1:.3f} ({low:.3f} to {high:.3f})"


def _with(others: dict[str, Standing], standing: Standing) -> list[str]:
    return [name for name, found in others.items() if found == standing]


def _listed(names: Iterable[str]) -> str:
    *before, last = names
    return f"{', '.join(before)} and {last}" if before else last
