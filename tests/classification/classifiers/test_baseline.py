from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from support.paths import ROOT

from classification.classifiers.baseline import MajorityClassifier, TfidfClassifier
from classification.classifiers.baseline_settings import held_labels, load_settings
from classification.classifiers.tfidf_features import analysis
from classification.data.dataset import load_rows
from classification.errors import InputError
from classification.task import Label, Task, load_task

WORDS = {"up": "profit rises sharply today", "down": "loss deepens again today", "flat": "board meets on monday today"}
MOVES = Task(name="moves", language="en", instruction="Which way?", labels=tuple(Label(name=name) for name in WORDS))
TAGS = MOVES.model_copy(update={"multi_label": True})
CHINESE = MOVES.model_copy(update={"language": "zh"})
UNSEEN = ["profit rises", "loss again", "board meets", "nothing known", ""]
TFNS = ROOT.parent / "shared" / "data" / "tfns"


def texts_and_targets(count: int = 60, labels: int = 3) -> tuple[list[str], np.ndarray]:
    """Shuffled phrases of each label's words, some of them in rows of another label."""
    random = np.random.default_rng(0)
    targets = np.arange(count) % labels
    noisy = np.where(random.random(count) < 0.2, random.integers(0, labels, count), targets)
    phrases = [list(WORDS.values())[label].split() for label in noisy]
    return [" ".join(random.permutation(phrase)) for phrase in phrases], targets


def tags() -> tuple[list[str], np.ndarray]:
    texts, targets = texts_and_targets()
    held = np.eye(3, dtype=np.float32)[targets]
    held[::7] = 0
    held[::5, 0] = 1
    return texts, held


def test_majority_gives_the_training_shares_to_every_text() -> None:
    found = MajorityClassifier(MOVES, {"up": 1, "flat": 3}).predict(["one", "two"])
    np.testing.assert_allclose(found.probabilities, [[0.25, 0, 0.75]] * 2)
    assert found.best.tolist() == [2, 2]
    assert found.valid.all()


def test_majority_of_rows_with_several_labels() -> None:
    targets = np.array([[1, 0, 1], [0, 0, 1], [0, 0, 1], [0, 0, 0]], dtype=np.float32)
    found = MajorityClassifier.fit(TAGS, targets).predict(["one"])
    np.testing.assert_allclose(found.probabilities, [[0.25, 0, 0.75]])


def test_majority_of_an_unknown_label_or_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match=r"^'upp' is not a label of the task moves \(did you mean 'up'\?\)"):
        MajorityClassifier(MOVES, {"upp": 1})
    with pytest.raises(InputError) as error:
        MajorityClassifier(MOVES, {"up": 0})
    assert str(error.value) == (
        "majority: {'up': 0} of 0 rows gives no label shares; "
        "give counts of 0 or more, and the number of rows that they were counted in."
    )


def test_saved_and_loaded_majority_are_equal(tmp_path: Path) -> None:
    MajorityClassifier.fit(MOVES, np.array([0, 0, 1])).save(tmp_path)
    found = MajorityClassifier.load(tmp_path, MOVES, name="most frequent")
    assert found.name == "most frequent"
    np.testing.assert_allclose(found.predict(["x"]).probabilities, [[2 / 3, 1 / 3, 0]])
    assert [file.name for file in tmp_path.iterdir()] == ["baseline.json"]


def test_a_majority_can_be_read_from_a_tfidf_folder_but_not_the_reverse(tmp_path: Path) -> None:
    texts, targets = texts_and_targets()
    TfidfClassifier.fit(MOVES, texts, targets).save(tmp_path / "tfidf")
    np.testing.assert_allclose(MajorityClassifier.load(tmp_path / "tfidf", MOVES).predict(["x"]).probabilities, 1 / 3)
    MajorityClassifier.fit(MOVES, targets).save(tmp_path / "majority")
    with pytest.raises(
        InputError, match=r"its baseline\.json is that of a majority baseline; fit TF-IDF and save it\.$"
    ):
        TfidfClassifier.load(tmp_path / "majority", MOVES)


def test_tfidf_equals_the_scikit_learn_pipeline() -> None:
    texts, targets = texts_and_targets()
    reference = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2), LogisticRegression(C=10, max_iter=1000)
    ).fit(texts, targets)
    found = TfidfClassifier.fit(MOVES, texts, targets).predict(UNSEEN)
    np.testing.assert_allclose(found.probabilities, reference.predict_proba(UNSEEN), atol=1e-3)


def test_tfidf_with_two_of_three_labels_equals_scikit_learn_and_never_says_the_third() -> None:
    texts, targets = texts_and_targets(labels=2)
    reference = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2), LogisticRegression(C=10, max_iter=1000)
    ).fit(texts, targets)
    found = TfidfClassifier.fit(MOVES, texts, targets).predict(UNSEEN).probabilities
    np.testing.assert_allclose(found[:, :2], reference.predict_proba(UNSEEN), atol=1e-3)
    assert not found[:, 2].any()


def test_tfidf_for_several_labels_is_one_vs_rest() -> None:
    texts, held = tags()
    reference = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2), OneVsRestClassifier(LogisticRegression(C=10, max_iter=1000))
    ).fit(texts, held)
    found = TfidfClassifier.fit(TAGS, texts, held).predict(UNSEEN)
    np.testing.assert_allclose(found.probabilities, reference.predict_proba(UNSEEN), atol=1e-3)


def test_a_label_that_all_rows_or_none_have_is_certain() -> None:
    texts, held = tags()
    held[:, 1], held[:, 2] = 1, 0
    found = TfidfClassifier.fit(TAGS, texts, held).predict(UNSEEN).probabilities
    assert found[:, 1:].tolist() == [[1, 0]] * len(UNSEEN)


def test_chinese_is_read_by_characters() -> None:
    texts = ["利润大涨", "利润上涨", "亏损扩大", "亏损加剧", "董事会开会", "董事会召开"] * 3
    found = TfidfClassifier.fit(CHINESE, texts, np.array([0, 0, 1, 1, 2, 2] * 3))
    assert found.predict(["今年利润", "去年亏损", "董事会\n明天"]).best.tolist() == [0, 1, 2]
    assert found.settings.features is not None
    assert (found.settings.features.analyzer, found.settings.features.ngram_range) == ("char", (1, 3))


@pytest.mark.parametrize("task", [MOVES, CHINESE, TAGS], ids=["words", "characters", "several"])
def test_saved_and_loaded_tfidf_predict_the_same(task: Task, tmp_path: Path) -> None:
    texts, targets = tags() if task.multi_label else texts_and_targets()
    texts = [f"{text}\r\nline\u2028two\x85three" for text in texts]  # terms must not break over lines of the file
    saved = TfidfClassifier.fit(task, texts, targets)
    saved.save(tmp_path)
    loaded = TfidfClassifier.load(tmp_path, task, name="TF-IDF")
    np.testing.assert_array_equal(loaded.predict(UNSEEN).probabilities, saved.predict(UNSEEN).probabilities)
    assert {file.name for file in tmp_path.iterdir()} == {"baseline.json", "vocabulary.txt", "model.safetensors"}
    assert loaded.prompt("x") is None


def test_the_same_rows_and_seed_give_the_same_files(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        TfidfClassifier.fit(MOVES, *texts_and_targets(), 3).save(tmp_path / folder)
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()


def test_no_texts_give_no_predictions() -> None:
    found = TfidfClassifier.fit(MOVES, *texts_and_targets()).predict([])
    assert found.probabilities.shape == (0, 3)


def test_rows_of_one_label_or_without_a_common_term_are_refused() -> None:
    with pytest.raises(
        InputError, match=r"^TF-IDF: the 2 training rows have one label only; give rows of two at least\.$"
    ):
        TfidfClassifier.fit(MOVES, ["one", "two"], np.array([0, 0]))
    with pytest.raises(InputError, match=r"^TF-IDF: no term occurs in 2 of the 2 training rows; give more rows\.$"):
        TfidfClassifier.fit(MOVES, ["one", "two"], np.array([0, 1]))


@pytest.mark.parametrize(
    ("language", "analyzer"), [("en", "word"), ("de", "word"), ("zh", "char"), ("zh-CN", "char"), ("ja", "char")]
)
def test_languages_without_spaces_are_read_by_characters(language: str, analyzer: str) -> None:
    assert analysis(language)["analyzer"] == analyzer


def test_held_labels_reads_both_kinds_of_targets() -> None:
    assert held_labels(MOVES, np.array([2, 0])).astype(int).tolist() == [[0, 0, 1], [1, 0, 0]]
    assert held_labels(TAGS, np.array([[1, 0, 1]], dtype=np.float32)).astype(int).tolist() == [[1, 0, 1]]


def test_settings_count_the_training_rows(tmp_path: Path) -> None:
    TfidfClassifier.fit(MOVES, *texts_and_targets(), 7).save(tmp_path)
    found = load_settings(tmp_path, MOVES)
    assert (found.rows, found.label_counts) == (60, (20, 20, 20))
    assert found.features is not None
    assert (found.features.seed, found.features.c) == (7, 10)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    TfidfClassifier.fit(MOVES, *texts_and_targets()).save(tmp_path)
    return tmp_path


def test_labels_of_another_task_are_refused(folder: Path) -> None:
    other = MOVES.model_copy(update={"name": "other", "labels": MOVES.labels[:2]})
    del other.__dict__["label_names"]
    with pytest.raises(InputError) as error:
        TfidfClassifier.load(folder, other)
    assert str(error.value) == (
        f"{folder}: fitted for the labels up, down, flat, not for those of the task other; fit it on rows of this task."
    )


def test_a_missing_or_broken_file_is_one_sentence(folder: Path) -> None:
    (folder / "vocabulary.txt").write_text("only\nthese")
    with pytest.raises(
        InputError, match=r"model\.safetensors does not fit the terms of vocabulary\.txt; fit it again\.$"
    ):
        TfidfClassifier.load(folder, MOVES)
    (folder / "model.safetensors").write_bytes(b"garbage")
    with pytest.raises(InputError, match=r"vocabulary\.txt or model\.safetensors cannot be read"):
        TfidfClassifier.load(folder, MOVES)
    settings = json.loads((folder / "baseline.json").read_text()) | {"label_counts": [1]}
    (folder / "baseline.json").write_text(json.dumps(settings))
    with pytest.raises(InputError, match=r"baseline\.json: 'label_counts' has 1 numbers for 3 labels\.$"):
        TfidfClassifier.load(folder, MOVES)
    (folder / "baseline.json").unlink()
    with pytest.raises(InputError, match=r": no baseline\.json in it; give the folder that a baseline was saved in\.$"):
        TfidfClassifier.load(folder, MOVES)


@pytest.mark.skipif(not TFNS.is_dir(), reason="needs the Twitter Financial News rows beside the repository")
def test_the_floor_on_twitter_financial_news_is_small_and_as_good_as_known(tmp_path: Path) -> None:
    task = load_task(ROOT / "tasks" / "financial-sentiment.yaml")
    train, test = (load_rows(TFNS / f"{split}.csv", task) for split in ("train", "test"))
    classifier = TfidfClassifier.fit(task, train.texts, train.targets(task))
    classifier.save(tmp_path)
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 500_000
    macro_f1 = f1_score(test.targets(task), classifier.predict(test.texts).best, average="macro")
    assert macro_f1 == pytest.approx(0.754, abs=0.01)
