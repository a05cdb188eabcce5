"""What the contenders say as plain data, for programs."""

from __future__ import annotations

from typing import Any

from classification.data.texts import Text

from .live.answer import Answer, checked_text, differs, majority
from .live.contender_server import Workbench
from .live.contender_state import Seat


def compare(workbench: Workbench, text: object) -> dict[str, Any]:
    """Every contender's answer to one text.

    Raises:
        InputError: there is no text.
    """
    asked = checked_text(text)
    *_, seats = workbench.ask(asked.text)  # the last board has every answer
    agreed = majority(seat.answer for seat in seats)
    return {
        "task": workbench.task.name,
        "labels": list(workbench.task.label_names),
        **_length(asked),
        "majority": None if agreed is None else ", ".join(agreed),
        "contenders": [record(workbench, seat) | {"differs": differs(seat.answer, agreed)} for seat in seats],
    }


def classify(workbench: Workbench, text: object, contender: str) -> dict[str, Any]:
    """One contender's answer to one text.

    Raises:
        InputError: nobody is called so, or there is no text.
    """
    asked = checked_text(text)
    *_, seats = workbench.ask(asked.text, only=contender)
    return record(workbench, next(seat for seat in seats if seat.name == contender)) | _length(asked)


def _length(asked: Text) -> dict[str, Any]:
    """How long the text was, and to how many characters it was cut, if it was."""
    return {"characters": asked.characters, "cut_to": len(asked.text) if asked.cut else None}


def record(workbench: Workbench, seat: Seat) -> dict[str, Any]:
    """One contender's answer."""
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
        "error": answer.error,
    }


def contenders(workbench: Workbench) -> list[dict[str, str]]:
    """Every contender, and whether it is ready."""
    return [
        {"name": s.name, "approach": s.approach, "about": s.about, "status": s.phase, "note": s.note}
        for s in workbench.board()
    ]
