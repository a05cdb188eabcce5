"""Demonstrations for each text: similar ones, unlike each other, and never the text itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from classification.models.embeddings import Embeddings
from classification.prompting.messages import Demonstration
from classification.prompting.retrieval import (
    FixedDemonstrations,
    RetrievedDemonstrations,
    centres,
    marginally_relevant,
)
from classification.prompting.settings import PromptSettings
from classification.task import Label, Task

TASK = Task(name="angles", language="en", instruction="?", labels=(Label(name="even"), Label(name="odd")))
ROWS = [Demonstration(str(angle), ("odd" if angle % 2 else "even",)) for angle in range(0, 90)]


@dataclass
class AngleEncoder:
    """A text is a number of degrees, and its embedding that direction."""

    asked: list[str] = field(default_factory=list)
    size: int = 2

    def embed(self, texts: Sequence[str]) -> Embeddings:
        self.asked += texts
        angles = np.radians([float(text) for text in texts])
        return Embeddings(np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32), (1,) * len(texts))


@pytest.fixture(autouse=True)
def _without_a_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "classification.prompting.retrieval.cached_embeddings", lambda encoder, texts: encoder.embed(texts).vectors
    )


def source(rows: Sequence[Demonstration] = ROWS, **settings: object) -> RetrievedDemonstrations:
    return RetrievedDemonstrations(TASK, rows, PromptSettings(**{"selection": "semantic"} | settings), AngleEncoder())


def texts_of(shown: Sequence[Demonstration]) -> list[str]:
    return [one.text for one in shown]


def test_each_text_gets_the_most_similar_rows_the_most_similar_last() -> None:
    first, second = source(shots=3, shots_per="prompt").shown_with(["10.2", "79.8"])
    assert texts_of(first) == ["9", "11", "10"]
    assert texts_of(second) == ["81", "79", "80"]
    assert [round(one.similarity, 5) for one in first] == sorted(round(one.similarity, 5) for one in first)
    assert first[-1].similarity == pytest.approx(np.cos(np.radians(0.2)), abs=1e-6)


def test_of_each_label_the_most_similar_are_shown() -> None:
    (shown,) = source(shots=2).shown_with(["30.1"])
    assert sorted(texts_of(shown)) == ["29", "30", "31", "32"]
    (sorted_by_label,) = source(shots=2, order="by_label").shown_with(["30.1"])
    assert [one.labels[0] for one in sorted_by_label] == ["even", "even", "odd", "odd"]


@pytest.mark.parametrize("settings", [{}, {"groups": 4}, {"selection": "diverse"}])
def test_a_text_is_never_shown_with_itself(settings: dict[str, object]) -> None:
    found = source(shots=5, shots_per="prompt", **settings)
    for text, shown in zip(texts_of(ROWS), found.shown_with(texts_of(ROWS)), strict=True):
        assert text not in texts_of(shown)
        assert len(shown) == 5


def test_what_is_shown_does_not_depend_on_who_is_asked_with_it() -> None:
    for settings in ({}, {"groups": 5}, {"selection": "diverse"}, {"order": "shuffled"}):
        found = source(shots=4, **settings)
        together = found.shown_with(["3.3", "44.4", "88.8"])
        assert together == [found.shown_with([text])[0] for text in ("3.3", "44.4", "88.8")]


def test_texts_that_are_alike_share_demonstrations() -> None:
    found = source(shots=5, shots_per="prompt", groups=6)
    asked = [f"{angle}.5" for angle in range(89)]
    different = {tuple(texts_of(shown)) for shown in found.shown_with(asked)}
    assert len(different) == 6
    near = [abs(float(one.text) - float(text)) for text, shown in zip(asked, found.shown_with(asked)) for one in shown]
    assert np.mean(near) < 10


def test_texts_that_share_demonstrations_are_asked_together() -> None:
    found = source(shots=5, shots_per="prompt", groups=6)
    asked = [f"{angle}.5" for angle in np.random.default_rng(0).permutation(89)]
    order = found.best_order(asked)
    assert sorted(order) == list(range(89))
    shown = [texts_of(one) for one in found.shown_with([asked[place] for place in order])]
    assert sum(before != after for before, after in zip(shown, shown[1:], strict=False)) == 5
    assert found.encoder.asked.count(asked[0]) == 1  # embedded for the order, and not again
    assert source(shots=5, shots_per="prompt").best_order(asked) == list(range(89))


def test_diverse_rows_are_similar_and_unlike_each_other() -> None:
    (similar,) = source(shots=4, shots_per="prompt").shown_with(["45.2"])
    (diverse,) = source(shots=4, shots_per="prompt", selection="diverse").shown_with(["45.2"])
    assert "45" in texts_of(diverse)
    assert np.ptp([float(text) for text in texts_of(diverse)]) > 2 * np.ptp([float(text) for text in texts_of(similar)])


def test_marginal_relevance_between_its_ends() -> None:
    vectors = AngleEncoder().embed(["0", "1", "2", "60"]).vectors
    similarity = vectors @ vectors[0]
    assert marginally_relevant(similarity, vectors, 3, relevance=1.0) == [0, 1, 2]
    assert marginally_relevant(similarity, vectors, 2, relevance=0.3) == [0, 3]
    assert len(marginally_relevant(similarity, vectors, 9)) == 4


def test_the_rows_are_embedded_once() -> None:
    found = source(shots=2)
    found.shown_with(["1.5", "2.5"])
    found.shown_with(["3.5"])
    assert found.encoder.asked == [*texts_of(ROWS), "1.5", "2.5", "3.5"]


def test_fewer_rows_than_groups_are_not_grouped() -> None:
    assert centres(AngleEncoder().embed(["1", "2"]).vectors, 5, 0) is None
    assert centres(AngleEncoder().embed(texts_of(ROWS)).vectors, 5, 0).shape == (5, 2)


def test_fixed_ones_are_the_same_for_all() -> None:
    assert FixedDemonstrations(ROWS[:2]).shown_with(["a", "b"]) == [tuple(ROWS[:2])] * 2
    assert FixedDemonstrations(ROWS[:2]).shown_with([" 1 "]) == [(ROWS[0],)]


def test_rows_of_several_labels_are_shown_once_each() -> None:
    several = TASK.model_copy(update={"multi_label": True})
    rows = [Demonstration(str(angle), ("even", "odd")[: 1 + angle % 2]) for angle in range(20)]
    settings = PromptSettings(shots=3, selection="semantic")
    (shown,) = RetrievedDemonstrations(several, rows, settings, AngleEncoder()).shown_with(["9.9"])
    assert len({one.text for one in shown}) == len(shown) == 6
    assert sum("odd" in one.labels for one in shown) >= 3
