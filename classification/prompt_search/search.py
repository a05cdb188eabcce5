"""Tries prompts on validation rows within a budget of texts. Test rows are not read."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from ..classifiers.calibrated import CHUNK
from ..classifiers.loading import PromptToLoad, load_prompt
from ..data.rows import Rows
from ..errors import InputError
from ..families import PROMPTED
from ..models.pool import ModelPool
from ..predictions import Classifier, decide
from ..prompting.calibration import CONTENT_FREE, Calibration, fitted, from_preference
from ..prompting.demonstrations import choose_from
from ..prompting.messages import Demonstration
from ..prompting.settings import CalibrationKind, PromptSettings
from ..task import Task
from .halving import Round, best_by_halving

logger = logging.getLogger(__name__)

#: Calibrations that are tried with every prompt that comes to the second round.
CALIBRATIONS: tuple[CalibrationKind, ...] = ("contextual", "batch", "fitted")


def texts_to_calibrate() -> int:
    """Texts that a prompt's calibrations are measured on."""
    return int(PromptSettings.model_fields["calibration_rows"].default) + len(CONTENT_FREE)


@dataclass(frozen=True)
class Trial:
    """How one prompt did on the first validation rows.

    Attributes:
        settings: of the prompt, its calibration included.
        rows: how many it was asked about.
        macro_f1: on these rows.
        uncalibrated: macro-F1 without the calibration.
        seconds: for a text.
    """

    settings: PromptSettings
    rows: int
    macro_f1: float
    uncalibrated: float
    seconds: float


@dataclass
class PromptSearch:
    """What prompts are tried on.

    Attributes:
        task: what is decided.
        model: a chat model: Hub id or folder.
        pool: holds base models.
        shown: training rows that prompts may show or be calibrated on.
        validation: rows that the prompts are compared on, in a random order.
        revision: of the model on the Hub.
        tell: called with the number of texts that were asked about.
        keep: called after each prompt that was tried, to keep what is known so far.
    """

    task: Task
    model: str
    pool: ModelPool
    shown: Sequence[Demonstration]
    validation: Rows
    revision: str | None = None
    tell: Callable[[int], object] = lambda _: None
    keep: Callable[[PromptSearch], object] = lambda _: None
    trials: list[Trial] = field(default_factory=list)
    asked: int = 0
    _prompts: dict[PromptSettings, _Prompt] = field(default_factory=dict)

    def best(self, candidates: Sequence[PromptSettings], rounds: Sequence[Round]) -> Trial:
        """The best prompt of the last round; every trial is in ``trials``.

        Raises:
            InputError: none of the candidates can be asked.
        """
        last_quick = 0 if len(rounds) > 1 else -1
        finalists = best_by_halving(
            candidates, rounds, lambda one, at: self._score(one, rounds[at].rows, quick=at <= last_quick)
        )
        last = [trial for trial in self.trials if trial.rows == rounds[-1].rows]
        of_finalists = [trial for trial in last if _uncalibrated(trial.settings) in finalists]
        if not of_finalists:
            raise InputError("none of the prompts could be asked; the reasons stand above.")
        return max(of_finalists, key=lambda trial: trial.macro_f1)

    def _score(self, settings: PromptSettings, rows: int, *, quick: bool) -> float:
        """How well a prompt does; in the first round roughly as without its preference for some labels."""
        try:
            if settings not in self._prompts:
                self._prompts[settings] = self._prompt(settings)
            found, score = self._prompts[settings].trials(self.validation, rows, calibrate=not quick)
        except InputError as error:  # a prompt that does not fit this model or these rows; the others go on
            logger.warning("%s: %s", ", ".join(settings.in_words()) or "direct", error)
            return -1.0
        self.trials += found
        self.keep(self)
        return score

    def _prompt(self, settings: PromptSettings) -> _Prompt:
        measured = settings.model_copy(update={"calibration": "batch"})
        chosen = choose_from(self.shown, self.task, measured)
        classifier = load_prompt(
            PromptToLoad(
                "a prompt",
                self.task,
                self.model,
                self.revision,
                self.pool,
                demonstrations=chosen.demonstrations,
                candidates=chosen.candidates,
                form=settings,
            ),
            PROMPTED,
        )
        return _Prompt(settings, classifier, chosen.calibration, self._count)

    def _count(self, texts: int) -> None:
        self.asked += texts
        self.tell(texts)


@dataclass
class _Prompt:
    """One prompt, what it has answered so far, and its calibrations."""

    settings: PromptSettings
    classifier: Classifier
    rows: Sequence[Demonstration]
    count: Callable[[int], None]
    answered: NDArray[np.float32] | None = None
    seconds: float = 0.0
    calibrations: dict[CalibrationKind, Calibration] = field(default_factory=dict)

    def trials(self, validation: Rows, rows: int, *, calibrate: bool) -> tuple[list[Trial], float]:
        """How it does on the first so many rows, and how good that is.

        Args:
            validation: the rows.
            rows: how many.
            calibrate: whether to try calibrations, which are measured on further texts. Otherwise what the rows
                themselves tell of its preferences, without their labels, counts for how good it is, and for no trial.
        """
        task = self.classifier.task
        several = task.multi_label
        if calibrate and not self.calibrations:
            self._calibrate(task)
        known = 0 if self.answered is None else len(self.answered)
        if known < rows:
            new = self._ask(validation.texts[known:rows])
            self.answered = new if self.answered is None else np.concatenate([self.answered, new])
        assert self.answered is not None  # noqa: S101  there is one row at least
        shares = self.answered[:rows]
        held = np.array([[name in names for name in task.label_names] for names in validation.labels[:rows]])
        tried: dict[CalibrationKind | None, NDArray[np.float32]] = {None: shares}
        tried |= {kind: found.apply(shares, multi_label=several) for kind, found in self.calibrations.items()}
        scores = {kind: macro_f1(one, held, multi_label=several) for kind, one in tried.items()}
        found = [
            Trial(self.settings.model_copy(update={"calibration": kind}), rows, score, scores[None], self.seconds)
            for kind, score in scores.items()
        ]
        if calibrate:
            return found, max(scores.values())
        even = from_preference("batch", shares, multi_label=several).apply(shares, multi_label=several)
        return found, max(scores[None], macro_f1(even, held, multi_label=several))

    def _calibrate(self, task: Task) -> None:
        shares = self._ask([row.text for row in self.rows])
        held = np.array([[name in row.labels for name in task.label_names] for row in self.rows])
        self.calibrations = {
            "contextual": from_preference("contextual", self._ask(CONTENT_FREE), multi_label=task.multi_label),
            "batch": from_preference("batch", shares, multi_label=task.multi_label),
            "fitted": fitted(shares, held, multi_label=task.multi_label),
        }

    def _ask(self, texts: Sequence[str]) -> NDArray[np.float32]:
        parts = []
        started = time.perf_counter()
        for begin in range(0, len(texts), CHUNK):
            part = texts[begin : begin + CHUNK]
            parts.append(self.classifier.predict(part).probabilities)
            self.count(len(part))
        self.seconds = (time.perf_counter() - started) / len(texts)
        return np.concatenate(parts)


def _uncalibrated(settings: PromptSettings) -> PromptSettings:
    return settings.model_copy(update={"calibration": None})


def macro_f1(probabilities: NDArray[np.float32], held: NDArray[np.bool_], *, multi_label: bool) -> float:
    """Macro-F1 of what probabilities [n, L] stand for, against the labels that rows have, bool [n, L].

    The mean is over the labels that some row has, as in every comparison.
    """
    answered = decide(probabilities, np.ones(len(probabilities), dtype=np.bool_), multi_label=multi_label)
    there = held.any(axis=0)
    return float(f1_score(held[:, there], answered[:, there], average="macro", zero_division=0))
