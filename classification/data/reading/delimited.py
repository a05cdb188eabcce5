"""CSV and TSV: cells between separators, with or without a header, where quotation marks may or may not enclose cells.

Files are read with Python's `csv` in one pass: it says which line a row came from, and keeps every cell as a string.
A file that can be read in two ways with different rows is refused.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ...errors import InputError, shown
from ...task import Task
from ..counting import quantity
from ..labels.reader import LabelReader
from .columns import ColumnNames, are_recognised
from .table import Table

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
#: Excel's own first line, which names the separator.
_LINE_END = re.compile(r"\r\n|\r|\n")
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n")


@dataclass(frozen=True)
class Quoting:
    """What quotation marks mean in a file; ``options`` are those of Python's `csv.reader`."""

    name: str
    options: dict[str, object]


ENCLOSING = Quoting("quotation marks enclose cells", {"doublequote": True})
BACKSLASH = Quoting("a backslash stands before quotation marks", {"doublequote": False, "escapechar": "\\"})
PLAIN = Quoting("quotation marks are just characters", {"quoting": csv.QUOTE_NONE})


@dataclass
class Grid:
    """Rows of cells, the header among them where there is one.

    Attributes:
        rows: the cells of each row; blank lines are left out.
        lines: the file's line, from 1, on which each row ends.
        starts: the line on which each row begins.
    """

    rows: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)

    @property
    def width(self) -> int:
        """Cells in the first row."""
        return len(self.rows[0]) if self.rows else 0


class _MalformedError(Exception):
    """A file does not fit a way of quoting; the line and the reason."""


def read_delimited(text: str, separator: str, task: Task, asked: ColumnNames, where: str) -> Table:
    """The columns of a CSV or TSV file.

    Args:
        text: the whole file.
        separator: the one that the file's suffix stands for; another is used where the header shows it.
        task: its labels tell a header from a first row.
        asked: names of columns that a person gave.
        where: the file, for sentences.

    Raises:
        InputError: rows of different lengths, an open quotation mark, or more than one way to read the rows.
    """
    notes: list[str] = []
    line = _SEPARATOR_LINE.match(text)
    skipped = 0
    if line:
        separator, text, skipped = line[1], text[line.end() :], 1
    else:
        separator = _separator(text, separator, task, asked, where, notes)
    grid = _grid(text, separator, task, where, notes, skipped)
    if not grid.rows:
        raise InputError(f"{where}: the file is empty; give one with a header and labelled rows.")
    names = _header(grid, task, asked, where, notes)
    if not grid.rows:
        raise InputError(f"{where}: no rows below the header; add labelled rows.")
    suspects = tuple(
        number
        for number, cells in enumerate(grid.rows, start=1)
        if any(separator in cell and "\n" in cell.strip() for cell in cells)
    )
    columns = {name: [cells[place] for cells in grid.rows] for place, name in enumerate(names) if name.strip()}
    return Table(where, names, columns.__getitem__, notes=tuple(notes), suspects=suspects)


# --- the separator


def _separator(text: str, promised: str, task: Task, asked: ColumnNames, where: str, notes: list[str]) -> str:
    """The separator under which the first line names columns, else the one that gives rows of two cells."""
    first = next((line for line in _LINE_END.split(text, maxsplit=50) if line.strip()), "")
    ways = [promised, *(other for other in SEPARATORS if other != promised)]
    found = next((way for way in ways if are_recognised(_cells(first, way), asked, task)), None)
    if found is None:  # perhaps no header: a text and a label
        reader = LabelReader(task)
        pairs = [way for way in ways if len(cells := _cells(first, way)) == 2 and any(map(_holds_label(reader), cells))]
        splitting = pairs or [way for way in ways if way in first]
        found = splitting[0] if len(splitting) == 1 else None
    if found is not None and found != promised:
        notes.append(f"{where}: its cells are separated by {SEPARATORS[found]}.")
    return found or promised


def _cells(line: str, separator: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])]
    except csv.Error:
        return []


# --- rows


def _grid(text: str, separator: str, task: Task, where: str, notes: list[str], skipped: int) -> Grid:
    """Every row, under the one way of quoting that fits the file."""
    try:
        grid = _parse(text, separator, ENCLOSING, skipped)
    except _MalformedError as error:
        return _unquoted_grid(text, separator, where, notes, skipped, error)
    swallowed = _row_with_swallowed_rows(grid, text, separator, task, skipped)
    if swallowed is None:
        _check_widths(grid, where)
        return grid
    plain = _parse_consistent(text, separator, PLAIN, skipped)
    if plain is not None and _all_labelled(plain, task):
        notes.append(f"{where}: read line by line: {PLAIN.name} there, and enclosing cells they would join rows.")
        return plain
    raise InputError(
        f"{where}, lines {grid.starts[swallowed]} to {grid.lines[swallowed]}: one row by its quotation marks, and "
        "every line of it looks like a row of its own; write quotation marks that are just characters twice and "
        "enclose their cell, or remove them."
    )


def _unquoted_grid(
    text: str, separator: str, where: str, notes: list[str], skipped: int, error: _MalformedError
) -> Grid:
    """Rows of a file in which quotation marks do not enclose cells as they should."""
    for quoting in (PLAIN, BACKSLASH):
        grid = _parse_consistent(text, separator, quoting, skipped)
        if grid is not None:
            notes.append(f"{where}: {quoting.name} in this file.")
            return grid
    line, reason = error.args
    raise InputError(f"{where}, line {line}: malformed ({reason}); is a double quote left open?") from None


def _parse(text: str, separator: str, quoting: Quoting, skipped: int = 0) -> Grid:
    grid, end = Grid(), skipped
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True, **quoting.options)  # type: ignore[arg-type]
    try:
        with _long_cells():
            for cells in reader:
                start, end = end + 1, reader.line_num + skipped
                if any(cell.strip() for cell in cells) or len(cells) > 1:
                    grid.rows.append(cells)
                    grid.starts.append(start)
                    grid.lines.append(end)
    except csv.Error as error:
        raise _MalformedError(reader.line_num + skipped, str(error)) from None
    return grid


@contextmanager
def _long_cells() -> Iterator[None]:
    """Let cells have any length: `csv` stops at 131,072 characters, a limit that holds for the whole process."""
    before = csv.field_size_limit(sys.maxsize)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _parse_consistent(text: str, separator: str, quoting: Quoting, skipped: int) -> Grid | None:
    """The rows under a way of quoting in which each has as many cells as the first; else ``None``."""
    try:
        grid = _parse(text, separator, quoting, skipped)
    except _MalformedError:
        return None
    return grid if grid.width > 1 and all(len(cells) == grid.width for cells in grid.rows) else None


def _row_with_swallowed_rows(grid: Grid, text: str, separator: str, task: Task, skipped: int) -> int | None:
    """The first row that may hold other rows: each of its lines, quotation marks aside, is a row with a label."""
    many = [place for place in range(1, len(grid.rows)) if grid.lines[place] > grid.starts[place]]
    if not many or grid.width < 2:
        return None
    reader, lines = LabelReader(task), _LINE_END.split(text)
    for place in many:
        if len(grid.rows[place]) != grid.width:
            continue
        own = lines[grid.starts[place] - 1 - skipped : grid.lines[place] - skipped]
        cells = [line.split(separator) for line in own if line.strip()]
        if len(cells) > 1 and all(len(row) == grid.width and any(map(_holds_label(reader), row)) for row in cells):
            return place
    return None


def _all_labelled(grid: Grid, task: Task) -> bool:
    reader = LabelReader(task)
    return all(any(map(_holds_label(reader), cells)) for cells in grid.rows[1:])


def _holds_label(reader: LabelReader) -> Callable[[str], bool]:
    """Whether a cell holds labels, and not just nothing."""
    return lambda cell: bool(cell.strip()) and reader.knows(cell)


def _check_widths(grid: Grid, where: str) -> None:
    for number, (cells, line) in enumerate(zip(grid.rows[1:], grid.lines[1:], strict=True), start=1):
        if len(cells) != grid.width:
            raise InputError(
                f"{where}, line {line}: row {number} has {quantity(len(cells), 'cell')} where the header has "
                f"{grid.width}; put cells with a separator, quote or line break in double quotes."
            )


# --- the header


def _header(grid: Grid, task: Task, asked: ColumnNames, where: str, notes: list[str]) -> tuple[str, ...]:
    """Names of the columns, removed from the grid; ``text`` and ``label`` where the first row is a row of data."""
    first = [cell.strip() for cell in grid.rows[0]]
    if not are_recognised(first, asked, task) and asked == ColumnNames():
        place = _label_place(grid, task)
        if place is not None and grid.width == 2 and first[place]:
            names = ("text", "label") if place == 1 else ("label", "text")
            notes.append(
                f"{where}: no header, so its first line is read as a row, with the {names[0]} first; the label is "
                f"{shown(first[place])} there."
            )
            return names
        if place is not None and first[place]:
            raise InputError(
                f"{where}: its first row ({shown(', '.join(first))}) looks like a row, not like a header; "
                "add a first line that names the columns, such as text and label."
            )
    for cells in (grid.rows, grid.lines, grid.starts):
        del cells[0]
    return tuple(first)


def _label_place(grid: Grid, task: Task) -> int | None:
    """The only column whose every cell, the first row's among them, is a label."""
    reader = LabelReader(task)
    places = [
        place
        for place in range(grid.width)
        if grid.rows[0][place].strip() and all(reader.knows(cells[place]) for cells in grid.rows)
    ]
    return places[0] if len(places) == 1 else None


def separators_of(suffix: str) -> str:
    """The separator that a file's suffix stands for."""
    return "\t" if suffix in (".tsv", ".tab") else ","
