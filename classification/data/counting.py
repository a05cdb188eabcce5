"""Numbers in sentences about rows."""

from __future__ import annotations

#: How many offending rows a sentence names.
EXAMPLES = 3


def quantity(number: int, thing: str) -> str:
    """``1 row``, ``2 rows``, ``12,000 rows``."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
