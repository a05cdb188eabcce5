"""Labels by the nearest description: probabilities, demonstrations, several labels, and what real encoders reach."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file, save_file
from sklearn.metrics import f1_score
from support.fakes import SENTIMENT
from support.paths import DEMO, E5, ROOT, needs_e5, needs_packages

from classification.classifiers.loading import PromptToLoad, load_prompt
from classification.classifiers.similarity import (
    TEMPERATURE,
    SimilarityClassifier,
    label_text,
    label_vectors,
    probabilities_of,
)
from classification.data.dataset import load_rows
from classification.data.rows import Rows
from classification.errors import InputError
from classification.lineup import load_lineup
from classification.models.embeddings import SentenceEncoder, sentence_encoder
from classification.models.pool import ModelPool
from classification.prompting.messages import Demonstration
from classification.prompting.settings import PromptSettings
from classification.task import Label, Task, load_task

TEXTS = ["Shares fall", "The bank raises its forecast and the market rises", "中文 新闻", "Shares fall " * 100]
MINILM = "sentence-transformers/all-MiniLM-L6-v2"


@pytest.fixture
def encoder(encoder_folder: Path) -> SentenceEncoder:
    return sentence_encoder(ModelPool(), str(encoder_folder))


def prompt_of(folder: Path | str, task: Task = SENTIMENT, **more: object) -> PromptToLoad:
    return PromptToLoad("near", task, str(folder), None, ModelPool(), **more)  # type: ignore[arg-type]


def test_probabilities_are_a_softmax_of_cosines_and_keep_the_order_of_the_texts(encoder: SentenceEncoder) -> None:
    found = SimilarityClassifier("near", SENTIMENT, encoder).predict(TEXTS)
    vectors = encoder.embed(["bearish: bad news", "bullish: good news", "neutral: no clear direction"]).vectors
    cosines = encoder.embed(TEXTS).vectors @ vectors.T
    expected = np.exp(cosines / TEMPERATURE)
    np.testing.assert_allclose(found.probabilities, expected / expected.sum(axis=1, keepdims=True), atol=1e-5)
    assert found.truncated.tolist() == [False, False, False, True]
    assert found.prompt_tokens[3] == encoder.max_length
    assert found.valid.all()


def test_no_texts_give_no_predictions_and_there_is_no_prompt(encoder: SentenceEncoder) -> None:
    classifier = SimilarityClassifier("near", SENTIMENT, encoder)
    assert classifier.predict([]).probabilities.shape == (0, 3)
    assert classifier.prompt("Shares fall") is None


def test_a_label_is_its_word_and_its_description() -> None:
    assert label_text(Label(name="Up", verbalizer="rise", description="good news"), "en") == "rise: good news"
    assert label_text(Label(name="财经", description="经济和理财"), "zh") == "财经：经济和理财"
    assert label_text(Label(name="Up"), "en") == "Up"


def test_demonstrations_move_the_vector_of_their_labels_to_the_mean(encoder: SentenceEncoder) -> None:
    shown = [Demonstration("Plant burns down", ("Bearish",)), Demonstration("Sales collapse", ("Bearish",))]
    parts = encoder.embed(["bearish: bad news", "Plant burns down", "Sales collapse"]).vectors
    vectors = label_vectors(SENTIMENT, encoder, shown)
    np.testing.assert_allclose(vectors[0], parts.sum(axis=0) / np.linalg.norm(parts.sum(axis=0)), atol=1e-5)
    np.testing.assert_allclose(vectors[1:], label_vectors(SENTIMENT, encoder)[1:], atol=1e-6)
    with pytest.raises(InputError, match="'Sideways' is not a label of the task"):
        label_vectors(SENTIMENT, encoder, [Demonstration("x", ("Sideways",))])


def test_a_demonstration_of_several_labels_moves_each(encoder: SentenceEncoder) -> None:
    several = SENTIMENT.model_copy(update={"multi_label": True})
    vectors = label_vectors(several, encoder, [Demonstration("Plant burns down", ("Bearish", "Neutral"))])
    moved = np.abs(vectors - label_vectors(several, encoder)).max(axis=1) > 1e-4
    assert moved.tolist() == [True, False, True]


def test_several_labels_apply_where_they_come_near_to_the_nearest() -> None:
    cosines = np.array([[0.1, 0.5, 0.48, 0.1], [0.9, 0.7, 0.7, 0.7]], dtype=np.float32)
    found = probabilities_of(cosines, multi_label=True)
    assert (found >= 0.5).tolist() == [[False, True, True, False], [True, False, False, False]]
    np.testing.assert_allclose(found, probabilities_of(cosines + 0.05, multi_label=True), atol=1e-5)
    assert not np.isclose(found.sum(axis=1), 1).any()


def test_the_temperature_changes_no_label(monkeypatch: pytest.MonkeyPatch) -> None:
    cosines = np.random.default_rng(0).uniform(-1, 1, size=(50, 4)).astype(np.float32)
    for several in (False, True):
        sharp = probabilities_of(cosines, multi_label=several)
        monkeypatch.setattr("classification.classifiers.similarity.TEMPERATURE", 0.5)
        flat = probabilities_of(cosines, multi_label=several)
        monkeypatch.undo()
        np.testing.assert_array_equal(sharp.argmax(axis=1), flat.argmax(axis=1))
        np.testing.assert_array_equal(*((shares >= 0.5) for shares in (sharp, flat)) if several else (0, 0))
        assert not np.allclose(sharp, flat, atol=0.01)


def test_a_lineup_asks_it_without_and_with_demonstrations(
    tmp_path: Path, task_file: Path, rows_csv: Path, encoder_folder: Path
) -> None:
    model = f"family: similarity, model: {encoder_folder}"
    lineup = tmp_path / "lineup.yaml"
    lineup.write_text(
        f"task: {task_file}\ndemonstrations: {rows_csv}\ncontenders:\n"
        f"  - {{name: near, approach: zero-shot, {model}}}\n"
        f"  - {{name: shown, approach: few-shot, shots: 2, {model}}}\n"
    )
    found = load_lineup(lineup)
    pool = found.pool()
    near, shown = (contender.load(pool) for contender in found.contenders)
    assert isinstance(near, SimilarityClassifier)
    assert isinstance(shown, SimilarityClassifier)
    assert near.encoder.base is shown.encoder.base
    assert not np.allclose(near.vectors, shown.vectors, atol=1e-3)
    assert [contender.family for contender in found.contenders] == ["similarity", "similarity"]


def test_what_is_no_sentence_encoder_is_refused(chat_folder: Path, encoder_folder: Path) -> None:
    with pytest.raises(InputError, match="is a decoder .* and this needs an encoder"):
        load_prompt(prompt_of(chat_folder), "similarity")
    with pytest.raises(InputError, match="decode: generate is for chat models; the labels of a similarity are scored"):
        load_prompt(prompt_of(encoder_folder, form=PromptSettings(decode="generate")), "similarity")
    weights = load_file(encoder_folder / "model.safetensors")
    del weights["bert.encoder.layer.1.output.dense.weight"]
    save_file(weights, encoder_folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(InputError, match=r"lack encoder.layer.1.output.dense.weight, so it would answer by chance"):
        load_prompt(prompt_of(encoder_folder), "similarity")


def figures(model: str, task: Task, rows: Rows, shown: tuple[Demonstration, ...] = ()) -> tuple[float, float, float]:
    """Accuracy, macro-F1, and the share of the commonest label."""
    classifier = load_prompt(prompt_of(model, task, demonstrations=shown), "similarity")
    best = classifier.predict(rows.texts).best
    true = np.array([task.index(names[0]) for names in rows.labels])
    f1 = f1_score(true, best, average="macro", zero_division=0)
    return float((best == true).mean()), float(f1), float(np.bincount(true).max() / len(true))


@needs_packages
@pytest.mark.packaged
def test_minilm_is_better_than_the_commonest_label_and_better_still_with_demonstrations() -> None:
    task = load_task(ROOT / "tasks" / "financial-sentiment.yaml")
    rows = load_rows(DEMO / "headlines.csv", task)
    train, test = rows.select(range(90)), rows.select(range(90, len(rows)))
    shown = tuple(Demonstration(text, names) for text, names in zip(train.texts, train.labels, strict=True))
    accuracy, macro_f1, commonest = figures(MINILM, task, test)
    assert accuracy > commonest
    assert macro_f1 > 0.3  # of the commonest label: 1/6
    few = figures(MINILM, task, test, shown)
    assert few[0] > accuracy + 0.1
    assert few[1] > macro_f1 + 0.1


@needs_e5
@pytest.mark.packaged
def test_e5_reads_chinese() -> None:
    task = load_task(ROOT / "tasks" / "reviews-zh.yaml")
    texts = {
        "正面": ["很好吃，下次还来", "送餐特别快，味道也好", "分量足，服务态度非常好", "包装精美，强烈推荐"],
        "负面": ["太难吃了，再也不点", "等了两个小时，饭全凉了", "菜里有头发，恶心", "态度很差，还少送了一份"],
    }
    classifier = load_prompt(prompt_of(E5, task), "similarity")
    for label, said in texts.items():
        right = [names == (label,) for names in classifier.predict(said).labels(task)]
        assert sum(right) >= 3, label
