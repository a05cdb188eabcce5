"""A comparison for people and spreadsheets: a plain table, Markdown, CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from classification.runs.seen import Seen

from ..comparison import Comparison
from ..records import FailedContender, IntervalBounds, MeasuredContender
from ..seen_rows import seen_count, seen_is_informative
from ..verdict import verdict
from .formatting import duration, markdown_table, percent, plain_table

NONE = "—"
FLOOR = "(floor)"


@dataclass(frozen=True)
class Column:
    """One score: its heading, its value, how that is shown, and whether more or less of it is better."""

    title: str
    value: Callable[[MeasuredContender], float | None]
    shown: Callable[[MeasuredContender], str]
    best: Callable[[list[float]], float] | None = None


COLUMNS = (
    Column("Accuracy", lambda c: c.accuracy, lambda c: _interval(c.accuracy, c.accuracy_ci), max),
    Column("Macro-F1", lambda c: c.macro_f1, lambda c: _interval(c.macro_f1, c.macro_f1_ci), max),
    Column("AUC", lambda c: c.auc, lambda c: _decimal(c.auc), max),
    Column("ECE", lambda c: c.ece, lambda c: _decimal(c.ece), min),
    Column("Invalid", lambda c: c.invalid_rate, lambda c: percent(c.invalid_rate), min),
    Column("Time per text", lambda c: c.seconds_per_text, lambda c: duration(c.seconds_per_text), min),
    Column("Tokens per text", lambda c: _tokens(c), lambda c: f"{_tokens(c):.0f}" if _tokens(c) else NONE),
)
#: For a task with several labels, where a text's labels are all right or not, or right in part.
SEVERAL_LABELS = (
    Column("Macro-F1", lambda c: c.macro_f1, lambda c: _interval(c.macro_f1, c.macro_f1_ci), max),
    Column("Micro-F1", lambda c: c.micro_f1, lambda c: _decimal(c.micro_f1), max),
    Column("Sample-F1", lambda c: c.sample_f1, lambda c: _decimal(c.sample_f1), max),
    Column("Subset accuracy", lambda c: c.accuracy, lambda c: _interval(c.accuracy, c.accuracy_ci), max),
    Column("Average precision", lambda c: c.average_precision, lambda c: _decimal(c.average_precision), max),
    *COLUMNS[3:],
)
#: Shown where a contender has them.
NOT_FOR_ALL = (
    Column("Uncalibrated macro-F1", lambda c: c.uncalibrated_macro_f1, lambda c: _decimal(c.uncalibrated_macro_f1)),
    Column("Flips", lambda c: c.flips, lambda c: NONE if c.flips is None else percent(c.flips)),
)
SEEN = Column("Rows seen", lambda c: c.seen.total if c.seen else None, seen_count)

CSV_SCORES = (
    "accuracy", "macro_f1", "micro_f1", "sample_f1", "average_precision", "auc", "ece", "invalid_rate",
    "seconds_per_text", "seconds_median", "seconds_p95", "prompt_tokens", "completion_tokens", "shortened",
    "uncalibrated_macro_f1", "flips",
)  # fmt: skip
CSV_INTERVALS = ("accuracy", "macro_f1")
CSV_SEEN = tuple(Seen.model_fields)


def columns_of(comparison: Comparison) -> tuple[Column, ...]:
    """The columns of its table: every score, what only some have, and where that tells them apart the rows seen."""
    columns: tuple[Column, ...] = SEVERAL_LABELS if comparison.task.multi_label else COLUMNS
    measured = comparison.measured
    columns += tuple(one for one in NOT_FOR_ALL if any(one.value(contender) is not None for contender in measured))
    return (*columns, SEEN) if seen_is_informative(comparison) else columns


def as_table(comparison: Comparison) -> str:
    """A table of aligned plain text, with the verdict under it."""
    table = plain_table(headings(comparison), score_rows(comparison), left=2)
    return "\n".join([table, "", *_notes(comparison)]) + "\n"


def as_markdown(comparison: Comparison) -> str:
    """A Markdown table with the best value of each column in bold, and the verdict under it."""
    rows = score_rows(comparison, name=lambda text: _markdown(_plain(text)), best=lambda text: f"**{text}**")
    notes = "\n\n".join(_markdown(note) for note in _notes(comparison))
    return f"{markdown_table(headings(comparison), rows, left=2)}\n\n{notes}\n"


def as_csv(comparison: Comparison) -> str:
    """One line a contender with the numbers as they are; empty cells where there are none."""
    bounds = [f"{score}_{end}" for score in CSV_INTERVALS for end in ("low", "high")]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["name", "approach", "family", *CSV_SCORES, *bounds, *(f"seen_{how}" for how in CSV_SEEN), "error"])
    for contender in comparison.contenders:
        about = [_cell(contender.name), contender.approach, _cell(contender.family)]
        if isinstance(contender, MeasuredContender):
            bounds = [end for score in CSV_INTERVALS for end in getattr(contender, f"{score}_ci")]
            seen = [getattr(contender.seen, how, None) for how in CSV_SEEN]
            writer.writerow([*about, *(getattr(contender, score) for score in CSV_SCORES), *bounds, *seen, ""])
        else:
            blanks = [""] * (len(CSV_SCORES) + len(bounds) + len(CSV_SEEN))
            writer.writerow([*about, *blanks, _cell(contender.error)])
    return out.getvalue()


def headings(comparison: Comparison, titles: Sequence[str] | None = None) -> list[str]:
    """The first line of its table; with ``titles`` only these columns, in their order, as far as there are such."""
    return ["Contender", "Approach", *(column.title for column in _chosen(comparison, titles))]


def score_rows(
    comparison: Comparison,
    contenders: Sequence[MeasuredContender | FailedContender] | None = None,
    titles: Sequence[str] | None = None,
    *,
    name: Callable[[str], str] = lambda text: _plain(text),
    cell: Callable[[str], str] = str,
    best: Callable[[str], str] = str,
) -> list[list[str]]:
    """The cells of each contender's line.

    Args:
        comparison: what was measured.
        contenders: which ones, in this order; by default all.
        titles: which columns, in this order; by default all.
        name: writes a contender's name, which may be a stranger's text.
        cell: writes a score.
        best: marks what looks like the best score of its column, unless all look the same.
    """
    columns, floor = _chosen(comparison, titles), comparison.floor
    tops = [_best(column, comparison.measured) for column in columns]
    body = []
    for contender in comparison.contenders if contenders is None else contenders:
        mark = f" {FLOOR}" if floor is not None and contender.name == floor.name else ""
        cells = [NONE for _ in columns]
        if isinstance(contender, MeasuredContender):
            shown = [column.shown(contender) for column in columns]
            cells = [best(cell(text)) if text == top else cell(text) for text, top in zip(shown, tops, strict=True)]
        body.append([f"{name(contender.name)}{mark}", contender.approach, *cells])
    return body


def _chosen(comparison: Comparison, titles: Sequence[str] | None) -> Sequence[Column]:
    columns = columns_of(comparison)
    return columns if titles is None else [one for title in titles for one in columns if one.title == title]


def _best(column: Column, contenders: Sequence[MeasuredContender]) -> str | None:
    """How the best value is shown; ``None`` where none is better than the others."""
    shown = {
        value: column.shown(contender) for contender in contenders if (value := column.value(contender)) is not None
    }
    return shown[column.best(list(shown))] if column.best and len(set(shown.values())) > 1 else None


def _notes(comparison: Comparison) -> list[str]:
    rows = comparison.rows
    notes = [
        f"{rows.count:,} rows{f' of {_plain(rows.source)}' if rows.source else ''}, "
        f"task {_plain(comparison.task.name)}; brackets hold 95 % intervals."
    ]
    if comparison.floor is not None:
        notes[0] += f" {FLOOR} marks the best baseline, which a model must beat."
    notes += [f"{_plain(contender.name)} failed: {_plain(contender.error)}" for contender in comparison.failed]
    found = verdict(comparison)
    return [*notes, _plain(found.sentence)] if found else notes


def _interval(value: float, bounds: IntervalBounds) -> str:
    return f"{value:.3f} [{bounds[0]:.3f}, {bounds[1]:.3f}]"


def _decimal(value: float | None) -> str:
    return NONE if value is None else f"{value:.3f}"


def _tokens(contender: MeasuredContender) -> float:
    return contender.prompt_tokens + contender.completion_tokens


def _plain(text: str) -> str:
    """Without line breaks and control characters, so that no name from a foreign file can steer a terminal."""
    return "".join(character if character.isprintable() else " " for character in text)


def _markdown(text: str) -> str:
    """With Markdown's and HTML's own characters escaped."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"\\{character}" if character in "\\`*_[]|" else character for character in escaped)


def _cell(text: str) -> str:
    """A spreadsheet runs what begins like a formula; an apostrophe makes it text."""
    plain = _plain(text)
    return f"'{plain}" if plain.startswith(("=", "+", "-", "@")) else plain
