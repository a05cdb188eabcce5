"""The *Results* tab: how every contender did on the same labelled rows."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from classification.errors import InputError
from comparison.comparison import Comparison
from comparison.records import Failed, Measured
from comparison.verdict import verdict

from . import plots
from .cards import LANES, alert, duration
from .colours import approach_class
from .confusion import confusion

COLUMNS = (
    ("Contender", "text"), ("Approach", "text"), ("Accuracy", "number"), ("Macro-F1", "number"),
    ("Invalid", "number"), ("AUC", "number"), ("Time per text", "number"),
)  # fmt: skip
HOW_TO_MAKE = "python -m comparison run --lineup demo/lineup.yaml --data rows.csv --output demo/results"


def load_results(folder: Path | None) -> Comparison | None:
    """The comparison saved in a folder, or ``None`` where there is none yet.

    Raises:
        InputError: there is a ``comparison.json``, but it cannot be read.
    """
    if folder is None or not (folder / "comparison.json").is_file():
        return None
    return Comparison.load(folder)


def results_tab(comparison: Comparison | None) -> None:
    """Lay out the tab inside the current Blocks."""
    if comparison is None or not comparison.measured:
        gr.HTML(nothing_yet(), apply_default_css=False)
        return
    gr.HTML(headline(comparison) + table(comparison), elem_id="results-table", apply_default_css=False)
    with gr.Row(elem_id="plots"):
        with gr.Column(elem_classes="sheet", min_width=300):
            gr.HTML(quality_against_speed(comparison), apply_default_css=False)
        with gr.Column(elem_classes="sheet", min_width=300):
            names, best = [c.name for c in comparison.measured], best_of(comparison.measured).name
            chosen = gr.Dropdown(names, value=best, label="Confusion matrix of", elem_id="matrix-of", filterable=False)
            matrix = gr.HTML(confusion_of(comparison, best), elem_id="matrix", apply_default_css=False)
    chosen.change(
        lambda name: confusion_of(comparison, name),
        chosen, matrix, api_visibility="private", show_progress="hidden", queue=False,
    )  # fmt: skip


def nothing_yet() -> str:
    """What the tab says before there is an evaluation."""
    return (
        '<div class="nothing"><h2>No results yet</h2><p>Evaluate every contender on labelled rows, then start the '
        f"page again:</p><pre>{escape(HOW_TO_MAKE)}</pre></div>"
    )


def best_of(measured: Sequence[Measured]) -> Measured:
    """The contender with the highest macro-F1."""
    return max(measured, key=lambda c: c.macro_f1)


def headline(comparison: Comparison) -> str:
    """Which rows, the one result to take away, and how sure it is."""
    best, floor, rows = best_of(comparison.measured), comparison.floor, comparison.rows
    judged = verdict(comparison)
    against = f" The floor is {escape(floor.name)} at {floor.macro_f1:.3f}." if floor and floor is not best else ""
    return (
        f'<div class="headline"><p><strong>{escape(best.name)}</strong> has the highest macro-F1, '
        f"<strong>{best.macro_f1:.3f}</strong>.{against}</p>"
        f'<p class="rows">{rows.count:,} rows of {escape(rows.source)}; intervals are 95%.</p>'
        f'<p class="verdict">{escape(judged.sentence if judged and judged.others else "")}</p></div>'
    )


def table(comparison: Comparison) -> str:
    """A table whose headings sort it; the floor and the best contender are marked in words."""
    best, floor = best_of(comparison.measured), comparison.floor
    heads = "".join(
        f'<th scope="col" aria-sort="none"><button type="button" data-sort="{kind}">{escape(name)}'
        '<span class="arrow" aria-hidden="true"></span></button></th>'
        for name, kind in COLUMNS
    )
    rows = "".join(
        _failed_row(c) if isinstance(c, Failed) else _row(c, _badges(c, best, floor)) for c in comparison.contenders
    )
    return (
        '<div class="scroll" tabindex="0" role="region" aria-label="Results"><table class="results">'
        f"<caption>Every contender on the same rows; press a heading to sort</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _badges(contender: Measured, best: Measured, floor: Measured | None) -> list[str]:
    below = floor is not None and contender.macro_f1 < floor.macro_f1
    marks = (
        ("best", contender is best),
        ("floor", floor is not None and contender.name == floor.name),
        ("below the floor", below),
    )
    return [mark for mark, applies in marks if applies]


def _row(contender: Measured, badges: Sequence[str]) -> str:
    cells = (
        (_rank(contender.approach), f'<span class="approach">{escape(contender.approach)}</span>'),
        _score(contender.accuracy, contender.accuracy_ci),
        _score(contender.macro_f1, contender.macro_f1_ci),
        _number(contender.invalid_rate, "{:.1%}"),
        _number(contender.auc, "{:.3f}"),
        (str(contender.seconds_per_text), duration(contender.seconds_per_text)),
    )
    shown = "".join(
        f'<td data-label="{label}" data-value="{value}">{cell}</td>'
        for (label, _), (value, cell) in zip(COLUMNS[1:], cells, strict=True)
    )
    return f"{_row_head(contender, badges)}{shown}</tr>"


def _failed_row(contender: Failed) -> str:
    """Why a contender has no scores; its empty values sort last."""
    empty = '<td data-value="" hidden></td>' * (len(COLUMNS) - 3)
    return (
        f'{_row_head(contender, ["failed"])}<td data-label="Approach" data-value="{_rank(contender.approach)}">'
        f'<span class="approach">{escape(contender.approach)}</span></td>'
        f'<td data-value="" class="why" colspan="{len(COLUMNS) - 2}">{escape(contender.error[:400])}</td>{empty}</tr>'
    )


def _row_head(contender: Measured | Failed, badges: Sequence[str]) -> str:
    marks = "".join(f'<span class="badge {badge.split()[0]}">{badge}</span>' for badge in badges)
    return (
        f'<tr class="{approach_class(contender.approach)}{" is-best" if "best" in badges else ""}">'
        f'<th scope="row" data-value="{escape(contender.name)}">{escape(contender.name)} {marks}</th>'
    )


def _rank(approach: str) -> str:
    """Approaches sort from the cheapest to the one that takes the most work, not by their spelling."""
    order = [*LANES]
    return f"{order.index(approach) if approach in order else len(order)} {escape(approach)}"


def _score(value: float, interval: tuple[float, float]) -> tuple[str, str]:
    """What a score sorts by, and how it is shown: with its interval in numbers and as a bar from 0 to 1."""
    low, high = interval
    return str(value), (
        f"<b>{value:.3f}</b> <small>{low:.3f} to {high:.3f}</small>"
        f'<span class="interval" aria-hidden="true"><i style="left:{100 * low:.1f}%;width:{100 * (high - low):.1f}%">'
        f'</i><u style="left:{100 * value:.1f}%"></u></span>'
    )


def _number(value: float | None, form: str) -> tuple[str, str]:
    return ("", "—") if value is None else (str(value), form.format(value))


def quality_against_speed(comparison: Comparison) -> str:
    """The scatter plot with its heading, drawn for a wide and for a narrow screen."""
    points = [
        plots.Point(c.name, c.approach, c.seconds_per_text, c.macro_f1, c.macro_f1_ci) for c in comparison.measured
    ]
    level = comparison.floor.macro_f1 if comparison.floor else None
    drawn = "".join(
        f'<div class="{shown_on}">{plots.scatter(points, floor=level, width=width)}</div>'
        for shown_on, width in (("on-wide", plots.WIDE), ("on-narrow", plots.NARROW))
    )
    return f"<h2>Quality against speed</h2>{drawn}"


def confusion_of(comparison: Comparison, name: object) -> str:
    """The confusion matrix of one contender, or a sentence where it has none."""
    found = next((c for c in comparison.measured if c.name == name), None)
    if found is None:
        return alert("There is no such contender; choose one from the list.")
    if found.confusion_matrix is None:
        return alert(f"{found.name} has no confusion matrix: a text of this task may have several labels.")
    caption = f"What {found.name} answered for each true label"
    return confusion(comparison.task.label_names, found.confusion_matrix, caption=caption)


def as_records(comparison: Comparison | None) -> list[dict[str, Any]]:
    """The results for the API: a dictionary per contender.

    Raises:
        InputError: there are none yet.
    """
    if comparison is None:
        raise InputError(f"There are no results yet; make them with: {HOW_TO_MAKE}")
    return [contender.model_dump(mode="json", exclude={"configuration"}) for contender in comparison.contenders]
