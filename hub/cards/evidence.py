"""What is known of how well a run does: its scores, on which rows, and the differences to other contenders."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from classification.errors import InputError, nearest, one_of, shown
from classification.runs.record import RunRecord
from classification.runs.seen import Seen
from comparison.comparison import Comparison
from comparison.records import (
    ContenderIdentity,
    FailedContender,
    IntervalBounds,
    MeasuredContender,
    Scores,
    TaskRecord,
)

#: How a comparison calls its rows: a name, the split of it, and the seed of a sample.
SOURCE = re.compile(r"(?P<name>.*?)(?: \((?P<split>\w+)\))?(?:, a sample with seed (?P<seed>\d+))?")
NAMED = 10  # contenders that a sentence names
Part = TypeVar("Part", bound=BaseModel)


@dataclass(frozen=True)
class EvaluatedRows:
    """The rows that scores were measured on.

    Attributes:
        source: a Hub id, or the name of a file or folder.
        count: how many.
        split: train, validation or test, where that is known.
        seed: of the sample, where the rows are one.
    """

    source: str
    count: int
    split: str | None = None
    seed: int | None = None


@dataclass(frozen=True)
class Difference:
    """How far one contender is ahead of another on the same rows; p-values are corrected for all pairs (Holm)."""

    over: MeasuredContender
    macro_f1: float
    interval: IntervalBounds
    p: float
    accuracy: float
    accuracy_p: float


@dataclass(frozen=True)
class Evidence:
    """The scores of a run, and what they are compared with.

    Attributes:
        rows: what it was measured on.
        accuracy: share of rows that it gets right.
        macro_f1: F1 averaged over labels.
        scores: everything else that was measured; ``None`` in records of old runs.
        contender: the run's name in the comparison.
        comparison: where the scores come from, if not from the run's own record.
        gain: over the same base model asked zero-shot.
        over_prompt: over the best prompt, where that is another contender.
        over_floor: over the best baseline; ``None`` where the run is that itself.
        seen: how many of the rows the run had seen before; ``None`` where that is not known.
    """

    rows: EvaluatedRows
    accuracy: float
    macro_f1: float
    scores: Scores | None = None
    contender: str | None = None
    comparison: Comparison | None = None
    gain: Difference | None = None
    over_prompt: Difference | None = None
    over_floor: Difference | None = None
    seen: Seen | None = None

    @property
    def is_floor(self) -> bool:
        """Whether the run is the best baseline of the comparison."""
        floor = self.comparison.floor if self.comparison else None
        return floor is not None and floor.name == self.contender

    @classmethod
    def of(
        cls, record: RunRecord, comparison: Comparison | None = None, contender: str | None = None
    ) -> Evidence | None:
        """Take the scores from a comparison, or without one from the run's own record.

        Args:
            record: of the run.
            comparison: one in which the run is a contender.
            contender: which one; by default the one with the run's id.

        Returns:
            ``None`` where nothing was measured.

        Raises:
            InputError: the comparison is of another task, the run is none of its contenders, or several.
        """
        if comparison is None:
            return _own(record)
        if not _same_task(comparison.task, TaskRecord.of(record.task)):
            raise InputError(
                f"the comparison is of the task {shown(comparison.task.name)}, and the run is for "
                f"{shown(record.task.name)} with other labels; give a comparison of the same task."
            )
        return _compared(record, comparison, find_run(record, comparison, contender))


def rows_of(source: str, count: int) -> EvaluatedRows:
    """Read the name that a comparison gives its rows."""
    found = SOURCE.fullmatch(source)
    if found is None:
        return EvaluatedRows(source, count)
    seed = found["seed"]
    return EvaluatedRows(found["name"], count, found["split"], None if seed is None else int(seed))


def differences(comparison: Comparison, name: str) -> dict[str, Difference]:
    """How far a contender is ahead of each other one that it was tested against, by the other's name."""
    measured = {contender.name: contender for contender in comparison.measured}
    found = {}
    for pair in comparison.pairs:
        sign, other = (1, pair.second) if pair.first == name else (-1, pair.first)
        if name not in (pair.first, pair.second) or other not in measured:
            continue
        low, high = sorted(sign * end for end in pair.macro_f1_difference_ci)
        found[other] = Difference(
            measured[other], sign * pair.macro_f1_difference, (low, high), pair.macro_f1_p_holm,
            sign * pair.accuracy_difference, pair.accuracy_p_holm,
        )  # fmt: skip
    return found


def find_run(record: RunRecord, comparison: Comparison, name: str | None = None) -> MeasuredContender:
    """The contender that a run is.

    Args:
        record: of the run.
        comparison: of the run's task.
        name: what a person says that the run is called there.

    Raises:
        InputError: the run is no contender, or several, or another than the one that was named, or it failed.
    """
    names = [contender.name for contender in comparison.contenders]
    if name is not None and name not in names:
        raise InputError(
            f"the comparison has no contender {shown(name)}{nearest(name, names)}; it has {_listed(names)}."
        )
    same = [contender for contender in comparison.contenders if _is_run(contender, record)]
    found = same if name is None else [contender for contender in same if contender.name == name]
    if not found and name is not None:
        raise InputError(
            f"{shown(name)} of the comparison is another model than the run {shown(record.name)}; its scores are not "
            "the run's, so compare the run first."
        )
    if not found:
        raise InputError(
            f"the run {shown(record.name)} is no contender of the comparison, which has {_listed(names)}; compare it "
            "first."
        )
    if len(found) > 1:
        raise InputError(
            f"the run {shown(record.name)} may be each of {_listed(contender.name for contender in found)} in the "
            "comparison; say which one."
        )
    if isinstance(found[0], FailedContender):
        raise InputError(f"{shown(found[0].name)} has no scores in the comparison, since it failed; evaluate it again.")
    return found[0]


def _is_run(contender: ContenderIdentity, record: RunRecord) -> bool:
    """Whether a contender is this run: by its id and, for records of older versions, by what it was made from."""
    said = contender.configuration
    base, data = said.get("base"), said.get("data")
    # The family tells a TF-IDF run from the majority baseline, which the same run serves.
    found = (
        contender.family, said.get("method"), data.get("fingerprint") if isinstance(data, dict) else None,
        base.get("id") if isinstance(base, dict) else None,
    )  # fmt: skip
    own = (record.family, record.method, record.data.fingerprint, record.base.id if record.base else None)
    ids = {said.get("run_id"), record.id} - {None}
    return found == own and len(ids) < 2


def _listed(names: Iterable[str]) -> str:
    every = [shown(name) for name in names]
    return one_of(every if len(every) <= NAMED else [*every[:NAMED], f"{len(every) - NAMED} others"])


def _own(record: RunRecord) -> Evidence | None:
    """Evidence from the run's own evaluation: the scores of newer runs, or accuracy and macro-F1 alone."""
    measured = record.evaluation or {}
    try:
        rows = EvaluatedRows(record.data.source, int(measured["rows"]), str(measured["split"]))
        accuracy, macro_f1 = float(measured["accuracy"]), float(measured["macro_f1"])
    except (KeyError, TypeError, ValueError):
        return None
    unmeasured = dict.fromkeys(("auc", "ece", "label_mass", "confusion_matrix"))
    scores = _as_record(Scores, unmeasured | measured)
    fits = scores is not None and tuple(scores.per_class) == record.task.label_names
    return Evidence(rows, accuracy, macro_f1, scores if fits else None, seen=_as_record(Seen, measured.get("seen")))


def _as_record(model: type[Part], value: object) -> Part | None:
    try:
        return model.model_validate(value)
    except ValidationError:
        return None


def _same_task(one: TaskRecord, other: TaskRecord) -> bool:
    return (one.name, one.labels, one.multi_label) == (other.name, other.labels, other.multi_label)


def _compared(record: RunRecord, comparison: Comparison, found: MeasuredContender) -> Evidence:
    ahead, floor = differences(comparison, found.name), comparison.floor
    zero_shot, prompt = _untrained(record, comparison, found), _best_prompt(comparison)
    return Evidence(
        rows_of(comparison.rows.source, comparison.rows.count),
        accuracy=found.accuracy,
        macro_f1=found.macro_f1,
        scores=found,
        contender=found.name,
        comparison=comparison,
        gain=ahead.get(zero_shot.name) if zero_shot else None,
        over_prompt=ahead.get(prompt.name) if prompt and prompt != zero_shot else None,
        over_floor=ahead.get(floor.name) if floor else None,
        seen=found.seen,
    )


def _untrained(record: RunRecord, comparison: Comparison, found: MeasuredContender) -> MeasuredContender | None:
    """The run's base model asked zero-shot; of several ways to ask, the run's own one, else the best."""
    base, own = record.base.id if record.base else None, found.configuration

    def likeness(contender: MeasuredContender) -> tuple[bool, float]:
        said = contender.configuration
        described = bool(said.get("describe_labels")) == record.describe_labels
        return described and said.get("decode") == own.get("decode"), contender.macro_f1

    zero_shot = (one for one in comparison.measured if one.approach == "zero-shot" and base)
    asked = [one for one in zero_shot if one.configuration.get("model") == base]
    return max(asked, key=likeness, default=None)


def _best_prompt(comparison: Comparison) -> MeasuredContender | None:
    """The contender that no training made with the highest macro-F1, of any model."""
    prompts = (contender for contender in comparison.measured if contender.approach in ("zero-shot", "few-shot"))
    return max(prompts, key=lambda contender: contender.macro_f1, default=None)
