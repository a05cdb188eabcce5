"""What the contenders say as plain data, for programs."""

from __future__ import annotations

from typing import Any

from .answers import Answer, differs, majority
from .seats import Seat
from .workbench import Workbench


def compare(workbench: Workbench, text: object) -> dict[str, Any]:
    """Every contender's answer to one text.

    Raises:
        InputError: there is no text, or it has more characters than are allowed.
    """
    *_, seats = workbench.ask(text)  # the last board has every answer
    agreed = majority(seat.answer for seat in seats)
    return {
        "task": workbench.task.name,
        "labels": list(workbench.task.label_names),
        "majority": None if agreed is None else ", ".join(agreed),
        "contenders": [record(workbench, seat) | {"differs": differs(seat.answer, agreed)} for seat in seats],
    }


def classify(workbench: Workbench, text: object, contender: str) -> dict[str, Any]:
    """One contender's answer to one text.

    Raises:
        InputError: nobody is called so, there is no text, or it has more characters than are allowed.
    """
    *_, seats = workbench.ask(text, only=contender)
    return record(workbench, next(seat for seat in seats if seat.name == contender))


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
