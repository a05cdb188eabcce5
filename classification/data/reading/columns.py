"""Which columns hold the texts and the labels: named by the user or the task, else found by name or content."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ...errors import InputError, nearest, one_of, shown
from ...task import Task
from ..counting import first_few
from ..labels.reader import LabelReader, UnlabelledError

#: What the columns are called most often, besides ``text`` and ``label``.
TEXT_NAMES = (
    "text", "texts", "sentence", "sentences", "content", "review", "tweet", "comment", "message", "utterance", "query",
    "headline", "title", "document", "body", "sms", "文本", "内容", "句子", "标题", "评论",
)  # fmt: skip
LABEL_NAMES = (
    "label", "labels", "class", "category", "target", "sentiment", "intent", "topic", "emotion", "emotions",
    "标签", "类别", "分类",
)  # fmt: skip


@dataclass(frozen=True)
class ColumnNames:
    """Names of the columns that the user gave on the command line; ``None`` where none was given."""

    text: str | None = None
    label: str | None = None


@dataclass(frozen=True)
class Columns:
    """The columns of a table that rows are made of.

    Attributes:
        text: holds the texts.
        label: holds the labels; ``None`` where only `one_hot` can.
        one_hot: a column of 0 and 1 for each label of the task, named after it; none where a person named the
            label's column.
        notes: what was assumed, as sentences.
    """

    text: str
    label: str | None
    one_hot: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=(), compare=False)


def choose_columns(
    names: Sequence[str], asked: ColumnNames, task: Task, where: str, cells_of: Callable[[str], Sequence[object]]
) -> Columns:
    """Choose among a table's columns.

    In this order: the name that was asked for; the name in the task's ``dataset``; ``text`` and ``label``; another
    usual name or spelling, if just one column has it; the only column whose every cell is a label of the task, and
    the only column besides the label's.

    Args:
        names: the table's columns.
        asked: what a person said on the command line.
        task: may name columns, and has the labels.
        where: the file, for sentences.
        cells_of: gives the cells of a column.

    Raises:
        UnlabelledError: there are texts and nothing that could be labels.
        InputError: a column that was asked for is missing, two are called alike, or nothing is obvious.
    """
    twice = next((name for name in names if list(names).count(name) > 1), None)
    if twice is not None and twice.strip():
        raise InputError(f"{where}: two columns are called {shown(twice)}; rename one of them.")
    source, notes = task.dataset, []
    text = _by_name(names, asked.text, source.text_column if source else "text", "text", TEXT_NAMES, where)
    label = _by_name(names, asked.label, source.label_column if source else "label", "label", LABEL_NAMES, where)
    one_hot = task.label_names if set(task.label_names) <= set(names) and asked.label is None else ()
    if label is None and not one_hot:
        label = _holding_labels([name for name in names if name != text], task, cells_of)
    if text is None and label is not None:
        others = [name for name in names if name != label and name.strip()]
        text = others[0] if len(others) == 1 else None
    if text is None:
        raise InputError(
            f"{where}: no column that is plainly the text; it has {_names(names)}; {_option_hint('text')}."
        )
    if label is None and not one_hot:
        raise UnlabelledError(
            f"{where}: no column that is plainly the label; it has {_names(names)}; {_option_hint('label')}."
            f"{_missing_hint(names, task)}",
            len(cells_of(text)),
        )
    expected = (asked.text or "text", asked.label or "label")
    described = (source.text_column, source.label_column) if source else expected
    if text not in (expected[0], described[0]):
        notes.append(f"{where}: the texts are read from the column {shown(text)}.")
    if label is not None and label not in (expected[1], described[1]):
        notes.append(f"{where}: the labels are read from the column {shown(label)}.")
    return Columns(text, label, one_hot, tuple(notes))


def are_recognised(names: Sequence[str], asked: ColumnNames, task: Task) -> bool:
    """Whether these are names of columns, with one for the texts and one for the labels among them."""
    source = task.dataset
    try:
        text = _by_name(names, asked.text, source.text_column if source else "text", "text", TEXT_NAMES, "")
        label = _by_name(names, asked.label, source.label_column if source else "label", "label", LABEL_NAMES, "")
    except InputError:
        return bool(asked.text in names or asked.label in names)
    return text is not None and (label is not None or set(task.label_names) <= set(names))


def _by_name(
    names: Sequence[str], asked: str | None, described: str, usual: str, others: Sequence[str], where: str
) -> str | None:
    """A column by its name; ``None`` where no name is known.

    Raises:
        InputError: the one that was asked for is not there, or two have a usual name.
    """
    if asked is not None:
        if asked not in names:
            raise InputError(f"{where}: no column {asked!r}{nearest(asked, names)}; it has {_names(names)}.")
        return asked
    for name in (described, usual):
        if name in names:
            return name
    alike = [name for name in names if name.strip().casefold() in (usual, described.casefold())]
    alike = alike or [name for name in names if name.strip().casefold() in others]
    if len(alike) > 1:
        raise InputError(
            f"{where}: the {usual} could be in the column {one_of(map(shown, alike))}; {_option_hint(usual)}."
        )
    return alike[0] if alike else None


def _holding_labels(names: Sequence[str], task: Task, cells_of: Callable[[str], Sequence[object]]) -> str | None:
    """The only column whose every cell is a label of the task."""
    reader = LabelReader(task)
    holding = [name for name in names if (cells := cells_of(name)) and all(map(reader.knows, cells))]
    return holding[0] if len(holding) == 1 else None


def _missing_hint(names: Sequence[str], task: Task) -> str:
    held = [name for name in task.label_names if name in names]
    missing = [name for name in task.label_names if name not in names]
    return f" Columns named after labels need one for each: {one_of(missing)} is missing." if held else ""


def _names(names: Sequence[str]) -> str:
    return first_few([repr(name if len(name) <= 40 else f"{name[:39]}…") for name in names], 20)


def _option_hint(kind: str) -> str:
    return f"say which one with --{kind}_column NAME"
