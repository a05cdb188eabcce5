"""What a classifier answers to labelled rows: asking it, the table of its answers, and the file that keeps them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from classification.classifiers.calibrated import best_order
from classification.data.rows import Rows
from classification.errors import InputError
from classification.predictions import Classifier, Predictions
from classification.task import Task

from . import metrics
from .metrics import Bools
from .records import TaskRecord

#: What a label's column of probabilities is called: this and the label.
PROBABILITY = "p_"

#: Columns with a number or a bool a row, and what `Predictions` calls each.
PLAIN = {
    "valid": "valid",
    "seconds": "seconds",
    "prompt_tokens": "prompt_tokens",
    "completion_tokens": "completion_tokens",
    "shortened": "truncated",
}


@dataclass(frozen=True)
class PredictionTable:
    """A classifier's answers to n rows over L labels, and the labels that the rows have.

    Attributes:
        task: what was decided.
        ids: a short hash of each text.
        texts: the texts; ``None`` where they were left out of the file.
        targets: bool [n, L], the labels that each row has.
        predictions: as the classifier gave them.
    """

    task: TaskRecord
    ids: tuple[str, ...]
    texts: tuple[str, ...] | None
    targets: Bools
    predictions: Predictions

    @classmethod
    def of(cls, task: Task, rows: Rows, predictions: Predictions) -> PredictionTable:
        """Put the answers to all rows, in the rows' order, beside the rows."""
        ids = tuple(map(text_hash, rows.texts))
        return cls(TaskRecord.of(task), ids, rows.texts, target_matrix(rows, task), predictions)

    @property
    def predicted(self) -> Bools:
        """The labels that were answered, bool [n, L]."""
        return self.predictions.decided(multi_label=self.task.multi_label)

    @property
    def correct(self) -> Bools:
        """Whether each answer is right, bool [n]."""
        return metrics.correct(self.targets, self.predicted, self.predictions.valid)


def predict_rows(
    classifier: Classifier, rows: Rows, *, chunk: int | None = None, progress: Callable[[int], object] | None = None
) -> PredictionTable:
    """Ask a classifier about every row.

    Args:
        classifier: decides about texts.
        rows: one or more.
        chunk: texts that it gets at a time; all of them where it is left out.
        progress: called after each chunk with the number of its texts.

    Raises:
        ValueError: an answer breaks the contract of `Predictions`.
    """
    parts = []
    order = best_order(classifier, rows.texts)
    texts = [rows.texts[row] for row in order]
    for part in predict_in_chunks(classifier.predict, classifier.task, texts, chunk or len(rows)):
        parts.append(part)
        if progress:
            progress(len(part))
    return PredictionTable.of(classifier.task, rows, Predictions.joined(parts).in_order(np.argsort(order)))


def predict_in_chunks(
    predict: Callable[[Sequence[str]], Predictions], task: Task, texts: Sequence[str], chunk: int
) -> Iterator[Predictions]:
    """The answers to one chunk of texts after the other, each checked; whoever stops iterating stops the asking.

    Args:
        predict: the method of a classifier, or a function like it.
        task: has the labels that it decides between.
        texts: what to ask about.
        chunk: texts at a time.

    Raises:
        ValueError: an answer breaks the contract of `Predictions`.
    """
    for start in range(0, len(texts), chunk):
        part = texts[start : start + chunk]
        yield _checked(predict(part), len(part), len(task.labels))


def _checked(predictions: Predictions, texts: int, labels: int) -> Predictions:
    """Check that there is an answer for each text and a probability for each label."""
    probabilities = predictions.probabilities
    if probabilities.shape != (texts, labels):
        raise ValueError(f"probabilities have the shape {probabilities.shape}, not {(texts, labels)}")
    if not (np.isfinite(probabilities).all() and probabilities.min() >= 0 and probabilities.max() <= 1 + 1e-4):
        raise ValueError("probabilities are not all between 0 and 1")
    return predictions


def target_matrix(rows: Rows, task: Task) -> Bools:
    """The labels that each row has, bool [n, L]."""
    targets = np.zeros((len(rows), len(task.labels)), dtype=np.bool_)
    for row, names in enumerate(rows.labels):
        targets[row, [task.index(name) for name in names]] = True
    return targets


def text_hash(text: str) -> str:
    """Tell texts apart without showing them: the first 12 hex digits of their SHA-1."""
    return hashlib.sha1(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()[:12]


def write_answers(file: Path, answers: PredictionTable, *, with_texts: bool) -> None:
    """Write one row for each text: hash, text, target, predicted, a probability for each label, time and tokens.

    ``predicted`` is null where the answer is invalid. Target and predicted are a label's name, or for a
    multi-label task a list of names.
    """
    task, predictions, valid = answers.task, answers.predictions, answers.predictions.valid
    columns: dict[str, object] = {"row": np.arange(len(predictions)), "text_sha1": answers.ids}
    if with_texts and answers.texts is not None:
        columns["text"] = answers.texts
    predicted = _names(answers.predicted, task)
    columns["target"] = _names(answers.targets, task)
    columns["predicted"] = [names if ok else None for names, ok in zip(predicted, valid, strict=True)]
    for column, attribute in PLAIN.items():
        columns[column] = getattr(predictions, attribute)
    for index, label in enumerate(task.labels):
        columns[f"{PROBABILITY}{label}"] = predictions.probabilities[:, index]
    if predictions.label_mass is not None:
        columns["label_mass"] = predictions.label_mass
    if predictions.completions is not None:
        # What is no label may quote the text, so it goes where the texts go.
        said = zip(predictions.completions, valid, strict=True)
        columns["said"] = [words if ok or with_texts else None for words, ok in said]
    if predictions.reasoning is not None and with_texts:
        columns["reasoning"] = predictions.reasoning
    pd.DataFrame(columns).to_parquet(file, index=False)


def read_answers(
    file: Path, task: TaskRecord, count: int, thresholds: NDArray[np.float32] | None = None
) -> PredictionTable:
    """Read what `write_answers` wrote.

    Args:
        file: the Parquet file.
        task: what was decided.
        count: rows that it has to have.
        thresholds: from which probability each label applies, float32 [L], where the contender has its own.

    Raises:
        InputError: the file is missing, no Parquet, or not for this task and number of rows.
    """
    try:
        table = pd.read_parquet(file)
    except (OSError, pa.ArrowException):
        raise InputError(f"{file}: no readable Parquet file; it belongs beside the JSON file of its name.") from None
    try:
        answers = _answers(table, task, thresholds)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{file}: not the answers of a contender on the task {task.name} ({error}).") from None
    if len(answers.ids) != count:
        raise InputError(f"{file}: {len(answers.ids)} rows, but its JSON file speaks of {count}; evaluate it again.")
    return answers


def _answers(table: pd.DataFrame, task: TaskRecord, thresholds: NDArray[np.float32] | None) -> PredictionTable:
    predictions = Predictions(
        probabilities=np.column_stack([table[f"{PROBABILITY}{label}"] for label in task.labels]).astype(np.float32),
        valid=table["valid"].to_numpy(np.bool_),
        seconds=table["seconds"].to_numpy(np.float32),
        prompt_tokens=table["prompt_tokens"].to_numpy(np.int64),
        completion_tokens=table["completion_tokens"].to_numpy(np.int64),
        truncated=table["shortened"].to_numpy(np.bool_),
        completions=tuple("" if pd.isna(words) else str(words) for words in table["said"]) if "said" in table else None,
        label_mass=table["label_mass"].to_numpy(np.float32) if "label_mass" in table else None,
        thresholds=thresholds,
        reasoning=tuple(map(str, table["reasoning"])) if "reasoning" in table else None,
    )
    return PredictionTable(
        task=task,
        ids=tuple(map(str, table["text_sha1"])),
        texts=tuple(map(str, table["text"])) if "text" in table else None,
        targets=_columns(table["target"], task),
        predictions=predictions,
    )


def _names(held: Bools, task: TaskRecord) -> list[object]:
    """Label names of each row of bool [n, L]; ``None`` for a single-label row without one."""
    rows = [[label for label, has in zip(task.labels, row, strict=True) if has] for row in held]
    return list(rows) if task.multi_label else [names[0] if names else None for names in rows]


def _columns(cells: pd.Series, task: TaskRecord) -> NDArray[np.bool_]:
    """The inverse of `_names`."""
    held = np.zeros((len(cells), len(task.labels)), dtype=np.bool_)
    for row, cell in enumerate(cells):
        for name in cell if task.multi_label else [cell]:
            held[row, task.labels.index(name)] = True
    return held
