"""Check a dataset before it is used: the report behind ``python -m classification check``."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ...task import Task
from ..dataset import Splits
from .checks import CHECKS
from .findings import Example, Finding, Severity

__all__ = ["Example", "Finding", "QualityReport", "SplitSummary", "report"]

MARKS: dict[Severity, str] = {"error": "✗ error  ", "warning": "! warning", "note": "· note   "}
#: How many labels a table lists; of more, the commonest and the rarest.
LISTED, COMMONEST, RAREST = 12, 8, 3
BAR = 24


@dataclass(frozen=True)
class SplitSummary:
    """Figures of one split; lengths are in characters."""

    name: str
    rows: int
    label_counts: dict[str, int]
    median_length: int
    p95_length: int
    longest: int


@dataclass(frozen=True)
class QualityReport:
    """What `report` found; findings are in order of severity."""

    source: str
    task: str
    splits: tuple[SplitSummary, ...]
    findings: tuple[Finding, ...]

    @property
    def has_errors(self) -> bool:
        """Whether something makes results on these rows wrong."""
        return any(finding.severity == "error" for finding in self.findings)

    def as_text(self) -> str:
        """The report for a terminal: figures, labels, then each finding with its examples."""
        lines = [f"{self.source}, read for the task {self.task}", "", *_split_lines(self.splits)]
        lines += ["", *_label_lines(self.splits), ""]
        for finding in self.findings:
            where = f"{finding.split}: " if finding.split else ""
            lines.append(f"{MARKS[finding.severity]}  {where}{finding.sentence}")
            lines += [f"             {example.split} row {example.row}: {example.text}" for example in finding.examples]
        return "\n".join([*lines, *([""] if self.findings else []), self.conclusion])

    @property
    def conclusion(self) -> str:
        """One sentence on what was found."""
        counts = Counter(finding.severity for finding in self.findings)
        if not counts:
            return "Nothing found."
        named = [f"{counts[level]} {level}{'s' * (counts[level] > 1)}" for level in MARKS if counts[level]]
        what = " Correct the errors before you trust a score." if counts["error"] else ""
        return f"Found {', '.join(named)}.{what}"


def report(splits: Splits, task: Task) -> QualityReport:
    """Check a dataset for duplicates, contradictions, leaks, imbalance, damaged encoding and long texts.

    Row numbers are those of the split. For the numbers of a file that has no splits, load it with
    ``load_splits(..., need=(), validation_size=0, test_size=0)``, which carves none.
    """
    findings = [finding for check in CHECKS for finding in check(splits, task)]
    order = list(MARKS)
    findings.sort(key=lambda finding: order.index(finding.severity))
    return QualityReport(splits.source, task.name, tuple(_summaries(splits, task)), tuple(findings))


def _summaries(splits: Splits, task: Task) -> Iterator[SplitSummary]:
    for name, rows in splits.items():
        counts = Counter(label for labels in rows.labels for label in labels)
        lengths = np.array([len(text) for text in rows.texts])
        median, p95 = np.percentile(lengths, [50, 95])
        yield SplitSummary(
            name,
            len(rows),
            {label: counts[label] for label in task.label_names},
            round(float(median)),
            round(float(p95)),
            int(lengths.max()),
        )


def _split_lines(splits: tuple[SplitSummary, ...]) -> Iterator[str]:
    yield f"  {'':<12}{'rows':>9}   characters: {'median':>7}{'95 %':>8}{'longest':>9}"
    for split in splits:
        yield (
            f"  {split.name:<12}{split.rows:>9,}   {'':<11} {split.median_length:>7,}{split.p95_length:>8,}"
            f"{split.longest:>9,}"
        )


def _label_lines(splits: tuple[SplitSummary, ...]) -> Iterator[str]:
    """Rows of each label in each split, with bars for the first split's shares."""
    first = splits[0]
    labels = sorted(first.label_counts, key=lambda label: -first.label_counts[label])
    width = max(_width(label) for label in labels) + 2
    yield "  " + _padded("label", width) + "".join(f"{split.name:>12}" for split in splits)
    hidden = len(labels) - COMMONEST - RAREST if len(labels) > LISTED else 0
    for place, label in enumerate(labels):
        if hidden and place == COMMONEST:
            yield f"  … {hidden} more"
        if hidden and COMMONEST <= place < len(labels) - RAREST:
            continue
        counts = "".join(f"{split.label_counts[label]:>12,}" for split in splits)
        share = first.label_counts[label] / max(first.rows, 1)
        yield f"  {_padded(label, width)}{counts}   {share:>6.1%} {'█' * round(share * BAR)}".rstrip()


def _width(text: str) -> int:
    """Columns that a text takes in a terminal, where a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (max(width, 7) - _width(text))
