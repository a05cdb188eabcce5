"""Labelled rows: every one has a text, and labels that its task knows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, shown
from ..task import Task
from .counting import EXAMPLES, quantity
from .labels.reader import LabelNames, LabelReader


@dataclass(frozen=True)
class Rows:
    """Labelled texts, in the order of their source.

    Attributes:
        texts: n texts, without surrounding white space.
        labels: label names of each row, in the task's order: one for a single-label task, 0 to L otherwise.
    """

    texts: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.texts)

    def select(self, indices: Sequence[int] | NDArray[np.int64]) -> Rows:
        """These rows, in the order of ``indices``."""
        return Rows(tuple(self.texts[i] for i in indices), tuple(self.labels[i] for i in indices))

    @classmethod
    def joined(cls, parts: Sequence[Rows]) -> Rows:
        """The rows of several parts, one after the other."""
        return cls(
            tuple(text for part in parts for text in part.texts),
            tuple(names for part in parts for names in part.labels),
        )

    def targets(self, task: Task) -> NDArray[np.int64] | NDArray[np.float32]:
        """Label columns, int64 [n], or for a multi-label task 0 and 1, float32 [n, L]."""
        if not task.multi_label:
            return np.array([task.index(names[0]) for names in self.labels], dtype=np.int64)
        targets = np.zeros((len(self), len(task.labels)), dtype=np.float32)
        for row, names in enumerate(self.labels):
            targets[row, [task.index(name) for name in names]] = 1
        return targets

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over texts and labels in order; it does not depend on the file that the rows were read from."""
        digest = hashlib.sha256()
        for text, names in zip(self.texts, self.labels, strict=True):
            digest.update(json.dumps([text, *names], ensure_ascii=False).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()


def texts_of(cells: Sequence[object], where: str) -> tuple[str, ...]:
    """Texts without surrounding white space.

    Args:
        cells: strings, or numbers as people write them.
        where: the file, for sentences.

    Raises:
        InputError: a text is empty, or neither a string nor a number.
    """
    strange = [
        row
        for row, cell in enumerate(cells, start=1)
        if isinstance(cell, bool) or not (cell is None or isinstance(cell, str | int | float))
    ]
    if strange:
        cell = cells[strange[0] - 1]
        kind = {dict: "an object", list: "a list", bool: "a boolean"}.get(type(cell), f"a {type(cell).__name__}")
        raise InputError(
            f"{where}: the text of {quantity(len(strange), 'row')} is {kind}, not words (row {strange[0]} "
            f"{shown(cell)}); give a string, or name another column with --text_column."
        )
    texts = tuple(_text(cell) for cell in cells)
    empty = [row for row, text in enumerate(texts, start=1) if not text]
    if empty:
        named = ", ".join(map(str, empty[:EXAMPLES])) + (", …" if len(empty) > EXAMPLES else "")
        raise InputError(
            f"{where}: the text is empty in {len(empty)} of {quantity(len(texts), 'row')} (row {named}); "
            "fill or remove them."
        )
    return texts


def _text(cell: object) -> str:
    return "" if cell is None or (isinstance(cell, float) and cell != cell) else str(cell).strip()


def rows_given(texts: Sequence[object], labels: Sequence[object], task: Task, where: str) -> Rows:
    """Rows that a program sent: texts, and labels as names, numbers or lists of names.

    Raises:
        InputError: as `rows_of`.
    """
    found: tuple[LabelNames, ...] = LabelReader(task).read(labels, (), where)
    return Rows(texts_of(texts, where), found)
