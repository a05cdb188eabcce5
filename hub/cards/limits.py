"""What a card has to own up to: the facts behind the section on limits, each only where it holds."""

from __future__ import annotations

import re
from dataclasses import dataclass

from classification.runs.record import RunRecord
from comparison.records import Scores

from .evidence import Evidence
from .markdown import Markdown, escaped
from .tables import bold, mistakes, percent

#: A score of a label that is as good as the others' is no weakness worth a sentence.
WEAK = 0.05
#: Above it, how sure a model says it is misleads.
MISCALIBRATED = 0.05
FEW_ROWS = 30


@dataclass(frozen=True)
class Weakness:
    """The label that is recognised worst."""

    label: Markdown
    f1: str
    rows: int
    missed: int
    taken_for: Markdown | None


@dataclass(frozen=True)
class Limits:
    """What holds of a run and its evidence; the template has a sentence for each."""

    measured: bool
    validation: bool
    chosen: bool
    no_interval: bool
    weakness: Weakness | None
    rare: Markdown | None
    invalid: str | None
    mass: str | None
    calibration: str | None
    shortened: int
    quantized: Markdown | None
    foreign_base: bool
    max_length: int | None


def limits_of(record: RunRecord, evidence: Evidence | None) -> Limits:
    """Find what has to be said."""
    scores = evidence.scores if evidence else None
    own = evidence is not None and evidence.comparison is None
    base = record.base
    quantized = re.search(r"\(([\w.-]+\.gguf)\)", base.weights) if base else None
    return Limits(
        measured=evidence is not None,
        validation=own and evidence is not None and evidence.rows.split == "validation",
        chosen=record.method != "fit" and record.hyperparameters.get("load_best_model_at_end") is True,
        no_interval=evidence is not None and scores is None,
        weakness=_weakest(scores) if scores else None,
        rare=_rare(scores) if scores else None,
        invalid=percent(scores.invalid_rate) if scores and scores.invalid_rate else None,
        mass=percent(scores.label_mass) if scores and scores.label_mass is not None else None,
        calibration=f"{scores.ece:.3f}" if scores and scores.ece and scores.ece > MISCALIBRATED else None,
        shortened=scores.shortened if scores else 0,
        quantized=escaped(quantized[1]) if quantized else None,
        foreign_base=base is not None and base.from_folder,
        max_length=record.max_length if record.base is not None else None,
    )


def _weakest(scores: Scores) -> Weakness | None:
    """The label with the lowest F1 among those that occur, if it stands out."""
    occurring = {name: of for name, of in scores.per_class.items() if of.support}
    if len(occurring) < 2:
        return None
    name = min(occurring, key=lambda label: occurring[label].f1)
    of = occurring[name]
    if max(other.f1 for other in occurring.values()) - of.f1 < WEAK:
        return None
    taken = next((answer for label, answer, _ in mistakes(scores) if label == name), None)
    missed = round(of.support * (1 - of.recall))
    return Weakness(bold(name), f"{of.f1:.3f}", of.support, missed, bold(taken) if taken else None)


def _rare(scores: Scores) -> Markdown | None:
    """Labels of which there were too few rows for their own scores to mean much."""
    first_names = [name for name, of in scores.per_class.items() if of.support < FEW_ROWS]
    if not first_names:
        return None
    more = f" and {len(first_names) - 5} more" if len(first_names) > 5 else ""
    return Markdown(", ".join(bold(name) for name in first_names[:5]) + more)
