"""Encoders with a head over pooled hidden states: trained, written so that libraries read them, loaded, exported."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hub_server import HubServer
from huggingface_hub import HfApi
from peft import PeftModel
from safetensors.torch import load_file
from support.environment import hub_environment
from support.trainings import train_encoder
from transformers import AutoModel, AutoTokenizer

from classification import load_classifier
from classification.classifiers.encoder import PooledEncoderClassifier
from classification.errors import InputError
from classification.models.embeddings import HEAD_FILE
from classification.models.pool import POOLING_FILE, ModelSource
from classification.models.pooled_head import PooledHead
from classification.runs.record import load_record
from hub.push.runs import PushOptions, plan_run
from hub.shared.publish import publish
from training.export import export
from training.shared.pooled import pooling_for, split_head

TEXTS = ["Company 3 falls today", "Company 9 rises today", "x"]


@pytest.fixture
def sentence_folder(encoder_folder: Path) -> Path:
    """The tiny encoder, which says of itself that its sentences are means."""
    file = encoder_folder / POOLING_FILE
    file.parent.mkdir()
    file.write_text(json.dumps({"pooling_mode_mean_tokens": True}))
    return encoder_folder


@pytest.mark.parametrize("method", ["lora", "full", "head"])
def test_a_run_says_how_it_pools_and_answers_as_it_did_when_it_was_trained(
    tmp_path: Path, task_file: Path, rows_csv: Path, sentence_folder: Path, method: str
) -> None:
    run = train_encoder(tmp_path, task_file, rows_csv, sentence_folder, "--method", method, "--num_train_epochs", "8")
    record = load_record(run)
    assert (record.pooling, record.method) == ("mean", method)
    assert record.evaluation is not None
    if method != "head":
        assert record.evaluation["macro_f1"] > 0.9
    found = load_classifier(run, model=str(sentence_folder) if method == "lora" else None)
    assert isinstance(found, PooledEncoderClassifier)
    labels = found.predict(TEXTS).labels(found.task)
    if method != "head":
        assert labels[:2] == [("Bearish",), ("Bullish",)]
    alone = np.concatenate([found.predict([text]).probabilities for text in TEXTS])
    np.testing.assert_allclose(found.predict(TEXTS).probabilities, alone, atol=1e-5)


def test_libraries_alone_give_the_same_logits(
    tmp_path: Path, task_file: Path, rows_csv: Path, sentence_folder: Path
) -> None:
    run = train_encoder(tmp_path, task_file, rows_csv, sentence_folder, "--method", "lora", "--use_dora")
    tokenizer = AutoTokenizer.from_pretrained(run)
    encoder = PeftModel.from_pretrained(AutoModel.from_pretrained(sentence_folder), run).eval()
    head = load_file(run / HEAD_FILE)
    batch = tokenizer(TEXTS, padding=True, return_tensors="pt")
    with torch.no_grad():
        hidden = encoder(**batch).last_hidden_state
    mask = batch["attention_mask"][..., None]
    vectors = (hidden * mask).sum(1) / mask.sum(1)
    vectors = torch.nn.functional.layer_norm(vectors, vectors.shape[-1:], head["norm.weight"], head["norm.bias"])
    shares = (vectors @ head["linear.weight"].T + head["linear.bias"]).softmax(-1)
    found = load_classifier(run, model=str(sentence_folder))
    np.testing.assert_allclose(found.predict(TEXTS).probabilities, shares.numpy(), atol=1e-4)


def test_the_first_token_can_be_asked_for_and_a_model_that_says_nothing_gets_it(
    tmp_path: Path, task_file: Path, rows_csv: Path, sentence_folder: Path
) -> None:
    run = train_encoder(tmp_path, task_file, rows_csv, sentence_folder, "--pooling", "first", "--method", "lora")
    assert load_record(run).pooling is None
    assert not (run / HEAD_FILE).exists()
    (sentence_folder / POOLING_FILE).unlink()
    run = train_encoder(tmp_path, task_file, rows_csv, sentence_folder, "--method", "lora")
    assert load_record(run).pooling is None


@pytest.mark.parametrize(
    ("tensors", "sentence"),
    [
        (None, "no readable head.safetensors, without which its model decides nothing"),
        (PooledHead(32, 2, "mean"), "has 2 outputs for 3 labels"),
        (PooledHead(16, 3, "mean"), "is for another encoder"),
    ],
)
def test_a_head_that_does_not_fit_is_refused(
    tmp_path: Path, task_file: Path, rows_csv: Path, sentence_folder: Path, tensors: PooledHead | None, sentence: str
) -> None:
    run = train_encoder(tmp_path, task_file, rows_csv, sentence_folder, "--method", "lora")
    record = json.loads((run / "run.json").read_text())
    record["sha256"] = {}  # as by an older version: the hashes would tell before
    (run / "run.json").write_text(json.dumps(record))
    (run / HEAD_FILE).unlink()
    if tensors is not None:
        tensors.save(run)
    with pytest.raises(InputError, match=sentence):
        load_classifier(run, model=str(sentence_folder))


def test_an_export_answers_as_its_run(tmp_path: Path, task_file: Path, rows_csv: Path, sentence_folder: Path) -> None:
    run = train_encoder(tmp_path, task_file, rows_csv, sentence_folder, "--method", "lora")
    assert export(run, tmp_path / "onnx", model=str(sentence_folder)) < 1e-4
    exported, own = load_classifier(tmp_path / "onnx"), load_classifier(run, model=str(sentence_folder))
    np.testing.assert_allclose(exported.predict(TEXTS).probabilities, own.predict(TEXTS).probabilities, atol=1e-4)


@pytest.mark.parametrize("method", ["lora", "full"])
def test_it_is_pushed_and_the_program_on_its_card_prints_what_the_card_says(
    tmp_path: Path, task_file: Path, rows_csv: Path, sentence_folder: Path, method: str, online: HubServer
) -> None:
    task_file.write_text(task_file.read_text() + "examples: [Company 3 falls today]\n")
    run = train_encoder(tmp_path, task_file, rows_csv, sentence_folder, "--method", method, "--num_train_epochs", "8")
    api = HfApi(token=online.user("olga"))
    online.seed("olga/tiny-bert", sentence_folder)
    record = json.loads((run / "run.json").read_text())
    record["base"] = {"id": "olga/tiny-bert", "weights": "hub"}
    (run / "run.json").write_text(json.dumps(record))
    config = run / "adapter_config.json"
    if config.exists():
        config.write_text(json.dumps(json.loads(config.read_text()) | {"base_model_name_or_path": "olga/tiny-bert"}))
    plan = plan_run(run, f"olga/pooled-{method}", PushOptions(private=False), api=api)
    publish(plan, api)
    (program,) = re.findall(r"```python\n(.*?)```", plan.card, re.DOTALL)
    assert "hidden.mean(dim=1)" in program
    environ = hub_environment(online, None, tmp_path / "home")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environ, check=True)
    assert done.stdout.strip() == "Bearish"
    pulled = load_classifier(f"olga/pooled-{method}@v1")
    assert pulled.predict(["Company 3 falls today"]).labels(pulled.task) == [("Bearish",)]


def test_how_an_encoder_is_pooled_is_what_was_asked_for_else_what_it_says(sentence_folder: Path) -> None:
    source = ModelSource("tiny", str(sentence_folder), "path")
    assert [pooling_for(source, chosen) for chosen in ("auto", "first", "cls")] == ["mean", None, "cls"]


def test_the_head_learns_at_a_rate_of_its_own() -> None:
    model = torch.nn.ModuleDict({"encoder": torch.nn.Linear(2, 2), "head": PooledHead(2, 3, "mean")})
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    split_head(optimizer, model, 5e-3)
    rates = {id(parameter): group["lr"] for group in optimizer.param_groups for parameter in group["params"]}
    assert {rates[id(parameter)] for parameter in model["head"].parameters()} == {5e-3}
    assert {rates[id(parameter)] for parameter in model["encoder"].parameters()} == {1e-3}
    assert len(rates) == len(list(model.parameters()))
