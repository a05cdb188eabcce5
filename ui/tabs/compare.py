"""The *Compare* tab: one text, every contender, each answer as it arrives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from classification.data.texts import Text
from classification.errors import InputError

from ..events import PRIVATE, TURNS
from ..html import answer_cards as cards
from ..live.answer import checked_text
from ..live.contender_server import ContenderServer
from ..session import links as share

EXAMPLES_SHOWN = 5


class CompareTab:
    """The tab's components. What was asked last is known to each visitor's session alone."""

    def __init__(self, server: ContenderServer, page: gr.Blocks) -> None:
        """Lay out the tab inside the current Blocks and connect it."""
        self._server = server
        self.asked = gr.State("")
        self._question()
        self._waiting = gr.HTML(waiting_board(server), elem_id="waiting", apply_default_css=False)
        self._answers = gr.HTML(visible=False, elem_id="answers", apply_default_css=False)
        self._clock = gr.Timer(1.0)
        self._connect(page)

    def _question(self) -> None:
        task = self._server.task
        names = f"{' · '.join(task.label_names[:6])}{' …' if len(task.labels) > 6 else ''}"
        with gr.Row(elem_id="ask-row"):
            self._text = gr.Textbox(
                label=f"Text to classify: {names}",
                placeholder="Type or paste a text, then press Ask (Ctrl+Enter)", lines=2, max_lines=4,
                elem_id="text", scale=8, autofocus=True,
            )  # fmt: skip
            self._ask = gr.Button("Ask all", variant="primary", elem_id="ask", scale=1, min_width=110)
        self._examples = []
        if task.examples:
            with gr.Row(elem_id="examples"):
                shown = task.examples[:EXAMPLES_SHOWN]
                self._examples = [gr.Button(example, size="sm", elem_classes="example") for example in shown]

    def _connect(self, page: gr.Blocks) -> None:
        waiting = [self._waiting, self._clock]
        self._clock.tick(self._on_tick, None, waiting, queue=False, **PRIVATE)
        page.load(self._on_tick, None, waiting, queue=False, **PRIVATE)
        outputs = [self._waiting, self._answers, self.asked]
        self._ask.click(self._on_ask, self._text, outputs, **TURNS, **PRIVATE)
        page.load(self._on_link, None, [self._text, *outputs], **TURNS, **PRIVATE)
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
        for shown, asked in boards(self._server, text):
            yield gr.update(visible=False), gr.update(value=shown, visible=True), asked

    def _on_link(self, request: gr.Request) -> Iterator[tuple[Any, Any, Any, Any]]:
        """Ask what the page's address says, if it says anything."""
        linked = share.LinkParams.of(request).text
        yield linked or gr.skip(), gr.skip(), gr.skip(), gr.skip()
        for outputs in self._on_ask(linked) if linked else ():
            yield gr.skip(), *outputs


def boards(server: ContenderServer, text: object) -> Iterator[tuple[str, str]]:
    """The board as HTML after each change, and the text; or the sentence that says what is wrong with it, and none."""
    try:
        asked = checked_text(text)
        copy = share.copy_button(share.query(text=asked.text), "Copy a link to this question")
        for states in server.ask(asked.text):
            yield cut_notice(asked) + cards.board(server.task, states, asked=True, aside=copy), asked.text
    except InputError as error:
        yield cards.alert(str(error)) + waiting_board(server), ""


def cut_notice(asked: Text) -> str:
    """Above the answers: that the text was too long, and how much of it they are about; empty for other texts."""
    if not asked.cut:
        return ""
    return (
        f'<p class="notice" role="note">The text is too long: every contender reads the first {len(asked.text):,} of '
        f"its {asked.characters:,} characters.</p>"
    )


def waiting_board(server: ContenderServer) -> str:
    """The board before anything is asked: who is ready, who is loading."""
    return cards.board(server.task, server.board(), asked=False)


def on_tick(server: ContenderServer) -> tuple[str, gr.Timer]:
    """The waiting board now, and the clock, which stops once there is nothing to wait for."""
    loaded = server.loaded  # read first: what becomes ready in between is then shown by the next tick
    return waiting_board(server), gr.Timer(active=not loaded)
