"""Labelled rows of a task: read from a file, a folder or the Hub, checked, and split where they are not.

Every assumption made in reading (an encoding, a column, a file that is not used) is logged as a warning; `Splits.notes`
has the same sentences.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ..errors import InputError, nearest, one_of, shown
from ..task import Task
from .counting import quantity
from .labels.reader import UnlabelledError
from .reading.sources import WHOLE, ReadOptions, open_source
from .reading.split_names import SPLIT_NAMES
from .rows import Rows
from .splitting import split_rows

__all__ = ["ReadOptions", "Rows", "Splits", "load_rows", "load_splits"]


@dataclass(frozen=True)
class Splits:
    """The rows of a dataset. A split that neither exists nor could be made is ``None``.

    Attributes:
        train: rows to learn from.
        validation: rows to choose by.
        test: rows to measure on.
        source: where they are from.
        notes: what was assumed or left out in reading, as sentences.
        suspects: split to the rows (from 1) of it that may hold other rows which quotation marks swallowed.
    """

    train: Rows | None
    validation: Rows | None
    test: Rows | None
    source: str
    notes: tuple[str, ...] = field(default=(), compare=False)
    suspects: Mapping[str, tuple[int, ...]] = field(default_factory=dict, compare=False)

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


def load_rows(
    path: str | Path,
    task: Task,
    *,
    split: str | None = None,
    limit: int | None = None,
    options: ReadOptions | None = None,
) -> Rows:
    """Labelled rows of one file, or of one split of a folder or Hub dataset.

    Args:
        path: a file, a folder or a Hub id.
        task: says which columns to read and which labels are allowed.
        split: train, validation or test; by default the test split, or the only one there is. One file is
            one split, whatever its name.
        limit: read only so many rows from the start.
        options: what a person says about the rows.

    Raises:
        InputError: the rows cannot be read or do not fit the task; see `load_splits`.
    """
    source = open_source(str(path), task, options or ReadOptions())
    if len(source.splits) == 1 and (split is None or WHOLE in source.splits):
        split = next(iter(source.splits))
    split = split if split is not None else "test"
    if split not in source.splits:
        raise InputError(f"{path}: no {split} split{nearest(split, source.splits)}; it has {one_of(source.splits)}.")
    rows = source.rows(split)
    source.take_notes()
    return rows if limit is None else rows.select(range(min(limit, len(rows))))


def load_splits(
    task: Task,
    data: str | None = None,
    *,
    seed: int = 0,
    need: Sequence[str] = ("train",),
    validation_size: float = 0.1,
    test_size: float = 0.1,
    options: ReadOptions | None = None,
    tell: bool = True,
) -> Splits:
    """All rows of a dataset. A missing validation or test split is carved from the training rows.

    Carved splits are seeded, stratified by label, and share no text with what remains. A split without labels,
    as published test splits often are, counts as missing unless it is needed.

    Args:
        task: says which columns to read and which labels are allowed.
        data: a file, a folder that holds ``train.csv`` and the like, or a Hub id; by default the task's own.
        seed: decides which rows are carved.
        need: splits without which the caller cannot go on.
        validation_size: share of all rows for a validation split that is missing; 0 for none.
        test_size: the same for a test split.
        options: what a person says about the rows.
        tell: log the notes; a caller that shows them itself does without.

    Raises:
        InputError: no such source or column, a row without text or with an unknown label, an empty or
            missing split, training rows of one class only, a file that is malformed, too large or of an
            encoding that cannot be told. Row numbers count data rows from 1.
    """
    named = data or (task.dataset.path if task.dataset else None)
    if named is None:
        raise InputError(f"the task {task.name} names no dataset; say where its rows are with --data.")
    source = open_source(named, task, options or ReadOptions())
    found: dict[str, Rows] = {}
    for split in source.splits:
        name = "train" if split == WHOLE else split
        try:
            found[name] = source.rows(split)
        except UnlabelledError as error:
            if name in need or name == "train" or len(source.splits) == 1:
                raise
            left = quantity(error.rows, "row")
            source.notes.append(f"{str(error).rstrip('.')} (the {name} split is left out, {left}).")
    if "train" in need and "train" in found:
        _need_two_classes(found["train"], named)
    before = found.get("train")
    found = _complete(found, seed, {"test": test_size, "validation": validation_size}, named)
    for name in need:
        if name not in found:
            raise InputError(f"{named}: no {name} split; it has {one_of(found)}, so add one.")
    if "train" in need and before is not None:
        source.notes += _check_remaining(before, found["train"], task, named)
    suspects = {"train" if split == WHOLE else split: rows for split, rows in source.suspects.items()}
    if before is not found.get("train"):  # their numbers are no longer those of the file
        suspects.pop("train", None)
    return Splits(
        found.get("train"), found.get("validation"), found.get("test"), named, source.take_notes(log=tell), suspects
    )


def _complete(found: dict[str, Rows], seed: int, sizes: Mapping[str, float], source: str) -> dict[str, Rows]:
    """Carve the splits that are missing; each size is a share of the training rows as they came."""
    remaining, given = 1.0, found.get("train")
    for name, size in sizes.items():
        if name in found or given is None or not size:
            continue
        train = found["train"]
        try:
            rest, part = split_rows(train.texts, train.labels, size / remaining, seed)
        except ValueError:
            raise InputError(
                f"{source}: {quantity(len(given), 'row')} with too few different texts to make a {name} split of; "
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
            f"{source}: {quantity(len(train), 'training row')}, all with {only}; training needs rows of two labels."
        )


def _check_remaining(before: Rows, train: Rows, task: Task, source: str) -> list[str]:
    """Labels whose only rows were set aside for the splits that were carved: told, or refused where one is left."""
    counts = Counter(name for names in before.labels for name in names)
    left = {name for names in train.labels for name in names}
    gone = [name for name in task.label_names if counts[name] and name not in left]
    if len(left) < 2:
        raise InputError(
            f"{source}: {quantity(len(before), 'row')}, and after validation and test rows were set aside, all "
            f"{len(train)} that are left to train on have the label {shown(next(iter(left), ''))}; add rows of "
            f"{one_of(gone)}."
        )
    if not gone:
        return []
    return [
        f"{source}: no training row of {one_of(gone)} is left, since its "
        f"{quantity(sum(counts[name] for name in gone), 'row')} went to validation or test; add rows."
    ]
