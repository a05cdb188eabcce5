"""Evaluations on the same rows, and how they differ."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from itertools import combinations
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from classification.errors import InputError, nearest, one_of, shown
from classification.runs.environment import hardware, library_versions
from classification.runs.record import RunRecord

from .evaluation import Evaluation
from .records import (
    MAX_CONTENDERS,
    ContenderIdentity,
    ContenderResult,
    Count,
    FailedContender,
    MeasuredContender,
    Name,
    Pair,
    Record,
    RowsRecord,
    Sentence,
    TaskRecord,
    check_scores,
    check_seen,
    read_record,
    write_record,
)
from .scores import bounds, rounded
from .significance import holm, macro_f1_differences, mcnemar

COMPARISON_FILE = "comparison.json"


class Comparison(Record):
    """What ``comparison.json`` holds: every contender on the same rows, and every pair of them tested."""

    format: Literal[1] = 1
    created: Annotated[Name, Field(description="UTC, ISO 8601")]
    task: TaskRecord
    rows: RowsRecord
    contenders: tuple[ContenderResult, ...] = Field(min_length=1, max_length=MAX_CONTENDERS)
    pairs: tuple[Pair, ...] = Field(max_length=MAX_CONTENDERS**2)
    versions: Annotated[dict[Name, Sentence], Field(max_length=100)]
    hardware: Annotated[dict[Name, Sentence | Count], Field(max_length=100)]

    @model_validator(mode="after")
    def _parts_fit(self) -> Comparison:
        names = [contender.name for contender in self.contenders]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise ValueError(f"two contenders are called {shown(twice)}")
        for contender in self.contenders:
            check_scores(self.task, contender)
            check_seen(self.rows, contender)
        measured = {contender.name for contender in self.measured}
        paired = [name for pair in self.pairs for name in (pair.first, pair.second)]
        stranger = next((name for name in paired if name not in measured), None)
        if stranger is not None:
            raise ValueError(f"a pair names {shown(stranger)}, which is no contender with scores")
        return self

    @property
    def measured(self) -> tuple[MeasuredContender, ...]:
        """The contenders that answered, in the lineup's order."""
        return tuple(contender for contender in self.contenders if isinstance(contender, MeasuredContender))

    @property
    def failed(self) -> tuple[FailedContender, ...]:
        """The contenders that could not be asked."""
        return tuple(contender for contender in self.contenders if isinstance(contender, FailedContender))

    @property
    def floor(self) -> MeasuredContender | None:
        """The best baseline by macro-F1, which any model must beat."""
        baselines = (contender for contender in self.measured if contender.approach == "baseline")
        return max(baselines, key=lambda contender: contender.macro_f1, default=None)

    def pairs_of(self, name: str) -> dict[str, Pair]:
        """The pairs that a contender was tested in, each with it as the first, by the name of the second."""
        found = [pair.seen_from(name) for pair in self.pairs if name in (pair.first, pair.second)]
        return {pair.second: pair for pair in found}

    def save(self, folder: str | Path) -> Path:
        """Write ``comparison.json`` into a folder, made where it is missing."""
        file = Path(folder) / COMPARISON_FILE
        write_record(file, self)
        return file

    @classmethod
    def load(cls, folder: str | Path) -> Comparison:
        """Read what `save` wrote.

        Raises:
            InputError: there is no ``comparison.json``, or it is not one of ours; the sentence says which part.
        """
        return read_record(Path(folder) / COMPARISON_FILE, cls, what="comparison")


def compare(evaluations: Sequence[Evaluation]) -> Comparison:
    """Put evaluations side by side and test every pair of them.

    Raises:
        InputError: there are none, or they are not on the same rows of the same task.
    """
    if not evaluations:
        raise InputError("there is nothing to compare; evaluate one contender at least.")
    first = evaluations[0]
    for other in evaluations[1:]:
        if (other.task, other.rows.fingerprint) != (first.task, first.rows.fingerprint):
            raise InputError(
                f"{shown(first.name)} and {shown(other.name)} were not evaluated on the same rows of the same task; "
                "evaluate both on the same rows."
            )
    return Comparison(
        created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        task=first.task,
        rows=first.rows,
        contenders=tuple(evaluation.contender for evaluation in evaluations),
        pairs=_pairs(evaluations),
        versions=library_versions(),
        hardware=hardware(),
    )


def find_run(comparison: Comparison, record: RunRecord, name: str | None = None) -> MeasuredContender:
    """The contender that a run is.

    Args:
        comparison: one in which the run is a contender.
        record: of the run.
        name: what a person says that it is called there; by default it is the one with the run's id.

    Raises:
        InputError: the comparison is of another task, the run is none of its contenders, or several, or it failed.
    """
    one, other = comparison.task, TaskRecord.of(record.task)
    if (one.name, one.labels, one.multi_label) != (other.name, other.labels, other.multi_label):
        raise InputError(
            f"the comparison is of the task {shown(one.name)}, and the run is for {shown(other.name)} with other "
            "labels; give a comparison of the same task."
        )
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
    if contender.family != record.family:  # tells a TF-IDF run from the majority baseline, which the same run serves
        return False
    if said.get("run_id") and record.id:
        return said["run_id"] == record.id
    base = record.base.model_dump(exclude_none=True) if record.base else None
    own = {"method": record.method, "base": base, "data": record.data.model_dump()}
    return own == {key: said.get(key) for key in own}


def _pairs(evaluations: Sequence[Evaluation]) -> tuple[Pair, ...]:
    """Test every two contenders that answered, and correct for the number of pairs."""
    answered = [(evaluation.name, evaluation.answers) for evaluation in evaluations if evaluation.answers is not None]
    if len(answered) < 2:
        return ()
    pairs = list(combinations(answered, 2))
    tests = [mcnemar(first.correct, second.correct) for (_, first), (_, second) in pairs]
    differences = macro_f1_differences(answered[0][1].targets, [answers.predicted for _, answers in answered])
    accuracy_p = holm([test.p for test in tests])
    macro_f1_p = holm([difference.p for difference in differences])
    return tuple(
        Pair(
            first=first,
            second=second,
            only_first_right=tests[place].only_first,
            only_second_right=tests[place].only_second,
            accuracy_difference=rounded(tests[place].difference),
            accuracy_p=rounded(tests[place].p),
            accuracy_p_holm=rounded(accuracy_p[place]),
            macro_f1_difference=rounded(differences[place].value),
            macro_f1_difference_ci=bounds(differences[place].interval),
            macro_f1_p=rounded(differences[place].p),
            macro_f1_p_holm=rounded(macro_f1_p[place]),
        )
        for place, ((first, _), (second, _)) in enumerate(pairs)
    )
