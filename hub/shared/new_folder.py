"""New folders that are complete or absent, also where the command that fills them fails or is killed."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from classification.errors import InputError

FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def new_folder(folder: Path, option: str = "--output") -> Iterator[Path]:
    """A place beside ``folder`` to write to, which takes its name once everything in it is written.

    Missing parents are created, and removed again if the command fails.

    Args:
        folder: does not exist yet, or is empty.
        option: of the command line, for the sentences.

    Raises:
        InputError: it holds something, is a file, or cannot be written.
    """
    place = folder.resolve()
    made: list[Path] = []
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise InputError(f"{folder} is not empty; name a new folder with {option}.")
        _make(place.parent, made)
        with TemporaryDirectory(prefix=f".{place.name}-", dir=place.parent, ignore_cleanup_errors=True) as beside:
            unfinished = Path(beside) / place.name
            unfinished.mkdir()
            yield unfinished
            unfinished.replace(place)
        made.clear()
    except OSError as error:
        raise InputError(f"{folder}: {_reason(error)} with {option}.") from None
    finally:
        with suppress(OSError):  # it stays where another process has written something into it meanwhile
            for path in reversed(made):
                path.rmdir()


def _make(folder: Path, made: list[Path]) -> None:
    """Make a folder and those above it, and note which ones were made."""
    if folder.is_dir():
        return
    _make(folder.parent, made)
    folder.mkdir()
    made.append(folder)


def _reason(error: OSError) -> str:
    if error.errno in FULL:
        return "the disk is full; make room and run the same command again, or name a folder on another disk"
    return f"{(error.strerror or 'cannot be written').lower()}; name a folder that can be written to"
