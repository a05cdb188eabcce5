"""The contenders and their answers as dictionaries and lists, for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from classification.data.texts import Text

from .live.answer import Answer, checked_text, differs, majority
from .live.contender_server import ContenderServer
from .live.contender_state import ContenderState


def answers_of_all(server: ContenderServer, text: object) -> dict[str, Any]:
    """Every contender's answer to one text.

    Raises:
        InputError: there is no text.
    """
    checked = checked_text(text)
    *_, states = server.ask(checked.text)  # the last states hold every answer
    agreed = majority(state.answer for state in states)
    return {
        "task": server.task.name,
        "labels": list(server.task.label_names),
        **_length(checked),
        "majority": None if agreed is None else ", ".join(agreed),
        "contenders": [_as_data(server, state) | {"differs": differs(state.answer, agreed)} for state in states],
    }


def answer_of(server: ContenderServer, text: object, contender: str) -> dict[str, Any]:
    """One contender's answer to one text.

    Raises:
        InputError: no contender has this name, or there is no text.
    """
    checked = checked_text(text)
    *_, states = server.ask(checked.text, only=contender)
    return _as_data(server, next(state for state in states if state.name == contender)) | _length(checked)


def _length(text: Text) -> dict[str, Any]:
    """How long the text was, and to how many characters it was cut, if it was."""
    return {"characters": text.characters, "cut_to": len(text.text) if text.cut else None}


def _as_data(server: ContenderServer, state: ContenderState) -> dict[str, Any]:
    """One contender's answer."""
    answer = state.answer or Answer(error=state.note)
    names = server.task.label_names
    return {
        "name": state.name,
        "approach": state.approach,
        "label": ", ".join(answer.labels) if answer.valid else None,
        "labels": list(answer.labels),
        "valid": answer.valid,
        "probabilities": dict(zip(names, answer.probabilities, strict=True)) if answer.probabilities else {},
        "seconds": answer.seconds,
        "prompt_tokens": answer.prompt_tokens,
        "completion_tokens": answer.completion_tokens,
        "shortened": answer.truncated,
        "said": answer.completion,
        "label_mass": answer.label_mass,
        "reasoning": answer.reasoning,
        "uncalibrated": None if answer.uncalibrated is None else asdict(answer.uncalibrated),
        "error": answer.error,
    }


def contenders_now(server: ContenderServer) -> list[dict[str, str]]:
    """Every contender, and whether it is ready."""
    return [
        {"name": one.name, "approach": one.approach, "about": one.about, "status": one.phase, "note": one.note}
        for one in server.states()
    ]
