"""Values of label cells: when two of them mean the same label although their types differ (``1``, ``"1"``, ``1.0``)."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation


def is_missing(cell: object) -> bool:
    """Whether a cell holds nothing: null, NaN, or white space."""
    return cell is None or (isinstance(cell, float) and cell != cell) or (isinstance(cell, str) and not cell.strip())


def look_up(value: object, table: Mapping[str, str]) -> set[str]:
    """What a value stands for in a table of strings: as written, else as the same number or boolean."""
    written = value.strip() if isinstance(value, str) else str(value)
    if written in table:
        exact = {table[written]}
        # A number from a typed file is not "written" at all, so another spelling of it is as good.
        return exact if isinstance(value, str) else exact | _alike(value, table)
    return _alike(value, table)


def _alike(value: object, table: Mapping[str, str]) -> set[str]:
    """What keys stand for that spell the same characters, boolean or number in another way."""
    converters: tuple[Callable[[object], object], ...] = (_compose_accents, _as_boolean, as_number)
    for convert in converters:
        wanted = convert(value)
        found = {label for key, label in table.items() if convert(key) == wanted} if wanted is not None else set()
        if found:
            return found
    return set()


def _compose_accents(value: object) -> str | None:
    """A string with its accents composed (NFC): some systems write them as characters of their own."""
    return unicodedata.normalize("NFC", value.strip()) if isinstance(value, str) else None


def _as_boolean(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.strip().lower()) if isinstance(value, str) else None


def as_number(value: object) -> Decimal | None:
    """The number that a value is or spells with plain digits; no exponents, no ``inf``, no booleans."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    written = value.strip() if isinstance(value, str) else str(value)
    if not written.isascii() or not set(written) <= set("0123456789.+-") or len(written) > 40:
        return None
    try:
        return Decimal(written)
    except InvalidOperation:
        return None


def as_flag(cell: object) -> bool | None:
    """Whether a cell of a column of zeros and ones holds a one; ``None`` where it holds neither."""
    boolean = _as_boolean(cell)
    if boolean is not None:
        return boolean
    number = as_number(cell)
    return bool(number) if number in (0, 1) else None


def key_of(value: object) -> object:
    """Something hashable that tells cells apart, also ``1`` from ``True`` and ``1.0``."""
    if isinstance(value, (list, tuple)):
        return ("list", *map(key_of, value))
    if isinstance(value, dict):
        return ("dict", repr(value))
    if isinstance(value, float) and value != value:
        return ("missing",)
    return (type(value), value)
