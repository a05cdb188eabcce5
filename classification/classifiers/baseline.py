"""The floor that any model must beat: the commonest label, and TF-IDF with logistic regression.

Kept as plain arrays and text (safetensors, JSON, one term a line), never as a pickle.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from scipy.special import expit, softmax
from sklearn.feature_extraction.text import TfidfVectorizer

from ..errors import InputError, shown
from ..predictions import Predictions
from ..task import Task
from .baseline_settings import SETTINGS_FILE, BaselineSettings, FeatureSettings, Targets, held_labels, load_settings
from .loading import RunToLoad
from .logistic import fit_one_vs_rest, fit_softmax
from .tfidf_features import analysis, vectorizer_for

VOCABULARY_FILE, WEIGHTS_FILE = "vocabulary.txt", "model.safetensors"


class MajorityClassifier:
    """Gives every text the label shares of the training rows, so it always answers the commonest label."""

    def __init__(
        self, task: Task, counts: Mapping[str, int], *, rows: int | None = None, name: str = "majority"
    ) -> None:
        """Store the shares.

        Args:
            task: what to decide.
            counts: training rows of each label; a label that is left out has none.
            rows: training rows in all; needed for a multi-label task, else the sum of the counts.
            name: what the classifier is called.

        Raises:
            InputError: a label that the task does not know, or counts that give no shares.
        """
        amounts = [0] * len(task.labels)
        for label, count in counts.items():
            amounts[task.index(label)] = count
        total = rows if rows is not None else 0 if task.multi_label else sum(amounts)
        if min(amounts) < 0 or total <= 0 or max(amounts) > total:
            raise InputError(
                f"{name}: {shown(dict(counts))} of {total} rows gives no label shares; "
                "give counts of 0 or more, and the number of rows that they were counted in."
            )
        self.name, self.task = name, task
        self._settings = BaselineSettings(
            labels=task.label_names, multi_label=task.multi_label, rows=total, label_counts=tuple(amounts)
        )
        self._shares = np.array(amounts, dtype=np.float32) / np.float32(total)

    @classmethod
    def fit(cls, task: Task, targets: Targets, *, name: str = "majority") -> MajorityClassifier:
        """Count the labels of training rows (``Rows.targets``)."""
        held = held_labels(task, targets)
        counts = dict(zip(task.label_names, map(int, held.sum(axis=0)), strict=True))
        return cls(task, counts, rows=len(held), name=name)

    def predict(self, texts: Sequence[str]) -> Predictions:
        """Give the same shares to each text."""
        start = time.perf_counter()
        probabilities = np.tile(self._shares, (len(texts), 1))
        return Predictions.of(probabilities, time.perf_counter() - start)

    def prompt(self, text: str) -> str | None:  # noqa: ARG002 - the contract has it
        """Nothing is asked, so there is no prompt."""
        return None

    def save(self, folder: str | Path) -> None:
        """Write ``baseline.json``."""
        self._settings.save(Path(folder))

    @classmethod
    def load(cls, folder: str | Path, task: Task, *, name: str = "majority") -> MajorityClassifier:
        """Read the counts that any baseline in ``folder`` was saved with.

        Raises:
            InputError: the folder holds no baseline, or that of other labels.
        """
        settings = load_settings(Path(folder), task)
        counts = dict(zip(settings.labels, settings.label_counts, strict=True))
        return cls(task, counts, rows=settings.rows, name=name)


class TfidfClassifier:
    """TF-IDF n-grams with logistic regression: one softmax over the labels, or one-vs-rest for a multi-label task."""

    def __init__(
        self,
        task: Task,
        settings: BaselineSettings,
        vectorizer: TfidfVectorizer,
        weights: NDArray[np.float32],
        bias: NDArray[np.float32],
        *,
        name: str = "TF-IDF",
    ) -> None:
        """Store a fitted vectorizer of V terms, ``weights`` [L, V] and ``bias`` [L]; see `fit` and `load`."""
        self.name, self.task, self.settings = name, task, settings
        self._vectorizer, self._weights, self._bias = vectorizer, weights, bias

    @classmethod
    def fit(
        cls,
        task: Task,
        texts: Sequence[str],
        targets: Targets,
        seed: int = 0,
        *,
        min_df: int = 2,
        max_features: int = 50_000,
        c: float = 10.0,
        name: str = "TF-IDF",
    ) -> TfidfClassifier:
        """Learn from labelled rows.

        Args:
            task: its language decides between word 1-2-grams and character 1-3-grams.
            texts: n texts.
            targets: label columns int64 [n], or for a multi-label task 0 and 1 [n, L] (``Rows.targets``).
            seed: for the solver; the same rows and seed give the same arrays.
            min_df: rows that a term must occur in; 2 keeps the file small and costs no accuracy.
            max_features: keep only so many of the commonest terms.
            c: inverse strength of the L2 penalty.
            name: what the classifier is called.

        Raises:
            InputError: no term occurs in ``min_df`` rows, or all rows have one label.
        """
        held = held_labels(task, targets)
        if not task.multi_label and held.any(axis=0).sum() < 2:
            raise InputError(f"{name}: the {len(texts)} training rows have one label only; give rows of two at least.")
        chosen = FeatureSettings(**analysis(task.language), min_df=min_df, max_features=max_features, c=c, seed=seed)
        vectorizer = vectorizer_for(**analysis(task.language), min_df=min_df, max_features=max_features)
        try:
            features = vectorizer.fit_transform(texts)
        except ValueError:
            raise InputError(
                f"{name}: no term occurs in {min_df} of the {len(texts)} training rows; give more rows."
            ) from None
        weights, bias = (fit_one_vs_rest if task.multi_label else fit_softmax)(features, held, c, seed)
        return cls(task, BaselineSettings.of(task, held, chosen), vectorizer, weights, bias, name=name)

    def predict(self, texts: Sequence[str]) -> Predictions:
        """Decide about each text."""
        start = time.perf_counter()
        logits = np.zeros((0, len(self._bias)), dtype=np.float32)
        if texts:
            logits = self._vectorizer.transform(texts) @ self._weights.T + self._bias
        probabilities = expit(logits) if self.task.multi_label else softmax(logits, axis=1)
        return Predictions.of(probabilities, time.perf_counter() - start)

    def prompt(self, text: str) -> str | None:  # noqa: ARG002 - the contract has it
        """Nothing is asked, so there is no prompt."""
        return None

    def save(self, folder: str | Path) -> None:
        """Write ``baseline.json``, ``vocabulary.txt`` and ``model.safetensors``."""
        place = Path(folder)
        self.settings.save(place)
        terms = "\n".join(self._vectorizer.get_feature_names_out())
        (place / VOCABULARY_FILE).write_bytes(terms.encode("utf-8"))  # bytes: no platform rewrites the line ends
        idf = self._vectorizer.idf_.astype(np.float32)
        save_file({"idf": idf, "weights": self._weights, "bias": self._bias}, place / WEIGHTS_FILE)

    @classmethod
    def load(cls, folder: str | Path, task: Task, *, name: str = "TF-IDF") -> TfidfClassifier:
        """Read what `save` wrote.

        Raises:
            InputError: a file is missing, malformed or does not fit the others, or the labels are not the task's.
        """
        place = Path(folder)
        settings = load_settings(place, task)
        if settings.features is None:
            raise InputError(f"{place}: its {SETTINGS_FILE} is that of a majority baseline; fit TF-IDF and save it.")
        try:
            terms = (place / VOCABULARY_FILE).read_bytes().decode("utf-8").split("\n")
            arrays = load_file(place / WEIGHTS_FILE)
        except (OSError, UnicodeDecodeError, SafetensorError) as error:
            raise InputError(
                f"{place}: {VOCABULARY_FILE} or {WEIGHTS_FILE} cannot be read ({error}); fit it again."
            ) from None
        labels = len(task.labels)
        shapes = {"idf": (len(terms),), "weights": (labels, len(terms)), "bias": (labels,)}
        if {key: array.shape for key, array in arrays.items()} != shapes or len(set(terms)) != len(terms):
            raise InputError(f"{place}: {WEIGHTS_FILE} does not fit the terms of {VOCABULARY_FILE}; fit it again.")
        vectorizer = vectorizer_for(settings.features.analyzer, settings.features.ngram_range, vocabulary=terms)
        vectorizer.idf_ = arrays["idf"]
        return cls(task, settings, vectorizer, arrays["weights"], arrays["bias"], name=name)


def load_majority(run: RunToLoad) -> MajorityClassifier:
    """The commonest label of a run's training rows."""
    return MajorityClassifier.load(run.folder, run.task, name=run.name)


def load_tfidf(run: RunToLoad) -> TfidfClassifier:
    """TF-IDF with logistic regression."""
    return TfidfClassifier.load(run.folder, run.task, name=run.name)
