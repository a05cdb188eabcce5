"""What one contender is doing at one moment, and its answer once there is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .answer import Answer

Phase = Literal["waiting", "loading", "ready", "asking", "answered", "failed"]


@dataclass(frozen=True)
class ContenderState:
    """One contender at one moment.

    Attributes:
        name: the contender's name.
        approach: ``baseline``, ``zero-shot``, ``few-shot`` or ``fine-tuned``.
        about: one line that says which model it is, asked or trained how.
        phase: what it is doing.
        note: why it failed to load, or why it has not answered; else empty.
        answer: its answer to the current text, once there is one.
        picked: whether a visitor picked how it is prompted, so that it is none of the lineup's.
    """

    name: str
    approach: str
    about: str
    phase: Phase
    note: str = ""
    answer: Answer | None = None
    picked: bool = False

    @property
    def failed(self) -> bool:
        """Whether it could not load, or not answer."""
        return self.phase == "failed" or (self.answer is not None and self.answer.error is not None)

    @property
    def settled(self) -> bool:
        """Whether nothing more is to come from this contender for the current text."""
        return self.answer is not None or self.phase == "failed"
