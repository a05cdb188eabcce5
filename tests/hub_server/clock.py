"""The two kinds of values that every record of the Hub carries: moments and identifiers."""

from __future__ import annotations

import secrets
from datetime import datetime, timezone


def now() -> str:
    """This moment as the Hub writes it, in UTC with milliseconds."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def object_id() -> str:
    """A new identifier: 24 hexadecimal digits, as the Hub's database makes them."""
    return secrets.token_hex(12)
