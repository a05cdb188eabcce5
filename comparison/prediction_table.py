"""A contender's answers one by one, and the Parquet file that keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from classification.errors import InputError
from classification.predictions import Predictions, decide

from . import metrics
from .metrics import Bools
from .records import TaskRecord

#: What a label's column of probabilities is called: this and the label.
PROBABILITY = "p_"

#: Columns with a number or a bool a row, and what `Predictions` calls each.
PLAIN = {
    "valid": "valid", "seconds": "seconds", "prompt_tokens": "prompt_tokens", "completion_tokens": "completion_tokens",
    "shortened": "truncated",
}  # fmt: skip


@dataclass(frozen=True)
class PredictionTable:
    """n answers over L labels, and what would have been right.

    Attributes:
        ids: a short hash of each text.
        texts: the texts; ``None`` where they were left out of the file.
        targets: bool [n, L].
        predictions: as the classifier gave them.
        multi_label: whether a row may have several labels, or none.
    """

    ids: tuple[str, ...]
    texts: tuple[str, ...] | None
    targets: Bools
    predictions: Predictions
    multi_label: bool

    @property
    def predicted(self) -> Bools:
        """The labels that were answered, bool [n, L]."""
        return decide(self.predictions.probabilities, self.predictions.valid, multi_label=self.multi_label)

    @property
    def correct(self) -> Bools:
        """Whether each answer is right, bool [n]."""
        return metrics.correct(self.targets, self.predicted, self.predictions.valid)


def write_answers(file: Path, answers: PredictionTable, task: TaskRecord, *, with_texts: bool) -> None:
    """Write one row for each text: hash, text, target, predicted, a probability for each label, time and tokens.

    ``predicted`` is null where the answer is invalid. Target and predicted are a label's name, or for a
    multi-label task a list of names.
    """
    predictions, valid = answers.predictions, answers.predictions.valid
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
    pd.DataFrame(columns).to_parquet(file, index=False)


def read_answers(file: Path, task: TaskRecord, count: int) -> PredictionTable:
    """Read what `write_answers` wrote.

    Raises:
        InputError: the file is missing, no Parquet, or not for this task and number of rows.
    """
    try:
        table = pd.read_parquet(file)
    except (OSError, pa.ArrowException):
        raise InputError(f"{file}: no readable Parquet file; it belongs beside the JSON file of its name.") from None
    try:
        answers = _answers(table, task)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{file}: not the answers of a contender on the task {task.name} ({error}).") from None
    if len(answers.ids) != count:
        raise InputError(f"{file}: {len(answers.ids)} rows, but its JSON file speaks of {count}; evaluate it again.")
    return answers


def _answers(table: pd.DataFrame, task: TaskRecord) -> PredictionTable:
    predictions = Predictions(
        probabilities=np.column_stack([table[f"{PROBABILITY}{label}"] for label in task.labels]).astype(np.float32),
        valid=table["valid"].to_numpy(np.bool_),
        seconds=table["seconds"].to_numpy(np.float32),
        prompt_tokens=table["prompt_tokens"].to_numpy(np.int64),
        completion_tokens=table["completion_tokens"].to_numpy(np.int64),
        truncated=table["shortened"].to_numpy(np.bool_),
        completions=tuple("" if pd.isna(words) else str(words) for words in table["said"]) if "said" in table else None,
        label_mass=table["label_mass"].to_numpy(np.float32) if "label_mass" in table else None,
    )
    return PredictionTable(
        ids=tuple(map(str, table["text_sha1"])),
        texts=tuple(map(str, table["text"])) if "text" in table else None,
        targets=_columns(table["target"], task),
        predictions=predictions,
        multi_label=task.multi_label,
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
