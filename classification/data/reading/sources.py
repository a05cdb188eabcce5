"""A file, a folder, a saved dataset or a Hub dataset: which splits it has, and their rows."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from huggingface_hub.utils import HFValidationError, validate_repo_id

from ...errors import InputError, one_of
from ...task import DatasetSource, Task
from ..counting import EXAMPLES, quantity
from ..labels.reader import LabelReader
from ..rows import Rows
from .columns import ColumnNames
from .files import is_data_file, read_file
from .folders import is_saved, layout_of
from .hub import hub_tables, saved_tables
from .interpret import rows_of_table
from .split_names import SPLIT_NAMES, one_a_split, split_of
from .table import Table

logger = logging.getLogger(__name__)

#: What a single file counts as until the caller says what its rows are for.
WHOLE = ""


@dataclass(frozen=True)
class ReadOptions:
    """What a person says about rows, where neither they nor the task say it.

    Attributes:
        text_column: holds the texts.
        label_column: holds the labels.
        use_label_values: read label cells through the task's ``label_values`` although these rows are not the
            dataset that the task names.
    """

    text_column: str | None = None
    label_column: str | None = None
    use_label_values: bool = False

    @property
    def columns(self) -> ColumnNames:
        """The names of the columns."""
        return ColumnNames(self.text_column, self.label_column)


@dataclass
class Source:
    """A file, folder or Hub dataset: its splits, not yet read, and what is to be told of it."""

    name: str
    task: Task
    options: ReadOptions
    splits: Mapping[str, Callable[[], Sequence[Table]]]
    reader: LabelReader
    notes: list[str] = field(default_factory=list)
    suspects: dict[str, tuple[int, ...]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def rows(self, split: str) -> Rows:
        """The rows of one split, its files one after the other."""
        parts: list[Rows] = []
        for table in self.splits[split]():
            rows, notes = rows_of_table(table, self.task, self.reader, self.options.columns)
            if table.suspects:
                before = sum(len(part) for part in parts)
                self.suspects[split] = (*self.suspects.get(split, ()), *(before + row for row in table.suspects))
                rows_named = ", ".join(map(str, table.suspects[:EXAMPLES])) + ", …" * (len(table.suspects) > EXAMPLES)
                self.warnings.append(
                    f"{table.where}: {quantity(len(table.suspects), 'row')} with a cell that holds both separators and "
                    f"line breaks (row {rows_named}); make sure that no quotation mark is missing there."
                )
            parts.append(rows)
            self.notes += notes
        return parts[0] if len(parts) == 1 else Rows.joined(parts)

    def take_notes(self, *, log: bool = True) -> tuple[str, ...]:
        """What is to be told, each sentence once; logged as well unless the caller shows it."""
        notes = tuple(dict.fromkeys(self.notes))
        for note in (*notes, *self.warnings) if log else ():
            logger.warning("%s", note)
        return notes


def open_source(name: str, task: Task, options: ReadOptions) -> Source:
    """Find the splits of a source; one file is the split `WHOLE`."""
    path = Path(name).expanduser()
    own = _is_own(name, path, task)
    mapped = task.dataset.label_values if task.dataset and (own or options.use_label_values) else {}
    reader = LabelReader(task, mapped)
    notes: list[str] = []
    splits: Mapping[str, Callable[[], Sequence[Table]]]
    if os.path.isfile(path):  # noqa: PTH113  unlike Path.is_file, false for a name that no file system allows
        splits = {WHOLE: lambda: [read_file(path, task, options.columns, name)]}
    elif os.path.isdir(path):  # noqa: PTH112
        splits = _folder_splits(path, task, options, own, notes)
    else:
        _check_repo_id(name, path)
        described = task.dataset if own and task.dataset else DatasetSource(path=name)
        splits = _tables_by_split(hub_tables(described), described.splits, name, notes)
    return Source(name, task, options, splits, reader, notes)


def _is_own(name: str, path: Path, task: Task) -> bool:
    """Whether this is the dataset that the task names."""
    if task.dataset is None:
        return False
    named = Path(task.dataset.path).expanduser()
    both_exist = os.path.exists(path) and os.path.exists(named)  # noqa: PTH110  as above
    return name == task.dataset.path or (both_exist and path.resolve() == named.resolve())


def _check_repo_id(name: str, path: Path) -> None:
    if is_data_file(path.name) or name.count("/") != 1:
        raise InputError(f"{name}: no such file or folder; give one that exists, or a Hub id like 'owner/name'.")
    try:
        validate_repo_id(name)
    except HFValidationError:
        raise InputError(f"{name}: no such file or folder, and no Hub id like 'owner/name'; give either.") from None


def _folder_splits(
    folder: Path, task: Task, options: ReadOptions, own: bool, notes: list[str]
) -> Mapping[str, Callable[[], Sequence[Table]]]:
    described = task.dataset.splits if own and task.dataset else {}
    if is_saved(folder):
        return _tables_by_split(saved_tables(folder), described, str(folder), notes)
    layout = layout_of(folder, task.dataset.config if own and task.dataset else None)
    notes += layout.notes
    return {
        split: lambda files=files: [read_file(file, task, options.columns) for file in files]  # type: ignore[misc]
        for split, files in layout.splits.items()
    }


def _tables_by_split(
    tables: Mapping[str, Table], described: Mapping[str, str], source: str, notes: list[str]
) -> Mapping[str, Callable[[], Sequence[Table]]]:
    """Our split to the table that a source has under a name of its own."""
    if WHOLE in tables:
        return {WHOLE: lambda: [tables[WHOLE]]}
    chosen = dict(described) or _choose_splits(tables, source)
    missing = sorted(set(chosen.values()) - set(tables))
    if missing or not chosen:
        raise InputError(f"{source}: no split {one_of(missing or SPLIT_NAMES)}; it has {one_of(tables)}.")
    unused = [name for name in tables if name not in chosen.values()]
    if unused:
        notes.append(f"{source}: not used: the split {one_of(unused)}.")
    return {split: lambda name=name: [tables[name]] for split, name in chosen.items()}  # type: ignore[misc]


def _choose_splits(tables: Mapping[str, Table], source: str) -> dict[str, str]:
    named = {name: found for name in tables if (found := split_of(name)) is not None}
    best, _ = one_a_split(named.values(), source)
    return {
        split: next(name for name, found in named.items() if (found.name, found.split) == (own, split))
        for split, own in best.items()
    }
