"""What a comparison says of rows that a contender had seen before: how many, and what that means for its score."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from classification.errors import one_of
from classification.runs.seen import Seen

from .comparison import Comparison
from .records import MeasuredContender

NAMED = 8  # contenders that a sentence names
NOT_KNOWN = "not known"
CLEAN = "No contender has any of these rows among its training rows, validation rows or demonstrations."
NOBODY_KNOWS = "Whether any contender has seen these rows before is not known."


def has_seen(contender: MeasuredContender) -> bool:
    """Whether it is known to have seen a row of the comparison before."""
    return contender.seen is not None and contender.seen.total > 0


def seen_is_informative(comparison: Comparison) -> bool:
    """Whether a column for it tells anything: somebody has seen rows, or of some it is known and of others not."""
    known = {contender.seen is not None for contender in comparison.measured}
    return len(known) > 1 or any(has_seen(contender) for contender in comparison.measured)


def seen_count(contender: MeasuredContender) -> str:
    """How many rows it had seen, for a column."""
    return NOT_KNOWN if contender.seen is None else f"{contender.seen.total:,}"


def seen_phrase(seen: Seen, rows: int) -> str:
    """``12 of the 60 rows in training and 3 in validation``."""
    places = {"in training": seen.train, "in its prompt": seen.demonstrations, "in validation": seen.validation}
    first, *more = [(count, place) for place, count in places.items() if count]
    return " and ".join([f"{first[0]:,} of the {rows:,} rows {first[1]}", *(f"{n:,} {place}" for n, place in more)])


def consequence(seen: Iterable[Seen], *, several: bool = False) -> str:
    """What it means for a score, as the rest of a sentence: rows of a validation flatter, the others are remembered."""
    scores = "their scores are" if several else "its score is"
    if all(one.total == one.validation for one in seen):
        return f"so {scores} more hopeful than on new texts"
    return f"so {scores} not evidence for new texts"


def seen_remarks(comparison: Comparison, already_named: Sequence[str] = ()) -> list[str]:
    """Sentences about who has seen rows, of whom nobody knows, or that nobody has.

    Args:
        comparison: its contenders, and how many rows they were asked about.
        already_named: contenders of whom it was said already.
    """
    others = [contender for contender in comparison.measured if contender.name not in already_named]
    groups: dict[Seen, list[str]] = {}
    for contender in others:
        if contender.seen is not None and has_seen(contender):
            groups.setdefault(contender.seen, []).append(contender.name)
    found = [_groups_sentence(groups, comparison.rows.count)] if groups else []
    unknown = [contender.name for contender in others if contender.seen is None]
    if unknown and len(unknown) == len(comparison.measured):
        return [NOBODY_KNOWS]
    if unknown:
        found.append(f"Whether {one_of(first_names(unknown))} has seen any of these rows is not known.")
    return found or ([] if already_named else [CLEAN])


def first_names(names: Sequence[str]) -> list[str]:
    """The names, or of many the first and how many more there are."""
    rest = len(names) - NAMED
    return [*names[:NAMED], f"{rest} others"] if rest > 0 else list(names)


def _groups_sentence(groups: dict[Seen, list[str]], rows: int) -> str:
    several = sum(map(len, groups.values())) > 1
    parts = []
    for seen, names in groups.items():
        *before, last = first_names(names)
        who = f"{', '.join(before)} and {last} have" if before else f"{last} has"
        phrase = seen_phrase(seen, rows).replace("its prompt", "their prompts") if before else seen_phrase(seen, rows)
        parts.append(f"{who} seen {phrase}")
    return f"{'; '.join(first_names(parts))}, {consequence(groups, several=several)}."
