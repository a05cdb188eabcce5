"""Checks for texts that reading may have got wrong, or that were wrong when they were written."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterator

from ...task import Task
from ..dataset import Rows, Splits
from .findings import Finding, Severity, examples_of, rows_found

#: Longer texts are not checked for being an object written as text: parsing them takes long.
LONGEST_OBJECT = 2000


def swallowed_rows(splits: Splits, task: Task) -> Iterator[Finding]:
    """Cells with separators and line breaks: an open quotation mark may have made one cell of several rows."""
    for split, rows in splits.items():
        found = [number - 1 for number in splits.suspects.get(split, ())]
        if found:
            sentence = (
                f"{rows_found(found, 'with a cell that holds both separators and line breaks', rows)}; make sure that "
                "no quotation mark is missing there."
            )
            yield Finding("swallowed-rows", "warning", len(found), split, sentence, examples_of(split, rows, found))


def strange_texts(splits: Splits, task: Task) -> Iterator[Finding]:
    """Texts that are damaged or no text: objects written as text, stray quotation marks, numbers, half characters."""
    for split, rows in splits.items():
        for kind, severity, holds, how in STRANGE:
            found = _rows_where(rows, holds)
            if found:
                sentence = f"{rows_found(found, how, rows)}; look at how the file was written."
                yield Finding(kind, severity, len(found), split, sentence, examples_of(split, rows, found))
        numbers = _rows_where(rows, _is_number)
        if len(numbers) == len(rows):
            sentence = "every text is a number; is another column the text? Name it with --text_column."
            yield Finding("numbers", "warning", len(rows), split, sentence, examples_of(split, rows, numbers))


def _rows_where(rows: Rows, holds: Callable[[str], bool]) -> list[int]:
    return [row for row, text in enumerate(rows.texts) if holds(text)]


def _is_object(text: str) -> bool:
    if text[0] + text[-1] not in ("{}", "[]") or len(text) > LONGEST_OBJECT:
        return False
    try:
        return isinstance(ast.literal_eval(text), dict | list)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        pass
    try:
        return isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False


def _is_half_quoted(text: str) -> bool:
    return text.count('"') % 2 == 1 and (text[0] == '"') != (text[-1] == '"')


def _is_half(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).lstrip("+-").isdecimal()


#: Kind of finding, how bad it is, what shows it, and what the sentence says of such rows.
STRANGE: tuple[tuple[str, Severity, Callable[[str], bool], str], ...] = (
    ("objects", "warning", _is_object, "whose text is an object or a list written as text"),
    ("quotation-marks", "note", _is_half_quoted, "with a quotation mark at one end only"),
    ("half-characters", "error", _is_half, "with half a character (a lone surrogate)"),
)
