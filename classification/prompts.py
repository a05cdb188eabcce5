"""Every word that a chat model is shown. Pure functions; training, evaluation and the page all use these."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .errors import one_of
from .task import Task

Message = dict[str, str]


@dataclass(frozen=True)
class Demonstration:
    """A labelled row that a few-shot prompt shows."""

    text: str
    label: str


def system_sentence(task: Task, *, describe_labels: bool = False) -> str:
    """The instruction, the words that may be answered and, on request, what each of them means."""
    if task.multi_label:
        rule = f"Answer with every label that applies, separated by commas: {', '.join(task.words)}."
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
    """What the model is taught to say for these labels."""
    return ", ".join(task.labels[task.index(label)].word for label in labels)


def parse(task: Task, said: str) -> tuple[int, ...] | None:
    """Read a free answer strictly.

    Only a label's word, its case and the surrounding quotes and full stop aside, is an answer. An
    explanation around it, two labels for a single-label task, or anything else is invalid: guessing
    what a model may have meant would flatter it.

    Returns:
        Label columns, or ``None`` for an invalid answer.
    """
    columns = {word.casefold(): column for column, word in enumerate(task.words)}
    columns |= {name.casefold(): column for column, name in enumerate(task.label_names)}
    parts = said.split(",") if task.multi_label else [said]
    found = [columns.get(part.strip().strip("\"'`*.。").strip().casefold()) for part in parts]
    if any(column is None for column in found):
        return None
    return tuple(dict.fromkeys(column for column in found if column is not None))


def _single_words(task: Task) -> bool:
    return all(" " not in word.strip() for word in task.words)
