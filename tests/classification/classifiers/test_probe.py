"""A linear probe: fitted on frozen embeddings, trained by its script, loaded, and refused where it is damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hub_server import HubServer
from huggingface_hub import HfApi

from classification import load_classifier
from classification.classifiers.logistic import fit_softmax
from classification.classifiers.probe import HEAD_FILE, choose_c, fit_probe, label_probabilities
from classification.errors import InputError
from classification.runs.record import load_record
from hub.push.runs import PushOptions, plan_run
from hub.shared.publish import publish
from training import probe


def embeddings(count: int, labels: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Points around one direction a label, and which label each has."""
    generator = np.random.default_rng(seed)
    columns = np.arange(count) % labels
    points = np.eye(labels, 8)[columns] + 0.1 * generator.normal(size=(count, 8))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    return points.astype(np.float32), np.eye(labels, dtype=bool)[columns]


def train(folder: Path, task: Path, rows: Path, model: Path, *more: str) -> Path:
    run = folder / "runs" / "probe"
    probe.main([
        "--task", str(task), "--data", str(rows), "--model_name_or_path", str(model), "--output_dir", str(run), *more,
    ])  # fmt: skip
    return run


def test_what_can_be_told_apart_is() -> None:
    vectors, held = embeddings(60, 3)
    (weights, bias), c = fit_probe(vectors, held, multi_label=False, seed=0)
    assert (label_probabilities(vectors, weights, bias, multi_label=False).argmax(axis=1) == held.argmax(axis=1)).all()
    assert c >= 1


def test_several_labels_are_decided_each_by_itself() -> None:
    vectors, held = embeddings(60, 3)
    both = held | np.roll(held, 1, axis=1)
    (weights, bias), _ = fit_probe(vectors, both, multi_label=True, seed=0)
    assert ((label_probabilities(vectors, weights, bias, multi_label=True) >= 0.5) == both).all()


def test_a_label_that_no_row_has_is_never_answered() -> None:
    vectors, held = embeddings(40, 2)
    held = np.column_stack([held, np.zeros(40, dtype=bool)])
    (weights, bias), _ = fit_probe(vectors, held, multi_label=False, seed=0)
    assert (label_probabilities(vectors, weights, bias, multi_label=False)[:, 2] == 0).all()


def test_noise_is_met_with_a_strong_penalty_and_few_rows_with_a_fixed_one() -> None:
    generator = np.random.default_rng(0)
    noise = generator.normal(size=(200, 8)).astype(np.float32)
    held = np.eye(2, dtype=bool)[generator.integers(0, 2, 200)]
    assert choose_c(noise, held, multi_label=False, seed=0) <= 1
    assert choose_c(noise[:3], np.eye(3, dtype=bool), multi_label=False, seed=0) == 10


def test_one_label_alone_is_no_choice() -> None:
    with pytest.raises(InputError, match="have one label only; give rows of two labels at least"):
        fit_probe(np.zeros((4, 8), dtype=np.float32), np.eye(2, dtype=bool)[[0] * 4], multi_label=False, seed=0)


def test_a_trained_probe_says_what_it_is_and_answers_the_same_again(
    tmp_path: Path, task_file: Path, rows_csv: Path, encoder_folder: Path
) -> None:
    run = train(tmp_path, task_file, rows_csv, encoder_folder)
    record = load_record(run)
    assert (record.family, record.method, record.pooling) == ("probe", "probe", "mean")
    assert record.evaluation is not None
    assert record.evaluation["macro_f1"] > 0.9
    assert {file.name for file in run.iterdir()} == {HEAD_FILE, "run.json", "text_hashes.txt"}
    found = load_classifier(run, model=str(encoder_folder))
    again = load_classifier(run, model=str(encoder_folder))
    texts = ["Company 3 falls today", "Company 900 rises today"]
    assert found.predict(texts).labels(found.task) == [("Bearish",), ("Bullish",)]
    np.testing.assert_array_equal(found.predict(texts).probabilities, again.predict(texts).probabilities)


def test_a_damaged_head_and_another_encoder_get_a_sentence(
    tmp_path: Path, task_file: Path, rows_csv: Path, encoder_folder: Path
) -> None:
    run = train(tmp_path, task_file, rows_csv, encoder_folder)
    with pytest.raises(InputError, match="say in the lineup where it is, with 'model: FOLDER' or a Hub id"):
        load_classifier(run)
    (run / HEAD_FILE).write_bytes(b"no weights")
    with pytest.raises(InputError, match=f"{HEAD_FILE}"):
        load_classifier(run, model=str(encoder_folder))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--eval_limit", "5"], "--eval_limit does nothing here"),
        (["--train_limit", "0"], "--train_limit"),
        (["--pooling", "max"], "invalid choice: 'max'"),
    ],
)
def test_flags_that_cannot_be_honoured_are_refused_before_a_model_is_loaded(
    tmp_path: Path, task_file: Path, rows_csv: Path, words: list[str], sentence: str,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(probe, "sentence_encoder", lambda *_, **__: pytest.fail("a model was loaded"))
    with pytest.raises((InputError, SystemExit)) as refused:
        train(tmp_path, task_file, rows_csv, tmp_path, *words)
    assert sentence in str(refused.value) + capsys.readouterr().err


def test_it_is_pushed_with_a_card_and_pulled_again(
    tmp_path: Path, task_file: Path, rows_csv: Path, encoder_folder: Path, online: HubServer
) -> None:
    run = train(tmp_path, task_file, rows_csv, encoder_folder)
    api = HfApi(token=online.user("olga"))
    plan = plan_run(run, "olga/probe", PushOptions(private=False), api=api)
    publish(plan, api)
    assert "linear probe" in plan.card
    assert "from classification import load_classifier" in plan.card
    pulled, own = (load_classifier(place, model=str(encoder_folder)) for place in ("olga/probe@v1", run))
    texts = ["Company 3 falls today"]
    np.testing.assert_array_equal(pulled.predict(texts).probabilities, own.predict(texts).probabilities)


def test_logistic_regression_of_two_labels_has_a_row_for_each() -> None:
    vectors, held = embeddings(20, 2)
    weights, bias = fit_softmax(vectors, held, 10.0, 0)
    assert weights.shape == (2, 8)
    assert ((vectors @ weights.T + bias).argmax(axis=1) == held.argmax(axis=1)).all()
