"""What a label cell means: the one place where cells of a file, a Hub dataset or a request become label names.

A value is looked up in this order:

1. what the file itself says: the number of a `ClassLabel` stands for the name that the file gives it;
2. the task's ``label_values``, for the dataset that the task names or when the user asks for it;
3. the task's label names as written;
4. the usual spellings of numbers and booleans (``1``, ``1.0``; ``True``, ``true``) where a name is one.

The order decides nothing by itself: where two of them read the column differently, the column is refused
and the sentence shows both readings. Cells with several labels are split by `several`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ...errors import InputError, nearest, one_of, shown
from ...task import Task
from ..counting import EXAMPLES, first_few, quantity
from .several import Candidate, candidates, is_vector
from .values import as_flag, is_missing, key_of, look_up

LabelNames = tuple[str, ...]

#: Where a reading comes from, as sentences name it.
FILE, LABEL_VALUES, NAME = "the file's own names", "the task's label_values", "the task's label names"

#: What Hugging Face datasets write for a row without a label.
NO_CLASS = -1


class UnlabelledError(InputError):
    """A table of ``rows`` rows has texts and no labels at all, as published test splits often do."""

    def __init__(self, sentence: str, rows: int) -> None:
        super().__init__(sentence)
        self.rows = rows


@dataclass
class LabelReader:
    """Reads the label cells of one source.

    Attributes:
        task: which labels are allowed, and whether a row may have several.
        label_values: value to label name, where the task's ``label_values`` apply; else empty.
        notes: sentences about readings that a person should know of.
    """

    task: Task
    label_values: Mapping[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    _names: dict[str, str] = field(init=False, repr=False)
    _seen: dict[object, dict[str, set[str]]] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse ``label_values`` that name no label of the task."""
        self._names = {name: name for name in self.task.label_names}
        for value, name in self.label_values.items():
            if name not in self.task.label_names:
                raise InputError(
                    f"the task {self.task.name} maps the value {shown(value)} to {shown(name)}, which is none of its "
                    f"labels{nearest(name, self.task.label_names)}; correct dataset.label_values."
                )

    def knows(self, cell: object) -> bool:
        """Whether a cell, taken by itself, can be read as labels of the task."""
        if is_missing(cell):
            return self.task.multi_label and cell is not None
        return any(self._known(candidate, ()) for candidate in self._candidates(cell))

    def read(self, cells: Sequence[object], class_names: Sequence[str], where: str) -> tuple[LabelNames, ...]:
        """Label names of each row, in the task's order: one for a single-label task, 0 to L otherwise.

        Args:
            cells: n cells as the file holds them: strings, numbers, booleans, lists or ``None``.
            class_names: the names that the file gives to numbers (`ClassLabel`), or none.
            where: the file or dataset, for sentences.

        Raises:
            UnlabelledError: no cell has a label.
            InputError: a row has no label, an unknown one or too many, or the column can be read in two ways.
        """
        if all(is_missing(cell) or (class_names and cell == NO_CLASS) for cell in cells):
            sentence = f"{where}: none of its {quantity(len(cells), 'row')} has a label; add labels."
            raise UnlabelledError(sentence, len(cells))
        if self.task.multi_label:
            return self._read_several(cells, class_names, where)
        return self._read_single(cells, class_names, where)

    # --- one label a row

    def _read_single(self, cells: Sequence[object], class_names: Sequence[str], where: str) -> tuple[LabelNames, ...]:
        lists = [(row, cell) for row, cell in enumerate(cells, start=1) if isinstance(cell, (list, tuple, dict))]
        if lists:
            row, first = lists[0]
            raise InputError(
                f"{where}: {_have(len(lists), 'a list')} for a label (row {row} {shown(first)}), and the task "
                f"{self.task.name} allows one label a row; give one label a row, or set multi_label: true in the task."
            )
        chosen = self._scheme([cell for cell in cells if not is_missing(cell)], class_names, where)
        labels, unknown = [], []
        for row, cell in enumerate(cells, start=1):
            name = chosen.get(key_of(cell))
            if name is None:
                unknown.append((row, cell))
            else:
                labels.append((name,))
        if unknown:
            raise InputError(self._unknown(unknown, where))
        return tuple(labels)

    # --- several labels a row

    def _read_several(self, cells: Sequence[object], class_names: Sequence[str], where: str) -> tuple[LabelNames, ...]:
        found = {key_of(cell): self._candidates(cell) for cell in cells}
        given = [key_of(cell) for cell in cells if not is_missing(cell)]
        if given and all(any(is_vector(c, len(self.task.labels)) for c in found[key]) for key in given):
            return self._read_vectors(cells, found, class_names, where)
        segmented: dict[object, Candidate | None] = {}
        for row, cell in enumerate(cells, start=1):
            key = key_of(cell)
            if key not in segmented:
                segmented[key] = self._segment(found[key], class_names, f"{where}: row {row}", cell)
        unknown = [(row, cell) for row, cell in enumerate(cells, start=1) if segmented[key_of(cell)] is None]
        if unknown:
            raise InputError(self._unknown(unknown, where, class_names))
        atoms = [atom for candidate in segmented.values() for atom in candidate or ()]
        chosen = self._scheme(atoms, class_names, where)
        return tuple(self._in_order(chosen[key_of(atom)] for atom in segmented[key_of(cell)] or ()) for cell in cells)

    def _segment(
        self, found: Sequence[Candidate], class_names: Sequence[str], where: str, cell: object
    ) -> Candidate | None:
        """The one way to split a cell in which every part is a label; ``None`` where there is none."""
        known = [candidate for candidate in found if self._known(candidate, class_names)]
        distinct = {frozenset(map(key_of, candidate)): candidate for candidate in known}
        if len(distinct) > 1:
            readings = " or ".join(shown(list(map(str, candidate))) for candidate in list(distinct.values())[:2])
            raise InputError(
                f'{where}: {shown(cell)} can be read as {readings}; write several labels as a list, such as ["a", "b"].'
            )
        return next(iter(distinct.values()), None)

    def _read_vectors(
        self,
        cells: Sequence[object],
        found: Mapping[object, Sequence[Candidate]],
        class_names: Sequence[str],
        where: str,
    ) -> tuple[LabelNames, ...]:
        """A column of zeros and ones, one place a label, in the task's order."""
        names = self.task.label_names
        vectors = {
            key: next((c for c in candidates if is_vector(c, len(names))), ()) for key, candidates in found.items()
        }
        repeats = any(len(set(map(key_of, vector))) < len(vector) for vector in vectors.values())
        if not repeats and all(self._known(vector, class_names) for vector in vectors.values()):
            first = next(cell for cell in cells if not is_missing(cell))
            raise InputError(
                f"{where}: {shown(first)} can be read as zeros and ones, one place a label, or as the labels "
                f"themselves; write the labels' names as lists, such as {shown(list(names[:2]))}."
            )
        own = tuple(class_names)
        if own != names and set(own) == set(names):
            raise InputError(
                f"{where}: its rows are zeros and ones, one place a label, and the file lists its labels in the order "
                f"{', '.join(own)}, the task {self.task.name} in the order {', '.join(names)}; put the task's labels "
                "in the file's order."
            )
        self.notes.append(
            f"{where}: labels are zeros and ones, one place a label, read in the task's order: {first_few(names)}."
        )
        return tuple(
            tuple(name for name, value in zip(names, vectors[key_of(cell)]) if as_flag(value)) for cell in cells
        )

    def _candidates(self, cell: object) -> list[Candidate]:
        if not self.task.multi_label:
            return [] if isinstance(cell, (list, tuple, dict)) else [(cell,)]
        return candidates(cell, lambda part: bool(self._readings(part, ())))

    def _in_order(self, names: Iterable[str]) -> LabelNames:
        held = set(names)
        return tuple(name for name in self.task.label_names if name in held)

    # --- values

    def _known(self, candidate: Candidate, class_names: Sequence[str]) -> bool:
        return all(self._readings(atom, class_names) for atom in candidate)

    def _readings(self, value: object, class_names: Sequence[str]) -> dict[str, set[str]]:
        """Source of a reading to the labels that it gives; sources that give none are left out."""
        key = (key_of(value), tuple(class_names))
        if key not in self._seen:
            self._seen[key] = {} if is_missing(value) else self._sources(value, class_names)
        return self._seen[key]

    def _sources(self, value: object, class_names: Sequence[str]) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        if class_names and isinstance(value, int) and not isinstance(value, bool):
            if 0 <= value < len(class_names):
                own = class_names[value]
                found[FILE] = look_up(own, self.label_values) or look_up(own, self._names)
            found[LABEL_VALUES] = look_up(value, self.label_values)
        else:
            found[LABEL_VALUES] = look_up(value, self.label_values)
            found[NAME] = look_up(value, self._names)
        return {source: labels for source, labels in found.items() if labels}

    def _scheme(self, values: Sequence[object], class_names: Sequence[str], where: str) -> dict[object, str]:
        """Key of each value to its label. Values that have none are left out.

        Where sources differ about a value, one of them is followed only if it alone reads the whole column.
        """
        readings = {key_of(value): (value, self._readings(value, class_names)) for value in values}
        agreed = {key: set().union(*found.values()) for key, (_, found) in readings.items()}
        torn = next((key for key, labels in agreed.items() if len(labels) > 1), None)
        if torn is None:
            return {key: next(iter(labels)) for key, labels in agreed.items() if labels}
        whole = [
            source
            for source in (FILE, LABEL_VALUES, NAME)
            if all(len(found.get(source, ())) == 1 for _, found in readings.values())
        ]
        value, found = readings[torn]
        if len(whole) != 1:
            said = " and ".join(f"{one_of(sorted(labels))} by {source}" for source, labels in found.items())
            raise InputError(
                f"{where}: the label {shown(value)} has two meanings: {said}; write the labels' names, or take "
                "label_values out of the task."
            )
        self.notes.append(f"{where}: labels are read by {whole[0]}, which alone know every value of this column.")
        return {key: next(iter(found[whole[0]])) for key, (_, found) in readings.items()}

    def _unknown(self, unknown: Sequence[tuple[int, object]], where: str, class_names: Sequence[str] = ()) -> str:
        names = self.task.label_names
        named = ", ".join(f"row {row} {_as_shown(cell)}{nearest(str(cell), names)}" for row, cell in unknown[:EXAMPLES])
        more = ", …" if len(unknown) > EXAMPLES else ""
        several = (
            'several labels are written as a list, such as ["a", "b"], or joined by |; '
            if self.task.multi_label
            else ""
        )
        return (
            f"{where}: {_have(len(unknown), 'a label')} that the task {self.task.name} does not know "
            f"({named}{more}); allowed: {one_of(names)}; {several}{self._remedy(unknown)}"
        )

    def _remedy(self, unknown: Sequence[tuple[int, object]]) -> str:
        declared = self.task.dataset.label_values if self.task.dataset else {}
        if declared and not self.label_values and all(look_up(cell, declared) for _, cell in unknown):
            return (
                "the task's label_values would read them: where these rows are written as in the task's own dataset, "
                "add --use_label_values."
            )
        return "correct the rows, or map their values with label_values in the task file."


def _as_shown(cell: object) -> str:
    return "''" if cell is None else shown(cell.strip() if isinstance(cell, str) else cell)


def _have(count: int, what: str) -> str:
    return f"{quantity(count, 'row')} {'has' if count == 1 else 'have'} {what}"
