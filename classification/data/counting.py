"""Numbers and lists in sentences about rows."""

from __future__ import annotations

from collections.abc import Sequence

#: How many offending rows a sentence names.
EXAMPLES = 3


def quantity(number: int, thing: str) -> str:
    """``1 row``, ``2 rows``, ``12,000 rows``."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def first_few(names: Sequence[str], most: int = 5) -> str:
    """``a, b`` of two names, and of more than ``most`` the first of them: ``a, b, c, d, e and 3 more``."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
