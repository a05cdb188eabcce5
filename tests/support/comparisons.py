"""Rows, and classifiers that answer from a list, for tests of comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from classification.data.rows import Rows
from classification.predictions import Predictions
from classification.runs.seen import Seen
from classification.task import Label, Task
from comparison.comparison import Comparison, compare
from comparison.evaluation import Evaluation, evaluate, failed, rows_record
from comparison.prediction_table import predict_rows
from comparison.records import ContenderIdentity

ABC = Task(name="abc", language="en", instruction="Choose a letter.", labels=tuple(Label(name=name) for name in "ABC"))
TAGS = ABC.model_copy(update={"name": "tags", "multi_label": True})


@dataclass
class Scripted:
    """Gives each row its own answer: a label's letter, or ``?`` for an answer that is invalid."""

    answers: str
    name: str = "scripted"
    task: Task = ABC
    error: Exception | None = None
    seconds: float = 0.5
    sizes: list[int] = field(default_factory=list)
    _next: int = 0

    def predict(self, texts: Sequence[str]) -> Predictions:
        if self.error is not None:
            raise self.error
        self.sizes.append(len(texts))
        said = self.answers[self._next : self._next + len(texts)]
        self._next += len(texts)
        probabilities = np.zeros((len(texts), len(self.task.labels)), dtype=np.float32)
        for row, letter in enumerate(said):
            if letter != "?":
                probabilities[row] = 0.1
                probabilities[row, self.task.index(letter)] = 0.8
        return Predictions.of(
            probabilities,
            self.seconds * len(texts),
            valid=np.array([letter != "?" for letter in said]),
            prompt_tokens=[10] * len(texts),
            completion_tokens=[2] * len(texts),
            completions=[
                f"I quote {text}" if letter == "?" else letter for text, letter in zip(texts, said, strict=True)
            ],
        )

    def prompt(self, text: str) -> str | None:
        return None


def rows_of(letters: str) -> Rows:
    """A row for each letter, its label."""
    return Rows(tuple(f"secret text {row}" for row in range(len(letters))), tuple((name,) for name in letters))


def evaluated(
    name: str,
    answers: str,
    targets: str,
    approach: str = "zero-shot",
    *,
    seen: Seen | None = Seen(train=0),  # noqa: B008  it cannot change
    **more: object,
) -> Evaluation:
    """The evaluation of a contender that gives these answers to rows with these labels."""
    classifier = Scripted(answers, name, **more)  # type: ignore[arg-type]
    return evaluation_of(classifier, rows_of(targets), approach, seen=seen)


def evaluation_of(
    classifier: Scripted, rows: Rows, approach: str = "zero-shot", *, seen: Seen | None = None
) -> Evaluation:
    """The evaluation of a contender of this name, or how it failed."""
    contender = ContenderIdentity(
        name=classifier.name, approach=approach, family="chat", configuration={"model": classifier.name}  # type: ignore[arg-type]
    )  # fmt: skip
    record = rows_record(rows, "letters.csv")
    try:
        table = predict_rows(classifier, rows)
    except Exception as error:  # noqa: BLE001  as where contenders are compared
        return failed(contender, error, classifier.task, record)
    return evaluate(contender, table, record, seen=seen)


def compared() -> Comparison:
    """A good and a bad contender, a floor, and one that failed, on 60 rows."""
    targets = "ABC" * 20
    broken = evaluated("broken", "", targets, error=RuntimeError("out of memory\nand more"))
    return compare(
        [
            evaluated("majority", "A" * 60, targets, "baseline", seconds=0.0001),
            evaluated("tuned", "ABC" * 19 + "AB?", targets, "fine-tuned"),
            evaluated("bad", "BCA" * 20, targets, seconds=2.0),
            broken,
        ]
    )
