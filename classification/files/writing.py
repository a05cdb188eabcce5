"""Writing results: failures as one sentence, and files that are flushed to the disk before they get their name.

Libraries report a full disk in different ways: as an `OSError`, as an error of a Rust or C++ writer, or as a plain
exception whose text ends in ``(os error 28)``. A person gets the same sentence for all of them.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import InputError

FULL = (errno.ENOSPC, errno.EDQUOT)
#: Error numbers of a place that cannot be written to; every other error is a defect of the program.
REFUSED = (*FULL, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY,
           errno.ENAMETOOLONG, errno.EFBIG, errno.EIO)  # fmt: skip
#: How writers in Rust end their sentences, and how the one of torch begins its own, which gives no number.
IN_RUST, IN_TORCH = (
    re.compile(r"\(os error (\d+)\)"),
    re.compile(r"PytorchStreamWriter|inline_container|unexpected pos"),
)
#: Free space, in bytes, below which a writer that gives no reason is taken to have run out of it.
NEARLY_FULL = 1_000_000


@contextmanager
def explained_writing(folder: Path, option: str) -> Iterator[None]:
    """Turn the failure to write into one sentence.

    Args:
        folder: where the result goes.
        option: of the command line, which names another place.

    Raises:
        InputError: the disk is full, or the place cannot be written to.
    """
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        number = _number(error, folder)
        if number is None:
            raise
        raise InputError(f"{folder}: {reason(number)} with {option}.") from error


def reason(number: int) -> str:
    """What an error number of the system means and what to do, as a part of a sentence without a full stop."""
    if number in FULL:
        return "the disk is full; make room and run the same command again, or name a folder on another disk"
    return f"{os.strerror(number).lower()}; name a folder that can be written to"


def _number(error: BaseException, folder: Path) -> int | None:
    """The ``errno`` of a failure to write; of a chain of errors, the first that has one."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, OSError) and found.errno in REFUSED:
            return found.errno
        told = IN_RUST.search(str(found))
        if told and int(told[1]) in REFUSED:
            return int(told[1])
        if IN_TORCH.search(str(found)):
            return errno.ENOSPC if _free(folder) < NEARLY_FULL else errno.EIO
        found = found.__cause__ or found.__context__
    return None


def _free(folder: Path) -> int:
    place = folder.resolve()
    while not place.is_dir():
        place = place.parent
    return shutil.disk_usage(place).free


def sync(path: Path) -> None:
    """``fsync`` a file or a folder, so that a crash of the machine afterwards loses nothing of it."""
    with suppress(PermissionError):  # some systems open no folders
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sync_tree(folder: Path) -> None:
    """`sync` a folder and everything in it."""
    for path in folder.rglob("*"):
        sync(path)
    sync(folder)


@contextmanager
def made(folder: Path, option: str) -> Iterator[None]:
    """Create a folder for a result; if nothing was written, remove it and the parents that were created for it.

    Args:
        folder: where the result goes.
        option: of the command line, for the sentences.

    Raises:
        InputError: see `explained_writing`.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    with explained_writing(folder, option):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            yield
        finally:
            with suppress(OSError):  # it holds something, so it stays
                for path in missing:
                    path.rmdir()
