"""Labels kept as columns of 0 and 1, one named after each label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...errors import InputError, shown
from ...task import Task
from ..counting import quantity
from .reader import LabelNames
from .values import as_flag


def read_one_hot(columns: Mapping[str, Sequence[object]], task: Task, where: str) -> tuple[LabelNames, ...]:
    """Label names of each row from columns of 0 and 1 that are named after the labels.

    Args:
        columns: a column of n cells for each of the task's labels.
        task: whose labels these are; without ``multi_label`` each row has exactly one 1.
        where: the file, for sentences.

    Raises:
        InputError: a cell is neither 0 nor 1, or a row of a single-label task has not exactly one 1.
    """
    found = []
    for row, cells in enumerate(zip(*(columns[name] for name in task.label_names), strict=True), start=1):
        flags = [as_flag(cell) for cell in cells]
        if None in flags:
            column = task.label_names[flags.index(None)]
            raise InputError(
                f"{where}: row {row} has {shown(cells[flags.index(None)])} in the column {shown(column)}; write 0 or 1."
            )
        names = tuple(name for name, flag in zip(task.label_names, flags, strict=True) if flag)
        if not task.multi_label and len(names) != 1:
            raise InputError(
                f"{where}: row {row} has {quantity(len(names), 'label')} ({', '.join(names) or 'all are 0'}), and the "
                f"task {task.name} allows one label a row; correct it, or set multi_label: true in the task."
            )
        found.append(names)
    return tuple(found)
