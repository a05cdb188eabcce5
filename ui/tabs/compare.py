"""The *Compare* tab: one text, every contender, each answer as it arrives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from classification.data.texts import Text
from classification.errors import InputError

from ..context import PageContext
from ..events import PICKED, PRIVATE, TURNS
from ..html.answer_cards import alert, board
from ..live.answer import checked_text
from ..live.contender_server import ContenderServer
from ..live.picks import Picks
from ..session.links import copy_button, query
from ..session.session import Session
from .picks import PromptPicks

EXAMPLES_SHOWN = 5


class CompareTab:
    """The tab's components. The text that a visitor asked last is kept for that visitor alone."""

    def __init__(self, context: PageContext, page: gr.Blocks) -> None:
        """Lay out the tab inside the current Blocks and connect it."""
        self._server = context.server
        self.last_text = gr.State("")
        self._question()
        self._picks = PromptPicks(context)
        self._waiting = gr.HTML(waiting_board(self._server), elem_id="waiting", apply_default_css=False)
        self._answers = gr.HTML(visible=False, elem_id="answers", apply_default_css=False)
        self._clock = gr.Timer(1.0)
        self._connect(context, page)

    def _question(self) -> None:
        task = self._server.task
        names = f"{' · '.join(task.label_names[:6])}{' …' if len(task.labels) > 6 else ''}"
        with gr.Row(elem_id="ask-row"):
            self._text = gr.Textbox(
                label=f"Text to classify: {names}",
                placeholder="Type or paste a text, then press Ask (Ctrl+Enter)",
                lines=2,
                max_lines=4,
                elem_id="text",
                scale=8,
                autofocus=True,
            )
            self._ask = gr.Button("Ask all", variant="primary", elem_id="ask", scale=1, min_width=110)
        self._examples = []
        if task.examples:
            with gr.Row(elem_id="examples"):
                shown = task.examples[:EXAMPLES_SHOWN]
                self._examples = [gr.Button(example, size="sm", elem_classes="example") for example in shown]

    def _connect(self, context: PageContext, page: gr.Blocks) -> None:
        waiting = [self._waiting, self._clock]
        self._clock.tick(self._on_tick, None, waiting, queue=False, **PRIVATE)
        page.load(self._on_tick, None, waiting, queue=False, **PRIVATE)
        outputs = [self._waiting, self._answers, self.last_text]
        self._ask.click(self._on_ask, self._text, outputs, **TURNS, **PRIVATE)
        page.load(context.event(self._on_link), None, [self._text, *outputs], **TURNS, **PRIVATE)
        picks = self._picks
        picks.ask.click(self._on_ask_picked, [self._text, *picks.values], outputs, **PICKED, **PRIVATE)
        back = picks.back.click(picks.first, None, picks.values, queue=False, **PRIVATE)
        back.then(self._on_back, self.last_text, outputs, **TURNS, **PRIVATE)
        for button in self._examples:
            button.click(lambda example: example, button, self._text, queue=False, **PRIVATE).then(
                self._on_ask, self._text, outputs, **TURNS, **PRIVATE
            )

    @property
    def board_outputs(self) -> list[Any]:
        """What `now` fills, in its order."""
        return [self._waiting, self._clock, self._answers]

    def now(self) -> list[Any]:
        """The board before anything is asked, as when the page is opened: the lineup has changed."""
        return [
            gr.update(value=waiting_board(self._server), visible=True),
            gr.Timer(active=True),
            gr.update(visible=False),
        ]

    def _on_tick(self) -> tuple[str, gr.Timer]:
        return on_tick(self._server)

    def _on_ask(self, text: str) -> Iterator[tuple[Any, Any, Any]]:
        for html, checked in boards(self._server, text):
            yield gr.update(visible=False), gr.update(value=html, visible=True), checked

    def _on_ask_picked(self, text: str, *values: object) -> Iterator[tuple[Any, Any, Any]]:
        """Ask about a text with what is picked, the lineup's own prompts beside it."""
        try:
            picks = self._picks.picks(*values)
        except InputError as error:
            yield gr.update(visible=False), gr.update(value=refusal(self._server, error), visible=True), ""
            return
        for html, checked in boards(self._server, text, picks):
            yield gr.update(visible=False), gr.update(value=html, visible=True), checked

    def _on_back(self, asked: str) -> Iterator[tuple[Any, Any, Any]]:
        """Ask about the last text again, now with the lineup's prompts alone; nothing where none was asked."""
        yield from self._on_ask(asked) if asked else ((gr.skip(), gr.skip(), gr.skip()),)

    def _on_link(self, session: Session) -> Iterator[tuple[Any, Any, Any, Any]]:
        """Ask about the text in the page's address, if there is one."""
        text = session.link.text
        yield text or gr.skip(), gr.skip(), gr.skip(), gr.skip()
        for outputs in self._on_ask(text) if text else ():
            yield gr.skip(), *outputs


def boards(server: ContenderServer, text: object, picks: Picks | None = None) -> Iterator[tuple[str, str]]:
    """Ask every contender about a text, and where there are picks the prompts that these make.

    Yields:
        After each change, the board as HTML and the text that was asked about. Where a text cannot be asked about,
        once the sentence that says why, and an empty text.
    """
    try:
        checked = checked_text(text)
        copy = copy_button(query(text=checked.text), "Copy a link to this question")
        for states in server.ask(checked.text, picks=picks):
            yield cut_notice(checked) + board(server.task, states, asked=True, aside=copy), checked.text
    except InputError as error:
        yield refusal(server, error), ""


def refusal(server: ContenderServer, error: InputError) -> str:
    """Why nothing was asked, above the board as it is before anything is."""
    return alert(str(error)) + waiting_board(server)


def cut_notice(text: Text) -> str:
    """Above the answers: that the text was too long, and how much of it they are about; empty for other texts."""
    if not text.cut:
        return ""
    return (
        f'<p class="notice" role="note">The text is too long: every contender reads the first {len(text.text):,} of '
        f"its {text.characters:,} characters.</p>"
    )


def waiting_board(server: ContenderServer) -> str:
    """The board before anything is asked: who is ready, who is loading."""
    return board(server.task, server.states(), asked=False)


def on_tick(server: ContenderServer) -> tuple[str, gr.Timer]:
    """The waiting board now, and the clock, which stops once there is nothing to wait for."""
    loaded = server.loaded  # read first: what becomes ready in between is then shown by the next tick
    return waiting_board(server), gr.Timer(active=not loaded)
