"""SetFit: few rows of each label, pairs of them, and a run that is an encoder with a head like any other."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hub_server import HubServer
from huggingface_hub import HfApi
from safetensors.torch import load_file
from support.environment import hub_environment
from support.paths import ROOT
from support.trainings import as_classifier

from classification import families, load_classifier
from classification.classifiers.encoder import PooledEncoderClassifier
from classification.data.dataset import load_rows
from classification.data.rows import Rows
from classification.errors import InputError
from classification.models.embeddings import HEAD_FILE
from classification.models.pool import POOLING_FILE
from classification.runs.record import load_record
from classification.task import Label, Task
from hub.push.runs import PushOptions, plan_run
from hub.shared.publish import publish
from training import setfit
from training.export import export
from training.shared.options import SetFitArguments
from training.shared.pairs import MOST_ROWS, check_pairs, rows_per_class, tell_rows

TEXTS = ["Company 3 falls today", "Company 9 rises today", "x"]
QUICK = ["--rows_per_class", "6", "--num_iterations", "4", "--body_learning_rate", "1e-3", "--warmup_proportion", "0"]


def train(folder: Path, task: Path, rows: Path, model: Path | str, *more: str) -> Path:
    run = folder / "runs" / "setfit"
    setfit.main([
        "--task", str(task), "--data", str(rows), "--model_name_or_path", str(model), "--output_dir", str(run),
        *QUICK, *more,
    ])  # fmt: skip
    return run


@pytest.fixture(scope="module")
def trained() -> dict[str, Path]:
    """The run that most tests look at, trained once."""
    return {}


@pytest.fixture
def sentence_folder(encoder_folder: Path) -> Path:
    """The tiny encoder, which says of itself that its sentences are means."""
    file = encoder_folder / POOLING_FILE
    file.parent.mkdir()
    file.write_text(json.dumps({"pooling_mode_mean_tokens": True}))
    return encoder_folder


@pytest.fixture
def run(
    tmp_path: Path, task_file: Path, rows_csv: Path, sentence_folder: Path, trained: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch,
) -> Path:  # fmt: skip
    task_file.write_text(task_file.read_text() + "examples: [Company 3 falls today]\n")
    if not trained:
        monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("the network was used"))
        trained["run"] = train(tmp_path_factory.mktemp("setfit"), task_file, rows_csv, sentence_folder)
    return Path(shutil.copytree(trained["run"], tmp_path / "runs" / "setfit"))


def test_a_run_says_what_it_is_and_holds_no_pickle_and_no_path(run: Path, tmp_path: Path, task_file: Path) -> None:
    record = load_record(run)
    assert (record.family, record.method, record.pooling) == ("setfit", "setfit", "mean")
    assert record.evaluation is not None
    assert record.evaluation["macro_f1"] > 0.9
    assert record.versions["setfit"] == "1.2.0"
    assert record.versions["sentence-transformers"] == "6.2.0"
    assert record.hyperparameters["rows"] == 18
    assert record.hyperparameters["body_learning_rate"] == 1e-3
    assert any("loss" in name for entry in record.history for name in entry)
    names = {file.name for file in run.iterdir()}
    assert {"model.safetensors", "config.json", "tokenizer.json", HEAD_FILE, "run.json", "text_hashes.txt"} <= names
    assert not any(name.endswith((".pkl", ".bin", ".pt", ".joblib", ".md")) for name in names)
    assert sum(line.startswith("train") for line in (run / "text_hashes.txt").read_text().splitlines()) == 18
    for file in run.glob("*.json"):
        assert "/tmp" not in file.read_text()
    assert "norm.weight" not in load_file(run / HEAD_FILE)
    found = as_classifier(tmp_path, task_file, run)
    assert isinstance(found, PooledEncoderClassifier)
    assert found.predict(TEXTS).labels(found.task)[:2] == [("Bearish",), ("Bullish",)]


def test_a_fresh_process_answers_the_same_without_setfit(run: Path) -> None:
    program = (
        "import json, sys\nfrom classification import load_classifier\n"
        f"found = load_classifier({str(run)!r}).predict({TEXTS!r})\n"
        "print(json.dumps([found.probabilities.tolist(), 'setfit' in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    probabilities, imported = json.loads(done.stdout)
    assert not imported
    np.testing.assert_allclose(load_classifier(run).predict(TEXTS).probabilities, probabilities, atol=1e-4)


def test_the_head_answers_as_setfits_own(run: Path) -> None:
    """As sentence-transformers embeds and scikit-learn decides: the second phase of SetFit."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from sklearn.linear_model import LogisticRegression

    found = load_classifier(run)
    assert isinstance(found, PooledEncoderClassifier)
    (run / "chat_template.jinja").unlink()  # the tiny tokenizer has one, and texts would be put into chats
    body = SentenceTransformer(modules=[Transformer(str(run), max_seq_length=64), Pooling(32, "mean")], device="cpu")
    texts = [f"Company {n} {word} today" for n in range(6) for word in ("falls", "rises", "meets")]
    targets = [0, 1, 2] * 6
    own = LogisticRegression().fit(body.encode(texts, normalize_embeddings=True), targets)
    head = load_file(run / HEAD_FILE)
    vectors = torch.from_numpy(body.encode(TEXTS, normalize_embeddings=True))
    shares = (vectors @ head["linear.weight"].T + head["linear.bias"]).softmax(-1)
    np.testing.assert_allclose(found.predict(TEXTS).probabilities, shares.numpy(), atol=1e-4)
    assert own.predict(body.encode(TEXTS[:2], normalize_embeddings=True)).tolist() == [0, 1]


def test_several_labels_a_text(tmp_path: Path, sentence_folder: Path) -> None:
    task, rows = tmp_path / "metals.yaml", tmp_path / "metals.csv"
    task.write_text(
        "name: metals\nlanguage: en\ninstruction: Which?\nmulti_label: true\n"
        "labels: [{name: gold}, {name: oil}, {name: corn}]\n"
    )
    lines = [f'gold and oil {n},"gold|oil"\ncorn only {n},corn\noil alone {n},oil' for n in range(14)]
    rows.write_text("text,label\n" + "\n".join(lines) + "\n")
    found = load_classifier(train(tmp_path, task, rows, sentence_folder, "--num_iterations", "8"))
    assert set(found.predict(["gold and oil 3"]).labels(found.task)[0]) == {"gold", "oil"}


def test_an_export_answers_as_its_run(run: Path, tmp_path: Path) -> None:
    assert export(run, tmp_path / "onnx") < 1e-4
    exported, own = load_classifier(tmp_path / "onnx"), load_classifier(run)
    np.testing.assert_allclose(exported.predict(TEXTS).probabilities, own.predict(TEXTS).probabilities, atol=1e-4)


def test_it_is_pushed_and_the_program_on_its_card_prints_what_the_card_says(
    run: Path, tmp_path: Path, online: HubServer
) -> None:
    api = HfApi(token=online.user("olga"))
    plan = plan_run(run, "olga/setfit", PushOptions(private=False), api=api)
    publish(plan, api)
    assert "pairs of 18 rows" in plan.card
    programs = re.findall(r"```python\n(.*?)```", plan.card, re.DOTALL)
    assert "torch.nn.functional.normalize(vector)" in programs[0]
    environ = hub_environment(online, None, tmp_path / "home")
    done = subprocess.run([sys.executable, "-c", programs[0]], capture_output=True, text=True, env=environ, check=True)
    assert done.stdout.strip() == "Bearish"
    pulled, own = load_classifier("olga/setfit@v1"), load_classifier(run)
    np.testing.assert_allclose(pulled.predict(TEXTS).probabilities, own.predict(TEXTS).probabilities, atol=1e-6)


def test_what_is_shown_is_the_bar_and_no_account_of_every_step(
    tmp_path: Path, task_file: Path, rows_csv: Path, sentence_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    train(tmp_path, task_file, rows_csv, sentence_folder, "--max_steps", "2")
    shown = "".join(capfd.readouterr())
    assert "2/2" in shown
    assert "Running training" not in shown
    assert "Num unique pairs" not in shown


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--eval_limit", "5"], "--eval_limit does nothing here"),
        (["--rows_per_class", "0"], "--rows_per_class"),
        (["--sampling_strategy", "some"], "invalid choice: 'some'"),
        (["--body_learning_rate", "0"], "more than 0"),
        (["--num_epoch_s", "1"], "num_epoch_s"),
        (["--train_limit", "1"], "have one label only"),
    ],
)
def test_flags_that_cannot_be_honoured_are_refused_before_a_model_is_loaded(
    tmp_path: Path, task_file: Path, rows_csv: Path, words: list[str], sentence: str,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(setfit, "sentence_encoder", lambda *_, **__: pytest.fail("a model was loaded"))
    with pytest.raises((InputError, SystemExit)) as refused:
        train(tmp_path, task_file, rows_csv, tmp_path, *words)
    assert sentence in str(refused.value) + capsys.readouterr().err


def test_a_missing_library_and_a_wrong_model_get_a_sentence(
    tmp_path: Path, task_file: Path, rows_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="neither a folder nor a Hub id"):
        train(tmp_path, task_file, rows_csv, "no such model!")
    monkeypatch.setattr(families, "find_spec", lambda name: None if name == "setfit" else object())
    with pytest.raises(InputError, match=r"setfit is not installed; run: pip install -r requirements/setfit.txt"):
        train(tmp_path, task_file, rows_csv, tmp_path)


# --- which rows -----------------------------------------------------------------------------------------------------


def counts(rows: Rows) -> Counter[str]:
    return Counter(name for names in rows.labels for name in names or ("",))


def test_as_many_rows_of_every_label_by_the_seed(rows_csv: Path, task: Task) -> None:
    rows = load_rows(rows_csv, task)
    few = rows_per_class(rows, task, 4, seed=1)
    assert counts(few) == {"Bearish": 4, "Bullish": 4, "Neutral": 4}
    assert few == rows_per_class(rows, task, 4, seed=1)
    assert few != rows_per_class(rows, task, 4, seed=2)
    assert rows_per_class(rows, task, None, seed=1) is rows


def test_a_label_with_fewer_rows_gives_all_and_is_named(task: Task, caplog: pytest.LogCaptureFixture) -> None:
    rows = Rows(tuple(map(str, range(9))), (("Bearish",),) * 6 + (("Bullish",),) * 3)
    few = rows_per_class(rows, task, 5, seed=0)
    assert counts(few) == {"Bearish": 5, "Bullish": 3}
    assert "fewer than 5 rows have the label Bullish (3)" in caplog.text


def test_the_rarest_of_several_labels_is_filled_first() -> None:
    task = Task(name="t", language="en", instruction="?", multi_label=True, labels=(Label(name="a"), Label(name="b")))
    rows = Rows(tuple(map(str, range(20))), (("a",),) * 10 + (("a", "b"),) * 4 + ((),) * 6)
    few = rows_per_class(rows, task, 4, seed=0)
    assert counts(few) == {"a": 4, "b": 4, "": 4}


def test_many_rows_are_told_and_far_too_many_refused(task: Task, caplog: pytest.LogCaptureFixture) -> None:
    rows = Rows(tuple(map(str, range(100))), (("Bearish",),) * 70 + (("Bullish",),) * 30)
    tell_rows(rows, task)
    assert f"70 rows have the label Bearish; SetFit is meant for 8 to {MOST_ROWS} rows a label" in caplog.text
    check_pairs(rows, SetFitArguments())
    many: Any = rows.select([0] * 4000)
    with pytest.raises(InputError, match=r"4,000 training rows make 8,002,000 pairs, and 5,000,000 fit in the memory"):
        check_pairs(many, SetFitArguments())
    check_pairs(many, SetFitArguments(max_steps=100))
