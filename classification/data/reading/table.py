"""A table as it was read: names of columns and their cells, which are not yet texts and labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

#: Gives the cells of a column, in order.
CellsOf = Callable[[str], Sequence[object]]


@dataclass(frozen=True)
class Table:
    """Columns of one file or split, cells as they are.

    Attributes:
        where: the file or dataset, for sentences.
        names: of the columns.
        cells_of: gives the n cells of a column.
        class_names: column to the names that the source gives to its numbers (`ClassLabel`).
        notes: what a person should know of how it was read, as sentences.
        suspects: rows (from 1) whose cells hold line breaks and separators, as swallowed rows would.
    """

    where: str
    names: tuple[str, ...]
    cells_of: CellsOf
    class_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    suspects: tuple[int, ...] = ()

    @classmethod
    def of(cls, where: str, columns: Mapping[str, Sequence[object]], notes: Sequence[str] = ()) -> Table:
        """A table from columns that are in memory."""
        return cls(where, tuple(columns), columns.__getitem__, notes=tuple(notes))
