"""New folders that are there whole or not at all, however the command that fills them ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from classification.errors import InputError


@contextmanager
def new_folder(folder: Path, option: str = "--output") -> Iterator[Path]:
    """A place beside ``folder`` to write to, which takes its name once everything in it is written.

    Args:
        folder: does not exist yet, or is empty.
        option: of the command line, for the sentences.

    Raises:
        InputError: it holds something, is a file, or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} is not empty; name a new folder with {option}.")
    place = folder.resolve()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{place.name}-", dir=place.parent, ignore_cleanup_errors=True) as beside:
            unfinished = Path(beside) / place.name
            unfinished.mkdir()
            yield unfinished
            unfinished.replace(place)
    except OSError as error:
        reason = (error.strerror or "cannot be written").lower()
        raise InputError(f"{folder}: {reason}; name a folder that can be written to with {option}.") from None
