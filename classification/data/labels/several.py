"""Cells that hold several labels: lists, lists that a CSV holds as text, and labels joined by a separator."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator, Sequence

#: One way to read a cell: the values of its labels, not yet looked up.
Candidate = tuple[object, ...]

#: What joins labels in one cell, most explicit first.
SEPARATORS = ("|", ",", ";", "，", "；", "、")
#: Longer cells are not split into labels.
MAX_CHARACTERS = 20_000

_STRING = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_ATOM = rf"(?:{_STRING}|-?\d+(?:\.\d+)?|True|False|true|false)"
#: A Python or JSON list (or tuple, or set) of strings, numbers and booleans, with its commas.
_WRITTEN_LIST = re.compile(rf"[\[({{]\s*(?:{_ATOM}\s*(?:,\s*{_ATOM}\s*)*,?\s*)?[\])}}]")
_ATOMS = re.compile(_ATOM)
#: A numpy array of zeros and ones as `str` writes it.
_WRITTEN_ARRAY = re.compile(r"\[\s*[01]\.?(?:\s+[01]\.?)*\s*\]")

#: Cells with more parts than this are not split into labels.
MAX_PARTS = 500
#: Most ways to join neighbouring parts that are kept: two are enough to refuse a cell.
_ENOUGH = 4


def candidates(cell: object, is_label: Callable[[str], bool]) -> list[Candidate]:
    """Every way to read a cell as several labels.

    Args:
        cell: a list, a string, a number, a boolean or ``None``.
        is_label: whether a piece of text is a label; decides where separators may split.

    Returns:
        The readings; each is a tuple of values, empty for a row without labels. An empty list where a cell is
        no list of plain values.
    """
    if isinstance(cell, (list, tuple)):
        return [] if any(isinstance(part, (list, tuple, dict)) or part is None for part in cell) else [tuple(cell)]
    if cell is None or (isinstance(cell, float) and cell != cell):
        return [()]
    if not isinstance(cell, str):
        return [] if isinstance(cell, dict) else [(cell,)]
    text = cell.strip()
    if not text:
        return [()]
    return [(text,), *_split(text, is_label)] if len(text) <= MAX_CHARACTERS else [(text,)]


def _split(text: str, is_label: Callable[[str], bool]) -> Iterator[Candidate]:
    written = _written_list(text)
    if written is not None:
        yield written
    for separator in SEPARATORS:
        parts = text.split(separator)
        if 1 < len(parts) <= MAX_PARTS:
            yield from _join_parts(parts, separator, is_label)
            # A bar may stand behind the last label as well: `a|b|`.
            yield tuple(part.strip() for part in (parts[:-1] if separator == "|" and not parts[-1] else parts))


def is_vector(candidate: Candidate, labels: int) -> bool:
    """Whether these are ``labels`` zeros and ones."""
    return len(candidate) == labels and all(_is_bit(value) for value in candidate)


def _is_bit(value: object) -> bool:
    if isinstance(value, str):
        return value.strip() in ("0", "1", "0.0", "1.0")
    return isinstance(value, (bool, int, float)) and value in (0, 1)


def _written_list(text: str) -> Candidate | None:
    """The values of a list that was written as text, or ``None`` where it is none.

    The pattern asks for a comma between values, since Python joins neighbouring strings: to it ``['a' 'b']``,
    which is how a numpy array is printed, is the one string ``ab``.
    """
    if _WRITTEN_ARRAY.fullmatch(text):
        return tuple(int(bit) for bit in re.findall("[01]", text))
    if not _WRITTEN_LIST.fullmatch(text):
        return None
    return tuple(_value(atom) for atom in _ATOMS.findall(text))


def _value(atom: str) -> object:
    if atom in ("true", "false"):
        return atom == "true"
    try:
        return json.loads(atom)
    except json.JSONDecodeError:
        try:
            return ast.literal_eval(atom)
        except (ValueError, SyntaxError):
            return atom


def _join_parts(parts: Sequence[str], separator: str, is_label: Callable[[str], bool]) -> list[Candidate]:
    """Ways to join neighbouring parts again so that each piece is a label: labels may contain the separator."""
    ways: list[list[Candidate]] = [[()], *([] for _ in parts)]
    for end in range(1, len(parts) + 1):
        for start in range(end):
            if not ways[start]:
                continue
            piece = separator.join(parts[start:end]).strip()
            if piece and is_label(piece):
                ways[end] += [(*before, piece) for before in ways[start]]
        ways[end] = ways[end][:_ENOUGH]
    return ways[-1]
