"""One contender on labelled rows: its answers and scores, and the two files that keep them."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classification.data.rows import Rows
from classification.errors import InputError, shown
from classification.runs.seen import Seen
from classification.task import Task

from .prediction_table import PredictionTable, read_answers, write_answers
from .records import (
    ContenderIdentity,
    EvaluationRecord,
    FailedContender,
    MeasuredContender,
    RowsRecord,
    TaskRecord,
    read_record,
    write_record,
)
from .scores import rounded, score

if TYPE_CHECKING:  # they import model libraries, which whoever only reads an evaluation does without
    from classification.contenders import Contender
    from classification.predictions import Classifier
    from classification.prompting.demonstrations import ChosenDemonstrations

logger = logging.getLogger(__name__)


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
                write_answers(unfinished, self.answers, with_texts=with_texts)
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
            answers = read_answers(
                path.with_suffix(".parquet"), record.task, record.rows.count, thresholds_of(record.contender)
            )
        return cls(record.task, record.rows, record.contender, answers, record.inputs)


def evaluate(
    contender: ContenderIdentity,
    table: PredictionTable,
    rows: RowsRecord,
    *,
    seen: Seen | None = None,
    flips: float | None = None,
) -> Evaluation:
    """Score what a contender answered.

    Args:
        contender: who answered, and how it was set up.
        table: its answers.
        rows: which rows these are.
        seen: how many of the rows the contender had seen before; ``None`` where that is not known.
        flips: the share of rows whose answer changes when its prompt lists the labels in reverse order; ``None`` where
            that was not measured.
    """
    measured = MeasuredContender(**dict(contender), **(dict(score(table)) | {"flips": flips}), seen=seen)
    return Evaluation(table.task, rows, measured, table)


def failed(contender: ContenderIdentity, error: Exception, task: Task, rows: RowsRecord) -> Evaluation:
    """Record a contender that could not be loaded or asked. A defect of the program goes to the log as well."""
    if not isinstance(error, InputError):
        logger.error("%s failed", contender.name, exc_info=error)
    return Evaluation(TaskRecord.of(task), rows, FailedContender(**dict(contender), error=failure_reason(error)), None)


def thresholds_of(contender: MeasuredContender) -> NDArray[np.float32] | None:
    """From which probability each label applies, float32 [L]; ``None`` where the contender has no thresholds."""
    found = [label.threshold for label in contender.per_class.values()]
    return None if not found or None in found else np.asarray(found, dtype=np.float32)


def identity_of(contender: Contender, demonstrations: ChosenDemonstrations | None = None) -> ContenderIdentity:
    """Which contender, and how it is set up, as its evaluation records it.

    Args:
        contender: of a lineup; its configuration has to consist of JSON values.
        demonstrations: those that it was loaded with.
    """
    return ContenderIdentity.model_validate(
        {
            "name": contender.name,
            "approach": contender.approach,
            "family": contender.family,
            "configuration": contender.configuration(demonstrations),
        }
    )


def calibrated_identity(contender: ContenderIdentity, classifier: Classifier) -> ContenderIdentity:
    """The same with the calibration that was measured when the classifier was loaded, where it has one."""
    found = getattr(classifier, "calibration", None)
    if found is None:
        return contender
    measured = {"scale": rounded(found.scale), "bias": [rounded(one) for one in found.bias], "rows": found.rows}
    return contender.model_copy(update={"configuration": {**contender.configuration, "calibration_measured": measured}})


def failure_reason(error: Exception) -> str:
    """One sentence for people."""
    if isinstance(error, InputError):
        return str(error)
    first_line = next(iter(str(error).strip().splitlines()), "no reason given")
    return f"{type(error).__name__}: {first_line[:500]}"


def rows_record(rows: Rows, source: str) -> RowsRecord:
    """Which rows these are."""
    return RowsRecord(source=source, count=len(rows), fingerprint=rows.fingerprint)


def slug(name: str) -> str:
    """A contender's name as a file name."""
    return re.sub(r"[^\w.]+", "-", name.casefold()).strip("-.")[:80] or "contender"


def check_file_names(names: Sequence[str]) -> None:
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
