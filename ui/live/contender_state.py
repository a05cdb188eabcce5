"""What the page needs to know of a lineup and its contenders, and how one of them stands at one moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from classification.predictions import Classifier
from classification.prompting.demonstrations import ChosenDemonstrations
from classification.runs.seen import Seen
from classification.task import Task

from .answer import Answer

Phase = Literal["waiting", "loading", "ready", "asking", "answered", "failed"]


class Contender(Protocol):
    """A line in the lineup."""

    @property
    def name(self) -> str:
        """Unique in its lineup."""

    @property
    def approach(self) -> Any:
        """One of ``baseline``, ``zero-shot``, ``first_names-shot`` and ``fine-tuned``."""

    @property
    def family(self) -> str:
        """What kind of model answers."""

    def describe(self) -> str:
        """One line: which model, asked or trained how."""

    def choose_demonstrations(self) -> ChosenDemonstrations:
        """The rows that its prompt is going to show."""

    def configuration(self, demonstrations: ChosenDemonstrations | None = None) -> Mapping[str, object]:
        """Everything that decides its answers, as JSON values."""

    def seen(self, texts: Sequence[str], demonstrations: ChosenDemonstrations | None = None) -> Seen | None:
        """How many of these texts it has seen before, in its prompt or in training; ``None`` if nobody knows."""

    def load(self, pool: Any, demonstrations: ChosenDemonstrations | None = None) -> Classifier:
        """Make it ready to answer; may take long."""


class Lineup(Protocol):
    """A task and its contenders."""

    @property
    def path(self) -> Path | None:
        """Its file, where it has one."""

    @property
    def task(self) -> Task:
        """What all contenders decide."""

    @property
    def contenders(self) -> Sequence[Contender]:
        """In the order in which they load and are shown."""

    @property
    def results(self) -> Path | None:
        """The folder of a saved comparison, where there is one."""


@dataclass(frozen=True)
class ContenderState:
    """One contender at one moment.

    Attributes:
        name: the contender's name.
        approach: ``baseline``, ``zero-shot``, ``first_names-shot`` or ``fine-tuned``.
        about: one line that says which model it is, asked or trained how.
        phase: what it is doing.
        note: why it failed to load, or why it has not answered; else empty.
        answer: its answer to the current text, once there is one.
    """

    name: str
    approach: str
    about: str
    phase: Phase
    note: str = ""
    answer: Answer | None = None

    @property
    def failed(self) -> bool:
        """Whether it could not load, or not answer."""
        return self.phase == "failed" or (self.answer is not None and self.answer.error is not None)

    @property
    def settled(self) -> bool:
        """Whether nothing more is to come from this contender for the current text."""
        return self.answer is not None or self.phase == "failed"
