"""What comes after publishing: compare what was published, collect it with its kin, give it a Space."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from classification.errors import InputError
from classification.lineup import contender_from_hub
from hub.collect.collection import Item
from hub.shared.publish import Published
from hub.space.plan import ZERO, SpaceSettings

from ..context import PageContext
from ..events import PRIVATE, PUSHING
from ..html.answer_cards import alert
from ..html.publish_form import collected, joined, reference_of
from ..session.hub_actions import HubActions, Say
from ..session.session import Session
from .compare import CompareTab
from .feedback import FeedbackForm
from .steps import run_in_steps, steps_as_html

HARDWARE = (("CPU, free", SpaceSettings.hardware), ("ZeroGPU, for PRO accounts", ZERO))
LONGEST_NAME = 80


class NextSteps:
    """Three small forms below the *Publish* tab's own; each acts for whoever presses its button."""

    def __init__(self, context: PageContext, compare: CompareTab, done: gr.State) -> None:
        """Lay the forms out inside the current Blocks and connect them.

        Only on a computer of one's own can the lineup be changed, and without a lineup file there is no collection
        and no Space to make.

        Args:
            context: its server takes a run that was published into the lineup.
            compare: shows the changed lineup.
            done: what this visitor published.
        """
        self._context, self._lineup = context, context.lineup.path
        self._compare, self._done = compare, done
        marks = context.feedback.log if context.feedback else None
        with gr.Row(elem_id="afterwards", visible=False) as self.row:
            if not context.runtime.space:
                with gr.Column(min_width=280, elem_classes="sheet"):
                    self._pull_form()
            if self._lineup is not None:
                with gr.Column(min_width=280, elem_classes="sheet"):
                    self._collection_form()
                with gr.Column(min_width=280, elem_classes="sheet"):
                    self._space_form()
            if marks is not None:
                with gr.Column(min_width=280, elem_classes="sheet"):
                    FeedbackForm(context, marks)

    def _pull_form(self) -> None:
        gr.HTML("<h2>Pull it into the lineup</h2>", apply_default_css=False)
        self.reference = gr.Textbox(
            label="A run on the Hub", placeholder="owner/name@revision", max_lines=1, elem_id="pull-reference"
        )
        self.name = gr.Textbox(label="Its name here", max_length=LONGEST_NAME, max_lines=1, elem_id="pull-name")
        button, message = gr.Button("Pull", elem_id="pull"), gr.HTML(elem_id="pulled", apply_default_css=False)
        outputs = [message, *self._compare.board_outputs]
        button.click(self._context.event(self._pull), [self.reference, self.name], outputs, **PRIVATE)
        self._done.change(self._suggest, self._done, [self.reference, self.name], **PRIVATE)

    def _collection_form(self) -> None:
        gr.HTML("<h2>Add it to a collection</h2>", apply_default_css=False)
        title = gr.Textbox(label="Title of the collection", max_length=59, max_lines=1, elem_id="collection-title")
        public = gr.Checkbox(label="Public", elem_id="collection-public")
        button, message = gr.Button("Collect", elem_id="collect"), gr.HTML(elem_id="collected", apply_default_css=False)
        button.click(self._context.event(self._collect), [title, public, self._done], message, **PUSHING)

    def _space_form(self) -> None:
        gr.HTML("<h2>Make a Space of this page</h2>", apply_default_css=False)
        repo = gr.Textbox(label="Space", placeholder="owner/name", max_lines=1, elem_id="space-repo")
        hardware = gr.Dropdown(list(HARDWARE), value=HARDWARE[0][1], label="Hardware", elem_id="space-hardware")
        public = gr.Checkbox(label="Public", elem_id="space-public")
        button, message = gr.Button("Make it", elem_id="make-space"), gr.HTML(elem_id="made", apply_default_css=False)
        button.click(self._context.event(self._make_space), [repo, hardware, public], message, **PUSHING)

    def _suggest(self, done: Published | None) -> tuple[Any, Any]:
        if done is None or done.pull_request:
            return gr.skip(), gr.skip()
        return reference_of(done), done.repo_id.partition("/")[2][:LONGEST_NAME]

    def _pull(self, session: Session, reference: str, name: str) -> list[Any]:
        """Take a run on the Hub into the lineup of this server, which is the visitor's own."""
        visitor, server = session.visitor, self._context.server
        reference = (reference or "").strip()
        name = (name or "").strip()[:LONGEST_NAME] or reference
        unchanged = [gr.skip()] * len(self._compare.board_outputs)
        try:
            if session.runtime.space or visitor.off:
                raise InputError(visitor.reason or "The lineup of a Space is changed in its repository.")
            server.add(contender_from_hub(name, reference, server.task))
        except InputError as error:
            return [alert(str(error)), *unchanged]
        return [joined(name, reference), *self._compare.now()]

    def _collect(self, session: Session, title: str, public: bool, done: Published | None) -> str:
        """Put what was published and what the lineup names into a collection of the visitor's."""
        mine = () if done is None or done.pull_request else (Item("model", done.repo_id, "Published from the page"),)
        try:
            if self._lineup is None:
                raise InputError("This page has no lineup file, so there is nothing to collect.")
            url, missing = HubActions(session).collect(self._lineup, title or "", mine, public=bool(public))
        except InputError as error:
            return alert(str(error))
        return collected(url, missing)

    def _make_space(self, session: Session, repo: str, hardware: str, public: bool) -> Iterator[str]:
        """Publish this page as a Space, telling each step."""

        def work(say: Say) -> Published:
            if self._lineup is None:
                raise InputError("This page has no lineup file, so no Space can be made of it.")
            return HubActions(session).make_space(
                self._lineup, repo or "", public=bool(public), hardware=hardware or "", say=say
            )

        for html, _ in steps_as_html(run_in_steps(work), "space"):
            yield html
