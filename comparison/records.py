"""What the files of a comparison hold. Everything is bounded, since such files are also read from strangers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Discriminator, Field, JsonValue, Tag, ValidationError, model_validator

from classification.errors import InputError
from classification.runs.seen import Seen
from classification.task import Task, explain_validation

MAX_BYTES = 20_000_000
MAX_CONTENDERS = 100
MAX_LABELS = 1000

Name = Annotated[str, Field(min_length=1, max_length=500)]
Sentence = Annotated[str, Field(max_length=10_000)]
Share = Annotated[float, Field(ge=0, le=1)]
Signed = Annotated[float, Field(ge=-1, le=1)]
NotNegative = Annotated[float, Field(ge=0)]
#: How the texts of `RowsOrigin` are made up.
SAMPLE = ", a sample with seed "
SOURCE = re.compile(rf"(?P<name>.*?)(?: \((?P<split>\w+)\))?(?:{SAMPLE}(?P<seed>\d+))?", re.DOTALL)
#: Low and high end of a 95 % confidence interval.
IntervalBounds = tuple[Signed, Signed]
Count = Annotated[int, Field(ge=0, le=10**12)]
Approach = Literal["baseline", "zero-shot", "few-shot", "fine-tuned"]


class Record(BaseModel):
    """Unknown keys are left out, so that a file of a later version can be read as far as it is understood."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


RecordType = TypeVar("RecordType", bound=Record)


class TaskRecord(Record):
    """What was decided."""

    name: Name
    language: Name
    instruction: Sentence
    labels: tuple[Name, ...] = Field(min_length=2, max_length=MAX_LABELS)
    multi_label: bool

    @property
    def label_names(self) -> tuple[str, ...]:
        """The labels, under the name that a `Task` has for them."""
        return self.labels

    @classmethod
    def of(cls, task: Task) -> TaskRecord:
        """Record what a task decides, in label order."""
        return cls(
            name=task.name,
            language=task.language,
            instruction=task.instruction,
            labels=task.label_names,
            multi_label=task.multi_label,
        )


@dataclass(frozen=True)
class RowsOrigin:
    """Where rows are from; as a text it is what ``RowsRecord.source`` holds.

    Attributes:
        name: a Hub id, or the name of a file or folder.
        split: train, validation or test, where that is known.
        seed: of the sample, where the rows are one.
    """

    name: str
    split: str | None = None
    seed: int | None = None

    def __str__(self) -> str:
        split = f" ({self.split})" if self.split else ""
        return f"{self.name}{split}{'' if self.seed is None else f'{SAMPLE}{self.seed}'}"

    @classmethod
    def parse(cls, source: str) -> RowsOrigin:
        """Read the text; one that nobody wrote like this is all name."""
        found = SOURCE.fullmatch(source)
        if found is None:
            return cls(source)
        return cls(found["name"], found["split"], int(found["seed"]) if found["seed"] else None)


class RowsRecord(Record):
    """The rows that every contender was asked about."""

    source: Annotated[Sentence, Field(description="a `RowsOrigin` as text")]
    count: Annotated[Count, Field(ge=1)]
    fingerprint: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="`Rows.fingerprint`")]


class LabelRecord(Record):
    """Scores of one label."""

    precision: Share
    recall: Share
    f1: Share
    support: Count
    threshold: Annotated[
        Share | None, Field(description="several labels: the probability from which it applies, where that was tuned")
    ] = None


class Scores(Record):
    """How well, how surely and how fast; tokens and seconds are for one text."""

    accuracy: Share
    accuracy_ci: IntervalBounds
    macro_f1: Share
    macro_f1_ci: IntervalBounds
    micro_f1: Share
    sample_f1: Annotated[
        Share | None, Field(description="several labels: mean over texts of the F1 of a text's labels")
    ] = None
    average_precision: Annotated[
        Share | None, Field(description="several labels: area under the precision-recall curve, mean over labels")
    ] = None
    invalid_rate: Share
    auc: Share | None
    ece: Share | None = Field(description="expected calibration error")
    seconds_per_text: NotNegative
    seconds_median: NotNegative
    seconds_p95: NotNegative
    prompt_tokens: NotNegative
    completion_tokens: NotNegative
    shortened: Annotated[Count, Field(description="texts that were cut to fit the model")]
    label_mass: Share | None = Field(description="mean probability on all labels before it is normalised")
    uncalibrated_macro_f1: Annotated[
        Share | None, Field(description="macro-F1 without its calibration, where it has one")
    ] = None
    flips: Annotated[
        Share | None,
        Field(description="rows whose answer is another when the prompt lists the labels in reverse order"),
    ] = None
    per_class: dict[Name, LabelRecord] = Field(max_length=MAX_LABELS, description="by label, in label order")
    confusion_matrix: tuple[tuple[Count, ...], ...] | None = Field(
        description="rows of each label by answer, the last column invalid answers; none for a multi-label task"
    )

    @property
    def mistakes(self) -> list[tuple[str, str | None, int]]:
        """What was taken for what, the commonest first: label, answer (``None`` for an invalid one), number of rows."""
        answers = (*self.per_class, None)
        found = [
            (label, answer, count)
            for label, row in zip(self.per_class, self.confusion_matrix or (), strict=False)
            for answer, count in zip(answers, row, strict=True)
            if count and answer != label
        ]
        return sorted(found, key=lambda mistake: -mistake[2])


class ContenderIdentity(Record):
    """Which contender, and exactly how it was set up."""

    name: Name
    approach: Approach
    family: Name
    configuration: dict[str, JsonValue]


class MeasuredContender(Scores, ContenderIdentity):
    """A contender that answered."""

    seen: Seen | None = Field(
        default=None, description="rows that it had seen before; none where nobody knows, as in files of older versions"
    )
    error: None = None


class FailedContender(ContenderIdentity):
    """A contender that could not be loaded or asked, and why."""

    error: Annotated[Sentence, Field(min_length=1)]
    accuracy: None = None
    macro_f1: None = None
    invalid_rate: None = None
    seconds_per_text: None = None


def _outcome(value: object) -> str:
    error = value.get("error") if isinstance(value, dict) else getattr(value, "error", None)
    return "measured" if error is None else "failed"


ContenderResult = Annotated[
    Annotated[MeasuredContender, Tag("measured")] | Annotated[FailedContender, Tag("failed")], Discriminator(_outcome)
]


class Pair(Record):
    """Two contenders on the same rows; differences are the first minus the second.

    ``*_p`` are p-values of one test, ``*_p_holm`` the same corrected for all pairs of the comparison.
    """

    first: Name
    second: Name
    only_first_right: Count
    only_second_right: Count
    accuracy_difference: Signed
    accuracy_p: Share
    accuracy_p_holm: Share
    macro_f1_difference: Signed
    macro_f1_difference_ci: IntervalBounds
    macro_f1_p: Share
    macro_f1_p_holm: Share

    def seen_from(self, name: str) -> Pair:
        """The same pair with this contender, one of the two, as the first."""
        if name == self.first:
            return self
        low, high = self.macro_f1_difference_ci
        turned = {
            "first": self.second,
            "second": self.first,
            "only_first_right": self.only_second_right,
            "only_second_right": self.only_first_right,
            "accuracy_difference": -self.accuracy_difference,
            "macro_f1_difference": -self.macro_f1_difference,
            "macro_f1_difference_ci": (-high, -low),
        }
        return self.model_copy(update=turned)


class EvaluationRecord(Record):
    """What ``<contender>.json`` holds."""

    task: TaskRecord
    rows: RowsRecord
    contender: ContenderResult
    inputs: str = Field(default="", max_length=64, description="sha256 over all that the answers depend on, if kept")

    @model_validator(mode="after")
    def _scores_fit_labels_and_rows(self) -> EvaluationRecord:
        check_scores(self.task, self.contender)
        check_seen(self.rows, self.contender)
        return self


def check_scores(task: TaskRecord, contender: MeasuredContender | FailedContender) -> None:
    """Check that the shapes of a contender's scores fit the labels of the task.

    Raises:
        ValueError: they do not fit.
    """
    if isinstance(contender, FailedContender):
        return
    if tuple(contender.per_class) != task.labels:
        raise ValueError(f"the per_class labels of {contender.name!r} are not the labels of the task")
    labels, matrix = len(task.labels), contender.confusion_matrix
    if matrix is not None and (len(matrix) != labels or any(len(row) != labels + 1 for row in matrix)):
        raise ValueError(f"the confusion_matrix of {contender.name!r} is not {labels} x {labels + 1}")


def check_seen(rows: RowsRecord, contender: MeasuredContender | FailedContender) -> None:
    """Check that a contender has not seen more rows than there are.

    Raises:
        ValueError: it has.
    """
    if isinstance(contender, MeasuredContender) and contender.seen is not None and contender.seen.total > rows.count:
        raise ValueError(f"{contender.name!r} has seen {contender.seen.total:,} rows, and there are {rows.count:,}")


def read_record(file: Path, model: type[RecordType], *, what: str) -> RecordType:
    """A record from a JSON file.

    Raises:
        InputError: no such file, too large, no JSON, or not what the model asks for.
    """
    try:
        if file.stat().st_size > MAX_BYTES:
            limit = f"larger than {MAX_BYTES // 10**6} MB"
            raise InputError(f"{file}: {limit}, so no {what}; give one that this program wrote.")
        return model.model_validate_json(file.read_bytes())
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise InputError(f"{file}: {reason}; give the folder that a comparison was written to.") from None
    except ValidationError as error:
        if error.errors()[0]["type"] == "json_invalid":
            raise InputError(f"{file}: not valid JSON, so no {what}; give one that this program wrote.") from None
        raise InputError(explain_validation(error, file, model)) from None


def write_record(file: Path, record: Record) -> None:
    """Write a record as JSON that a person can read; a reader never sees half of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}.unfinished")
    try:
        unfinished.write_text(record.model_dump_json(indent=2) + "\n", encoding="utf-8")
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
