"""JSON in the shapes that rows are kept in: records, lines, columns, or a list of records inside an object."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...errors import InputError, shown
from ..counting import quantity
from .table import Table

#: How sentences describe the shapes that are read.
ALLOWED = 'rows are objects like {"text": "...", "label": "..."}, one a line or in a list'

Record = Mapping[str, Any]


class _TwiceError(ValueError):
    """An object has a key twice; Python's reader would keep the last one and not say so."""


def read_json_rows(text: str, where: str) -> Table:
    """The columns of a JSON or JSON Lines file.

    Read are a list of objects; objects one after the other, a line each or not; one object of columns (lists, or
    objects from a row's number to its cell, as pandas writes them); pandas' ``orient="split"`` and ``"index"``; and an
    object that holds one list of objects, such as ``{"data": [...]}``. A key that a row lacks is ``None`` there.

    Raises:
        InputError: no JSON, a key that stands twice in an object, or another shape.
    """
    values = list(_values(text, where))
    if not values:
        raise InputError(f"{where}: no rows; add labelled rows.")
    notes: list[str] = []
    if len(values) == 1:
        records = _records(values[0][1], where, notes)
    else:
        for line, value in values:
            if not isinstance(value, dict):
                raise InputError(f"{where}, line {line}: found {shown(value)}, and {ALLOWED}; correct that line.")
        records = [value for _, value in values]
    if not records:
        raise InputError(f"{where}: no rows; add labelled rows.")
    names = dict.fromkeys(name for record in records for name in record)
    return Table(where, tuple(names), lambda name: [record.get(name) for record in records], notes=tuple(notes))


def _values(text: str, where: str) -> Iterator[tuple[int, Any]]:
    """JSON values one after the other, each with the line on which it begins."""
    decoder, place, line = json.JSONDecoder(object_pairs_hook=_once), 0, 1
    text = text.removeprefix("\ufeff")
    while True:
        start = _skip_space(text, place)
        line += text.count("\n", place, start)
        if start == len(text):
            return
        try:
            value, place = decoder.raw_decode(text, start)
        except _TwiceError as error:
            raise InputError(f"{where}, line {line}: {error}; keep one of them.") from None
        except json.JSONDecodeError as error:
            before = text[: error.pos].rstrip()  # an error is noticed at the next thing, which may be lines below
            raise InputError(
                f"{where}, line {max(line, before.count(chr(10)) + 1)}: not valid JSON ({error.msg.lower()}); write "
                "one object a line, or one list of objects."
            ) from None
        except (RecursionError, ValueError):
            raise InputError(f"{where}, line {line}: too deeply nested, or a number too long; {ALLOWED}.") from None
        yield line, value
        line += text.count("\n", start, place)


def _skip_space(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \t\r\n":
        place += 1
    return place


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _TwiceError(f"the key {shown(twice)} stands twice in one object")
    return found


def _records(value: Any, where: str, notes: list[str]) -> Sequence[Record]:
    """The rows of a file that is one JSON value."""
    if isinstance(value, list):
        for number, record in enumerate(value, start=1):
            if not isinstance(record, dict):
                raise InputError(f"{where}: row {number} is {shown(record)}, and {ALLOWED}; correct it.")
        return value
    if not isinstance(value, dict):
        raise InputError(f"{where}, line 1: found {shown(value)}, and {ALLOWED}; correct that line.")
    if not any(isinstance(cell, (list, dict)) for cell in value.values()):
        return [value]  # one row
    if set(value) in ({"columns", "data"}, {"columns", "index", "data"}):
        return _split_records(value, where)
    lists = {key: rows for key, rows in value.items() if isinstance(rows, list) and rows and _all_objects(rows)}
    if len(lists) > 1:
        raise InputError(
            f"{where}: rows could be under {' or '.join(map(shown, lists))}; keep one of them in the file."
        )
    if lists:
        key, rows = next(iter(lists.items()))
        notes.append(f"{where}: the rows are read from under {shown(key)}.")
        return rows
    if all(isinstance(cells, dict) for cells in value.values()) and _are_rows(value):
        return list(value.values())
    return _column_records(value, where)


def _all_objects(rows: Sequence[Any]) -> bool:
    return all(isinstance(row, dict) for row in rows)


def _are_rows(value: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether an object of objects has a row's number outside and columns inside, not the other way round."""
    return all(key.isdecimal() for key in value) and not all(key.isdecimal() for row in value.values() for key in row)


def _split_records(value: Mapping[str, Any], where: str) -> list[Record]:
    names, rows = value["columns"], value["data"]
    if not isinstance(names, list) or not isinstance(rows, list) or not all(isinstance(name, str) for name in names):
        raise InputError(f'{where}: "columns" and "data" are lists in this shape; {ALLOWED}.')
    for number, cells in enumerate(rows, start=1):
        if not isinstance(cells, list) or len(cells) != len(names):
            raise InputError(
                f"{where}: row {number} is {shown(cells)}, and there are {quantity(len(names), 'column')}."
            )
    return [dict(zip(names, cells, strict=True)) for cells in rows]


def _column_records(value: Mapping[str, Any], where: str) -> list[Record]:
    """Rows of an object of columns; the object itself, as the only row, where its values are not all columns."""
    columns = {name: cells for name, cells in value.items() if isinstance(cells, (list, dict))}
    if len(columns) < max(2, len(value)) or len({type(cells) for cells in columns.values()}) > 1:
        return [value]
    keys = [list(cells) if isinstance(cells, dict) else range(len(cells)) for cells in columns.values()]
    if any(list(other) != list(keys[0]) for other in keys):
        sizes = ", ".join(f"{name} {len(cells):,}" for name, cells in columns.items())
        raise InputError(
            f"{where}: its columns do not have the same rows ({sizes}); give each row a cell in every one."
        )
    return [{name: cells[key] for name, cells in columns.items()} for key in keys[0]]
