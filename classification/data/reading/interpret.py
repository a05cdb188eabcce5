"""From a table to rows: its columns chosen, its label cells read."""

from __future__ import annotations

from ...errors import InputError, shown
from ...task import Task
from ..labels.one_hot import read_one_hot
from ..labels.reader import LabelNames, LabelReader
from ..rows import Rows, texts_of
from .columns import ColumnNames, Columns, choose_columns
from .table import Table


def rows_of_table(table: Table, task: Task, reader: LabelReader, asked: ColumnNames) -> tuple[Rows, list[str]]:
    """Rows of a table.

    Args:
        table: n rows of cells.
        task: which labels are allowed.
        reader: knows what label cells mean; one for all splits of a source.
        asked: names of columns that a person gave.

    Returns:
        The rows, and sentences about what was assumed.

    Raises:
        UnlabelledError: the table has texts and no labels.
        InputError: no such column, a row without text, or labels that the task does not know.
    """
    columns = choose_columns(table.names, asked, task, table.where, table.cells_of)
    texts = texts_of(table.cells_of(columns.text), table.where)
    before = len(reader.notes)
    labels = _labels(table, task, reader, columns)
    return Rows(texts, labels), [*table.notes, *columns.notes, *reader.notes[before:]]


def _labels(table: Table, task: Task, reader: LabelReader, columns: Columns) -> tuple[LabelNames, ...]:
    """Labels from the label column or from columns of 0 and 1; where both can be read, they have to agree."""
    found: dict[str, tuple[LabelNames, ...]] = {}
    errors: list[InputError] = []
    if columns.label is not None:
        cells = table.cells_of(columns.label)
        try:
            found[f"the column {shown(columns.label)}"] = reader.read(
                cells, table.class_names.get(columns.label, ()), table.where
            )
        except InputError as error:
            errors.append(error)
    if columns.one_hot:
        flags = {name: table.cells_of(name) for name in columns.one_hot}
        try:
            found["the columns named after the labels"] = read_one_hot(flags, task, table.where)
        except InputError as error:
            errors.append(error)
    if not found:
        raise errors[0]
    if len(set(found.values())) > 1:
        row = next(row for row, both in enumerate(zip(*found.values(), strict=True), start=1) if len(set(both)) > 1)
        said = " and ".join(f"{', '.join(labels[row - 1]) or 'none'} by {source}" for source, labels in found.items())
        raise InputError(f"{table.where}: row {row} has two labels: {said}; say which with --label_column.")
    source = next(iter(found))
    if not source.startswith("the column "):
        reader.notes.append(f"{table.where}: labels are read from the columns of 0 and 1 that are named after them.")
    return found[source]
