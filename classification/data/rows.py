"""Labelled rows, and how cells become them: every row has a text and labels that the task knows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from datasets import ClassLabel, Dataset
from numpy.typing import NDArray

from ..errors import InputError, nearest, one_of, shown
from ..task import Task

#: How many offending rows a sentence names.
EXAMPLES = 3


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
        """sha256 over texts and labels in order; the same rows have it wherever they were read from."""
        digest = hashlib.sha256()
        for text, names in zip(self.texts, self.labels, strict=True):
            digest.update(json.dumps([text, *names], ensure_ascii=False).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()


def interpret(table: Dataset, task: Task, where: str) -> Rows:
    """Rows from the columns ``text`` and ``label``.

    Args:
        table: cells as they were read. A label is a name, a `ClassLabel` number or a raw value that the
            task's ``label_values`` maps; for a multi-label task a list of them or one ``|``-joined string.
        task: the labels that are allowed.
        where: what sentences call the source.

    Raises:
        InputError: no rows, rows without text, or labels that the task does not know; the sentence names
            the first of them, counting data rows from 1.
    """
    if len(table) == 0:
        raise InputError(f"{where}: no rows; add labelled rows.")
    cells = table[:]
    texts = tuple("" if cell is None else str(cell).strip() for cell in cells["text"])
    empty = [row for row, text in enumerate(texts, start=1) if not text]
    if empty:
        named = ", ".join(map(str, empty[:EXAMPLES])) + (", …" if len(empty) > EXAMPLES else "")
        raise InputError(
            f"{where}: the text is empty in {len(empty)} of {counted(len(texts), 'row')} (row {named}); "
            "fill or remove them."
        )
    return Rows(texts, _labels(cells["label"], table.features["label"], task, where))


def counted(number: int, thing: str) -> str:
    """``1 row``, ``2 rows``, ``12,000 rows``."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _labels(cells: Sequence[object], feature: object, task: Task, where: str) -> tuple[tuple[str, ...], ...]:
    mapped = _mapped(task)
    feature = getattr(feature, "feature", feature)  # a list of labels keeps their feature inside
    class_names = feature.names if isinstance(feature, ClassLabel) else []
    labels: list[tuple[str, ...]] = []
    unknown: list[tuple[int, str]] = []
    for row, cell in enumerate(cells, start=1):
        values = [_named(value, mapped, class_names) for value in _values(cell, task.multi_label)]
        strangers = [value for value in values if value not in mapped]
        if strangers or not (values or task.multi_label):
            unknown.append((row, strangers[0] if strangers else ""))
        names = {mapped[value] for value in values if value in mapped}
        labels.append(tuple(name for name in task.label_names if name in names))
    if unknown:
        raise InputError(_unknown_labels(unknown, task, where))
    return tuple(labels)


def _mapped(task: Task) -> dict[str, str]:
    """Every value that a label cell may hold, and the label that it stands for."""
    raw = task.dataset.label_values if task.dataset else {}
    for value, name in raw.items():
        if name not in task.label_names:
            raise InputError(
                f"the task {task.name} maps the value {shown(value)} to {shown(name)}, which is none of its labels"
                f"{nearest(name, task.label_names)}; correct dataset.label_values."
            )
    return {name: name for name in task.label_names} | raw


def _named(value: str, mapped: Mapping[str, str], class_names: Sequence[str]) -> str:
    """The name of a `ClassLabel` number, unless the task maps the number itself."""
    if value in mapped or not value.isdecimal() or int(value) >= len(class_names):
        return value
    return str(class_names[int(value)])


def _values(cell: object, multi_label: bool) -> list[str]:
    """The values in a label cell, as strings."""
    if cell is None:
        return []
    if isinstance(cell, (list, tuple)):
        return [value for part in cell for value in _values(part, multi_label=False)]
    text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()
    return [part.strip() for part in text.split("|") if part.strip()] if multi_label else [text]


def _unknown_labels(unknown: Sequence[tuple[int, str]], task: Task, where: str) -> str:
    named = ", ".join(
        f"row {row} {shown(value)}{nearest(value, task.label_names)}" for row, value in unknown[:EXAMPLES]
    )
    more = ", …" if len(unknown) > EXAMPLES else ""
    rows = f"{counted(len(unknown), 'row')} {'has' if len(unknown) == 1 else 'have'}"
    return (
        f"{where}: {rows} a label that the task {task.name} does not know ({named}{more}); allowed: "
        f"{one_of(task.label_names)}; correct the rows, or map their values with label_values in the task file."
    )
