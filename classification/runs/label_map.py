"""A lineup's ``label_map``: which label of the task each output of a model stands for, where their names differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..errors import InputError, nearest, shown
from ..task import Task
from .checks import FoundRun, named

#: A stranger's labels that a misspelled one is compared with: not without end, in number and in length.
MOST_COMPARED, LONGEST_NAME = 1000, 60


def mapped_labels(run: FoundRun, label_map: Mapping[str, str], outputs: Sequence[str], task: Task) -> list[str]:
    """The task's label for each output of a model, in the order of the outputs.

    Args:
        run: whose model it is, for sentences.
        label_map: a label of the model, or the number of an output from 0, to the task's label.
        outputs: the model's own labels. Letter case is looked past where that leaves one of them.
        task: whose labels are wanted.

    Raises:
        InputError: a name is not known on its side, or they do not go together one to one; the sentence says which.
    """
    _check_direction(run, label_map, outputs, task)
    found: dict[int, str] = {}
    for key, label in label_map.items():
        column = _column(run, key, outputs)
        if label not in task.label_names:
            raise InputError(
                f"{run}: label_map gives {shown(key)} the label {shown(label)}, which the task {task.name} does not "
                f"have{nearest(label, task.label_names)}; allowed: {named(task.label_names)}."
            )
        if column in found:
            raise InputError(f"{run}: label_map names the output {shown(outputs[column])} twice; name each once.")
        if label in found.values():
            raise InputError(
                f"{run}: label_map gives the label {shown(label)} to two of the model's; each label of the task "
                f"{task.name} stands for one."
            )
        found[column] = label
    missing = [name for name in task.label_names if name not in found.values()]
    if missing:
        raise InputError(
            f"{run}: label_map has nothing for the label {shown(missing[0])} of the task {task.name}; the model's "
            f"labels are {named(outputs)}."
        )
    left = [name for column, name in enumerate(outputs) if column not in found]
    if left:
        raise InputError(
            f"{run}: label_map does not say what the model's label {shown(left[0])} stands for; a model with as many "
            f"labels as the task {task.name} is needed, and each of them named."
        )
    return [found[column] for column in range(len(outputs))]


def _column(run: FoundRun, key: str, outputs: Sequence[str]) -> int:
    """Which output a key means: by its name, by its name in other letter case, else by its number."""
    if key in outputs:
        return outputs.index(key)
    alike = [column for column, name in enumerate(outputs) if name.casefold() == key.casefold()]
    if len(alike) == 1:
        return alike[0]
    if key.isdecimal() and int(key) < len(outputs):
        return int(key)
    short = [name for name in outputs[:MOST_COMPARED] if len(name) <= LONGEST_NAME]
    raise InputError(
        f"{run}: label_map names {shown(key)}, which is no label of this model{nearest(key, short)}; its labels are "
        f"{named(outputs)}, or their numbers from 0 to {len(outputs) - 1}."
    )


def _check_direction(run: FoundRun, label_map: Mapping[str, str], outputs: Sequence[str], task: Task) -> None:
    """Tell somebody who has written it the other way round."""
    theirs = {name.casefold() for name in outputs}
    if all(key in task.label_names and key.casefold() not in theirs for key in label_map) and all(
        label.casefold() in theirs for label in label_map.values()
    ):
        first = next(iter(label_map))
        raise InputError(
            f"{run}: label_map is the other way round; write the model's label first, as in "
            f"{label_map[first]}: {first}."
        )
