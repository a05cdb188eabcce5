"""The *Results* tab: the page's own comparison, or one that a visitor opens from the Hub, for that visitor alone."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from classification.errors import InputError
from comparison.comparison import Comparison

from ..context import PageContext
from ..events import PRIVATE
from ..html.answer_cards import alert
from ..html.results_table import (
    best_of,
    confusion_of,
    nothing_yet,
    quality_against_shots,
    quality_against_speed,
    results_table,
    summary_of,
)
from ..session.links import copy_button, query
from ..session.session import Session
from .results_sharing import ShareResults


def load_results(folder: Path | None) -> Comparison | None:
    """The comparison saved in a folder, or ``None`` where there is none yet.

    Raises:
        InputError: there is a ``comparison.json``, but it cannot be read.
    """
    if folder is None or not (folder / "comparison.json").is_file():
        return None
    return Comparison.load(folder)


class ResultsTab:
    """The tab's components; what is opened is known to each visitor's session alone, by its name."""

    def __init__(self, context: PageContext) -> None:
        """Lay out the tab inside the current Blocks, with the page's own comparison, and connect it."""
        self._comparisons = context.comparisons
        own = self._comparisons.own if self._comparisons.own and self._comparisons.own.measured else None
        self.reference = gr.State("")
        self._notice = gr.HTML(visible=False, elem_id="opened", apply_default_css=False)
        self._board = gr.HTML(_board(own), elem_id="results-table", apply_default_css=False)
        with gr.Row(elem_id="plots", visible=own is not None) as self._plots:
            with gr.Column(elem_classes="sheet", min_width=300):
                self._scatter = gr.HTML(quality_against_speed(own) if own else "", apply_default_css=False)
            with gr.Column(elem_classes="sheet", min_width=300):
                self._chosen = gr.Dropdown(
                    label=_detail_label(own), elem_id="matrix-of", filterable=False, **_choices(own)
                )
                self._matrix = gr.HTML(_matrix(own), elem_id="matrix", apply_default_css=False)
        swept = quality_against_shots(own) if own else ""
        with gr.Column(elem_classes="sheet", elem_id="sweeps", visible=bool(swept)) as self._swept:
            self._sweeps = gr.HTML(swept, apply_default_css=False)
        self._share = ShareResults(context)
        self._connect(context)

    @property
    def outputs(self) -> list[Any]:
        """What `open` fills, in its order."""
        result = [self._board, self._plots, self._scatter, self._chosen, self._matrix, self._swept, self._sweeps]
        return [self.reference, self._notice, self._share.back, *result]

    def _connect(self, context: PageContext) -> None:
        form = self._share
        opens = context.event(self.open)
        gr.on([form.open.click, form.reference.submit], opens, form.reference, self.outputs, **PRIVATE)
        form.back.click(self._open_own, None, self.outputs, queue=False, **PRIVATE)
        matrix_of = [self._chosen, self.reference]
        self._chosen.input(context.event(self._chosen_matrix), matrix_of, self._matrix, **PRIVATE)

    def _open_own(self) -> list[Any]:
        return self._updates("", self._comparisons.own)

    def open_linked(self, session: Session) -> list[Any]:
        """Show the comparison that the page's address names, if it names one."""
        linked = session.link.comparison
        return self.open(session, linked) if linked else [gr.skip()] * len(self.outputs)

    def open(self, session: Session, reference: str) -> list[Any]:
        """Show a comparison on the Hub, or in its place the sentence that says why it cannot be shown."""
        reference = (reference or "").strip()
        try:
            comparison = self._comparisons.get(reference, session.visitor.token)
        except InputError as error:
            return [gr.skip(), gr.update(value=alert(str(error)), visible=True), *[gr.skip()] * 8]
        return self._updates(reference, comparison)

    def _chosen_matrix(self, session: Session, name: str, reference: str) -> str:
        try:
            return confusion_of(self._comparisons.get(reference, session.visitor.token), name)
        except InputError as error:
            return alert(str(error))

    def _updates(self, reference: str, found: Comparison | None) -> list[Any]:
        """What `outputs` get for a comparison that was opened by this reference; an empty one for the page's own."""
        comparison = found if found and found.measured else None
        swept = quality_against_shots(comparison) if comparison else ""
        return [
            reference,
            gr.update(value=_notice(reference), visible=bool(reference)),
            gr.update(visible=bool(reference)),
            _board(found),
            gr.update(visible=comparison is not None),
            quality_against_speed(comparison) if comparison else "",
            gr.update(**_choices(comparison)),
            _matrix(comparison),
            gr.update(visible=bool(swept)),
            swept,
        ]


def _notice(reference: str) -> str:
    """Whose comparison this is, and a link to it for others."""
    if not reference:
        return ""
    button = copy_button(query(comparison=reference))
    return f'<p class="opened"><span>From the Hub: <strong>{escape(reference)}</strong></span>{button}</p>'


def _board(comparison: Comparison | None) -> str:
    if comparison is None:
        return nothing_yet()
    return (summary_of(comparison) if comparison.measured else alert("No contender of this comparison has scores.")) + (
        results_table(comparison)
    )


def _detail_label(comparison: Comparison | None) -> str:
    several = comparison is not None and comparison.task.multi_label
    return "Scores by label of" if several else "Confusion matrix of"


def _choices(comparison: Comparison | None) -> dict[str, Any]:
    """Choices and value of the list of contenders with a confusion matrix."""
    if comparison is None:
        return {"choices": [], "value": None}
    best = best_of(comparison)
    return {"choices": [c.name for c in comparison.measured], "value": best.name if best else None}


def _matrix(comparison: Comparison | None) -> str:
    best = best_of(comparison) if comparison else None
    return confusion_of(comparison, best.name) if comparison and best else ""
