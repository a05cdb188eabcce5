"""A run's record holds hashes of the files that it describes, so that neither is taken for another's.

Weights of one training beside the record of another would answer, and be published, under figures that are not theirs.
"""

from __future__ import annotations

import hashlib
import threading
from fnmatch import fnmatchcase
from pathlib import Path

from ..errors import InputError
from .record import HASHES_FILE, RunRecord

#: Files that a record vouches for: weights in every form, the terms that a baseline's columns are, the texts' hashes.
VOUCHED = (
    "adapter_model.safetensors", "head.safetensors", "model.safetensors", "model-*-of-*.safetensors",
    "model.safetensors.index.json", "vocabulary.txt", "onnx/model.onnx", "onnx/model.onnx_data", HASHES_FILE,
)  # fmt: skip
#: What to do about a file that is another's.
REMEDY = "it comes from another training or is damaged, so train or pull the run again"
PART = 1 << 20  # bytes that are read at a time
#: Of a file as it was when it was read: its place, size, time of change and number.
State = tuple[str, int, int, int]

_KNOWN: dict[State, str] = {}
_LOCK = threading.Lock()


def hashes_of(folder: Path) -> dict[str, str]:
    """sha256 of each file in a run folder that its record vouches for, by its path in the folder."""
    return {name: sha256_of(folder / name) for name in vouched(folder)}


def vouched(folder: Path) -> list[str]:
    """The files in a run folder that its record vouches for, as paths in the folder."""
    found = [path.relative_to(folder).as_posix() for pattern in ("*", "onnx/*") for path in folder.glob(pattern)]
    return sorted(name for name in found if (folder / name).is_file() and any(fnmatchcase(name, p) for p in VOUCHED))


def sha256_of(file: Path) -> str:
    """The sha256 of a file, in hexadecimal; one that has not changed is read once in a process."""
    found = file.resolve().stat()
    state = (str(file.resolve()), found.st_size, found.st_mtime_ns, found.st_ino)
    with _LOCK:
        if state not in _KNOWN:
            digest = hashlib.sha256()
            with file.open("rb") as stream:
                while part := stream.read(PART):
                    digest.update(part)
            _KNOWN[state] = digest.hexdigest()
        return _KNOWN[state]


def check_hashes(folder: Path, record: RunRecord, *, where: object = None, texts: bool = True) -> None:
    """Hold the files of a run against its record; a record of an earlier version has no hashes, and is believed.

    Args:
        folder: holds the files; one that is not there is missed by whoever loads it.
        record: the run's.
        where: what the sentence calls the run, by default the folder.
        texts: whether the hashes of texts are looked at too; without right ones, a model answers as well as with them.

    Raises:
        InputError: a file is not the one that the record describes; the sentence says which.
    """
    if not record.sha256:
        return
    run = where or folder
    for name in vouched(folder):
        if name not in record.sha256 and not (name.startswith("onnx/") or name == HASHES_FILE):
            raise InputError(f"{run}: {name} is not among the files that its run.json describes; {REMEDY}.")
        if name == HASHES_FILE and not texts:
            continue
        if name in record.sha256 and sha256_of(folder / name) != record.sha256[name]:
            raise InputError(f"{run}: {name} is not the file that its run.json describes; {REMEDY}.")


def texts_are_its_own(folder: Path, record: RunRecord) -> bool:
    """Whether the hashes of texts beside a run, if there are any, are those that its record describes."""
    file, known = folder / HASHES_FILE, record.sha256.get(HASHES_FILE)
    return known is None or not file.is_file() or sha256_of(file) == known
