"""A run is whole or it is not there: it is written beside, and its record, ``run.json``, is put in place last.

Until everything is written and on the disk, an older run in the same folder stays as it was. Then its record goes,
the new files take the places of the old ones, and the new record comes. A folder in which that was cut short has no
record, so nothing reads it as a run, and the next training there carries it to its end before anything else.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import mkdtemp

from ..errors import InputError
from .record import MANIFEST, RUN_FILE, UNFINISHED, run_files
from ..files.writing import made, sync, sync_tree

#: Where the files of an older run wait, inside the unfinished folder, until the new ones are in place.
ASIDE = "older"


@contextmanager
def whole_run(folder: Path, option: str = "--output_dir") -> Iterator[Path]:
    """A place to write a run to, ``run.json`` last, which is put into ``folder`` when the block ends well.

    Args:
        folder: the run folder; it is made where it is missing, and an older run in it is replaced.
        option: of the command line, for the sentences.

    Raises:
        InputError: it cannot be written, or something else has the name of one of its files. The old run, if there
            was one, is still there, and nothing of the new one is.
    """
    with made(folder, option):
        tidy(folder)
        unfinished = Path(mkdtemp(prefix=UNFINISHED, dir=folder))
        try:
            yield unfinished
            _finish(unfinished)
            _put_in_place(unfinished, folder)
        except BaseException:
            if not (unfinished / ASIDE / RUN_FILE).is_file():  # an older record that could not be put back stays
                shutil.rmtree(unfinished, ignore_errors=True)
            raise


def check_place(folder: Path, option: str = "--output_dir") -> None:
    """Find out before hours of training whether a run can be written there; nothing is left behind.

    Raises:
        InputError: it is a file, or the place cannot be written to.
    """
    with made(folder, option):
        shutil.rmtree(mkdtemp(prefix=UNFINISHED, dir=folder))
        _check_room([*run_files()], folder)


def tidy(folder: Path) -> None:
    """Carry to its end what was stopped on its way into place, and remove what other stopped writings have left."""
    for unfinished in sorted(folder.glob(f"{UNFINISHED}*")):
        whole = all((unfinished / name).is_file() for name in (MANIFEST, RUN_FILE))
        if whole and not (folder / RUN_FILE).is_file():
            _put_in_place(unfinished, folder)
        else:
            shutil.rmtree(unfinished, ignore_errors=True)


def _finish(unfinished: Path) -> None:
    """Write the list of files, which says that all of them are whole."""
    names = [path.relative_to(unfinished).as_posix() for path in unfinished.rglob("*") if path.is_file()]
    sync_tree(unfinished)
    begun = unfinished / f"{MANIFEST}.begun"
    begun.write_text("\n".join(sorted(names)), encoding="utf-8")
    sync(begun)
    begun.replace(unfinished / MANIFEST)
    sync(unfinished)


def _put_in_place(unfinished: Path, folder: Path) -> None:
    """Move a finished run into its folder, its record last; begun once, it can be begun again.

    A file of the run that is there and still waits in ``unfinished`` as well is the old one.
    """
    names = (unfinished / MANIFEST).read_text(encoding="utf-8").split("\n")
    _check_room(names, folder)
    waiting = [name for name in names if (unfinished / name).is_file()]
    old = [name for name in _run_files(folder) if name in waiting or name not in names]
    aside = unfinished / ASIDE
    moves = [(folder / name, aside / name) for name in _record_at(0, old)]
    moves += [(unfinished / name, folder / name) for name in _record_at(-1, waiting)]
    done: list[tuple[Path, Path]] = []
    try:
        for source, target in moves:
            target.parent.mkdir(parents=True, exist_ok=True)
            if source == unfinished / RUN_FILE or (done and done[-1][0] == folder / RUN_FILE):
                _sync_names(folder)
            source.replace(target)
            done.append((source, target))
    except BaseException:
        for source, target in reversed(done):
            target.replace(source)
        raise
    sync(folder)
    shutil.rmtree(unfinished, ignore_errors=True)


def _sync_names(folder: Path) -> None:
    for path in (folder, folder / "onnx"):
        if path.is_dir():
            sync(path)


def _record_at(place: int, names: list[str]) -> list[str]:
    """Names with that of the record first (0) or last (-1)."""
    others, own = [name for name in names if name != RUN_FILE], [name for name in names if name == RUN_FILE]
    return [*own, *others] if place == 0 else [*others, *own]


def _check_room(names: list[str], folder: Path) -> None:
    for name in names:
        place = folder / name
        wrong = place if place.is_dir() else place.parent if not place.parent.is_dir() else None
        if wrong is not None and wrong.exists():
            raise InputError(f"{wrong}: in the way of the run's {name}; move it, or name another folder.")


def _run_files(folder: Path) -> list[str]:
    """What a run consists of, and nothing else that people keep in its folder."""
    found = [path for pattern in ("*", "onnx/*") for path in folder.glob(pattern) if path.is_file()]
    names = [path.relative_to(folder).as_posix() for path in found]
    listed = [
        name for name in names if any(name.count("/") == p.count("/") and fnmatchcase(name, p) for p in run_files())
    ]
    return sorted(listed)
