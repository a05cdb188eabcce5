"""Below the results: open a comparison from the Hub, and publish the page's own there."""

from __future__ import annotations

from collections.abc import Iterator

import gradio as gr

from classification.errors import InputError
from comparison.comparison import COMPARISON_FILE
from hub.shared.publish import Published

from ..context import PageContext
from ..events import PUSHING
from ..session.hub_actions import HubActions, Say
from ..session.links import LONGEST_REFERENCE
from ..session.session import Session
from .steps import run_in_steps, steps_as_html

NOTHING = "There is no comparison beside the lineup of this page, so there is nothing to publish."


class ShareResults:
    """Two small forms; what is published is published for whoever presses the button."""

    def __init__(self, context: PageContext) -> None:
        """Lay the forms out inside the current Blocks."""
        self._results = results = context.lineup.results
        with gr.Row(elem_id="share-row"):
            with gr.Column(min_width=280, elem_classes="sheet"):
                gr.HTML("<h2>Open a comparison from the Hub</h2>", apply_default_css=False)
                self.reference = gr.Textbox(
                    label="Dataset repository",
                    placeholder="owner/name, or owner/name@revision",
                    max_lines=1,
                    max_length=LONGEST_REFERENCE,
                    elem_id="open-comparison",
                )
                with gr.Row(elem_classes="buttons"):
                    self.open = gr.Button("Open", elem_id="open", min_width=90)
                    self.back = gr.Button("Back to this page's own", elem_id="back", min_width=180, visible=False)
            if results is not None and (results / COMPARISON_FILE).is_file():
                with gr.Column(min_width=280, elem_classes="sheet"):
                    self._publish_form(context)

    def _publish_form(self, context: PageContext) -> None:
        gr.HTML("<h2>Publish this page's comparison</h2>", apply_default_css=False)
        repo = gr.Textbox(
            label="Dataset repository",
            placeholder=f"owner/{context.task.name}-comparison",
            max_lines=1,
            elem_id="comparison-repo",
        )
        public = gr.Checkbox(label="Public: a link opens it for everybody", elem_id="comparison-public")
        with gr.Row(elem_classes="buttons"):
            button = gr.Button("Publish", elem_id="push-comparison", min_width=90)
        message = gr.HTML(elem_id="comparison-told", apply_default_css=False)
        button.click(context.event(self._push), [repo, public], message, **PUSHING)

    def _push(self, session: Session, repo: str, public: bool) -> Iterator[str]:
        """Publish, telling each step."""

        def work(say: Say) -> Published:
            if self._results is None:
                raise InputError(NOTHING)
            return HubActions(session).push_comparison(self._results, repo or "", public=bool(public), say=say)

        for html, _ in steps_as_html(run_in_steps(work), "dataset"):
            yield html
