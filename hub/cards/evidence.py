"""What is known of how well a run does: its scores, on which rows, and the differences to other contenders."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from pydantic import ValidationError

from classification.errors import InputError, nearest, one_of, shown
from classification.runs.record import RunRecord
from classification.runs.seen import Seen
from comparison.comparison import Comparison
from comparison.records import ContenderIdentity, FailedContender, IntervalBounds, MeasuredContender, Scores, TaskRecord

#: How a comparison calls its rows: a name, the split of it, and the seed of a sample.
SOURCE = re.compile(r"(?P<name>.*?)(?: \((?P<split>\w+)\))?(?:, a sample with seed (?P<seed>\d+))?", re.DOTALL)
#: What records of older versions did not keep.
UNMEASURED = dict.fromkeys(("auc", "ece", "label_mass", "confusion_matrix"))


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
        seen: how many of the rows the run had seen before; ``None`` where that is not known.
        contender: the run's name in the comparison.
        comparison: where the scores come from, if not from the run's own record.
        gain: over the same base model asked zero-shot.
        over_prompt: over the best prompt, where that is another contender and the run not the floor.
        over_floor: over the best baseline; ``None`` where the run is that itself.
        is_floor: whether the run is the best baseline.
    """

    rows: EvaluatedRows
    accuracy: float
    macro_f1: float
    scores: Scores | None
    seen: Seen | None
    contender: str | None = None
    comparison: Comparison | None = None
    gain: Difference | None = None
    over_prompt: Difference | None = None
    over_floor: Difference | None = None
    is_floor: bool = False

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
        one, other = comparison.task, TaskRecord.of(record.task)
        if (one.name, one.labels, one.multi_label) != (other.name, other.labels, other.multi_label):
            raise InputError(
                f"the comparison is of the task {shown(one.name)}, and the run is for {shown(other.name)} with other "
                "labels; give a comparison of the same task."
            )
        return _compared(record, comparison, _find_run(record, comparison, contender))


def rows_of(source: str, count: int) -> EvaluatedRows:
    """Read the name that a comparison gives its rows."""
    found = SOURCE.fullmatch(source)
    assert found is not None  # every part but the name may be missing
    return EvaluatedRows(found["name"], count, found["split"], int(found["seed"]) if found["seed"] else None)


def differences(comparison: Comparison, name: str) -> dict[str, Difference]:
    """How far a contender is ahead of each other one that it was tested against, by the other's name."""
    measured = {contender.name: contender for contender in comparison.measured}
    found = {}
    for pair in comparison.pairs:
        if name in (pair.first, pair.second):
            sign, other = (1, pair.second) if pair.first == name else (-1, pair.first)
            low, high = sorted(sign * end for end in pair.macro_f1_difference_ci)
            found[other] = Difference(
                measured[other], sign * pair.macro_f1_difference, (low, high), pair.macro_f1_p_holm,
                sign * pair.accuracy_difference, pair.accuracy_p_holm,
            )  # fmt: skip
    return found


def _find_run(record: RunRecord, comparison: Comparison, name: str | None) -> MeasuredContender:
    """The contender that a run is; ``name`` is what a person says that it is called there."""
    names = [contender.name for contender in comparison.contenders]
    if name is not None and name not in names:
        raise InputError(
            f"the comparison has no contender {shown(name)}{nearest(name, names)}; it has {one_of(map(shown, names))}."
        )
    found = [one for one in comparison.contenders if _is_run(one, record) and name in (None, one.name)]
    if not found:
        which = f"another model than {shown(name)}" if name else f"no contender among {one_of(map(shown, names))}"
        raise InputError(f"the run {shown(record.name)} is {which} of the comparison; compare it first.")
    if len(found) > 1:
        raise InputError(
            f"the run {shown(record.name)} may be each of {one_of(shown(one.name) for one in found)} in the "
            "comparison; say which one."
        )
    if isinstance(found[0], FailedContender):
        raise InputError(f"{shown(found[0].name)} has no scores in the comparison, since it failed; evaluate it again.")
    return found[0]


def _is_run(contender: ContenderIdentity, record: RunRecord) -> bool:
    """Whether a contender is this run: by its id and, for records of older versions, by what it was made from."""
    said = contender.configuration
    # The family tells a TF-IDF run from the majority baseline, which the same run serves.
    base = record.base.model_dump(exclude_none=True) if record.base else None
    own = {"method": record.method, "base": base, "data": record.data.model_dump()}
    if said.get("run_id") and record.id:
        own = {"run_id": record.id}
    found, expected = [contender.family, *map(said.get, own)], [record.family, *own.values()]
    return found == expected


def _own(record: RunRecord) -> Evidence | None:
    """Evidence from the run's own evaluation: the scores of newer runs, or accuracy and macro-F1 alone."""
    kept = record.evaluation or {}
    try:
        rows = EvaluatedRows(record.data.source, int(kept["rows"]), str(kept["split"]))
        accuracy, macro_f1 = float(kept["accuracy"]), float(kept["macro_f1"])
    except (KeyError, TypeError, ValueError):
        return None
    scores = seen = None
    with suppress(ValidationError):
        scores = Scores.model_validate(UNMEASURED | kept)
    with suppress(ValidationError):
        seen = Seen.model_validate(kept.get("seen"))
    fits = scores is not None and tuple(scores.per_class) == record.task.label_names
    return Evidence(rows, accuracy, macro_f1, scores if fits else None, seen)


def _compared(record: RunRecord, comparison: Comparison, found: MeasuredContender) -> Evidence:
    ahead, floor, base = differences(comparison, found.name), comparison.floor, record.base.id if record.base else ""

    def best(fits: Callable[[MeasuredContender], bool]) -> MeasuredContender | None:
        return max(filter(fits, comparison.measured), key=lambda one: one.macro_f1, default=None)

    zero_shot = best(lambda one: one.approach == "zero-shot" and one.configuration.get("model") == base)
    prompt = best(lambda one: one.approach in ("zero-shot", "few-shot"))
    return Evidence(
        rows_of(comparison.rows.source, comparison.rows.count),
        found.accuracy, found.macro_f1, found, found.seen, found.name, comparison,
        gain=ahead.get(zero_shot.name) if zero_shot else None,
        over_prompt=ahead.get(prompt.name) if prompt and prompt is not zero_shot and floor is not found else None,
        over_floor=ahead.get(floor.name) if floor else None,
        is_floor=floor is found,
    )  # fmt: skip
