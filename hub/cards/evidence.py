"""What is known of how well a run does: its scores, on which rows, and the differences to other contenders."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from pydantic import ValidationError

from classification.runs.record import RunRecord
from classification.runs.seen import Seen
from comparison.comparison import Comparison, find_run
from comparison.records import MeasuredContender, Pair, RowsOrigin, Scores

#: What records of older versions did not keep.
UNMEASURED = dict.fromkeys(("auc", "ece", "label_mass", "confusion_matrix"))


@dataclass(frozen=True)
class Evidence:
    """The scores of a run, and what they are compared with. Each pair has the run as the first.

    Attributes:
        rows: where the rows are from that it was measured on.
        count: how many they are.
        accuracy: share of rows that it gets right.
        macro_f1: F1 averaged over labels.
        scores: everything else that was measured; ``None`` in records of old runs.
        seen: how many of the rows the run had seen before; ``None`` where that is not known.
        contender: the run's name in the comparison.
        comparison: where the scores come from, if not from the run's own record.
        gain: the pair with the same base model asked zero-shot.
        over_prompt: with the best prompt, where that is another contender and the run not the floor.
        over_floor: with the best baseline; ``None`` where the run is that itself.
    """

    rows: RowsOrigin
    count: int
    accuracy: float
    macro_f1: float
    scores: Scores | None
    seen: Seen | None
    contender: str | None = None
    comparison: Comparison | None = None
    gain: Pair | None = None
    over_prompt: Pair | None = None
    over_floor: Pair | None = None

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
        return _own(record) if comparison is None else _compared(record, comparison, contender)


def _own(record: RunRecord) -> Evidence | None:
    """Evidence from the run's own evaluation: the scores of newer runs, or accuracy and macro-F1 alone."""
    kept = record.evaluation or {}
    try:
        rows, count = RowsOrigin(record.data.source, str(kept["split"])), int(kept["rows"])
        accuracy, macro_f1 = float(kept["accuracy"]), float(kept["macro_f1"])
    except (KeyError, TypeError, ValueError):
        return None
    scores = seen = None
    with suppress(ValidationError):
        scores = Scores.model_validate(UNMEASURED | kept)
    with suppress(ValidationError):
        seen = Seen.model_validate(kept.get("seen"))
    fits = scores is not None and tuple(scores.per_class) == record.task.label_names
    return Evidence(rows, count, accuracy, macro_f1, scores if fits else None, seen)


def _compared(record: RunRecord, comparison: Comparison, contender: str | None) -> Evidence:
    """Evidence from a comparison: the scores there, and against whom they count."""
    found = find_run(comparison, record, contender)
    pairs, floor, base = comparison.pairs_of(found.name), comparison.floor, record.base.id if record.base else ""
    ranked = sorted(comparison.measured, key=lambda one: -one.macro_f1)
    prompts = [one for one in ranked if one.approach in ("zero-shot", "few-shot")]
    asked = (one for one in prompts if one.approach == "zero-shot" and one.configuration.get("model") == base)
    zero_shot = next(asked, None)
    prompt = prompts[0] if prompts and prompts[0] is not zero_shot and found is not floor else None

    def against(other: MeasuredContender | None) -> Pair | None:
        return pairs.get(other.name) if other else None

    return Evidence(
        rows=RowsOrigin.parse(comparison.rows.source),
        count=comparison.rows.count,
        accuracy=found.accuracy,
        macro_f1=found.macro_f1,
        scores=found,
        seen=found.seen,
        contender=found.name,
        comparison=comparison,
        gain=against(zero_shot),
        over_prompt=against(prompt),
        over_floor=against(floor),
    )
