"""What is known of how well a run does: its scores, on which rows, and the gain over the same model untrained."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from classification.errors import InputError, shown
from classification.runs.record import RunRecord
from classification.runs.seen import Seen
from comparison.comparison import Comparison
from comparison.records import IntervalBounds, MeasuredContender, Pair, Scores, TaskRecord

from .matching import find_run

#: How a comparison calls its rows: a name, the split of it, and the seed of a sample.
SOURCE = re.compile(r"(?P<name>.*?)(?: \((?P<split>\w+)\))?(?:, a sample with seed (?P<seed>\d+))?")


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
class Gain:
    """How much higher the run's macro-F1 is than another contender's, on the same rows.

    Attributes:
        over: the other contender.
        macro_f1: the difference; negative where the other is better.
        interval: 95 % interval of the difference, by paired bootstrap.
        p: two-sided, after Holm's correction for all pairs of the comparison.
    """

    over: MeasuredContender
    macro_f1: float
    interval: IntervalBounds
    p: float


@dataclass(frozen=True)
class PairedDifference:
    """How far one contender is ahead of another; the p-values are corrected for all pairs."""

    other: str
    macro_f1: float
    interval: IntervalBounds
    p: float
    accuracy: float
    accuracy_p: float


@dataclass(frozen=True)
class Evidence:
    """The scores of a run, and what they are held against.

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
    gain: Gain | None = None
    over_prompt: Gain | None = None
    over_floor: Gain | None = None
    seen: Seen | None = None

    @property
    def floor(self) -> MeasuredContender | None:
        """The best baseline of the comparison."""
        return self.comparison.floor if self.comparison else None

    @classmethod
    def of(
        cls, record: RunRecord, comparison: Comparison | None = None, contender: str | None = None
    ) -> Evidence | None:
        """Take the scores from a comparison, or without one from the run's own record.

        Args:
            record: of the run.
            comparison: one in which the run is a contender.
            contender: which one; by default the one with the run's configuration.

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


def _own(record: RunRecord) -> Evidence | None:
    """Evidence from the run's own evaluation: the scores of newer runs, or accuracy and macro-F1 alone."""
    measured = record.evaluation or {}
    try:
        evidence = Evidence(
            EvaluatedRows(record.data.source, int(measured["rows"]), str(measured["split"])),
            accuracy=float(measured["accuracy"]),
            macro_f1=float(measured["macro_f1"]),
        )
    except (KeyError, TypeError, ValueError):
        return None
    return replace(evidence, scores=_scores(measured, record.task.label_names), seen=_seen(measured))


def _seen(measured: dict[str, Any]) -> Seen | None:
    try:
        return Seen.model_validate(measured.get("seen"))
    except ValidationError:
        return None


def _scores(measured: dict[str, Any], labels: tuple[str, ...]) -> Scores | None:
    unmeasured = dict.fromkeys(("auc", "ece", "label_mass", "confusion_matrix"))
    try:
        scores = Scores.model_validate(unmeasured | measured)
    except ValidationError:
        return None
    return scores if tuple(scores.per_class) == labels else None


def _same_task(one: TaskRecord, other: TaskRecord) -> bool:
    return (one.name, one.labels, one.multi_label) == (other.name, other.labels, other.multi_label)


def _compared(record: RunRecord, comparison: Comparison, found: MeasuredContender) -> Evidence:
    zero_shot, prompt = _untrained(record, comparison, found), _best_prompt(comparison)
    return Evidence(
        rows_of(comparison.rows.source, comparison.rows.count),
        accuracy=found.accuracy,
        macro_f1=found.macro_f1,
        scores=found,
        contender=found.name,
        comparison=comparison,
        gain=_gain(comparison, found, zero_shot),
        over_prompt=_gain(comparison, found, prompt) if prompt != zero_shot else None,
        over_floor=_gain(comparison, found, comparison.floor),
        seen=found.seen,
    )


def _untrained(record: RunRecord, comparison: Comparison, found: MeasuredContender) -> MeasuredContender | None:
    """The run's base model asked zero-shot; of several ways to ask, the run's own one, else the best."""
    asked = [
        contender
        for contender in comparison.measured
        if contender.approach == "zero-shot"
        and record.base is not None
        and contender.configuration.get("model") == record.base.id
    ]

    def likeness(contender: MeasuredContender) -> tuple[bool, float]:
        said, own = contender.configuration, found.configuration
        described = bool(said.get("describe_labels")) == record.describe_labels
        return described and said.get("decode") == own.get("decode"), contender.macro_f1

    return max(asked, key=likeness, default=None)


def _best_prompt(comparison: Comparison) -> MeasuredContender | None:
    """The contender that no training made with the highest macro-F1, of any model."""
    prompts = (contender for contender in comparison.measured if contender.approach in ("zero-shot", "few-shot"))
    return max(prompts, key=lambda contender: contender.macro_f1, default=None)


def _gain(comparison: Comparison, found: MeasuredContender, other: MeasuredContender | None) -> Gain | None:
    """The tested difference to another contender, if it is another."""
    leads = (difference_from(pair, found.name) for pair in comparison.pairs)
    ahead = next((one for one in leads if one and other and one.other == other.name), None)
    return Gain(other, ahead.macro_f1, ahead.interval, ahead.p) if ahead and other else None


def difference_from(pair: Pair, name: str) -> PairedDifference | None:
    """A pair seen from one of its two; ``None`` where it is neither."""
    low, high = pair.macro_f1_difference_ci
    macro_f1, accuracy = pair.macro_f1_difference, pair.accuracy_difference
    if pair.first == name:
        return PairedDifference(
            pair.second, macro_f1, (low, high), pair.macro_f1_p_holm, accuracy, pair.accuracy_p_holm
        )
    if pair.second == name:
        return PairedDifference(
            pair.first, -macro_f1, (-high, -low), pair.macro_f1_p_holm, -accuracy, pair.accuracy_p_holm
        )
    return None
