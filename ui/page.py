"""The whole page: header, tabs, and the functions that programs call."""

from __future__ import annotations

from html import escape
from typing import Any

import gradio as gr
from gradio.events import api

from classification.errors import InputError
from comparison.comparison import Comparison

from . import compare, results, theme
from .workbench import Lineup, Workbench

TITLE = "Prompt or Tune"
LONGEST_QUEUE = 64


def build_page(lineup: Lineup, pool: object, *, comparison: Comparison | None = None) -> gr.Blocks:
    """The page for a lineup; loading its contenders begins at once, in the background.

    Args:
        lineup: the task and who decides it.
        pool: holds the base models that contenders share.
        comparison: the evaluation that the *Results* tab shows, where there is one.

    Returns:
        Blocks to be launched with ``page.launch(**appearance())``.
    """
    workbench = Workbench(lineup, pool).start()
    page = gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True)
    with page:
        gr.HTML(header(lineup), elem_id="masthead", apply_default_css=False)
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab("Compare", id="compare"):
                compare.compare_tab(workbench, page)
            with gr.Tab("Results", id="results"):
                results.results_tab(comparison)
        _api(workbench, comparison)
    page.queue(max_size=LONGEST_QUEUE)
    return page


def appearance() -> dict[str, Any]:
    """What ``launch`` needs for the page to look and behave as designed."""
    return {"theme": theme.theme(), "css": theme.css(), "head": theme.head(), "footer_links": [], "ssr_mode": False}


def header(lineup: Lineup) -> str:
    """Name, task and the switch between light and dark."""
    task = lineup.task
    count = len(lineup.contenders)
    return (
        '<header class="masthead"><h1>Prompt <em>or</em> Tune</h1>'
        f'<p><span class="task">{escape(task.name)}</span> {count} contenders, the same text, side by side</p>'
        '<nav><a href="?view=api">API</a><button type="button" data-toggle-theme>'
        '<span aria-hidden="true">◐</span> <span class="night">Dark</span><span class="light">Light</span>'
        "</button></nav></header>"
    )


def _api(workbench: Workbench, comparison: Comparison | None) -> None:
    def ask_all(text: str) -> dict[str, Any]:
        """Ask every contender about a text: label, probabilities, time and tokens of each."""
        try:
            return compare.compare(workbench, text)
        except InputError as error:
            raise gr.Error(str(error), print_exception=False) from None

    def list_contenders() -> list[dict[str, str]]:
        """Every contender, and whether it is loaded."""
        return compare.contenders(workbench)

    def list_results() -> list[dict[str, Any]]:
        """The evaluation of every contender on the same labelled rows."""
        try:
            return results.as_records(comparison)
        except InputError as error:
            raise gr.Error(str(error), print_exception=False) from None

    api(ask_all, api_name="compare", concurrency_limit=compare.VISITORS_AT_ONCE, concurrency_id="ask")
    api(list_contenders, api_name="contenders")
    api(list_results, api_name="results")
