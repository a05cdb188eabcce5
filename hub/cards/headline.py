"""The result that a card begins with: the score, how sure it is, and what it is more than."""

from __future__ import annotations

from dataclasses import dataclass

from classification.runs.record import RunRecord
from comparison.records import IntervalBounds
from comparison.seen_rows import consequence, seen_phrase
from comparison.verdict import ALPHA

from .evidence import Evidence, Gain
from .facts import rows_link
from .markdown import Markdown, code
from .metadata import evaluated_dataset, source_split


@dataclass(frozen=True)
class Difference:
    """A gain, in the words of a card.

    Attributes:
        shown: with its sign, such as ``+0.577``.
        interval: its 95 % interval.
        p: ``p < 0.001``, after Holm's correction.
        sure: whether these rows can tell.
        ahead: whether it is above zero.
        name: the other contender.
        score: the other's macro-F1.
    """

    shown: str
    interval: str
    p: str
    sure: bool
    ahead: bool
    name: str
    score: str


@dataclass(frozen=True)
class Headline:
    """What was measured, in the words of a card."""

    macro_f1: str
    macro_f1_interval: str | None
    accuracy: str
    accuracy_interval: str | None
    rows: int
    sampled: bool
    split: str | None
    named: Markdown | None
    source: Markdown
    gain: Difference | None
    over_prompt: Difference | None
    over_floor: Difference | None
    is_floor: bool
    pairs: int
    seen: str | None
    clean: bool
    unknown: bool


def headline_of(record: RunRecord, evidence: Evidence, dataset: str | None) -> Headline:
    """Put the evidence into words; ``dataset`` is the Hub id of the training rows."""
    rows, scores = evidence.rows, evidence.scores
    known = evaluated_dataset(record, rows, dataset)
    named = source_split(record, rows, known)
    is_floor = evidence.floor is not None and evidence.floor.name == evidence.contender
    return Headline(
        macro_f1=f"{evidence.macro_f1:.3f}",
        macro_f1_interval=interval(scores.macro_f1_ci) if scores else None,
        accuracy=f"{evidence.accuracy:.3f}",
        accuracy_interval=interval(scores.accuracy_ci) if scores else None,
        rows=rows.count,
        sampled=rows.seed is not None,
        split=rows.split,
        named=code(named) if named and named != rows.split else None,
        source=rows_link(rows.source, known),
        gain=difference(evidence.gain),
        over_prompt=None if is_floor else difference(evidence.over_prompt),
        over_floor=difference(evidence.over_floor),
        is_floor=is_floor,
        pairs=len(evidence.comparison.pairs) if evidence.comparison else 0,
        seen=_seen(evidence),
        clean=evidence.seen is not None and evidence.seen.total == 0,
        # Rows that its own training set aside for validation were not trained on; an older record does not count them.
        unknown=evidence.seen is None and evidence.comparison is not None,
    )


def _seen(evidence: Evidence) -> str | None:
    """How many of the rows the run had seen, and what that means; ``None`` where it had seen none or nobody knows."""
    seen = evidence.seen
    return (
        f"{seen_phrase(seen, evidence.rows.count)}, {consequence([seen])}" if seen is not None and seen.total else None
    )


def difference(gain: Gain | None) -> Difference | None:
    """A gain in words."""
    if gain is None:
        return None
    return Difference(
        shown=signed(gain.macro_f1),
        interval=" to ".join(signed(end) for end in gain.interval),
        p=level(gain.p),
        sure=gain.p < ALPHA,
        ahead=gain.macro_f1 > 0,
        name=gain.over.name,
        score=f"{gain.over.macro_f1:.3f}",
    )


def interval(ends: IntervalBounds) -> str:
    """Both ends of an interval."""
    return f"{ends[0]:.3f} to {ends[1]:.3f}"


def signed(value: float) -> str:
    """A difference with its sign, a true minus."""
    return f"{value:+.3f}".replace("-", "−")


def level(p: float) -> str:
    """A p-value as papers write it."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
