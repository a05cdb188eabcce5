"""What comes after publishing: compare what was published, collect it with its kin, give it a Space."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from classification.errors import InputError
from classification.lineup import pulled
from hub.cards.space import ZERO, SpaceSettings
from hub.collect.collection import Item
from hub.feedback.log import FeedbackLog
from hub.shared.publish import Published

from ..events import PRIVATE, PUSHING
from ..html import publish_form as view
from ..html.answer_cards import alert
from ..live.contender_server import ContenderServer
from ..session.account import visitor
from ..session.hub_actions import HubActions
from ..session.runtime import Runtime
from .compare import CompareTab
from .feedback import FeedbackForm
from .steps import run_in_steps, steps_as_html

HARDWARE = (("CPU, free", SpaceSettings.hardware), ("ZeroGPU, for PRO accounts", ZERO))
LONGEST_NAME = 80


class NextSteps:
    """Three small forms below the *Publish* tab's own; each acts for whoever presses its button."""

    def __init__(
        self,
        server: ContenderServer,
        compare: CompareTab,
        runtime: Runtime,
        lineup: Path | None,
        done: gr.State,
        marks: FeedbackLog | None,
    ) -> None:
        """Lay the forms out inside the current Blocks and connect them.

        Args:
            server: takes what was published into the lineup.
            compare: shows that it did.
            runtime: only on a computer of one's own can the lineup be changed.
            lineup: its file; without one, there is no collection and no Space to make.
            done: what this visitor published.
            marks: where visitors' feedback goes, if anywhere.
        """
        self._server, self._compare, self._runtime, self._lineup, self._done = server, compare, runtime, lineup, done
        with gr.Row(elem_id="afterwards", visible=False) as self.row:
            if not runtime.space:
                with gr.Column(min_width=280, elem_classes="sheet"):
                    self._pull_form()
            if lineup is not None:
                with gr.Column(min_width=280, elem_classes="sheet"):
                    self._collection_form()
                with gr.Column(min_width=280, elem_classes="sheet"):
                    self._space_form()
            if marks is not None:
                with gr.Column(min_width=280, elem_classes="sheet"):
                    FeedbackForm(marks, server.task, runtime)

    def _pull_form(self) -> None:
        gr.HTML("<h2>Pull it into the lineup</h2>", apply_default_css=False)
        self.reference = gr.Textbox(
            label="A run on the Hub", placeholder="owner/name@revision", max_lines=1, elem_id="pull-reference"
        )
        self.name = gr.Textbox(label="Its name here", max_length=LONGEST_NAME, max_lines=1, elem_id="pull-name")
        button, message = gr.Button("Pull", elem_id="pull"), gr.HTML(elem_id="pulled", apply_default_css=False)
        button.click(self._pull, [self.reference, self.name], [message, *self._compare.board_outputs], **PRIVATE)
        self._done.change(self._suggest, self._done, [self.reference, self.name], **PRIVATE)

    def _collection_form(self) -> None:
        gr.HTML("<h2>Add it to a collection</h2>", apply_default_css=False)
        title = gr.Textbox(label="Title of the collection", max_length=59, max_lines=1, elem_id="collection-title")
        public = gr.Checkbox(label="Public", elem_id="collection-public")
        button, message = (
            gr.Button("Collect", elem_id="collect"),
            gr.HTML(elem_id="collected", apply_default_css=False),
        )
        button.click(self._collect, [title, public, self._done], message, **PUSHING)

    def _space_form(self) -> None:
        gr.HTML("<h2>Make a Space of this page</h2>", apply_default_css=False)
        repo = gr.Textbox(label="Space", placeholder="owner/name", max_lines=1, elem_id="space-repo")
        hardware = gr.Dropdown(list(HARDWARE), value=HARDWARE[0][1], label="Hardware", elem_id="space-hardware")
        public = gr.Checkbox(label="Public", elem_id="space-public")
        button, message = gr.Button("Make it", elem_id="make-space"), gr.HTML(elem_id="made", apply_default_css=False)
        button.click(self._make_space, [repo, hardware, public], message, **PUSHING)

    def _suggest(self, done: Published | None) -> tuple[Any, Any]:
        if done is None or done.pull_request:
            return gr.skip(), gr.skip()
        return view.reference(done), done.repo_id.partition("/")[2][:LONGEST_NAME]

    def _pull(
        self, reference: str, name: str, request: gr.Request | None = None, oauth: gr.OAuthToken | None = None
    ) -> list[Any]:
        """Take a run on the Hub into the lineup of this server, which is the visitor's own."""
        who = visitor(self._runtime, request, oauth)
        unchanged = [gr.skip()] * len(self._compare.board_outputs)
        try:
            if self._runtime.space or who.off:
                raise InputError(who.reason or "The lineup of a Space is changed in its repository.")
            asked = (reference or "").strip()
            called = (name or "").strip()[:LONGEST_NAME] or asked
            self._server.add(pulled(called, asked, self._server.task))
        except InputError as error:
            return [alert(str(error)), *unchanged]
        return [view.joined(called, asked), *self._compare.now()]

    def _collect(
        self,
        title: str,
        public: bool,
        done: Published | None,
        request: gr.Request | None = None,
        oauth: gr.OAuthToken | None = None,
    ) -> str:
        """Put what was published and what the lineup names into a collection of the visitor's."""
        desk = HubActions(visitor(self._runtime, request, oauth), self._runtime)
        mine = () if done is None or done.pull_request else (Item("model", done.repo_id, "Published from the page"),)
        try:
            if self._lineup is None:
                raise InputError("This page has no lineup file, so there is nothing to collect.")
            url, missing = desk.collect(self._lineup, title or "", mine, public=bool(public))
        except InputError as error:
            return alert(str(error))
        return view.collected(url, missing)

    def _make_space(
        self,
        repo: str,
        hardware: str,
        public: bool,
        request: gr.Request | None = None,
        oauth: gr.OAuthToken | None = None,
    ) -> Iterator[str]:
        """Publish this page as a Space, telling each step."""
        desk = HubActions(visitor(self._runtime, request, oauth), self._runtime)

        def work(say: Any) -> Published:
            if self._lineup is None:
                raise InputError("This page has no lineup file, so no Space can be made of it.")
            return desk.make_space(self._lineup, repo or "", public=bool(public), hardware=hardware or "", say=say)

        for shown, _ in steps_as_html(run_in_steps(work), "space"):
            yield shown
