"""The *Compare* tab: one text, every contender, each answer as it arrives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from classification.errors import InputError

from . import cards
from .answers import Answer, differs, majority
from .workbench import Seat, Workbench

EXAMPLES_SHOWN = 5
VISITORS_AT_ONCE = 8
#: an event of the page itself, not of its API
PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}


def compare_tab(workbench: Workbench, page: gr.Blocks) -> None:
    """Lay out the tab inside the current Blocks and connect it."""
    task = workbench.task
    with gr.Row(elem_id="ask-row"):
        text = gr.Textbox(
            label=f"Text to classify: {' · '.join(task.label_names[:6])}{' …' if len(task.labels) > 6 else ''}",
            placeholder="Type or paste a text, then press Ask (Ctrl+Enter)", lines=2, max_lines=4,
            elem_id="text", scale=8, autofocus=True,
        )  # fmt: skip
        ask = gr.Button("Ask all", variant="primary", elem_id="ask", scale=1, min_width=110)
    examples = []
    if task.examples:
        with gr.Row(elem_id="examples"):
            examples = [gr.Button(e, size="sm", elem_classes="example") for e in task.examples[:EXAMPLES_SHOWN]]

    waiting = gr.HTML(waiting_board(workbench), elem_id="waiting", apply_default_css=False)
    answers = gr.HTML(visible=False, elem_id="answers", apply_default_css=False)
    clock = gr.Timer(1.0)
    clock.tick(lambda: on_tick(workbench), None, [waiting, clock], queue=False, **PRIVATE)
    page.load(lambda: on_tick(workbench), None, [waiting, clock], queue=False, **PRIVATE)

    def on_ask(asked: str) -> Iterator[tuple[Any, Any]]:
        for shown in boards(workbench, asked):
            yield gr.update(visible=False), gr.update(value=shown, visible=True)

    asking: dict[str, Any] = {"concurrency_limit": VISITORS_AT_ONCE, "concurrency_id": "ask", **PRIVATE}
    ask.click(on_ask, text, [waiting, answers], **asking)
    for button in examples:
        button.click(lambda example: example, button, text, queue=False, **PRIVATE).then(
            on_ask, text, [waiting, answers], **asking
        )


def boards(workbench: Workbench, text: str) -> Iterator[str]:
    """The board as HTML after each change, or the sentence that says what is wrong with the text."""
    try:
        for seats in workbench.ask(text):
            yield cards.board(workbench.task, seats, asked=True)
    except InputError as error:
        yield cards.alert(str(error)) + waiting_board(workbench)


def waiting_board(workbench: Workbench) -> str:
    """The board before anything is asked: who is ready, who is loading."""
    return cards.board(workbench.task, workbench.board(), asked=False)


def on_tick(workbench: Workbench) -> tuple[str, gr.Timer]:
    """The waiting board now, and the clock, which stops once there is nothing to wait for."""
    loaded = workbench.loaded  # read first: what becomes ready in between is then shown by the next tick
    return waiting_board(workbench), gr.Timer(active=not loaded)


def compare(workbench: Workbench, text: str) -> dict[str, Any]:
    """Every contender's answer to one text, as plain data for the API.

    Raises:
        InputError: there is no text, or it has more characters than are allowed.
    """
    *_, seats = workbench.ask(text)  # the last board has every answer
    agreed = majority(seat.answer for seat in seats)
    return {
        "task": workbench.task.name,
        "labels": list(workbench.task.label_names),
        "majority": None if agreed is None else ", ".join(agreed),
        "contenders": [_record(workbench, seat, agreed) for seat in seats],
    }


def _record(workbench: Workbench, seat: Seat, agreed: tuple[str, ...] | None) -> dict[str, Any]:
    answer = seat.answer or Answer(error=seat.note)
    names = workbench.task.label_names
    return {
        "name": seat.name,
        "approach": seat.approach,
        "label": ", ".join(answer.labels) if answer.valid else None,
        "labels": list(answer.labels),
        "valid": answer.valid,
        "probabilities": dict(zip(names, answer.probabilities, strict=True)) if answer.probabilities else {},
        "seconds": answer.seconds,
        "prompt_tokens": answer.prompt_tokens,
        "completion_tokens": answer.completion_tokens,
        "shortened": answer.shortened,
        "said": answer.said,
        "label_mass": answer.label_mass,
        "differs": differs(answer, agreed),
        "error": answer.error,
    }


def contenders(workbench: Workbench) -> list[dict[str, str]]:
    """Every contender and whether it is ready, as plain data for the API."""
    return [
        {"name": s.name, "approach": s.approach, "about": s.about, "status": s.phase, "note": s.note}
        for s in workbench.board()
    ]
