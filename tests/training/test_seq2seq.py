"""`training.seq2seq` on tiny models: it learns, its run answers as it did, is published and pulled."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hub_server import HubServer
from huggingface_hub import HfApi
from support.environment import hub_environment
from support.tiny_models import sentencepiece_tokenizer, seq2seq_model
from support.trainings import STEPS, as_classifier, probabilities_elsewhere, train_with

from classification import load_classifier
from classification.classifiers.seq2seq import Seq2SeqClassifier
from classification.data.dataset import load_rows
from classification.errors import InputError
from classification.prompting.source_text import encode_source, encode_targets
from classification.runs.record import load_record
from hub.push.runs import PushOptions, plan_run
from hub.shared.publish import publish
from training import seq2seq

#: Long enough for a model that knows nothing, and validated in the end only.
LONG = ("--max_steps", "200", "--eval_strategy", "steps", "--eval_steps", "200", "--save_strategy", "steps",
        "--save_steps", "200", "--per_device_train_batch_size", "8", "--logging_steps", "100")  # fmt: skip
FULL = ("--method", "full", *LONG)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    seq2seq_model().save_pretrained(tmp_path / "tiny-t5")
    sentencepiece_tokenizer().save_pretrained(tmp_path / "tiny-t5")
    return tmp_path / "tiny-t5"


@pytest.fixture
def few_rows(tmp_path: Path) -> Path:
    """Sixteen rows, on which it is also validated."""
    words = {"Bearish": "falls", "Bullish": "rises", "Neutral": "meets"}
    lines = [f"Company {n} {word} today,{label}" for n in range(6) for label, word in words.items()][:16]
    data = tmp_path / "few"
    data.mkdir()
    for split in ("train", "validation", "test"):
        (data / f"{split}.csv").write_text("text,label\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return data


def test_sources_and_targets_are_those_of_inference(task, rows_csv: Path) -> None:
    tokenizer, rows = sentencepiece_tokenizer(), load_rows(rows_csv, task)
    found = seq2seq.source_target(rows, task, tokenizer, 120)
    targets = encode_targets(tokenizer, task.words)
    for text, names, ids, labels in zip(rows.texts, rows.labels, found["input_ids"], found["labels"], strict=True):
        assert ids == encode_source(tokenizer, task, text, max_length=120).ids
        assert labels == targets[task.index(names[0])]


def test_every_weight_is_trained_and_the_run_answers_the_same_elsewhere(
    tmp_path: Path, task_file: Path, few_rows: Path, folder: Path
) -> None:
    run = train_with(seq2seq, tmp_path, task_file, few_rows, folder, *FULL)
    record = load_record(run)
    assert (record.family, record.method, record.max_length) == ("seq2seq", "full", 512)
    assert record.evaluation is not None
    assert record.evaluation["macro_f1"] == 1.0  # sixteen rows that it has seen
    assert record.hyperparameters["learning_rate"] == 0.01
    assert record.command is not None
    assert record.command[:3] == ("python", "-m", "training.seq2seq")
    assert (run / "text_hashes.txt").read_text().count("train") == 16
    classifier = as_classifier(tmp_path, task_file, run)
    assert isinstance(classifier, Seq2SeqClassifier)
    texts = ["Company 3 falls today", "Company 9 rises today", "x"]
    found = classifier.predict(texts)
    assert found.labels(classifier.task)[:2] == [("Bearish",), ("Bullish",)]
    assert (found.label_mass[:2] > 0.9).all()
    elsewhere = probabilities_elsewhere(tmp_path, task_file, run, None, texts)
    np.testing.assert_allclose(found.probabilities, elsewhere, atol=1e-4)


def test_a_lora_run_goes_on_from_its_checkpoint_and_answers_the_same_elsewhere(
    tmp_path: Path, task_file: Path, few_rows: Path, folder: Path
) -> None:
    options = ("--lora_r", "4", *STEPS, "--metric_for_best_model", "loss", "--label_smoothing_factor", "0.1")
    train_with(seq2seq, tmp_path, task_file, few_rows, folder, *options, "--max_steps", "1")
    run = train_with(
        seq2seq, tmp_path, task_file, few_rows, folder, *options, "--max_steps", "6", "--resume_from_checkpoint"
    )
    record = load_record(run)
    assert record.method == "lora"
    assert [entry["step"] for entry in record.history if "loss" in entry] == [1, 2, 3, 4, 5, 6]
    assert all("eval_loss" in entry for entry in record.history if "eval_macro_f1" in entry)
    assert json.loads((run / "adapter_config.json").read_text())["task_type"] == "SEQ_2_SEQ_LM"
    classifier = as_classifier(tmp_path, task_file, run, folder)
    texts = ["Company 3 falls today", "x"]
    found = classifier.predict(texts).probabilities
    np.testing.assert_allclose(found, probabilities_elsewhere(tmp_path, task_file, run, folder, texts), atol=1e-4)
    with classifier.base.using(None):
        bare = Seq2SeqClassifier("bare", classifier.task, classifier.base).predict(texts).probabilities
    assert np.abs(found - bare).max() > 1e-4


@pytest.mark.parametrize("method", ["lora", "full"])
def test_it_is_pushed_and_the_program_on_its_card_prints_what_the_card_says(
    tmp_path: Path, task_file: Path, few_rows: Path, folder: Path, method: str, online: HubServer
) -> None:
    task_file.write_text(task_file.read_text() + "examples: [Company 3 falls today]\n")
    more = FULL if method == "full" else ("--lora_r", "16", *LONG)
    run = train_with(seq2seq, tmp_path, task_file, few_rows, folder, *more)
    api = HfApi(token=online.user("olga"))
    online.seed("olga/tiny-t5", folder)
    record = json.loads((run / "run.json").read_text())
    record["base"] = {"id": "olga/tiny-t5", "weights": "hub"}
    (run / "run.json").write_text(json.dumps(record))
    config = run / "adapter_config.json"
    if config.exists():
        config.write_text(json.dumps(json.loads(config.read_text()) | {"base_model_name_or_path": "olga/tiny-t5"}))
    plan = plan_run(run, f"olga/seq2seq-{method}", PushOptions(private=False), api=api)
    publish(plan, api)
    (program,) = re.findall(r"```python\n(.*?)```", plan.card, re.DOTALL)
    assert "AutoModelForSeq2SeqLM" in program
    environ = hub_environment(online, None, tmp_path / "home")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environ, check=True)
    said = done.stdout.strip()
    pulled = load_classifier(f"olga/seq2seq-{method}@v1")
    assert pulled.predict(["Company 3 falls today"]).labels(pulled.task) == [tuple(record["answers"][0]["labels"])]
    if method == "full":  # the adapter on a random model need not write a label word by itself
        assert said == "Bearish"


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ("--method full --lora_r 4", "--lora_r does nothing with --method full"),
        ("--lora_target_modules nothing", "--lora_target_modules names 'nothing', which the model does not have"),
        ("--per_device_eval_batch_size 3", "--per_device_eval_batch_size is not supported: validation chooses"),
        ("--eval_accumulation_steps 3", "--eval_accumulation_steps is not supported: validation keeps no logits"),
        ("--max_length 20", "already fills the 20 tokens that are read; allow more with --max_length"),
        ("--use_peft", "--use_peft is not supported: --method lora says it"),
    ],
)
def test_what_cannot_be_done_is_said(
    tmp_path: Path, task_file: Path, few_rows: Path, folder: Path, flags: str, sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        train_with(seq2seq, tmp_path, task_file, few_rows, folder, *flags.split())


def test_other_models_and_tasks_are_refused(
    tmp_path: Path, task_file: Path, few_rows: Path, folder: Path, chat_folder: Path, encoder_folder: Path
) -> None:
    for model, what in ((chat_folder, "a decoder"), (encoder_folder, "an encoder")):
        with pytest.raises(InputError, match=f"is {what} .* and this needs an encoder-decoder; train it with"):
            train_with(seq2seq, tmp_path, task_file, few_rows, model)
    two = tmp_path / "two.csv"
    two.write_text("text,label\nCompany 1 falls,Bearish\nCompany 2 rises,Bullish\n")
    with pytest.raises(InputError):
        train_with(seq2seq, tmp_path, task_file, two, folder)
    task_file.write_text(task_file.read_text() + "multi_label: true\n")
    with pytest.raises(InputError, match="the task tiny allows several; use a model trained with"):
        train_with(seq2seq, tmp_path, task_file, few_rows, folder)
