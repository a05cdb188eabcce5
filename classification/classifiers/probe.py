"""A linear probe: logistic regression on the frozen embeddings of a sentence encoder (Alain and Bengio 2016)."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from sklearn.model_selection import KFold, StratifiedKFold

from ..errors import InputError
from ..models.embeddings import HEAD_FILE, SentenceEncoder, sentence_encoder
from ..predictions import Predictions
from ..task import Task
from .encoder import probabilities
from .loading import RunToLoad
from .logistic import Coefficients, fit_one_vs_rest, fit_softmax

logger = logging.getLogger(__name__)

#: Inverse strengths of the L2 penalty that cross-validation chooses from.
CANDIDATES = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
FOLDS = 5
#: Rows beyond which the choice of C is made on a sample: it does not change with more.
MOST_ROWS_TO_CHOOSE = 5_000


class ProbeClassifier:
    """Embeds each text with a frozen encoder and reads its labels off a linear layer.

    Args:
        name: the contender's name.
        task: what it decides.
        encoder: the frozen sentence encoder.
        weights: float32 [L, d].
        bias: float32 [L]; minus infinity for a label that no training row had.
    """

    def __init__(
        self, name: str, task: Task, encoder: SentenceEncoder, weights: NDArray[np.float32], bias: NDArray[np.float32]
    ) -> None:
        self.name, self.task, self.encoder = name, task, encoder
        self._weights, self._bias = weights, bias

    def predict(self, texts: Sequence[str]) -> Predictions:
        """Decide about each text."""
        start = time.perf_counter()
        found = self.encoder.embed(texts)
        return Predictions.of(
            label_probabilities(found.vectors, self._weights, self._bias, multi_label=self.task.multi_label),
            time.perf_counter() - start,
            prompt_tokens=[min(count, self.encoder.max_length) for count in found.tokens],
            truncated=[count > self.encoder.max_length for count in found.tokens],
        )

    def prompt(self, text: str) -> None:
        """``None``: an encoder is shown the text and nothing else."""
        return

    def save(self, folder: Path) -> None:
        """Write ``head.safetensors``, with the kind of pooling as its metadata."""
        save_file(
            {"linear.weight": self._weights, "linear.bias": self._bias},
            folder / HEAD_FILE,
            metadata={"pooling": self.encoder.kind},
        )


def label_probabilities(
    embeddings: NDArray[np.float32], weights: NDArray[np.float32], bias: NDArray[np.float32], *, multi_label: bool
) -> NDArray[np.float32]:
    """Probabilities float32 [n, L] of labels from embeddings [n, d]."""
    return probabilities(embeddings @ weights.T + bias, multi_label=multi_label)


def fit_probe(
    embeddings: NDArray[np.float32], held: NDArray[np.bool_], *, multi_label: bool, seed: int
) -> tuple[Coefficients, float]:
    """Logistic regression with the penalty that cross-validation finds best.

    Args:
        embeddings: [n, d], of length 1.
        held: which labels each row has, bool [n, L].
        multi_label: one regression a label in place of one softmax.
        seed: for folds and solver.

    Returns:
        Weights [L, d] and bias [L], and the inverse strength C of the penalty.

    Raises:
        InputError: all rows have one label.
    """
    if not multi_label and held.any(axis=0).sum() < 2:
        raise InputError(f"the {len(held)} training rows have one label only; give rows of two labels at least.")
    fit = fit_one_vs_rest if multi_label else fit_softmax
    c = choose_c(embeddings, held, multi_label=multi_label, seed=seed)
    return fit(embeddings, held, c, seed), c


def choose_c(embeddings: NDArray[np.float32], held: NDArray[np.bool_], *, multi_label: bool, seed: int) -> float:
    """The C of `CANDIDATES` with the lowest cross-validated log loss; 10 where a label has too few rows to hold out."""
    rows = np.random.default_rng(seed).permutation(len(held))[:MOST_ROWS_TO_CHOOSE]
    embeddings, held = embeddings[rows], held[rows]
    if multi_label:
        if len(held) < 2 * FOLDS:
            return 10.0
        parts = list(KFold(FOLDS, shuffle=True, random_state=seed).split(embeddings))
    else:
        columns = held.argmax(axis=1)
        fewest = int(np.bincount(columns)[np.unique(columns)].min())
        if fewest < 2:
            return 10.0
        parts = list(StratifiedKFold(min(FOLDS, fewest), shuffle=True, random_state=seed).split(embeddings, columns))
    losses = [_loss(embeddings, held, parts, c, multi_label=multi_label, seed=seed) for c in CANDIDATES]
    return CANDIDATES[int(np.argmin(losses))]


def _loss(
    embeddings: NDArray[np.float32],
    held: NDArray[np.bool_],
    parts: list[tuple[NDArray, NDArray]],
    c: float,
    *,
    multi_label: bool,
    seed: int,
) -> float:
    total = 0.0
    for train, test in parts:
        fit = fit_one_vs_rest if multi_label else fit_softmax
        weights, bias = fit(embeddings[train], held[train], c, seed)
        shares = label_probabilities(embeddings[test], weights, bias, multi_label=multi_label).clip(1e-7, 1 - 1e-7)
        wanted = held[test]
        chosen = np.where(wanted, np.log(shares), np.log1p(-shares) if multi_label else 0.0)
        total -= float(chosen.sum())
    return total


def load_probe(run: RunToLoad) -> ProbeClassifier:
    """A linear probe on its base model.

    Raises:
        InputError: its head is missing or damaged, or does not fit the base model.
    """
    file = run.folder / HEAD_FILE
    try:
        arrays = load_file(file)
    except (OSError, SafetensorError) as error:
        raise InputError(f"{run.source}: no readable {HEAD_FILE} ({error}); train it again.") from None
    model_id, revision = run.weights()
    encoder = sentence_encoder(run.pool, model_id, revision, kind=run.record.pooling, max_length=run.record.max_length)
    columns = [run.record.task.index(name) for name in run.task.label_names]
    shapes = {"linear.weight": (len(columns), encoder.size), "linear.bias": (len(columns),)}
    if {name: array.shape for name, array in arrays.items()} != shapes:
        raise InputError(f"{run.source}: its {HEAD_FILE} does not fit {len(columns)} labels and {model_id}.")
    return ProbeClassifier(
        run.name, run.task, encoder, arrays["linear.weight"][columns], arrays["linear.bias"][columns]
    )
