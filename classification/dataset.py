"""Labelled rows of a task: read from a file, a folder or the Hub, checked, and split where they are not."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from datasets import Dataset
from huggingface_hub.utils import HFValidationError, validate_repo_id

from .data.reading import READERS, Pick, read_file, read_hub
from .data.rows import Rows, counted, interpret
from .data.splitting import carve
from .errors import InputError, nearest, one_of, shown
from .task import DatasetSource, Task

#: Our splits, and what they are called elsewhere.
SPLIT_NAMES = {"train": ("train",), "validation": ("validation", "valid", "val", "dev"), "test": ("test",)}

#: What a single file counts as until the caller says what its rows are for.
WHOLE = ""

__all__ = ["Rows", "Splits", "load_rows", "load_splits"]


@dataclass(frozen=True)
class Splits:
    """The rows of a dataset. A split that neither exists nor could be made is ``None``."""

    train: Rows | None
    validation: Rows | None
    test: Rows | None
    source: str

    def items(self) -> Iterator[tuple[str, Rows]]:
        """Name and rows of each split that there is."""
        for name in SPLIT_NAMES:
            rows = getattr(self, name)
            if rows is not None:
                yield name, rows

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over the names and fingerprints of the splits."""
        parts = "\n".join(f"{name} {rows.fingerprint}" for name, rows in self.items())
        return hashlib.sha256(parts.encode()).hexdigest()


def load_rows(path: str | Path, task: Task, *, split: str | None = None, limit: int | None = None) -> Rows:
    """Labelled rows of one file, or of one split of a folder or Hub dataset.

    Args:
        path: a file, a folder or a Hub id.
        task: says which columns to read and which labels are allowed.
        split: train, validation or test; by default the test split, or the only one there is. One file is
            one split, whatever its name.
        limit: read only so many rows from the start.

    Raises:
        InputError: the rows cannot be read or do not fit the task; see `load_splits`.
    """
    found = _read(str(path), task)
    if len(found) == 1 and (split is None or WHOLE in found):
        split = next(iter(found))
    split = split if split is not None else "test"
    if split not in found:
        raise InputError(f"{path}: no {split} split{nearest(split, found)}; it has {one_of(found)}.")
    where, table = found[split]
    return interpret(table if limit is None else table.select(range(min(limit, len(table)))), task, where)


def load_splits(
    task: Task,
    data: str | None = None,
    *,
    seed: int = 0,
    need: Sequence[str] = ("train",),
    validation_size: float = 0.1,
    test_size: float = 0.1,
) -> Splits:
    """All rows of a dataset. A missing validation or test split is carved from the training rows.

    Carved splits are seeded, stratified by label, and share no text with what remains.

    Args:
        task: says which columns to read and which labels are allowed.
        data: a file, a folder that holds ``train.csv`` and the like, or a Hub id; by default the task's own.
        seed: decides which rows are carved.
        need: splits without which the caller cannot go on.
        validation_size: share of all rows for a validation split that is missing; 0 for none.
        test_size: the same for a test split.

    Raises:
        InputError: no such source or column, a row without text or with an unknown label, an empty or
            missing split, training rows of one class only, a file that is malformed, too large or not
            UTF-8. Row numbers count data rows from 1.
    """
    source = data or (task.dataset.path if task.dataset else None)
    if source is None:
        raise InputError(f"the task {task.name} names no dataset; say where its rows are with --data.")
    tables = {"train" if name == WHOLE else name: table for name, table in _read(source, task).items()}
    found = {name: interpret(table, task, where) for name, (where, table) in tables.items()}
    if "train" in need and "train" in found:
        _need_two_classes(found["train"], source)
    found = _complete(found, seed, {"test": test_size, "validation": validation_size}, source)
    for name in need:
        if name not in found:
            raise InputError(f"{source}: no {name} split; it has {one_of(found)}, so add one.")
    if "train" in need:
        _need_two_classes(found["train"], source)  # again: the only row of a class may have been carved away
    return Splits(found.get("train"), found.get("validation"), found.get("test"), source)


def _complete(found: dict[str, Rows], seed: int, sizes: Mapping[str, float], source: str) -> dict[str, Rows]:
    """Carve the splits that are missing; each size is a share of the training rows as they came."""
    remaining = 1.0
    for name, size in sizes.items():
        if name in found or "train" not in found or not size:
            continue
        train = found["train"]
        try:
            rest, part = carve(train.texts, train.labels, size / remaining, seed)
        except ValueError:
            raise InputError(
                f"{source}: {counted(len(train), 'row')} with too few different texts to make a {name} split of; "
                "add rows."
            ) from None
        found |= {"train": train.select(rest), name: train.select(part)}
        remaining -= size
    return found


def _need_two_classes(train: Rows, source: str) -> None:
    classes = {name for names in train.labels for name in names}
    if len(classes) < 2:
        only = f"the label {shown(classes.pop())}" if classes else "no label"
        raise InputError(
            f"{source}: {counted(len(train), 'training row')}, all with {only}; training needs rows of two labels."
        )


def _read(source: str, task: Task) -> dict[str, tuple[str, Dataset]]:
    """Split name to its place and raw rows; one file is the split `WHOLE`."""
    path = Path(source).expanduser()
    if os.path.isfile(path):  # noqa: PTH113  unlike Path.is_file, false for a name that no file system allows
        return {WHOLE: (source, read_file(path, _picker(task, source)))}
    if os.path.isdir(path):  # noqa: PTH112
        return _read_folder(path, task)
    if path.suffix.lower() in READERS or source.count("/") != 1:
        raise InputError(f"{source}: no such file or folder; give one that exists, or a Hub id like 'owner/name'.")
    try:
        validate_repo_id(source)
    except HFValidationError:
        raise InputError(f"{source}: no such file or folder, and no Hub id like 'owner/name'; give either.") from None
    return _read_hub(source, task)


def _read_folder(folder: Path, task: Task) -> dict[str, tuple[str, Dataset]]:
    found: dict[str, tuple[str, Dataset]] = {}
    for name, aliases in SPLIT_NAMES.items():
        files = [file for alias in aliases for suffix in READERS if (file := folder / f"{alias}{suffix}").is_file()]
        if len(files) > 1:
            names = one_of(file.name for file in files)
            raise InputError(f"{folder}: the {name} split could be {names}; keep one of them.")
        if files:
            found[name] = (str(files[0]), read_file(files[0], _picker(task, str(files[0]))))
    if not found:
        raise InputError(
            f"{folder}: no file named train, validation or test in it; name them so, with {one_of(READERS)}."
        )
    return found


def _read_hub(source: str, task: Task) -> dict[str, tuple[str, Dataset]]:
    own = task.dataset is not None and source == task.dataset.path
    described = task.dataset if own and task.dataset else DatasetSource(path=source)
    tables = read_hub(described, _picker(task, source))
    names = described.splits or {
        name: alias for name, aliases in SPLIT_NAMES.items() for alias in reversed(aliases) if alias in tables
    }
    missing = sorted(set(names.values()) - set(tables))
    if missing or not names:
        raise InputError(f"{source}: no split {one_of(missing or SPLIT_NAMES)}; it has {one_of(tables)}.")
    return {name: (f"{source} ({theirs})", tables[theirs]) for name, theirs in names.items()}


def _picker(task: Task, where: str) -> Pick:
    wanted = task.dataset or DatasetSource(path=where)

    def pick(columns: Sequence[str]) -> tuple[str, str]:
        def choose(name: str, default: str) -> str:
            for candidate in (name, default):
                if candidate in columns:
                    return candidate
            raise InputError(
                f"{where}: no column {name!r}{nearest(name, columns)}; it has {', '.join(map(repr, columns))}."
            )

        return choose(wanted.text_column, "text"), choose(wanted.label_column, "label")

    return pick
