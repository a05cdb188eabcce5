"""Demonstrations for each text: the training rows that are most similar to it, or similar and unlike each other.

Similar rows as demonstrations: Liu et al. 2022, https://aclanthology.org/2022.deelio-1.10/. Unlike each other by
maximal marginal relevance: Carbonell and Goldstein 1998, https://doi.org/10.1145/290941.291025. With ``groups``, the
rows are clustered once, and a text is shown what is similar to the centre of the cluster that it falls into, as an
inverted file finds approximate neighbours: texts of one cluster share their prompt but for its end, which is then
computed once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..data.splitting import fold
from ..models.embedding_cache import cached_embeddings
from ..models.embeddings import SentenceEncoder
from ..task import Task
from .demonstrations import ordered
from .messages import Demonstration
from .settings import PromptSettings

#: How much of a row's worth is its similarity to the text; the rest is its unlikeness to the rows taken before it.
RELEVANCE = 0.5
#: For each row that is to be shown, so many of the most similar are looked at for unlike ones.
LOOKED_AT = 20


class DemonstrationSource(Protocol):
    """Where a prompt has its demonstrations from."""

    def shown_with(self, texts: Sequence[str]) -> list[tuple[Demonstration, ...]]:
        """The demonstrations for each text, in the order in which they stand in its prompt."""


class FixedDemonstrations:
    """The same for every text, but for a text that is one of them itself."""

    def __init__(self, demonstrations: Sequence[Demonstration] = ()) -> None:
        self.demonstrations = tuple(demonstrations)
        self._texts = {fold(one.text) for one in demonstrations}

    def shown_with(self, texts: Sequence[str]) -> list[tuple[Demonstration, ...]]:
        """The demonstrations for each text."""
        return [self._without(fold(text)) for text in texts]

    def _without(self, folded: str) -> tuple[Demonstration, ...]:
        if folded not in self._texts:
            return self.demonstrations
        return tuple(one for one in self.demonstrations if fold(one.text) != folded)


class RetrievedDemonstrations:
    """Other ones for every text, or for every group of texts; never the text itself."""

    def __init__(
        self, task: Task, candidates: Sequence[Demonstration], settings: PromptSettings, encoder: SentenceEncoder
    ) -> None:
        """Embed the rows, or take their embeddings from the cache.

        Args:
            task: whose labels are shown.
            candidates: training rows with different texts, at least as many as are shown.
            settings: ``semantic`` or ``diverse``, how many, in which order, and in how many groups.
            encoder: of texts.
        """
        self.task, self.settings, self.encoder = task, settings, encoder
        self.candidates = tuple(candidates)
        self.vectors = cached_embeddings(encoder, [row.text for row in candidates])
        self._places = {fold(row.text): place for place, row in enumerate(candidates)}
        self._held = np.array([[name in row.labels for name in task.label_names] for row in candidates])
        self._centres = centres(self.vectors, settings.groups, settings.seed)
        self._of_group: dict[int, list[int]] = {}
        self._known: dict[str, NDArray[np.float32]] = {}

    def shown_with(self, texts: Sequence[str]) -> list[tuple[Demonstration, ...]]:
        """The demonstrations for each text, each with its similarity to that text."""
        return [self._shown(text, vector) for text, vector in zip(texts, self._embedded(texts), strict=True)]

    def best_order(self, texts: Sequence[str]) -> list[int]:
        """An order of the texts in which those that share demonstrations follow each other.

        Their embeddings are kept until the next call, so that they are not computed again.
        """
        if self._centres is None or not texts:
            return list(range(len(texts)))
        vectors = self._embedded(texts)
        self._known = dict(zip(texts, vectors, strict=True))
        groups = (vectors @ self._centres.T).argmax(axis=1)
        return [int(place) for place in np.argsort(groups, kind="stable")]

    def _embedded(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if not texts:
            return np.zeros((0, 1), dtype=np.float32)
        if all(text in self._known for text in texts):
            return np.stack([self._known[text] for text in texts])
        return self.encoder.embed(texts).vectors

    def _shown(self, text: str, vector: NDArray[np.float32]) -> tuple[Demonstration, ...]:
        itself = self._places.get(fold(text))
        places = self._chosen(vector, itself)
        rows = [self._with_similarity(place, vector) for place in places]
        # From the least similar to the most, unless another order is asked for.
        shuffled = np.random.default_rng([self.settings.seed, *places])
        return tuple(ordered(rows[::-1], self.task, self.settings.demonstration_order, shuffled))

    def _chosen(self, vector: NDArray[np.float32], itself: int | None) -> list[int]:
        """Places of the rows for a text, the most similar first."""
        if self._centres is None:
            return self._choose(vector, itself)
        group = int((self._centres @ vector).argmax())
        if group not in self._of_group:
            self._of_group[group] = self._choose(self._centres[group], None)
        if itself in self._of_group[group]:
            return self._choose(self._centres[group], itself)
        return self._of_group[group]

    def _choose(self, query: NDArray[np.float32], itself: int | None) -> list[int]:
        shots = self.settings.shots or 0
        similarity = self.vectors @ query
        if itself is not None:
            similarity[itself] = -np.inf
        if self.settings.shots_per == "prompt":
            return self._best(similarity, np.arange(len(similarity)), shots)
        chosen: list[int] = []
        for column in range(len(self.task.labels)):
            rows = np.flatnonzero(self._held[:, column])
            chosen += self._best(similarity, rows[~np.isin(rows, chosen)], shots)
        return sorted(chosen, key=lambda row: -float(similarity[row]))

    def _best(self, similarity: NDArray[np.float32], rows: NDArray[np.int64], count: int) -> list[int]:
        """The best ``count`` of these rows, the best first; never one whose similarity is minus infinity."""
        rows = rows[np.isfinite(similarity[rows])]
        by_similarity = rows[np.argsort(-similarity[rows], kind="stable")]
        if self.settings.selection == "semantic":
            return [int(row) for row in by_similarity[:count]]
        looked_at = by_similarity[: count * LOOKED_AT]
        chosen = marginally_relevant(similarity[looked_at], self.vectors[looked_at], count)
        return [int(looked_at[place]) for place in chosen]

    def _with_similarity(self, place: int, vector: NDArray[np.float32]) -> Demonstration:
        row = self.candidates[place]
        return Demonstration(row.text, row.labels, float(self.vectors[place] @ vector))


def marginally_relevant(
    similarity: NDArray[np.float32], vectors: NDArray[np.float32], count: int, relevance: float = RELEVANCE
) -> list[int]:
    """Rows that are similar to a text and unlike each other, the first taken first.

    Args:
        similarity: of each row to the text, [n].
        vectors: of the rows, [n, d], each of length 1.
        count: how many are taken.
        relevance: from 0, only unlikeness counts, to 1, only similarity does.
    """
    chosen: list[int] = []
    nearest_chosen = np.full(len(similarity), -np.inf)
    for _ in range(min(count, len(similarity))):
        unlikeness = 0.0 if not chosen else (1 - relevance) * nearest_chosen
        worth = relevance * similarity - unlikeness
        worth[chosen] = -np.inf
        best = int(worth.argmax())
        chosen.append(best)
        nearest_chosen = np.maximum(nearest_chosen, vectors @ vectors[best])
    return chosen


def centres(vectors: NDArray[np.float32], groups: int | None, seed: int) -> NDArray[np.float32] | None:
    """Centres of clusters, float32 [groups, d], each of length 1; ``None`` where no groups are wanted, or few rows."""
    if groups is None or groups >= len(vectors):
        return None
    from sklearn.cluster import KMeans

    found = KMeans(groups, n_init=1, max_iter=30, random_state=seed).fit(vectors).cluster_centers_
    unit: NDArray[np.float32] = (found / np.linalg.norm(found, axis=1, keepdims=True).clip(1e-9)).astype(np.float32)
    return unit
