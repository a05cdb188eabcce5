"""The messages of a chat prompt, and how a free answer is read. Training, evaluation and the page use the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ..errors import one_of
from ..task import Task
from ..words import COMMA, DASHES, bare, exact, folded, parts_of, readings

Message = dict[str, str]


@dataclass(frozen=True)
class Demonstration:
    """A labelled row that a few-shot prompt shows."""

    text: str
    label: str


def system_sentence(task: Task, *, describe_labels: bool = False) -> str:
    """The instruction, the words that may be answered and, on request, what each of them means."""
    if task.multi_label:
        rule = (
            f"Answer with every label that applies, in this order and separated by commas: {', '.join(task.words)}. "
            f"If none applies, answer {nothing_word(task)}."
        )
    else:
        rule = (
            f"Answer with one word: {one_of(task.words)}."
            if _single_words(task)
            else (f"Answer with exactly one of these labels: {one_of(task.words)}.")
        )
    lines = [f"{task.instruction} {rule}"]
    if describe_labels:
        lines += [f"{label.word}: {label.description}" for label in task.labels if label.description]
    return "\n".join(lines)


def render(
    task: Task, text: str, demonstrations: Iterable[Demonstration] = (), *, describe_labels: bool = False
) -> list[Message]:
    """The chat that asks for one text's label.

    Args:
        task: what to decide.
        text: the text to decide about, as it is.
        demonstrations: shown in this order, each as a user turn and the assistant turn that answers it.
        describe_labels: whether the system sentence also says what each label means.

    Returns:
        Messages for ``tokenizer.apply_chat_template``; the last one is the user turn with ``text``.
    """
    messages = [{"role": "system", "content": system_sentence(task, describe_labels=describe_labels)}]
    for shown in demonstrations:
        messages.append({"role": "user", "content": shown.text})
        messages.append({"role": "assistant", "content": answer(task, [shown.label])})
    messages.append({"role": "user", "content": text})
    return messages


def answer(task: Task, labels: Sequence[str]) -> str:
    """What the model is taught to say for these labels: several in the task's order, whatever order they come in."""
    columns = sorted({task.index(label) for label in labels})
    return joined(task.labels[column].word for column in columns) if columns else nothing_word(task)


def joined(words: Iterable[str]) -> str:
    """Several labels as one answer."""
    return ", ".join(words)


def nothing_word(task: Task) -> str:
    """What is said where no label of a multi-label task applies: a word that no label has."""
    taken = {folded(text) for text in (*task.words, *task.label_names)}
    return next(word for word in ("none", "no label", "none of the labels", "-") if word not in taken)


def parse(task: Task, completion: str) -> tuple[int, ...] | None:
    """Read a free answer strictly.

    An answer is a label's word as it is, else a label's name as it is, else a word and then a name without regard to
    case and to the punctuation around it. A word goes before a name, so that with the labels ``0`` and ``1`` whose
    words are ``1`` and ``2``, the answer ``1`` is the label ``0``; tasks in which an answer could mean two labels
    are refused. Labels of a multi-label task stand between commas.

    An explanation around it, two labels for a single-label task, or anything else is invalid: accepting
    guesses would overstate the model's accuracy.

    Returns:
        Label columns, or ``None`` for an invalid answer.
    """
    if not task.multi_label:
        column = _column(task, completion)
        return None if column is None else (column,)
    if bare(completion) == nothing_word(task):
        return ()
    columns = _several_columns(task, completion)
    return None if columns is None else tuple(dict.fromkeys(columns))


def _several_columns(task: Task, completion: str) -> list[int] | None:
    """The labels between the commas of an answer; a label with commas of its own takes as many parts as it has."""
    commas = list(COMMA.finditer(completion))
    starts, ends = [0, *(comma.end() for comma in commas)], [*(comma.start() for comma in commas), len(completion)]
    longest = max(len(parts_of(text)) for text in (*task.words, *task.label_names))
    found: list[int] = []
    place = 0
    while place < len(starts):
        reaches = reversed(range(place, min(place + longest, len(starts))))
        read = ((last, _column(task, completion[starts[place] : ends[last]])) for last in reaches)
        last, column = next(((last, column) for last, column in read if column is not None), (place, None))
        if column is None:
            return None
        found.append(column)
        place = last + 1
    return found


def _column(task: Task, completion: str) -> int | None:
    """The label that one answer names."""
    as_said = exact(completion)
    for texts in (task.words, task.label_names):
        column = _columns(texts).get(as_said)
        if column is not None:
            return column
    for texts in (task.words, task.label_names):
        column = _match_with_marks(_plain_columns(texts), completion)
        if column is not None:
            return column
    return None


@lru_cache(maxsize=64)
def _columns(texts: tuple[str, ...]) -> Mapping[str, int]:
    return {exact(text): column for column, text in enumerate(texts)}


@lru_cache(maxsize=64)
def _plain_columns(texts: tuple[str, ...]) -> Mapping[str, int]:
    """Columns of labels by their words or names without case, and without the punctuation around them too.

    Names, unlike words, may differ in punctuation alone; without it they are then no answer.
    """
    found: dict[str, set[int]] = {}
    for column, text in enumerate(texts):
        for plain in {folded(text), bare(text)}:
            found.setdefault(plain, set()).add(column)
    return {plain: next(iter(columns)) for plain, columns in found.items() if len(columns) == 1}


def _match_with_marks(columns: Mapping[str, int], completion: str) -> int | None:
    """The column that an answer names, with as few of the marks around it removed as possible."""
    whole, meant = folded(completion), _marks_with_meaning(frozenset(columns))
    for layer in readings(completion):
        found = {columns[text] for text in layer if text in columns and not meant & _around(text, whole)}
        if found:
            return found.pop() if len(found) == 1 else None
    return None


@lru_cache(maxsize=64)
def _marks_with_meaning(texts: frozenset[str]) -> frozenset[str]:
    """Marks that are part of a label: those of which one consists, and dashes where one begins with a minus."""
    marks = {sign for text in texts if not any(map(str.isalnum, text)) for sign in text}
    return frozenset(marks | DASHES if any(text[:1] in DASHES for text in texts) else marks)


def _around(text: str, whole: str) -> set[str]:
    before, _, after = whole.partition(text)
    return set(before + after)


def _single_words(task: Task) -> bool:
    return all(" " not in word.strip() for word in task.words)
