"""The contenders at work: loaded one after the other in the background, asked as soon as each is ready."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from itertools import chain

from classification.contenders import Contender
from classification.errors import InputError, nearest, one_of, shown
from classification.lineup import Lineup
from classification.models.pool import ModelPool
from classification.predictions import Classifier, Predictions
from classification.prompting.demonstrations import ChosenDemonstrations

from ..session.runtime import Runtime
from .answer import Answer, answered_by, checked_text, error_sentence
from .contender_state import ContenderState, Phase
from .picked_prompts import PickedPrompts, waiting
from .picks import Picks, changeable

logger = logging.getLogger(__name__)

#: Asked once after loading, so that no visitor pays for what a first question costs: a long prompt's shared start.
WARM_UP = "-"
LATE = "It is still loading; ask again in a moment."


class ContenderServer:
    """Loads the contenders of a lineup and asks them. Safe to use from several threads.

    Args:
        lineup: whom to load and ask.
        pool: handed to each contender's ``load``; holds the base models that they share.
        patience: seconds for which a question waits for contenders that are still loading.
        runtime: where all this runs; on ZeroGPU, contenders answer inside a function that borrows the GPU.
    """

    def __init__(
        self, lineup: Lineup, pool: ModelPool, *, patience: float = 180.0, runtime: Runtime | None = None
    ) -> None:
        self.task = lineup.task
        self._contenders = list(lineup.contenders)
        self._pool = pool
        self._patience = patience
        self._runtime = runtime or Runtime()
        self._phases: list[Phase] = ["waiting"] * len(self._contenders)
        self._notes = [""] * len(self._contenders)
        self._classifiers: dict[int, Classifier] = {}
        self._demonstrations: dict[int, ChosenDemonstrations] = {}
        self._changed = threading.Condition()
        # One prediction at a time, so that each one's seconds are its own. A forked process that borrows a GPU
        # is alone there, and a lock that was held while it forked would never be released in it.
        self._turn: AbstractContextManager[object] = nullcontext() if self._runtime.borrows else threading.Lock()
        self._loading = threading.Lock()
        self._answer_each = self._runtime.on_gpu(self._answers_of)
        self._predict = self._runtime.on_gpu(self._predictions_of)
        self._picked = PickedPrompts(self._contenders, pool, self._runtime, self._turn)

    def start(self) -> ContenderServer:
        """Begin loading in the background and return at once; on ZeroGPU, models are placed before the page opens."""
        if self._runtime.borrows:
            self._load(range(len(self._contenders)))
        else:
            self._load_in_background(range(len(self._contenders)))
        return self

    @property
    def batch_size(self) -> int:
        """Texts that a long evaluation asks about at a time: visitors get their turn in between, and it can stop."""
        return 64 if self._runtime.borrows else 8

    @property
    def loaded(self) -> bool:
        """Whether every contender is ready or has failed."""
        return not {"waiting", "loading"} & set(self._phases_now())

    @property
    def has_prompts(self) -> bool:
        """Whether there are prompts that a visitor can change."""
        return bool(changeable(self._contenders))

    def states(self) -> list[ContenderState]:
        """Every contender as it is now, with no text asked."""
        return self._states({})

    def contender(self, name: object) -> Contender:
        """The contender with this name.

        Raises:
            InputError: there is none.
        """
        return self._contenders[self._index(name)]

    def add(self, contender: Contender) -> None:
        """Take one more contender in, and begin loading it in the background.

        Raises:
            InputError: there is one of that name already.
        """
        with self._changed:
            if contender.name in [other.name for other in self._contenders]:
                raise InputError(f"the lineup has a contender {shown(contender.name)} already; give it another name.")
            self._contenders.append(contender)
            self._phases.append("waiting")
            self._notes.append("")
            index = len(self._contenders) - 1
        self._load_in_background([index])

    def ask(self, text: object, only: str | None = None, picks: Picks | None = None) -> Iterator[list[ContenderState]]:
        """Ask every contender about a text: those that are ready first, the others as they become ready.

        Args:
            text: what to decide about; of a long one the beginning, see `checked_text`.
            only: ask this contender alone.
            picks: also ask the prompted contenders with these settings, after all others; their states come last.

        Yields:
            The state of every contender after each change. In the last ones, whoever has neither answered nor failed
            has a note that says why.

        Raises:
            InputError: there is no text, no contender is called ``only``, or there are no prompts for these picks.
        """
        text = checked_text(text).text
        wanted = None if only is None else self._index(only)
        picked = [] if picks is None else self._picked.contenders(picks)
        later, states = waiting(picked), self.states()
        for states in self._ask_lineup(text, wanted):
            yield [*states, *later]
        for later in self._picked.ask(picked, text) if picked else ():
            yield [*states, *later]

    def _ask_lineup(self, text: str, wanted: int | None) -> Iterator[list[ContenderState]]:
        answers: dict[int, Answer] = {}
        deadline = time.monotonic() + self._patience
        while True:
            phases = self._phases_now()
            missing = [i for i in range(len(phases)) if wanted in (None, i) and i not in answers]
            ready = [i for i in missing if phases[i] == "ready"]
            if ready:
                yield from self._answer_ready(ready, text, answers)
            elif any(phases[i] in ("waiting", "loading") for i in missing) and time.monotonic() < deadline:
                yield self._states(answers)
                self._wait_for_change(phases, deadline)
            else:
                break
        yield self._states(answers, late=LATE)

    def predict(self, name: str, texts: Sequence[str]) -> Predictions:
        """What one contender decides about some texts, once it has loaded.

        Raises:
            InputError: no contender has this name, or it is not loaded; the sentence says why.
        """
        index, deadline = self._index(name), time.monotonic() + self._patience
        while (phases := self._phases_now())[index] in ("waiting", "loading") and time.monotonic() < deadline:
            self._wait_for_change(phases, deadline)
        if phases[index] != "ready":
            raise InputError(self._notes[index] or LATE)
        here, _ = self._split_by_gpu([index])
        return self._predictions_of(index, texts) if here else self._predict(index, texts)

    def demonstrations(self, name: str) -> ChosenDemonstrations | None:
        """The demonstrations that one contender was loaded with; ``None`` while there are none.

        Raises:
            InputError: no contender has this name.
        """
        return self._demonstrations.get(self._index(name))

    def _index(self, name: object) -> int:
        names = [contender.name for contender in self._contenders]
        if name not in names:
            near = nearest(str(name), names)
            raise InputError(f"the lineup has no contender {shown(name)}{near}; it has {one_of(names)}.")
        return names.index(str(name))

    def _phases_now(self) -> tuple[Phase, ...]:
        with self._changed:
            return tuple(self._phases)

    def _wait_for_change(self, seen: tuple[Phase, ...], deadline: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: tuple(self._phases) != seen, max(0.0, deadline - time.monotonic()))

    def _states(self, answers: dict[int, Answer], *, asking: int | None = None, late: str = "") -> list[ContenderState]:
        phases, states = self._phases_now(), []
        for i, loaded in enumerate(phases):
            contender = self._contenders[i]
            phase: Phase = "answered" if i in answers else "asking" if i == asking else loaded
            note = self._notes[i] or (late if phase in ("waiting", "loading") else "")
            states.append(
                ContenderState(contender.name, contender.approach, contender.describe(), phase, note, answers.get(i))
            )
        return states

    def _answer_ready(
        self, ready: Sequence[int], text: str, answers: dict[int, Answer]
    ) -> Iterator[list[ContenderState]]:
        """Ask these contenders and put each answer into ``answers``; yields every state after each."""
        yield self._states(answers, asking=ready[0])
        here, on_gpu = self._split_by_gpu(ready)
        try:
            from_gpu = self._answer_each(on_gpu, text) if on_gpu else ()
            for index, answer in chain(self._answers_of(here, text), from_gpu):
                answers[index] = answer
                yield self._states(answers, asking=next((i for i in ready if i not in answers), None))
        except Exception as error:  # noqa: BLE001  such as a GPU that cannot be borrowed: say it on each card
            for index in ready:
                answers.setdefault(index, Answer(error=self._reason(index, error, "answer")))

    def _split_by_gpu(self, ready: Sequence[int]) -> tuple[Sequence[int], Sequence[int]]:
        """The contenders that answer in this process, and those that need a GPU that is borrowed first."""
        if not self._runtime.borrows:
            return ready, ()
        light = [i for i in ready if self._contenders[i].approach == "baseline"]
        return light, [i for i in ready if i not in light]

    def _answers_of(self, indices: Sequence[int], text: str) -> Iterator[tuple[int, Answer]]:
        for index in indices:
            yield index, self._answer(index, text)

    def _answer(self, index: int, text: str) -> Answer:
        try:
            return answered_by(self._classifiers[index], text, self._turn)
        except Exception as error:  # noqa: BLE001  one contender's defect must not silence the others
            return Answer(error=self._reason(index, error, "answer"))

    def _predictions_of(self, index: int, texts: Sequence[str]) -> Predictions:
        with self._turn:
            return self._classifiers[index].predict(texts)

    def _load_in_background(self, indices: Sequence[int]) -> None:
        threading.Thread(target=self._load, args=(indices,), name="load-contenders", daemon=True).start()

    def _load(self, indices: Sequence[int]) -> None:
        with self._loading:  # one after the other, also where some were added later: they share base models
            for i in indices:
                self._move(i, "loading")
                try:
                    self._classifiers[i] = self._ready(i)
                except Exception as error:  # noqa: BLE001  the others still load
                    self._move(i, "failed", self._reason(i, error, "load"))
                else:
                    self._move(i, "ready")

    def _ready(self, index: int) -> Classifier:
        contender = self._contenders[index]
        demonstrations = self._demonstrations[index] = contender.choose_demonstrations()
        classifier = contender.load(self._pool, demonstrations)
        if not self._runtime.borrows:
            with self._turn, suppress(Exception):  # should it fail, so will a visitor's question, and say why
                classifier.predict([WARM_UP])
        return classifier

    def _move(self, index: int, phase: Phase, note: str = "") -> None:
        with self._changed:
            self._phases[index], self._notes[index] = phase, note
            self._changed.notify_all()

    def _reason(self, index: int, error: Exception, doing: str) -> str:
        """One sentence for the page; what is not bad input is a defect and goes to the log in full."""
        if not isinstance(error, InputError):
            logger.error("%s could not %s", self._contenders[index].name, doing, exc_info=error)
        return error_sentence(error, doing)
