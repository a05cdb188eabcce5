"""What the contenders say as plain data, for programs."""

from __future__ import annotations

from typing import Any

from classification.data.texts import Text

from .live.answer import Answer, checked_text, differs, majority
from .live.contender_server import ContenderServer
from .live.contender_state import ContenderState


def compare(server: ContenderServer, text: object) -> dict[str, Any]:
    """Every contender's answer to one text.

    Raises:
        InputError: there is no text.
    """
    asked = checked_text(text)
    *_, states = server.ask(asked.text)  # the last board has every answer
    agreed = majority(state.answer for state in states)
    return {
        "task": server.task.name,
        "labels": list(server.task.label_names),
        **_length(asked),
        "majority": None if agreed is None else ", ".join(agreed),
        "contenders": [record(server, state) | {"differs": differs(state.answer, agreed)} for state in states],
    }


def classify(server: ContenderServer, text: object, contender: str) -> dict[str, Any]:
    """One contender's answer to one text.

    Raises:
        InputError: nobody is called so, or there is no text.
    """
    asked = checked_text(text)
    *_, states = server.ask(asked.text, only=contender)
    return record(server, next(state for state in states if state.name == contender)) | _length(asked)


def _length(asked: Text) -> dict[str, Any]:
    """How long the text was, and to how many characters it was cut, if it was."""
    return {"characters": asked.characters, "cut_to": len(asked.text) if asked.cut else None}


def record(server: ContenderServer, state: ContenderState) -> dict[str, Any]:
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
        "error": answer.error,
    }


def contenders(server: ContenderServer) -> list[dict[str, str]]:
    """Every contender, and whether it is ready."""
    return [
        {"name": s.name, "approach": s.approach, "about": s.about, "status": s.phase, "note": s.note}
        for s in server.board()
    ]
