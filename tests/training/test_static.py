"""Static embeddings: distilled and trained by the script, answered without model libraries, refused where damaged."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hub_server import HubServer
from huggingface_hub import HfApi
from model2vec.train import StaticModelForClassification
from safetensors.numpy import load_file, save_file
from support.environment import hub_environment
from support.paths import ROOT, needs_packages
from support.trainings import as_classifier

from classification import families, load_classifier
from classification.classifiers.static import (
    CHARACTERS_PER_TOKEN,
    CONFIG_FILE,
    HEAD_FILE,
    TOKENIZER_FILE,
    VECTORS_FILE,
    StaticClassifier,
)
from classification.errors import InputError
from classification.runs.record import load_record
from hub.push.runs import PushOptions, plan_run
from hub.shared.publish import publish
from training import static

TEXTS = ["Company 3 falls today", "Company 9 rises today", "x"]
QUICK = ["--learning_rate", "0.05", "--early_stopping_patience", "8", "--hidden_dim", "16", "--max_epochs", "40"]


def train(folder: Path, task: Path, rows: Path, model: Path | str, *more: str) -> Path:
    run = folder / "runs" / "static"
    static.main([
        "--task", str(task), "--data", str(rows), "--model_name_or_path", str(model), "--output_dir", str(run),
        *QUICK, *more,
    ])  # fmt: skip
    return run


@pytest.fixture(scope="module")
def trained() -> dict[str, Path]:
    """The run that most tests look at, trained once."""
    return {}


@pytest.fixture
def run(
    tmp_path: Path, task_file: Path, rows_csv: Path, encoder_folder: Path, trained: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:  # fmt: skip
    task_file.write_text(task_file.read_text() + "examples: [Company 3 falls today]\n")
    if not trained:
        trained["run"] = train(tmp_path_factory.mktemp("static"), task_file, rows_csv, encoder_folder)
    return Path(shutil.copytree(trained["run"], tmp_path / "runs" / "static"))


def without_hashes(run: Path) -> None:
    """As by an older version: the hashes would tell before."""
    record = json.loads((run / "run.json").read_text())
    record["sha256"] = {}
    (run / "run.json").write_text(json.dumps(record))


def test_a_run_says_what_it_is_and_holds_no_pickle_and_no_path(run: Path, tmp_path: Path, task_file: Path) -> None:
    record = load_record(run)
    assert (record.family, record.method, record.max_length) == ("static", "static", 512)
    assert record.evaluation is not None
    assert record.evaluation["macro_f1"] > 0.9
    assert record.versions["model2vec"] == "0.10.0"
    assert record.hyperparameters["learning_rate"] == 0.05
    assert record.hyperparameters["early_stopping_patience"] == 8
    assert record.answers[0].labels == ("Bearish",)
    assert {file.name for file in run.iterdir()} == {
        VECTORS_FILE, TOKENIZER_FILE, CONFIG_FILE, HEAD_FILE, "run.json", "text_hashes.txt",
    }  # fmt: skip
    for name in ("run.json", CONFIG_FILE, TOKENIZER_FILE):
        assert "static0" not in (run / name).read_text()
        assert str(tmp_path) not in (run / name).read_text()
    found = as_classifier(tmp_path, task_file, run)
    assert found.predict(TEXTS).labels(found.task)[:2] == [("Bearish",), ("Bullish",)]
    assert found.prompt("x") is None


def test_answers_are_those_of_model2vec_itself(
    tmp_path: Path, task_file: Path, rows_csv: Path, encoder_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = []
    fit = StaticModelForClassification.fit
    monkeypatch.setattr(StaticModelForClassification, "fit", lambda self, *a, **k: kept.append(fit(self, *a, **k)))
    found = load_classifier(train(tmp_path, task_file, rows_csv, encoder_folder, "--n_layers", "2"))
    own = kept[0].predict_proba([*TEXTS, ""])
    np.testing.assert_allclose(found.predict([*TEXTS, ""]).probabilities, own, atol=5e-3)  # vectors are rounded


def test_a_fresh_process_answers_the_same_and_imports_no_model_library(run: Path) -> None:
    program = (
        "import json, sys\nfrom classification import load_classifier\n"
        f"found = load_classifier({str(run)!r}).predict({TEXTS!r})\n"
        "heavy = {'torch', 'transformers', 'model2vec', 'skeletoken', 'sklearn'} & sys.modules.keys()\n"
        "print(json.dumps([found.probabilities.tolist(), sorted(heavy)]))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    probabilities, heavy = json.loads(done.stdout)
    assert heavy == []
    np.testing.assert_allclose(load_classifier(run).predict(TEXTS).probabilities, probabilities, atol=1e-4)


def test_a_text_alone_answers_as_among_others_and_long_ones_are_cut(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = load_classifier(run)
    assert isinstance(found, StaticClassifier)
    texts = [*TEXTS, "", "falls " * 3000, "rises " * 600]
    together = found.predict(texts)
    alone = np.concatenate([found.predict([text]).probabilities for text in texts])
    np.testing.assert_allclose(together.probabilities, alone, atol=1e-6)
    np.testing.assert_allclose(together.probabilities.sum(axis=1), 1, atol=1e-5)
    assert together.truncated.tolist() == [False, False, False, False, True, True]
    assert together.prompt_tokens.max() == 512
    assert len("falls " * 3000) > 512 * CHARACTERS_PER_TOKEN
    monkeypatch.setattr("classification.classifiers.static.CHUNK", 2)
    np.testing.assert_allclose(found.predict(texts).probabilities, together.probabilities, atol=1e-6)
    assert found.predict([]).probabilities.shape == (0, 3)


def test_several_labels_a_text(tmp_path: Path, encoder_folder: Path) -> None:
    task, rows = several(tmp_path)
    run = train(tmp_path, task, rows, encoder_folder, "--class_weight", "balanced", "--token_dropout", "0.1")
    found = load_classifier(run)
    assert set(found.predict(["gold and oil 3"]).labels(found.task)[0]) == {"gold", "oil"}
    assert load_record(run).thresholds is not None


def several(folder: Path) -> tuple[Path, Path]:
    """A task with several labels a text, and its rows."""
    task, rows = folder / "metals.yaml", folder / "metals.csv"
    task.write_text(
        "name: metals\nlanguage: en\ninstruction: Which?\nmulti_label: true\n"
        "labels: [{name: gold}, {name: oil}, {name: corn}]\n"
    )
    lines = [f'gold and oil {n},"gold|oil"\ncorn only {n},corn\noil alone {n},oil' for n in range(14)]
    rows.write_text("text,label\n" + "\n".join(lines) + "\n")
    return task, rows


def test_a_label_without_training_rows_is_told_and_never_answered(
    tmp_path: Path, task_file: Path, rows_csv: Path, encoder_folder: Path
) -> None:
    folder = tmp_path / "split"
    folder.mkdir()
    lines = rows_csv.read_text().splitlines()
    (folder / "train.csv").write_text("\n".join(line for line in lines if "Neutral" not in line) + "\n")
    for name in ("validation", "test"):
        (folder / f"{name}.csv").write_text("\n".join([lines[0], *(f"{name} {line}" for line in lines[1:])]) + "\n")
    run = train(tmp_path, task_file, folder, encoder_folder)
    assert (load_classifier(run).predict(TEXTS).probabilities[:, 2] == 0).all()
    assert load_record(run).evaluation["rows"] == 36


def test_a_static_model_is_trained_as_it_is(run: Path, tmp_path: Path, task_file: Path, rows_csv: Path) -> None:
    again = train(tmp_path / "again", task_file, rows_csv, run, "--freeze", "true")
    assert load_record(again).base.id == "static"
    first, second = (load_file(place / VECTORS_FILE)["embeddings"] for place in (run, again))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    ("file", "change", "sentence"),
    [
        (
            HEAD_FILE,
            {"layers.0.weight": np.ones((16, 9), np.float32)},
            "does not fit 3 labels and vectors of 32 numbers",
        ),
        (HEAD_FILE, {"layers.1.bias": np.ones((2, 2), np.float32)}, "have no weights and biases"),
        (HEAD_FILE, {"other": np.ones(2, np.float32)}, "is no head of static embeddings"),
        (HEAD_FILE, {"layers.0.bias": np.ones(16, np.int64)}, "holds other things than numbers"),
        (VECTORS_FILE, {"embeddings": np.ones((5, 32), np.float16)}, "one vector for each of the .* tokens"),
        (VECTORS_FILE, {"weights": np.ones(5, np.float32)}, "one vector for each of the"),
        (VECTORS_FILE, None, f"no readable {VECTORS_FILE}"),
        (HEAD_FILE, None, f"no readable {HEAD_FILE}"),
        (TOKENIZER_FILE, None, f"no readable {TOKENIZER_FILE}"),
        (CONFIG_FILE, None, f"{CONFIG_FILE} is not JSON"),
    ],
)
def test_a_damaged_file_gets_a_sentence(run: Path, file: str, change: dict | None, sentence: str) -> None:
    without_hashes(run)
    if change is None:
        (run / file).write_bytes(b"no such thing")
    else:
        save_file(load_file(run / file) | change, run / file)
    with pytest.raises(InputError, match=sentence) as refused:
        load_classifier(run)
    assert "\n" not in str(refused.value)


def test_another_configuration_is_refused(run: Path) -> None:
    (run / CONFIG_FILE).write_text('{"model_type": "model2vec"}')
    with pytest.raises(InputError, match="is not that of a trained static model"):
        load_classifier(run)


def test_files_far_too_large_are_not_read(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classification.classifiers.static.LARGEST_HEAD", 10)
    with pytest.raises(InputError, match=f"its {HEAD_FILE} is larger than"):
        load_classifier(run)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--train_limit", "0"], "--train_limit"),
        (["--pooling", "max"], "invalid choice: 'max'"),
        (["--sif_coefficient", "1"], "more than 0 and less than 1"),
        (["--n_layers", "-1"], "0 or more"),
        (["--no_such_flag", "1"], "no_such_flag"),
        (["--train_limit", "1"], "have one label only"),
    ],
)
def test_flags_that_cannot_be_honoured_are_refused_before_a_model_is_loaded(
    tmp_path: Path, task_file: Path, rows_csv: Path, words: list[str], sentence: str,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(static, "static_model", lambda *_, **__: pytest.fail("a model was loaded"))
    with pytest.raises((InputError, SystemExit)) as refused:
        train(tmp_path, task_file, rows_csv, tmp_path, *words)
    assert sentence in str(refused.value) + capsys.readouterr().err


def test_a_missing_library_and_a_wrong_model_get_a_sentence(
    tmp_path: Path, task_file: Path, rows_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="neither a folder nor a Hub id"):
        train(tmp_path, task_file, rows_csv, "no such model!")
    monkeypatch.setattr(families, "find_spec", lambda name: None if name == "model2vec" else object())
    with pytest.raises(InputError, match=r"model2vec is not installed; run: pip install -r requirements/static.txt"):
        train(tmp_path, task_file, rows_csv, tmp_path)


def test_a_config_file_and_a_command_line_train_the_same(
    run: Path, tmp_path: Path, task_file: Path, rows_csv: Path, encoder_folder: Path
) -> None:
    config = tmp_path / "static.yaml"
    config.write_text("learning_rate: 0.05\nearly_stopping_patience: 8\nhidden_dim: 16\nmax_epochs: 40\n")
    other = tmp_path / "runs" / "other"
    static.main([
        "--config", str(config), "--task", str(task_file), "--data", str(rows_csv), "--output_dir", str(other),
        "--model_name_or_path", str(encoder_folder),
    ])  # fmt: skip
    np.testing.assert_array_equal(
        load_file(run / HEAD_FILE)["layers.0.weight"], load_file(other / HEAD_FILE)["layers.0.weight"]
    )
    assert "--learning_rate" in load_record(other).command


def test_it_is_pushed_and_the_program_on_its_card_prints_what_the_card_says(
    run: Path, tmp_path: Path, online: HubServer
) -> None:
    api = HfApi(token=online.user("olga"))
    plan = plan_run(run, "olga/static", PushOptions(private=False), api=api)
    publish(plan, api)
    assert "static-embedding classifier distilled from" in plan.card
    programs = re.findall(r"```python\n(.*?)```", plan.card, re.DOTALL)
    assert "StaticModel.from_pretrained" in programs[0]
    environ = hub_environment(online, None, tmp_path / "home")
    done = subprocess.run([sys.executable, "-c", programs[0]], capture_output=True, text=True, env=environ, check=True)
    assert done.stdout.strip() == "Bearish"
    pulled = load_classifier("olga/static@v1")
    np.testing.assert_array_equal(
        pulled.predict(TEXTS).probabilities, load_classifier(run).predict(TEXTS).probabilities
    )


def test_a_static_model_on_the_hub_is_found(
    run: Path, tmp_path: Path, task_file: Path, rows_csv: Path, online: HubServer
) -> None:
    for name in ("run.json", "text_hashes.txt", HEAD_FILE):
        (run / name).unlink()
    online.user("olga")
    online.seed("olga/potion", run)
    again = train(tmp_path / "again", task_file, rows_csv, "olga/potion")
    assert load_record(again).base.id == "olga/potion"


def test_a_missing_output_is_filled_up() -> None:
    layer = static.for_all_labels(static.Layer(np.ones((2, 3), np.float32), np.ones(2, np.float32)), 3, [0, 2])
    assert layer.bias.tolist() == [1, -np.inf, 1]
    assert torch.softmax(torch.tensor(layer.bias), dim=0)[1] == 0


@needs_packages
@pytest.mark.packaged
@pytest.mark.timeout(600)
def test_vectors_of_a_real_encoder_know_what_words_are_near(tmp_path: Path, task_file: Path, rows_csv: Path) -> None:
    run = train(
        tmp_path, task_file, rows_csv, "sentence-transformers/all-MiniLM-L6-v2", "--freeze", "true", "--max_epochs", "1"
    )
    found = load_classifier(run)
    assert isinstance(found, StaticClassifier)
    good, same, other = found.encoder.embed(["profits rise", "earnings grow", "a cat sleeps"])[0]
    assert good @ same > good @ other + 0.2
