"""Encoders exported to ONNX: written by the real exporter, run by the real runtime."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hub_server import HubServer
from support.paths import ROOT, needs_packages
from support.trainings import train_encoder

from classification.classifiers import onnx
from classification.classifiers.onnx import OnnxClassifier
from classification.errors import InputError
from classification.lineup import contender_from_hub, load_lineup
from classification.runs.record import HASHES_FILE, load_record
from classification.runs.seen import Seen, hashes_in
from hub.push.runs import PushOptions, plan_run
from hub.shared.client import connect
from hub.shared.publish import publish
from training.export import export

TEXTS = ["Company 3 falls today", "It rises", "Company 5 meets what was expected of it, " * 30, "x"]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("onnx") / "minilm-onnx"
    assert export(ROOT / "demo" / "minilm-lora", folder) < 1e-4
    return folder


@needs_packages
def test_the_export_answers_as_the_adapter_does_in_any_batch(exported: Path, tmp_path: Path) -> None:
    lineup = tmp_path / "lineup.yaml"
    runs = {"as it is": ROOT / "demo" / "minilm-lora", "as ONNX": exported}
    entries = "".join(f"  - {{name: {name}, approach: fine-tuned, run: {run}}}\n" for name, run in runs.items())
    lineup.write_text(f"task: {ROOT}/tasks/financial-sentiment.yaml\ncontenders:\n{entries}")
    loaded = load_lineup(lineup)
    assert loaded.contenders[1].describe() == "all-MiniLM-L6-v2, LoRA as ONNX, 8,581 rows of tfns"
    assert loaded.contenders[1].configuration()["export"] == "onnx"
    pool = loaded.pool()
    ours, theirs = (contender.load(pool).predict(TEXTS) for contender in loaded.contenders)
    np.testing.assert_allclose(theirs.probabilities, ours.probabilities, atol=1e-4)
    assert list(theirs.prompt_tokens) == list(ours.prompt_tokens)
    assert list(theirs.truncated) == list(ours.truncated)


@needs_packages
def test_an_export_has_seen_what_its_run_has(exported: Path, tmp_path: Path) -> None:
    assert hashes_in(exported) == hashes_in(ROOT / "demo" / "minilm-lora")
    shutil.copytree(ROOT / "demo" / "minilm-lora", tmp_path / "older")
    (tmp_path / "older" / HASHES_FILE).unlink()
    export(tmp_path / "older", tmp_path / "exported")
    assert hashes_in(tmp_path / "exported") is None


@needs_packages
def test_an_export_goes_to_the_hub_and_comes_back(exported: Path, online: HubServer) -> None:
    api = connect(online.user("you"))
    publish(plan_run(exported, "you/onnx", PushOptions(private=False), api=api), api)
    names = set(api.list_repo_files("you/onnx"))
    assert names >= {"onnx/model.onnx", "config.json", "run.json", "tokenizer.json", "README.md", HASHES_FILE}
    contender = contender_from_hub("theirs", "you/onnx@v1", load_record(exported).task)
    assert contender.seen(["a text that nobody has seen"]) == Seen(train=0)
    here = OnnxClassifier("ours", load_record(exported).task, exported, load_record(exported))
    np.testing.assert_array_equal(contender.load(None).predict(TEXTS).probabilities, here.predict(TEXTS).probabilities)


def test_full_weights_are_exported_as_well(
    tmp_path: Path, task_file: Path, rows_csv: Path, encoder_folder: Path
) -> None:
    run = train_encoder(tmp_path, task_file, rows_csv, encoder_folder)
    assert export(run, tmp_path / "exported") < 1e-4
    assert json.loads((tmp_path / "exported" / "config.json").read_text())["id2label"]["0"] == "Bearish"


def test_only_encoders_are_exported(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="only a fine-tuned encoder can be exported, and this is tfidf"):
        export(ROOT / "demo" / "tfidf", tmp_path / "x")


def test_without_the_runtime_a_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx, "find_spec", lambda _: None)
    record = load_record(ROOT / "demo" / "minilm-lora")
    with pytest.raises(InputError, match=r"ONNX Runtime is not installed; run: pip install -r requirements/onnx.txt"):
        OnnxClassifier("x", record.task, tmp_path, record)


def test_a_file_that_is_no_model_is_told(tmp_path: Path) -> None:
    (tmp_path / "onnx").mkdir()
    (tmp_path / "onnx" / "model.onnx").write_bytes(b"not a model")
    record = load_record(ROOT / "demo" / "minilm-lora")
    with pytest.raises(InputError, match="not a model that ONNX Runtime can run"):
        OnnxClassifier("x", record.task, tmp_path, record)
