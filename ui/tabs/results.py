"""The *Results* tab: the page's own comparison, or one that a visitor opens from the Hub, for that visitor alone."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from classification.errors import InputError
from comparison.comparison import Comparison

from ..events import PRIVATE
from ..html.answer_cards import alert
from ..html.results_table import best_of, confusion_of, headline, nothing_yet, quality_against_speed, table
from ..live.comparison_cache import ComparisonCache
from ..session import links as share
from ..session.account import visitor
from ..session.runtime import Runtime
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

    def __init__(self, comparison_cache: ComparisonCache, runtime: Runtime, results: Path | None, task: str) -> None:
        """Lay out the tab inside the current Blocks, with the page's own comparison, and connect it.

        Args:
            comparison_cache: where comparisons come from.
            runtime: says for whom a request acts.
            results: folder of the page's own comparison.
            task: its name.
        """
        self._comparison_cache, self._runtime = comparison_cache, runtime
        own = comparison_cache.own if comparison_cache.own and comparison_cache.own.measured else None
        self.reference = gr.State("")
        self._notice = gr.HTML(visible=False, elem_id="opened", apply_default_css=False)
        self._board = gr.HTML(_board(own), elem_id="results-table", apply_default_css=False)
        with gr.Row(elem_id="plots", visible=own is not None) as self._plots:
            with gr.Column(elem_classes="sheet", min_width=300):
                self._scatter = gr.HTML(quality_against_speed(own) if own else "", apply_default_css=False)
            with gr.Column(elem_classes="sheet", min_width=300):
                self._chosen = gr.Dropdown(
                    label="Confusion matrix of", elem_id="matrix-of", filterable=False, **_choices(own)
                )
                self._matrix = gr.HTML(_matrix(own), elem_id="matrix", apply_default_css=False)
        self._share = ShareResults(runtime, results, task)
        self._connect()

    @property
    def outputs(self) -> list[Any]:
        """What `opened` fills, in its order."""
        seen = [self._board, self._plots, self._scatter, self._chosen, self._matrix]
        return [self.reference, self._notice, self._share.back, *seen]

    def _connect(self) -> None:
        below = self._share
        gr.on([below.open.click, below.asked.submit], self.opened, below.asked, self.outputs, **PRIVATE)
        below.back.click(self._own, None, self.outputs, queue=False, **PRIVATE)
        self._chosen.input(self._chosen_matrix, [self._chosen, self.reference], self._matrix, **PRIVATE)

    def _own(self) -> list[Any]:
        return self._shown("", self._comparison_cache.own)

    def on_link(self, request: gr.Request, oauth: gr.OAuthToken | None = None) -> list[Any]:
        """Show the comparison that the page's address names, if it names one."""
        linked = share.LinkParams.of(request).comparison
        return self.opened(linked, request, oauth) if linked else [gr.skip()] * len(self.outputs)

    def opened(
        self, reference: str, request: gr.Request | None = None, oauth: gr.OAuthToken | None = None
    ) -> list[Any]:
        """Show a comparison on the Hub, or in its place the sentence that says why it cannot be shown."""
        asked = (reference or "").strip()
        try:
            found = self._comparison_cache.get(asked, visitor(self._runtime, request, oauth).token)
        except InputError as error:
            return [gr.skip(), gr.update(value=alert(str(error)), visible=True), *[gr.skip()] * 6]
        return self._shown(asked, found)

    def _chosen_matrix(
        self, name: str, reference: str, request: gr.Request | None = None, oauth: gr.OAuthToken | None = None
    ) -> str:
        try:
            return confusion_of(
                self._comparison_cache.get(reference, visitor(self._runtime, request, oauth).token), name
            )
        except InputError as error:
            return alert(str(error))

    def _shown(self, reference: str, found: Comparison | None) -> list[Any]:
        comparison = found if found and found.measured else None
        return [
            reference,
            gr.update(value=_notice(reference), visible=bool(reference)),
            gr.update(visible=bool(reference)),
            _board(found),
            gr.update(visible=comparison is not None),
            quality_against_speed(comparison) if comparison else "",
            gr.update(**_choices(comparison)),
            _matrix(comparison),
        ]


def _notice(reference: str) -> str:
    """Whose comparison this is, and a link to it for others."""
    if not reference:
        return ""
    button = share.copy_button(share.query(comparison=reference))
    return f'<p class="opened"><span>From the Hub: <strong>{escape(reference)}</strong></span>{button}</p>'


def _board(comparison: Comparison | None) -> str:
    if comparison is None:
        return nothing_yet()
    return (headline(comparison) if comparison.measured else alert("No contender of this comparison has scores.")) + (
        table(comparison)
    )


def _choices(comparison: Comparison | None) -> dict[str, Any]:
    """Choices and value of the list of contenders with a confusion matrix."""
    if comparison is None:
        return {"choices": [], "value": None}
    best = best_of(comparison)
    return {"choices": [c.name for c in comparison.measured], "value": best.name if best else None}


def _matrix(comparison: Comparison | None) -> str:
    best = best_of(comparison) if comparison else None
    return confusion_of(comparison, best.name) if comparison and best else ""
