"""Which contender of a comparison a run is: the one that a person names, or the one with the run's configuration."""

from __future__ import annotations

from collections.abc import Iterable

from classification.errors import InputError, nearest, one_of, shown
from classification.runs.record import RunRecord
from comparison.comparison import Comparison
from comparison.records import Contender, FailedContender, MeasuredContender

NAMED = 10  # contenders that a sentence names


def find_run(record: RunRecord, comparison: Comparison, name: str | None = None) -> MeasuredContender:
    """The contender that a run is.

    Args:
        record: of the run.
        comparison: of the run's task.
        name: what a person says that the run is called there.

    Raises:
        InputError: the run is no contender, or several, or another than the one that was named, or it failed.
    """
    if name is not None:
        found = _named(record, comparison, name)
    else:
        same = [contender for contender in comparison.contenders if _is_run(contender, record, to_the_second=True)]
        if not same:
            raise InputError(
                f"the run {shown(record.name)} is no contender of the comparison, which has "
                f"{_listed(contender.name for contender in comparison.contenders)}; compare it first."
            )
        if len(same) > 1:
            raise InputError(
                f"the run {shown(record.name)} may be each of {_listed(contender.name for contender in same)} in the "
                "comparison; say which one."
            )
        found = same[0]
    if isinstance(found, FailedContender):
        raise InputError(f"{shown(found.name)} has no scores in the comparison, since it failed; evaluate it again.")
    return found


def _named(record: RunRecord, comparison: Comparison, name: str) -> Contender:
    names = [contender.name for contender in comparison.contenders]
    if name not in names:
        raise InputError(
            f"the comparison has no contender {shown(name)}{nearest(name, names)}; it has {_listed(names)}."
        )
    found = comparison.contenders[names.index(name)]
    if not _is_run(found, record):
        raise InputError(
            f"{shown(name)} of the comparison is another model than the run {shown(record.name)}; its scores are not "
            "the run's, so compare the run first."
        )
    return found


def _is_run(contender: Contender, record: RunRecord, *, to_the_second: bool = False) -> bool:
    """Whether a contender was set up from this run, or one just like it, as its configuration tells."""
    said = contender.configuration
    base, data = said.get("base"), said.get("data")
    return (
        contender.family == record.family
        and said.get("method") == record.method
        and isinstance(data, dict)
        and data.get("fingerprint") == record.data.fingerprint
        and (base.get("id") if isinstance(base, dict) else None) == (record.base.id if record.base else None)
        and not (to_the_second and said.get("training_seconds") != record.seconds)
    )


def _listed(names: Iterable[str]) -> str:
    every = [shown(name) for name in names]
    return one_of(every if len(every) <= NAMED else [*every[:NAMED], f"{len(every) - NAMED} others"])
