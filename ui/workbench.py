"""The contenders at work: loaded one after the other in the background, asked as soon as each is ready."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from classification.errors import InputError
from classification.predictions import Classifier
from classification.task import Task

from .answers import Answer, checked_text

logger = logging.getLogger(__name__)

#: Asked once after loading, so that no visitor pays for what a first question costs: a long prompt's shared start.
WARM_UP = "-"

Phase = Literal["waiting", "loading", "ready", "asking", "answered", "failed"]


class Contender(Protocol):
    """What the page needs to know of a line in the lineup."""

    @property
    def name(self) -> str:
        """Unique in its lineup."""

    @property
    def approach(self) -> str:
        """One of ``baseline``, ``zero-shot``, ``few-shot`` and ``fine-tuned``."""

    def describe(self) -> str:
        """One line: which model, asked or trained how."""

    def load(self, pool: Any) -> Classifier:
        """Make it ready to answer; may take long."""


class Lineup(Protocol):
    """A task and its contenders."""

    @property
    def task(self) -> Task:
        """What all contenders decide."""

    @property
    def contenders(self) -> Sequence[Contender]:
        """In the order in which they load and are shown."""


@dataclass(frozen=True)
class Seat:
    """One contender at one moment.

    Attributes:
        name: the contender's name.
        approach: ``baseline``, ``zero-shot``, ``few-shot`` or ``fine-tuned``.
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


class Workbench:
    """Loads the contenders of a lineup and asks them. Safe to use from several threads.

    Args:
        lineup: whom to load and ask.
        pool: handed to each contender's ``load``; holds the base models that they share.
        patience: seconds for which a question waits for contenders that are still loading.
    """

    def __init__(self, lineup: Lineup, pool: object, *, patience: float = 180.0) -> None:
        self.task = lineup.task
        self._contenders = tuple(lineup.contenders)
        self._pool = pool
        self._patience = patience
        self._phases: list[Phase] = ["waiting"] * len(self._contenders)
        self._notes = [""] * len(self._contenders)
        self._classifiers: dict[int, Classifier] = {}
        self._changed = threading.Condition()
        self._turn = threading.Lock()  # one prediction at a time, so that each one's seconds are its own
        self._loader = threading.Thread(target=self._load_all, name="load-contenders", daemon=True)

    def start(self) -> Workbench:
        """Begin loading in the background; returns at once."""
        self._loader.start()
        return self

    @property
    def loaded(self) -> bool:
        """Whether every contender is ready or has failed."""
        with self._changed:
            return not {"waiting", "loading"} & set(self._phases)

    def board(self) -> list[Seat]:
        """Every contender as it is now, with no text asked."""
        return self._seats({})

    def ask(self, text: str) -> Iterator[list[Seat]]:
        """Ask every contender about a text: those that are ready first, the others as they become ready.

        Yields:
            The whole board after each change. On the last one, who has neither answered nor failed
            carries a note that says why.

        Raises:
            InputError: there is no text, or it is too long.
        """
        text = checked_text(text)
        answers: dict[int, Answer] = {}
        deadline = time.monotonic() + self._patience
        while True:
            phases = self._phases_now()
            ready = [i for i, phase in enumerate(phases) if phase == "ready" and i not in answers]
            if ready:
                yield self._seats(answers, asking=ready[0])
                answers[ready[0]] = self._answer(ready[0], text)
            elif {"waiting", "loading"} & set(phases) and time.monotonic() < deadline:
                yield self._seats(answers)
                self._wait_for_change(phases, deadline)
            else:
                break
        yield self._seats(answers, late="It is still loading; ask again in a moment.")

    def _phases_now(self) -> tuple[Phase, ...]:
        with self._changed:
            return tuple(self._phases)

    def _wait_for_change(self, seen: tuple[Phase, ...], deadline: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: tuple(self._phases) != seen, max(0.0, deadline - time.monotonic()))

    def _seats(self, answers: dict[int, Answer], *, asking: int | None = None, late: str = "") -> list[Seat]:
        phases, seats = self._phases_now(), []
        for i, contender in enumerate(self._contenders):
            phase: Phase = "answered" if i in answers else "asking" if i == asking else phases[i]
            note = self._notes[i] or (late if phase in ("waiting", "loading") else "")
            seats.append(Seat(contender.name, contender.approach, contender.describe(), phase, note, answers.get(i)))
        return seats

    def _answer(self, index: int, text: str) -> Answer:
        classifier = self._classifiers[index]
        try:
            with self._turn:
                predictions = classifier.predict([text])
                return Answer.of(self.task, predictions, classifier.prompt(text))
        except Exception as error:  # noqa: BLE001  one contender's defect must not silence the others
            return Answer(error=self._reason(index, error, "answer"))

    def _load_all(self) -> None:
        for i, contender in enumerate(self._contenders):
            self._move(i, "loading")
            try:
                classifier = contender.load(self._pool)
                with self._turn, suppress(Exception):  # should it fail, so will a visitor's question, and say why
                    classifier.predict([WARM_UP])
                self._classifiers[i] = classifier
            except Exception as error:  # noqa: BLE001  the others still load
                self._move(i, "failed", self._reason(i, error, "load"))
            else:
                self._move(i, "ready")

    def _move(self, index: int, phase: Phase, note: str = "") -> None:
        with self._changed:
            self._phases[index], self._notes[index] = phase, note
            self._changed.notify_all()

    def _reason(self, index: int, error: Exception, doing: str) -> str:
        """One sentence for the page; what is not bad input is a defect and goes to the log in full."""
        if isinstance(error, InputError):
            return str(error)
        logger.error("%s could not %s", self._contenders[index].name, doing, exc_info=error)
        first = next(iter(str(error).strip().splitlines()), "")
        return f"It could not {doing}: {type(error).__name__}{f', {first}' if first else ''}."
