from __future__ import annotations

import json
import logging
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.comparisons import ABC, TAGS, Scripted, evaluated, evaluation_of, rows_of

from classification.data.rows import Rows
from classification.data.sampling import sample
from classification.errors import InputError
from classification.predictions import Predictions
from comparison.evaluation import Evaluation, check_file_names, slug
from comparison.prediction_table import predict_rows, target_matrix, text_hash
from comparison.records import FailedContender, MeasuredContender


def measured(evaluation: Evaluation) -> MeasuredContender:
    assert isinstance(evaluation.contender, MeasuredContender)
    return evaluation.contender


def test_scores_by_hand() -> None:
    found = measured(evaluated("tuned", "AABC?B", "AABBCB"))
    assert found.accuracy == pytest.approx(4 / 6, abs=1e-6)
    assert found.invalid_rate == pytest.approx(1 / 6, abs=1e-6)
    assert found.per_class["B"].model_dump() == {
        "precision": 1.0,
        "recall": pytest.approx(2 / 3, abs=1e-6),
        "f1": 0.8,
        "support": 3,
        "threshold": None,
    }
    assert found.macro_f1 == pytest.approx((1 + 0.8 + 0) / 3, abs=1e-6)
    assert found.confusion_matrix == ((2, 0, 0, 0), (0, 2, 1, 0), (0, 0, 0, 1))
    assert found.seconds_per_text == found.seconds_median == found.seconds_p95 == 0.5
    assert (found.prompt_tokens, found.completion_tokens) == (10, 2)
    assert found.accuracy_ci[0] < found.accuracy < found.accuracy_ci[1]
    assert found.macro_f1_ci[0] <= found.macro_f1 <= found.macro_f1_ci[1]
    assert found.configuration == {"model": "tuned"}


def test_rows_go_in_chunks_and_progress_is_told() -> None:
    classifier, done = Scripted("ABCABCA"), []
    table = predict_rows(classifier, rows_of("ABCABCA"), chunk=3, progress=done.append)
    assert classifier.sizes == done == [3, 3, 1]
    assert table.correct.all()
    assert table.texts == rows_of("ABCABCA").texts


def test_without_chunks_a_classifier_gets_all_rows_at_once() -> None:
    classifier = Scripted("ABCABCA")
    predict_rows(classifier, rows_of("ABCABCA"))
    assert classifier.sizes == [7]


def test_several_labels_have_no_confusion_matrix() -> None:
    rows = Rows(("one", "two", "three"), (("A", "C"), (), ("B",)))
    probabilities = np.array([[0.9, 0.1, 0.6], [0.1, 0.1, 0.1], [0.9, 0.8, 0.1]], dtype=np.float32)

    class Tagger(Scripted):
        def predict(self, texts: object) -> Predictions:
            return Predictions.of(probabilities, 1.0)

    found = measured(evaluation_of(Tagger("", task=TAGS), rows))
    assert found.confusion_matrix is None
    assert found.accuracy == pytest.approx(2 / 3, abs=1e-6)
    assert found.micro_f1 == pytest.approx(6 / 7, abs=1e-6)


def test_a_contender_that_fails_is_recorded_with_its_sentence(caplog: pytest.LogCaptureFixture) -> None:
    found = evaluated("broken", "", "ABC", error=InputError("no weights; get some."))
    assert found.contender == FailedContender(
        name="broken",
        approach="zero-shot",
        family="chat",
        configuration={"model": "broken"},
        error="no weights; get some.",
    )
    assert found.answers is None
    assert not caplog.records


def test_a_defect_is_recorded_in_one_line_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        found = evaluated("broken", "", "ABC", error=RuntimeError("out of memory\nand more"))
    assert found.contender.error == "RuntimeError: out of memory"
    assert caplog.records[0].exc_info


@pytest.mark.parametrize(
    ("probabilities", "sentence"),
    [
        (np.full((2, 3), 0.3), "ValueError: probabilities have the shape (2, 3), not (3, 3)"),
        (
            np.full((3, 3), np.nan),
            "the model's answer is not a number (NaN); its weights are damaged, so use another copy.",
        ),
        (np.full((3, 3), np.inf), "ValueError: probabilities are not all between 0 and 1"),
        (np.full((3, 3), 2.0), "ValueError: probabilities are not all between 0 and 1"),
    ],
)
def test_a_classifier_that_breaks_the_contract_fails(probabilities: np.ndarray, sentence: str) -> None:
    class Broken(Scripted):
        def predict(self, texts: object) -> Predictions:
            return Predictions.of(probabilities.astype(np.float32), 1.0)

    found = evaluation_of(Broken(""), rows_of("ABC"))
    assert found.contender.error == sentence


def test_saved_and_loaded_evaluations_are_equal(tmp_path: Path) -> None:
    saved = evaluated("Tuned model", "AAB?", "ABBC")
    file = saved.save(tmp_path)
    assert file == tmp_path / "tuned-model.json"
    loaded = Evaluation.load(file)
    assert (loaded.task, loaded.rows, loaded.contender) == (saved.task, saved.rows, saved.contender)
    assert loaded.answers is not None
    assert saved.answers is not None
    assert loaded.answers.texts == saved.answers.texts
    assert loaded.answers.ids == saved.answers.ids
    np.testing.assert_array_equal(loaded.answers.targets, saved.answers.targets)
    np.testing.assert_array_equal(loaded.answers.correct, saved.answers.correct)
    for name in ("probabilities", "valid", "seconds", "prompt_tokens", "completion_tokens", "truncated"):
        np.testing.assert_array_equal(
            getattr(loaded.answers.predictions, name), getattr(saved.answers.predictions, name), err_msg=name
        )
    assert loaded.answers.predictions.completions == saved.answers.predictions.completions


def test_several_labels_survive_saving(tmp_path: Path) -> None:
    rows = Rows(("one", "two"), (("A", "C"), ()))
    saved = evaluation_of(Scripted("A?", "tags", TAGS), rows)
    loaded = Evaluation.load(saved.save(tmp_path)).answers
    assert loaded is not None
    assert loaded.targets.tolist() == [[True, False, True], [False, False, False]]
    assert loaded.predicted.tolist() == [[True, False, False], [False, False, False]]
    table = pd.read_parquet(tmp_path / "tags.parquet")
    assert list(table["target"][0]) == ["A", "C"]
    assert table["predicted"][1] is None


def test_the_parquet_file_has_a_row_for_each_text(tmp_path: Path) -> None:
    evaluated("tuned", "AAB?", "ABBC").save(tmp_path)
    table = pd.read_parquet(tmp_path / "tuned.parquet")
    assert list(table["text"]) == [f"secret text {row}" for row in range(4)]
    assert list(table["target"]) == list("ABBC")
    assert list(table["predicted"][:3]) == list("AAB")
    assert pd.isna(table["predicted"][3])
    assert list(table["valid"]) == [True, True, True, False]
    assert table["p_A"].tolist() == pytest.approx([0.8, 0.8, 0.1, 0])
    assert {"seconds", "prompt_tokens", "completion_tokens", "said"} <= set(table.columns)


def test_without_texts_no_file_holds_any_of_them(tmp_path: Path) -> None:
    evaluated("tuned", "AAB?", "ABBC").save(tmp_path, with_texts=False)
    table = pd.read_parquet(tmp_path / "tuned.parquet")
    assert "text" not in table
    assert list(table["text_sha1"]) == [text_hash(f"secret text {row}") for row in range(4)]
    assert list(table["row"]) == [0, 1, 2, 3]
    assert list(table["said"][:3]) == list("AAB")
    assert pd.isna(table["said"][3])  # an invalid answer may quote the text
    for file in tmp_path.iterdir():
        assert b"secret text" not in file.read_bytes()
    loaded = Evaluation.load(tmp_path / "tuned.json").answers
    assert loaded is not None
    assert loaded.texts is None


def test_a_failed_evaluation_survives_saving_and_leaves_no_old_answers(tmp_path: Path) -> None:
    evaluated("x", "A", "A").save(tmp_path)
    failed = evaluated("x", "", "A", error=InputError("no weights."))
    failed.save(tmp_path)
    assert Evaluation.load(tmp_path / "x.json") == failed
    assert not (tmp_path / "x.parquet").exists()


def test_loading_says_what_is_missing_or_wrong(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    with pytest.raises(InputError) as missing:
        Evaluation.load(file)
    assert str(missing.value) == (
        f"{file}: no such file or directory; give the folder that a comparison was written to."
    )
    evaluated("x", "AB", "AB").save(tmp_path)
    file.with_suffix(".parquet").write_bytes(b"no parquet")
    with pytest.raises(InputError) as garbled:
        Evaluation.load(file)
    assert str(garbled.value) == (
        f"{file.with_suffix('.parquet')}: no readable Parquet file; it belongs beside the JSON file of its name."
    )


def test_answers_of_other_rows_or_another_task_are_refused(tmp_path: Path) -> None:
    evaluated("x", "ABC", "ABC").save(tmp_path)
    evaluated("y", "AB", "AB").save(tmp_path)
    (tmp_path / "y.parquet").replace(tmp_path / "x.parquet")
    with pytest.raises(InputError, match=r"x\.parquet: 2 rows, but its JSON file speaks of 3; evaluate it again\.$"):
        Evaluation.load(tmp_path / "x.json")
    pd.DataFrame({"target": ["A"]}).to_parquet(tmp_path / "x.parquet")
    with pytest.raises(InputError, match=r"x\.parquet: not the answers of a contender on the task abc \('p_A'\)\.$"):
        Evaluation.load(tmp_path / "x.json")


def test_a_foreign_file_with_wrong_scores_is_refused(tmp_path: Path) -> None:
    file = evaluated("x", "AB", "AB").save(tmp_path)
    record = json.loads(file.read_text())
    record["contender"]["confusion_matrix"] = [[1]]
    file.write_text(json.dumps(record))
    with pytest.raises(InputError) as error:
        Evaluation.load(file)
    assert str(error.value) == f"{file}: the confusion_matrix of 'x' is not 3 x 4."


def test_target_matrix_has_the_labels_of_each_row() -> None:
    rows = Rows(("one", "two", "three"), (("A", "C"), (), ("B",)))
    assert target_matrix(rows, ABC).astype(int).tolist() == [[1, 0, 1], [0, 0, 0], [0, 1, 0]]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("SmolLM2, 5 shots", "smollm2-5-shots"),
        ("../../etc/x", "etc-x"),
        ("中文 模型", "中文-模型"),
        ("!?", "contender"),
    ],
)
def test_slug_is_a_safe_file_name(name: str, expected: str) -> None:
    assert slug(name) == expected


def test_names_that_would_share_a_file_are_refused() -> None:
    check_file_names(["a b", "a c"])
    with pytest.raises(InputError) as error:
        check_file_names(["a b", "A-b"])
    assert str(error.value) == "the contenders 'a b' and 'A-b' would share the file a-b.json; rename one."


def test_a_sample_keeps_the_share_of_every_label_and_the_order() -> None:
    rows = rows_of("A" * 700 + "B" * 200 + "C" * 100)
    found = sample(rows, 50)
    counts = Counter(names[0] for names in found.labels)
    assert len(found) == 50
    assert {name: counts[name] for name in "ABC"} == {"A": 35, "B": 10, "C": 5}
    places = [rows.texts.index(text) for text in found.texts]
    assert places == sorted(set(places))


def test_a_sample_is_seeded_and_not_just_the_first_rows() -> None:
    rows = rows_of("ABC" * 100)
    assert sample(rows, 30, seed=1) == sample(rows, 30, seed=1)
    assert sample(rows, 30, seed=1) != sample(rows, 30, seed=2)
    assert max(rows.texts.index(text) for text in sample(rows, 30).texts) > 200


@pytest.mark.parametrize("count", [1, 2, 299])
def test_a_sample_has_exactly_so_many_rows(count: int) -> None:
    assert len(sample(rows_of("ABC" * 100), count)) == count


def test_a_sample_of_more_than_all_rows_is_all_rows() -> None:
    rows = rows_of("ABC")
    assert sample(rows, 3) is sample(rows, 99) is rows


def test_evaluations_are_immutable() -> None:
    found = evaluated("x", "A", "A")
    assert replace(found, answers=None).contender is found.contender
    with pytest.raises(AttributeError):
        found.answers = None  # type: ignore[misc]
