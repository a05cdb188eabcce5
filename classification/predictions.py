"""What every classifier returns, and the one contract that all of them keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .errors import InputError
from .task import Task

INVALID = -1
#: The probability from which on a label of a multi-label task applies, unless its classifier has thresholds of its own.
THRESHOLD = 0.5


def decide(
    probabilities: NDArray[np.float32],
    valid: NDArray[np.bool_],
    *,
    multi_label: bool,
    thresholds: NDArray[np.float32] | None = None,
) -> NDArray[np.bool_]:
    """The labels that probabilities stand for: the most probable, or for several labels all from their threshold on.

    Every table, score and page uses this function. Of labels that are equally probable, the first is taken.

    Args:
        probabilities: float32 [n, L].
        valid: bool [n]; an invalid answer stands for no label.
        multi_label: whether a text may have several labels, or none.
        thresholds: float32 [L], for a multi-label task; by default `THRESHOLD` for each label.

    Returns:
        bool [n, L].
    """
    if multi_label:
        return (probabilities >= (THRESHOLD if thresholds is None else thresholds)) & valid[:, None]
    best: NDArray[np.bool_] = np.eye(probabilities.shape[1], dtype=np.bool_)[probabilities.argmax(axis=1)]
    return best & valid[:, None]


def normalised(log_likelihoods: NDArray[np.float32]) -> NDArray[np.float32]:
    """Softmax over the last axis: probabilities given that the answer is one of the labels."""
    shares = np.exp(log_likelihoods - log_likelihoods.max(axis=-1, keepdims=True, initial=-np.inf))
    return (shares / shares.sum(axis=-1, keepdims=True)).astype(np.float32)


@dataclass(frozen=True)
class Predictions:
    """Answers for n texts over L labels, in the order in which the texts were given.

    Attributes:
        probabilities: float32 [n, L]; rows sum to 1 for a single-label task and are independent for a
            multi-label one. All zero where the answer is invalid.
        valid: bool [n]; false where the model's answer was outside the labels. Such an answer counts as
            wrong and is shown as invalid. It is never replaced by a label.
        seconds: float32 [n]; time for each text, its share of a batch.
        prompt_tokens: int64 [n]; 0 for a classifier without tokens.
        completion_tokens: int64 [n]; tokens generated, or scored as an answer.
        truncated: bool [n]; true where the text had to be cut to fit the model.
        completions: what a free-running model really wrote, else ``None``.
        label_mass: float32 [n]; for scored labels, the probability that the model puts on all of them
            together before they are normalised; near 0 where it would rather say something else. Else ``None``.
        thresholds: float32 [L]; for a multi-label task the probability from which each label applies, where they
            were tuned. Else ``None``, which stands for `THRESHOLD`.
        reasoning: what a model wrote before its labels were scored, else ``None``.
        uncalibrated: float32 [n, L], the probabilities before a calibration changed them, else ``None``.
    """

    probabilities: NDArray[np.float32]
    valid: NDArray[np.bool_]
    seconds: NDArray[np.float32]
    prompt_tokens: NDArray[np.int64]
    completion_tokens: NDArray[np.int64]
    truncated: NDArray[np.bool_]
    completions: tuple[str, ...] | None = None
    label_mass: NDArray[np.float32] | None = None
    thresholds: NDArray[np.float32] | None = None
    reasoning: tuple[str, ...] | None = None
    uncalibrated: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.probabilities)

    @property
    def best(self) -> NDArray[np.int64]:
        """Column of the most probable label, int64 [n]; `INVALID` (-1) where the answer is invalid."""
        columns = decide(self.probabilities, self.valid, multi_label=False).argmax(axis=1).astype(np.int64)
        columns[~self.valid] = INVALID
        return columns

    def decided(self, *, multi_label: bool) -> NDArray[np.bool_]:
        """The labels that each answer stands for, bool [n, L]; see `decide`."""
        return decide(self.probabilities, self.valid, multi_label=multi_label, thresholds=self.thresholds)

    def labels(self, task: Task) -> list[tuple[str, ...]]:
        """Names of the labels that each answer stands for; none where it is invalid."""
        predicted = self.decided(multi_label=task.multi_label)
        return [tuple(name for name, holds in zip(task.label_names, row, strict=True) if holds) for row in predicted]

    @classmethod
    def of(
        cls,
        probabilities: NDArray[np.float32],
        seconds: float,
        *,
        valid: NDArray[np.bool_] | None = None,
        prompt_tokens: Sequence[int] | None = None,
        completion_tokens: Sequence[int] | None = None,
        truncated: Sequence[bool] | None = None,
        completions: Sequence[str] | None = None,
        label_mass: NDArray[np.float32] | None = None,
        reasoning: Sequence[str] | None = None,
    ) -> Predictions:
        """Predictions of one batch that took ``seconds`` in all; what is left out gets its neutral value.

        Raises:
            InputError: a probability is not a number.
        """
        rows = len(probabilities)
        if np.isnan(probabilities).any():
            raise InputError("the model's answer is not a number (NaN); its weights are damaged, so use another copy.")
        return cls(
            probabilities=np.asarray(probabilities, dtype=np.float32),
            valid=np.ones(rows, dtype=bool) if valid is None else valid,
            seconds=np.full(rows, seconds / max(rows, 1), dtype=np.float32),
            prompt_tokens=np.asarray(prompt_tokens if prompt_tokens is not None else [0] * rows, dtype=np.int64),
            completion_tokens=np.asarray(
                completion_tokens if completion_tokens is not None else [0] * rows, dtype=np.int64
            ),
            truncated=np.asarray(truncated if truncated is not None else [False] * rows, dtype=bool),
            completions=None if completions is None else tuple(completions),
            label_mass=label_mass,
            reasoning=None if reasoning is None else tuple(reasoning),
        )

    def row(self, at: int) -> Predictions:
        """The answer to one text, as predictions of that text alone."""
        return self.in_order(np.array([at]))

    def in_order(self, rows: NDArray[np.int64]) -> Predictions:
        """The answers to these texts, in this order."""
        found: dict[str, object] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None or field.name == "thresholds":  # of the classifier, not of a text
                found[field.name] = value
            elif isinstance(value, tuple):
                found[field.name] = tuple(value[row] for row in rows)
            else:
                found[field.name] = value[rows]
        return Predictions(**found)  # type: ignore[arg-type]

    @classmethod
    def joined(cls, parts: Sequence[Predictions]) -> Predictions:
        """One object from the predictions of consecutive chunks."""
        joined: dict[str, object] = {}
        for field in fields(cls):
            values = [getattr(part, field.name) for part in parts]
            if any(value is None for value in values):
                joined[field.name] = None
            elif field.name == "thresholds":  # of the classifier, the same in every chunk
                joined[field.name] = values[0]
            elif isinstance(values[0], tuple):
                joined[field.name] = tuple(text for value in values for text in value)
            else:
                joined[field.name] = np.concatenate(values)
        return cls(**joined)  # type: ignore[arg-type]


class Classifier(Protocol):
    """Decides about texts. A majority baseline, a prompt, an adapter and a remote API all look like this."""

    name: str
    task: Task

    def predict(self, texts: Sequence[str]) -> Predictions:
        """Decide about each text, in order."""

    def prompt(self, text: str) -> str | None:
        """Exactly what the model is shown for this text, or ``None`` where there is no prompt."""
