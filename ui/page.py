"""The whole page: header, tabs, and the functions that programs call."""

from __future__ import annotations

from html import escape
from typing import Any

import gradio as gr

from classification.lineup import Lineup
from classification.models.pool import ModelPool
from comparison.comparison import Comparison

from .api import FUNCTIONS, Api
from .context import FeedbackConfig, PageContext
from .events import PRIVATE
from .live.comparison_cache import ComparisonCache
from .live.contender_server import ContenderServer
from .session.runtime import Runtime
from .session.session import Session
from .tabs.compare import CompareTab
from .tabs.feedback import FeedbackPanel
from .tabs.publish import PublishTab
from .tabs.results import ResultsTab

TITLE = "Prompt or Tune"
LONGEST_QUEUE = 64


def build_page(
    lineup: Lineup,
    pool: ModelPool,
    *,
    comparison: Comparison | None = None,
    runtime: Runtime | None = None,
    feedback: FeedbackConfig | None = None,
) -> gr.Blocks:
    """The page for a lineup; loading its contenders begins at once, in the background.

    Args:
        lineup: the task and who decides it.
        pool: holds the base models that contenders share.
        comparison: the evaluation that the *Results* tab shows, where there is one.
        runtime: where the page runs; by default what the environment tells.
        feedback: where visitors' marks go; by default there are none.

    Returns:
        Blocks for `serving.serve`.
    """
    runtime = runtime or Runtime.here()
    server = ContenderServer(lineup, pool, runtime=runtime).start()
    context = PageContext(lineup, server, ComparisonCache(comparison), runtime, feedback)
    page = gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True)
    with page:
        gr.HTML(header(lineup, runtime), elem_id="masthead", apply_default_css=False)
        _tabs(page, context)
        Api(context).register()
    for event in page.fns.values():  # Gradio's sign-in button has one that it would offer to programs
        if event.api_name not in FUNCTIONS:
            event.api_visibility = "private"
    page.queue(max_size=LONGEST_QUEUE)
    return page


def _tabs(page: gr.Blocks, context: PageContext) -> None:
    with gr.Tabs(elem_id="tabs") as tabs:
        with gr.Tab("Compare", id="compare"):
            compare = CompareTab(context, page)
            if context.feedback is not None:
                FeedbackPanel(context.feedback, context.task, compare.last_text)
        with gr.Tab("Results", id="results"):
            results = ResultsTab(context)
        with gr.Tab("Publish", id="publish") as publish_tab:
            publish = PublishTab(context, compare)
    page.load(context.event(_linked_tab), None, tabs, queue=False, **PRIVATE)
    page.load(context.event(results.open_linked), None, results.outputs, **PRIVATE)
    publish.connect(publish_tab)


def _linked_tab(session: Session) -> Any:
    """Select the tab that the page's address names, if it names one."""
    return gr.Tabs(selected=session.link.tab) if session.link.tab else gr.skip()


def header(lineup: Lineup, runtime: Runtime) -> str:
    """Name, task, where this runs, and the switch between light and dark."""
    task = lineup.task
    return (
        '<header class="masthead"><h1>Prompt <em>or</em> Tune</h1>'
        f'<p><span class="task">{escape(task.name)}</span> every contender, the same text, side by side '
        f'<span class="place">{escape(runtime.describe())}</span></p>'
        '<nav><a href="?view=api">API</a><button type="button" data-toggle-theme>'
        '<span aria-hidden="true">◐</span> <span class="night">Dark</span><span class="light">Light</span>'
        "</button></nav></header>"
    )
