"""One classifier on labelled rows: its answers, its scores, and the two files that keep them."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classification.data.rows import Rows
from classification.errors import InputError, shown
from classification.predictions import Classifier, Predictions
from classification.runs.seen import Seen
from classification.task import Task

from .metrics import Bools
from .prediction_table import PredictionTable, read_answers, write_answers
from .records import (
    Approach,
    ContenderIdentity,
    EvaluationRecord,
    FailedContender,
    MeasuredContender,
    RowsRecord,
    TaskRecord,
    read_record,
    write_record,
)
from .scores import score

logger = logging.getLogger(__name__)

Progress = Callable[[int], object]


@dataclass(frozen=True)
class Evaluation:
    """What one contender did on named rows.

    Attributes:
        task: what was decided.
        rows: which rows, by source, number and fingerprint.
        contender: scores and configuration, or the reason why there are none.
        answers: answer by answer; ``None`` where the contender failed.
        inputs: a hash of all that the answers depend on, by which a later run knows that they still hold; or empty.
    """

    task: TaskRecord
    rows: RowsRecord
    contender: MeasuredContender | FailedContender
    answers: PredictionTable | None
    inputs: str = ""

    @property
    def name(self) -> str:
        """The contender's name."""
        return self.contender.name

    def save(self, folder: str | Path, *, with_texts: bool = True) -> Path:
        """Write ``<slug>.json`` and, unless the contender failed, ``<slug>.parquet`` with a row for each text.

        The JSON file comes last, so that where it is, the other belongs to it.

        Args:
            folder: made where it is missing.
            with_texts: without, the texts are left out, and so is what a model said in an invalid answer,
                since that may quote them; a hash tells the texts apart.

        Returns:
            The JSON file.
        """
        file = Path(folder) / f"{slug(self.name)}.json"
        record = EvaluationRecord(task=self.task, rows=self.rows, contender=self.contender, inputs=self.inputs)
        table = file.with_suffix(".parquet")
        unfinished = file.with_name(f".{table.name}.unfinished")
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            if self.answers is not None:
                write_answers(unfinished, self.answers, self.task, with_texts=with_texts)
            file.unlink(missing_ok=True)
            table.unlink(missing_ok=True)
            if self.answers is not None:
                unfinished.replace(table)
            write_record(file, record)
        finally:
            unfinished.unlink(missing_ok=True)
        return file

    @classmethod
    def load(cls, file: str | Path) -> Evaluation:
        """Read what `save` wrote; ``file`` is the JSON file.

        Raises:
            InputError: a file is missing, malformed, or the two do not belong together.
        """
        path = Path(file)
        record = read_record(path, EvaluationRecord, what="evaluation")
        answers = None
        if isinstance(record.contender, MeasuredContender):
            answers = read_answers(path.with_suffix(".parquet"), record.task, record.rows.count)
        return cls(record.task, record.rows, record.contender, answers, record.inputs)


def evaluate(
    contender_name: str,
    approach: Approach,
    family: str,
    classifier: Classifier,
    rows: Rows,
    *,
    configuration: Mapping[str, object],
    source: str = "",
    seen: Seen | None = None,
    progress: Progress | None = None,
    chunk: int = 256,
) -> Evaluation:
    """Ask one classifier about every row and score its answers.

    A classifier that fails does not end a comparison: the evaluation then holds the reason.

    Args:
        contender_name: what the contender is called in the comparison.
        approach: baseline, zero-shot, few-shot or fine-tuned.
        family: what kind of model answers.
        classifier: decides about texts.
        rows: labelled texts.
        configuration: how the contender was set up, as JSON values.
        source: where the rows come from, for people; no path of this machine.
        seen: how many of the rows the contender had seen before; ``None`` where that is not known.
        progress: called with the number of texts that were just answered.
        chunk: texts that the classifier gets at a time.
    """
    identity = identify(contender_name, approach, family, configuration)
    task = TaskRecord.of(classifier.task)
    try:
        predictions = _ask(classifier, rows.texts, progress, chunk)
    except Exception as error:  # noqa: BLE001 - whatever breaks one contender, the others go on
        return failed(identity, error, classifier.task, rows, source)
    targets = target_matrix(rows, classifier.task)
    scores = score(task.labels, task.multi_label, targets, predictions)
    answers = PredictionTable(tuple(map(text_hash, rows.texts)), rows.texts, targets, predictions, task.multi_label)
    measured = MeasuredContender(**dict(identity), **dict(scores), seen=seen)
    return Evaluation(task, rows_record(rows, source), measured, answers)


def identify(name: str, approach: Approach, family: str, configuration: Mapping[str, object]) -> ContenderIdentity:
    """Name a contender; its configuration has to consist of JSON values."""
    return ContenderIdentity.model_validate(
        {"name": name, "approach": approach, "family": family, "configuration": dict(configuration)}
    )


def failed(identity: ContenderIdentity, error: Exception, task: Task, rows: Rows, source: str = "") -> Evaluation:
    """Record a contender that could not be loaded or asked. A defect of the program goes to the log as well."""
    if not isinstance(error, InputError):
        logger.error("%s failed", identity.name, exc_info=error)
    contender = FailedContender(**dict(identity), error=reason(error))
    return Evaluation(TaskRecord.of(task), rows_record(rows, source), contender, None)


def reason(error: Exception) -> str:
    """One sentence for people."""
    if isinstance(error, InputError):
        return str(error)
    first_line = next(iter(str(error).strip().splitlines()), "no reason given")
    return f"{type(error).__name__}: {first_line[:500]}"


def rows_record(rows: Rows, source: str) -> RowsRecord:
    """Which rows these are."""
    return RowsRecord(source=source, count=len(rows), fingerprint=rows.fingerprint)


def target_matrix(rows: Rows, task: Task) -> Bools:
    """The labels that each row has, bool [n, L]."""
    targets = np.zeros((len(rows), len(task.labels)), dtype=np.bool_)
    for row, names in enumerate(rows.labels):
        targets[row, [task.index(name) for name in names]] = True
    return targets


def text_hash(text: str) -> str:
    """Tell texts apart without showing them: the first 12 hex digits of their SHA-1."""
    return hashlib.sha1(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()[:12]


def slug(name: str) -> str:
    """A contender's name as a file name."""
    return re.sub(r"[^\w.]+", "-", name.casefold()).strip("-.")[:80] or "contender"


def check_names(names: Sequence[str]) -> None:
    """Refuse contenders whose files would overwrite each other.

    Raises:
        InputError: two names differ only in case or punctuation.
    """
    taken: dict[str, str] = {}
    for name in names:
        other = taken.setdefault(slug(name), name)
        if other is not name:
            raise InputError(
                f"the contenders {shown(other)} and {shown(name)} would share the file {slug(name)}.json; rename one."
            )


def _ask(classifier: Classifier, texts: Sequence[str], progress: Progress | None, chunk: int) -> Predictions:
    parts = []
    for start in range(0, len(texts), chunk):
        part = texts[start : start + chunk]
        parts.append(_checked(classifier.predict(part), len(part), len(classifier.task.labels)))
        if progress:
            progress(len(part))
    return Predictions.joined(parts)


def _checked(predictions: Predictions, texts: int, labels: int) -> Predictions:
    """Hold a classifier to the contract: an answer for each text, a probability for each label."""
    probabilities = predictions.probabilities
    if probabilities.shape != (texts, labels):
        raise ValueError(f"probabilities have the shape {probabilities.shape}, not {(texts, labels)}")
    if not (np.isfinite(probabilities).all() and probabilities.min() >= 0 and probabilities.max() <= 1 + 1e-4):
        raise ValueError("probabilities are not all between 0 and 1")
    return predictions
