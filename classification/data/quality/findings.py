"""What checks of rows report: a finding, the rows that show it, and the words for both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from typing import Literal

from ...task import Task
from ..counting import EXAMPLES, quantity
from ..dataset import Rows, Splits

Severity = Literal["error", "warning", "note"]

EXAMPLE_CHARACTERS = 60
#: Characters that an example shows before the place that matters.
MARGIN = 25
#: A smaller share is written as "under 0.1%".
SMALLEST_SHARE = 0.001
#: A share of rows from which duplicates are worth a warning, and leaks make a score meaningless.
NOTABLE_SHARE = 0.01


@dataclass(frozen=True)
class Example:
    """A row that shows a finding: its split, its number there (data rows from 1), its text cut short."""

    split: str
    row: int
    text: str


@dataclass(frozen=True)
class Finding:
    """Something wrong with a dataset.

    Attributes:
        kind: which check found it, as in ``exact-duplicates``.
        severity: ``error`` where results would be wrong, ``warning`` where they suffer, else ``note``.
        count: how many rows, texts or labels are concerned.
        split: where, or ``None`` when it lies between splits.
        sentence: what was found and what to do.
        examples: up to three rows.
    """

    kind: str
    severity: Severity
    count: int
    split: str | None
    sentence: str
    examples: tuple[Example, ...] = ()


Check = Callable[[Splits, Task], Iterator[Finding]]


def cut(text: str, place: int = 0) -> str:
    """A text on one line of at most `EXAMPLE_CHARACTERS` characters, such that ``place`` can be seen."""
    start = 0 if place < EXAMPLE_CHARACTERS - MARGIN else place - MARGIN
    line = " ".join(("…" * bool(start) + text[start:]).split())
    line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)
    return line if len(line) <= EXAMPLE_CHARACTERS else f"{line[: EXAMPLE_CHARACTERS - 1]}…"


def examples_of(split: str, rows: Rows, found: Sequence[int] | Mapping[int, int]) -> tuple[Example, ...]:
    """The first rows found, by number or as row to place in the text."""
    places = found if isinstance(found, Mapping) else dict.fromkeys(found, 0)
    first = list(places.items())[:EXAMPLES]
    return tuple(Example(split, row + 1, cut(rows.texts[row], place)) for row, place in first)


def by_share(found: Sized, rows: Rows) -> Severity:
    """A warning where a notable share of the rows is concerned, else a note."""
    return "warning" if len(found) >= NOTABLE_SHARE * len(rows) else "note"


def rows_found(found: Sized, how: str, rows: Rows) -> str:
    """``3 rows (0.5%) without a label``: the begin of a sentence."""
    share = len(found) / len(rows)
    return f"{quantity(len(found), 'row')} ({f'{share:.1%}' if share >= SMALLEST_SHARE else 'under 0.1%'}) {how}"
