"""Prompts as a visitor picked them: built when they are first asked, and the last few kept."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from classification.classifiers.calibrated import CalibratedClassifier, calibrated
from classification.contenders import Contender
from classification.errors import InputError
from classification.models.pool import ModelPool
from classification.predictions import Classifier, Predictions

from ..session.runtime import Runtime
from .answer import Answer, answered_by, error_sentence
from .contender_state import ContenderState, Phase
from .picks import Picks, mark_of, with_picks

logger = logging.getLogger(__name__)

#: Classifiers that are kept for whoever picks the same; they share base models, and each has its own demonstrations.
MOST_KEPT = 8
#: Rows of a calibration that are asked about at a time, so that other visitors get their turn in between.
CHUNK = 4


class PickedPrompts:
    """The prompted contenders of a lineup with other settings. Safe to use from several threads."""

    def __init__(
        self, contenders: Sequence[Contender], pool: ModelPool, runtime: Runtime, turn: AbstractContextManager[object]
    ) -> None:
        """Build nothing yet.

        Args:
            contenders: of the lineup.
            pool: holds the base models that are loaded already.
            runtime: where all this runs; on ZeroGPU, classifiers are built and asked inside a function that borrows
                the GPU, and kept for as long as its process lives.
            turn: held for each prediction.
        """
        self._contenders, self._pool, self._turn = contenders, pool, turn
        self._kept: OrderedDict[str, Classifier] = OrderedDict()
        # Two builds at a time would only slow each other down. See `ContenderServer` for why ZeroGPU has no lock.
        self._building: AbstractContextManager[object] = nullcontext() if runtime.borrows else threading.Lock()
        self._on_gpu = runtime.on_gpu(self._picked_steps)

    def contenders(self, picks: Picks) -> list[Contender]:
        """Whom these picks make; see `with_picks`."""
        return with_picks(self._contenders, picks)

    def ask(self, contenders: Sequence[Contender], text: str) -> Iterator[list[ContenderState]]:
        """Build these contenders where they are not kept, and ask them.

        Yields:
            The state of each after every change; in the last ones each has an answer, or a sentence in its place.
        """
        states = waiting(contenders)
        try:
            for place, step in self._on_gpu(contenders, text):
                states[place] = _moved(states[place], step)
                yield list(states)
        except Exception as error:  # noqa: BLE001  such as a GPU that cannot be borrowed: say it on each card
            failed = Answer(error=_reason(", ".join(state.name for state in states), error))
            yield [state if state.answer else _moved(state, failed) for state in states]

    def _picked_steps(self, contenders: Sequence[Contender], text: str) -> Iterator[tuple[int, Phase | Answer]]:
        for place, contender in enumerate(contenders):
            yield place, "loading"
            try:
                classifier = self._built(contender)
                yield place, "asking"
                step = answered_by(classifier, text, self._turn)
            except Exception as error:  # noqa: BLE001  one contender's defect must not silence the others
                step = Answer(error=_reason(contender.entry.name, error))
            yield place, step

    def _built(self, contender: Contender) -> Classifier:
        mark = mark_of(contender.entry)
        with self._building:
            if mark not in self._kept:
                self._kept[mark] = build(contender, self._pool, self._turn)
            self._kept.move_to_end(mark)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
            return self._kept[mark]


def build(contender: Contender, pool: ModelPool, turn: AbstractContextManager[object]) -> Classifier:
    """The classifier of a prompt; what it is asked for its calibration is asked a few rows at a time, each in turn.

    Raises:
        InputError: rows or weights that it needs cannot be had.
    """
    kind = contender.entry.calibration
    chosen = contender.choose_demonstrations()
    bare = replace(contender, entry=contender.entry.model_copy(update={"calibration": None}))
    classifier = bare.load(pool, chosen)
    measured = calibrated(_InTurns(classifier, turn), kind, chosen.calibration)
    if isinstance(measured, CalibratedClassifier):
        return CalibratedClassifier(classifier, measured.calibration)
    return classifier


class _InTurns:
    """A classifier that waits for its turn before every few texts."""

    def __init__(self, classifier: Classifier, turn: AbstractContextManager[object]) -> None:
        self.name, self.task, self._classifier, self._turn = classifier.name, classifier.task, classifier, turn

    def prompt(self, text: str) -> str | None:
        return self._classifier.prompt(text)

    def predict(self, texts: Sequence[str]) -> Predictions:
        parts = []
        for begin in range(0, len(texts), CHUNK):
            with self._turn:
                parts.append(self._classifier.predict(texts[begin : begin + CHUNK]))
        return Predictions.joined(parts)


def waiting(contenders: Sequence[Contender]) -> list[ContenderState]:
    """Contenders of a visitor's picks that wait for those of the lineup."""
    return [
        ContenderState(one.entry.name, one.entry.approach, one.describe(), "waiting", picked=True) for one in contenders
    ]


def _moved(state: ContenderState, step: Phase | Answer) -> ContenderState:
    if isinstance(step, Answer):
        return replace(state, phase="answered", answer=step)
    return replace(state, phase=step)


def _reason(name: str, error: Exception) -> str:
    """One sentence for the page; what is not bad input is a defect and goes to the log in full."""
    if not isinstance(error, InputError):
        logger.error("%s could not answer", name, exc_info=error)
    return error_sentence(error, "answer")
