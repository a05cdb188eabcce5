from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.tiny_models import sentencepiece_tokenizer, seq2seq_model

from classification.classifiers.loading import PromptToLoad, load_prompt
from classification.classifiers.seq2seq import Seq2SeqClassifier, source_length
from classification.errors import InputError
from classification.lineup import load_lineup
from classification.models.pool import LoadedModel, ModelPool, ModelSource
from classification.prompting.messages import Demonstration
from classification.prompting.settings import PromptSettings

TEXTS = ["Shares fall", "Profit doubles and the market rises", "Company 3"]


@pytest.fixture
def base() -> LoadedModel:
    return LoadedModel(seq2seq_model(), sentencepiece_tokenizer(), ModelSource("tests/tiny-t5", "nowhere", "path"))


@pytest.fixture
def folder(tmp_path: Path, base: LoadedModel) -> Path:
    base.model.save_pretrained(tmp_path / "tiny-t5")
    base.tokenizer.save_pretrained(tmp_path / "tiny-t5")
    return tmp_path / "tiny-t5"


def test_every_answer_is_a_label_with_a_probability(base, task) -> None:
    classifier = Seq2SeqClassifier("asked", task, base)
    found = classifier.predict(TEXTS)
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1, atol=1e-6)
    assert found.valid.all()
    assert ((found.label_mass > 0) & (found.label_mass < 1)).all()
    alone = np.concatenate([classifier.predict([text]).probabilities for text in TEXTS])
    np.testing.assert_allclose(found.probabilities, alone, atol=1e-5)
    assert len(classifier.predict([])) == 0
    assert classifier.prompt("Shares fall").endswith("Text: Shares fall\nAnswer:")


def test_a_text_longer_than_what_is_read_is_reported(base, task) -> None:
    found = Seq2SeqClassifier("asked", task, base, max_length=120).predict(["Shares fall. " * 400, "Shares fall."])
    assert found.truncated.tolist() == [True, False]
    assert found.prompt_tokens[0] <= 120


def test_how_much_it_reads_is_what_its_tokenizer_says(base) -> None:
    assert source_length(base) == 512
    base.tokenizer.model_max_length = int(1e30)  # as of mT5, whose positions have no end
    assert source_length(base) == 512
    base.model.config.max_position_embeddings = 100
    assert source_length(base) == 100


def test_a_task_with_several_labels_is_refused(base, task) -> None:
    several = task.model_copy(update={"multi_label": True})
    with pytest.raises(InputError, match=r"tiny allows several; use .* training.encoder or python -m training.decoder"):
        Seq2SeqClassifier("asked", several, base)


def test_a_lineup_asks_it_without_a_training(tmp_path: Path, folder: Path, task_file: Path) -> None:
    lineup = tmp_path / "lineup.yaml"
    lineup.write_text(
        f"task: {task_file}\ncontenders:\n  - {{name: asked, approach: zero-shot, family: seq2seq, model: {folder}}}\n"
    )
    found = load_lineup(lineup)
    classifier = found.contenders[0].load(found.pool())
    assert isinstance(classifier, Seq2SeqClassifier)
    assert classifier.predict(["Shares fall"]).probabilities.sum() == pytest.approx(1, abs=1e-5)


def test_demonstrations_are_shown_and_free_answers_refused(folder: Path, task) -> None:
    shown = (Demonstration("Plant burns down", ("Bearish",)),)
    asked = {"name": "asked", "task": task, "model": str(folder), "revision": None, "pool": ModelPool()}
    few = load_prompt(PromptToLoad(**asked, demonstrations=shown), "seq2seq")
    assert "Plant burns down\nAnswer: bearish" in str(few.prompt("x"))
    with pytest.raises(InputError, match="asked: decode: generate is for chat models"):
        load_prompt(PromptToLoad(**asked, form=PromptSettings(decode="generate")), "seq2seq")


def test_a_model_of_another_structure_is_refused(chat_folder: Path, encoder_folder: Path, task) -> None:
    for folder, what in ((chat_folder, "a decoder"), (encoder_folder, "an encoder")):
        prompt = PromptToLoad("asked", task, str(folder), None, ModelPool())
        with pytest.raises(InputError, match=f"is {what} .* and this needs an encoder-decoder; train it with"):
            load_prompt(prompt, "seq2seq")
