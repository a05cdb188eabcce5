from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.tiny_models import gap_tokenizer, masked_model

from classification.classifiers.cloze import ClozeClassifier
from classification.classifiers.loading import PromptToLoad, load_prompt
from classification.errors import InputError
from classification.lineup import load_lineup
from classification.models.pool import LoadedModel, ModelPool, ModelSource
from classification.prompting.messages import Demonstration
from classification.prompting.settings import PromptSettings

TEXTS = ["Shares fall", "Profit doubles and the market rises", "Company 3"]
PATTERNS = ("{text} It was {mask} news.", "{mask}: {text}")


@pytest.fixture
def gaps(task):
    return task.model_copy(update={"patterns": PATTERNS})


@pytest.fixture
def base() -> LoadedModel:
    return LoadedModel(masked_model(), gap_tokenizer(), ModelSource("tests/tiny-bert", "nowhere", "path"))


@pytest.fixture
def folder(tmp_path: Path, base: LoadedModel) -> Path:
    base.model.save_pretrained(tmp_path / "tiny-gaps")
    base.tokenizer.save_pretrained(tmp_path / "tiny-gaps")
    return tmp_path / "tiny-gaps"


def test_every_answer_is_a_label_with_a_probability(base, gaps) -> None:
    classifier = ClozeClassifier("asked", gaps, base)
    found = classifier.predict(TEXTS)
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1, atol=1e-6)
    alone = np.concatenate([classifier.predict([text]).probabilities for text in TEXTS])
    np.testing.assert_allclose(found.probabilities, alone, atol=1e-5)
    assert len(classifier.predict([])) == 0
    assert classifier.prompt("Shares fall") == "Shares fall It was [MASK] news.\n[MASK]: Shares fall"


def test_several_patterns_are_averaged(base, gaps) -> None:
    def scores(*patterns: str) -> np.ndarray:
        classifier = ClozeClassifier("asked", gaps.model_copy(update={"patterns": patterns}), base)
        return np.log(classifier.predict(TEXTS).probabilities)

    mean = (scores(PATTERNS[0]) + scores(PATTERNS[1])) / 2
    shares = np.exp(mean) / np.exp(mean).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(np.exp(scores(*PATTERNS)), shares, atol=1e-5)


def test_a_text_longer_than_what_is_read_is_reported(base, gaps) -> None:
    found = ClozeClassifier("asked", gaps, base).predict(["Shares fall. " * 400, "Shares fall."])
    assert found.truncated.tolist() == [True, False]


def test_a_lineup_asks_it_without_a_training(tmp_path: Path, folder: Path, task_file: Path) -> None:
    task_file.write_text(task_file.read_text() + 'patterns: ["{text} It was {mask} news."]\n')
    lineup = tmp_path / "lineup.yaml"
    lineup.write_text(
        f"task: {task_file}\ncontenders:\n  - {{name: asked, approach: zero-shot, family: cloze, model: {folder}}}\n"
    )
    found = load_lineup(lineup)
    classifier = found.contenders[0].load(found.pool())
    assert isinstance(classifier, ClozeClassifier)
    assert classifier.predict(["Shares fall"]).probabilities.sum() == pytest.approx(1, abs=1e-5)


def test_what_cannot_be_asked_is_refused(folder: Path, encoder_folder: Path, chat_folder: Path, task, gaps) -> None:
    asked = {"name": "asked", "task": gaps, "model": str(folder), "revision": None, "pool": ModelPool()}
    with pytest.raises(InputError, match="asked: a cloze shows no demonstrations; make its approach zero-shot"):
        load_prompt(PromptToLoad(**asked, demonstrations=(Demonstration("x", ("Bearish",)),)), "cloze")
    with pytest.raises(InputError, match="asked: decode: generate is for chat models"):
        load_prompt(PromptToLoad(**asked, form=PromptSettings(decode="generate")), "cloze")
    with pytest.raises(InputError, match="the task tiny has no patterns"):
        load_prompt(PromptToLoad(**asked | {"task": task}), "cloze")
    several = gaps.model_copy(update={"multi_label": True})
    with pytest.raises(InputError, match="the task tiny allows several"):
        load_prompt(PromptToLoad(**asked | {"task": several}), "cloze")
    with pytest.raises(InputError, match="comes without the head that fills gaps .* fine-tune it with python"):
        load_prompt(PromptToLoad(**asked | {"model": str(encoder_folder)}), "cloze")
    with pytest.raises(InputError, match="is a decoder .* and this needs an encoder; train it with"):
        load_prompt(PromptToLoad(**asked | {"model": str(chat_folder)}), "cloze")
