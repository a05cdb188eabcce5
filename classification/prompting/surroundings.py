"""The one text that an encoder-decoder reads, which has no chat template: training, inference and cards write the same.

It holds the instruction, the words that may be answered, and the text in question under a heading, as
`templates.PLAIN_TEMPLATE` does for a base model.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..task import Task
from .messages import Demonstration, answer, system_sentence

HEADING, QUESTION = "Text: ", "\nAnswer:"


def around_text(
    task: Task, demonstrations: Iterable[Demonstration] = (), *, describe_labels: bool = False
) -> tuple[str, str]:
    """What stands before the text in question and behind it.

    Args:
        task: what to decide.
        demonstrations: shown in this order, each with its answer.
        describe_labels: whether the instruction also says what each label means.
    """
    before = f"{system_sentence(task, describe_labels=describe_labels)}\n\n"
    for shown in demonstrations:
        before += f"{HEADING}{shown.text}{QUESTION} {answer(task, shown.labels)}\n\n"
    return f"{before}{HEADING}", QUESTION


def source_text(
    task: Task, text: str, demonstrations: Iterable[Demonstration] = (), *, describe_labels: bool = False
) -> str:
    """The whole text that the encoder reads, to decide about ``text``."""
    before, behind = around_text(task, demonstrations, describe_labels=describe_labels)
    return f"{before}{text}{behind}"
