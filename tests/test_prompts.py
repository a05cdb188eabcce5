from __future__ import annotations

import pytest

from classification.prompts import Demonstration, answer, parse, render, system_sentence
from classification.task import Label, Task


def test_the_chat_names_the_labels_shows_demonstrations_and_asks_last(task) -> None:
    shown = [Demonstration("Profit doubles", "Bullish"), Demonstration("Plant burns down", "Bearish")]
    assert render(task, "Meeting on Monday", shown) == [
        {"role": "system", "content": "Decide what this financial news means. "
                                      "Answer with one word: bearish, bullish or neutral."},
        {"role": "user", "content": "Profit doubles"},
        {"role": "assistant", "content": "bullish"},
        {"role": "user", "content": "Plant burns down"},
        {"role": "assistant", "content": "bearish"},
        {"role": "user", "content": "Meeting on Monday"},
    ]  # fmt: skip


def test_labels_are_described_on_request_only() -> None:
    labels = (Label(name="spam", description="advertising or fraud"), Label(name="not spam"))
    task = Task(name="t", language="en", instruction="Decide.", labels=labels)
    assert system_sentence(task) == "Decide. Answer with exactly one of these labels: spam or not spam."
    assert system_sentence(task, describe_labels=True).endswith("\nspam: advertising or fraud")


@pytest.mark.parametrize(
    ("said", "column"),
    [("bullish", 1), (" Bullish.\n", 1), ('"neutral"', 2), ("BEARISH", 0), ("Neutral。", 2)],
)
def test_a_label_in_any_dress_is_an_answer(task, said: str, column: int) -> None:
    assert parse(task, said) == (column,)


@pytest.mark.parametrize(
    "said", ["", "positive", "bullish or bearish", "The answer is bullish", "bullish, bearish", "?"]
)
def test_anything_else_is_invalid_and_never_replaced(task, said: str) -> None:
    assert parse(task, said) is None


def test_several_labels_are_read_where_a_task_allows_them() -> None:
    labels = tuple(Label(name=name) for name in ("joy", "anger", "fear"))
    task = Task(name="t", language="en", instruction="Decide.", labels=labels, multi_label=True)
    assert parse(task, "fear, joy") == (2, 0)
    assert parse(task, "fear, boredom") is None
    assert answer(task, ["fear", "joy"]) == "fear, joy"
