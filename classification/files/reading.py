"""Reading files of unknown size and origin: at most as many bytes as such a file can reasonably have."""

from __future__ import annotations

import json
from pathlib import Path

from ..errors import InputError

#: In bytes: a file that a person writes (a task, a lineup), and a record that a program writes.
LONGEST_WRITTEN, LONGEST_RECORD = 1_000_000, 20_000_000


def read_limited(file: Path, limit: int, *, what: str) -> bytes:
    """The bytes of a file, of which at most ``limit`` are read.

    Args:
        file: what to read; a device without an end counts as too large.
        limit: in bytes.
        what: what such a file is called in the sentence.

    Raises:
        InputError: it is larger.
        OSError: it cannot be read.
    """
    with file.open("rb") as stream:
        found = stream.read(limit + 1)
    if len(found) > limit:
        raise InputError(f"{file}: larger than {limit // 10**6} MB, so no {what}; give the right file.")
    return found


def read_json(file: Path, *, what: str, limit: int = LONGEST_RECORD) -> object:
    """The value in a JSON file of at most ``limit`` bytes.

    Raises:
        InputError: it is larger.
        OSError: it cannot be read.
        ValueError: it is not JSON in UTF-8, or nested too deep.
    """
    try:
        return json.loads(read_limited(file, limit, what=what))
    except RecursionError:
        raise ValueError("nested too deep") from None
