"""One contender's answer to one text, as the page and the API show it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from classification.classifiers.calibrated import demonstrations_of
from classification.data.texts import BOM, Text, text_of
from classification.errors import InputError
from classification.predictions import Classifier, Predictions
from classification.prompting.messages import Demonstration
from classification.task import Task

#: Of a text that is longer, so many are read by every contender, and the answers say so.
MAX_CHARACTERS = 5000


@dataclass(frozen=True)
class Uncalibrated:
    """What a calibrated contender would have said without its calibration.

    Attributes:
        labels: names of the labels, none where none would apply.
        probability: the largest of all labels.
    """

    labels: tuple[str, ...]
    probability: float

    @classmethod
    def of(cls, task: Task, predictions: Predictions) -> Uncalibrated | None:
        """That of the first text; ``None`` where nothing was calibrated."""
        before = predictions.uncalibrated
        if before is None:
            return None
        return cls(replace(predictions, probabilities=before).labels(task)[0], float(before[0].max()))


@dataclass(frozen=True)
class Answer:
    """One contender's answer, or the sentence that says why there is none.

    Attributes:
        labels: names of the labels given; empty for an invalid answer, and for a multi-label text with no label.
        probabilities: one per label of the task, in its order; all zero for an invalid answer.
        thresholds: of a multi-label task, from which probability each label applies, where those were tuned; or empty.
        valid: false where the model's answer was outside the labels.
        seconds: time this text took.
        prompt_tokens: 0 where there are no tokens.
        completion_tokens: tokens generated, or scored as an answer.
        truncated: true where the text had to be cut to fit the model.
        completion: what a free-running model really wrote.
        label_mass: probability on all labels together before they were normalised.
        prompt: exactly what the model was shown.
        demonstrations: the labelled rows in that prompt, in its order.
        reasoning: what the model wrote before its labels were scored.
        uncalibrated: what it would have said without its calibration, where it has one.
        error: why the contender failed; everything else is then empty.
    """

    labels: tuple[str, ...] = ()
    probabilities: tuple[float, ...] = ()
    thresholds: tuple[float, ...] = ()
    valid: bool = False
    seconds: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    truncated: bool = False
    completion: str | None = None
    label_mass: float | None = None
    prompt: str | None = None
    demonstrations: tuple[Demonstration, ...] = ()
    reasoning: str | None = None
    uncalibrated: Uncalibrated | None = None
    error: str | None = None

    @classmethod
    def of(
        cls, task: Task, predictions: Predictions, prompt: str | None, shown: Sequence[Demonstration] = ()
    ) -> Answer:
        """The answer to the first text of ``predictions``."""
        valid = bool(predictions.valid[0])
        probabilities = tuple(float(p) for p in predictions.probabilities[0])
        return cls(
            labels=predictions.labels(task)[0],
            probabilities=probabilities,
            thresholds=() if predictions.thresholds is None else tuple(map(float, predictions.thresholds)),
            valid=valid,
            seconds=float(predictions.seconds[0]),
            prompt_tokens=int(predictions.prompt_tokens[0]),
            completion_tokens=int(predictions.completion_tokens[0]),
            truncated=bool(predictions.truncated[0]),
            completion=None if predictions.completions is None else predictions.completions[0],
            label_mass=None if predictions.label_mass is None else float(predictions.label_mass[0]),
            prompt=prompt,
            demonstrations=tuple(shown),
            reasoning=None if predictions.reasoning is None else predictions.reasoning[0],
            uncalibrated=Uncalibrated.of(task, predictions),
        )


def answered_by(classifier: Classifier, text: str, turn: AbstractContextManager[object]) -> Answer:
    """What a classifier says about a text, with what it was shown; nothing else is computed meanwhile.

    Args:
        classifier: whom to ask.
        text: to decide about.
        turn: held while the model works; finding similar rows again for what is shown is work too.
    """
    with turn:
        predictions = classifier.predict([text])
        prompt, shown = classifier.prompt(text), demonstrations_of(classifier, text)
    return Answer.of(classifier.task, predictions, prompt, shown)


def checked_text(text: object) -> Text:
    """The text of a request, without the space around it, and cut where it is longer than `MAX_CHARACTERS`.

    Raises:
        InputError: nothing to classify, not a text, or not whole characters.
    """
    if not isinstance(text, str) or not text.removeprefix(BOM).strip():
        raise InputError("There is no text to classify; type one, or pick an example.")
    return text_of(text, MAX_CHARACTERS)


def majority(answers: Iterable[Answer | None]) -> tuple[str, ...] | None:
    """The labels that most valid answers give, or ``None`` while there is no single most frequent answer."""
    votes = Counter(answer.labels for answer in answers if answer is not None and answer.valid)
    ranked = votes.most_common(2)
    if not ranked or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):
        return None
    return ranked[0][0]


def differs(answer: Answer | None, agreed: tuple[str, ...] | None) -> bool:
    """Whether a valid answer disagrees with what the majority agreed on."""
    return answer is not None and answer.valid and agreed is not None and answer.labels != agreed


def error_sentence(error: Exception, doing: str) -> str:
    """One sentence about an error that kept a contender from ``doing`` something.

    ZeroGPU's errors for visitors, such as that their quota is spent, have a ``message``, at times with markup.
    """
    if isinstance(error, InputError):
        return str(error)
    message = getattr(error, "message", None)
    if isinstance(message, str) and message:
        return f"It could not {doing}: {re.sub('<[^>]*>', '', message).rstrip('. ')}."
    first = next(iter(str(error).strip().splitlines()), "")
    return f"It could not {doing}: {type(error).__name__}{f', {first}' if first else ''}."
