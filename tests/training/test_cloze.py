"""`training.cloze` on tiny models: it learns, its run answers as it did, is published and pulled."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hub_server import HubServer
from huggingface_hub import HfApi
from safetensors.torch import load_file, save_file
from support.environment import hub_environment
from support.paths import ROOT
from support.tiny_models import gap_tokenizer, masked_model
from support.trainings import STEPS, as_classifier, probabilities_elsewhere, train_with

from classification import load_classifier
from classification.classifiers.cloze import ClozeClassifier
from classification.errors import InputError
from classification.models.pool import LoadedModel, ModelSource
from classification.runs.record import load_record
from classification.task import load_task
from hub.push.runs import PushOptions, plan_run
from hub.shared.publish import publish
from training import cloze

LONG = ("--max_steps", "240", "--eval_strategy", "steps", "--eval_steps", "80", "--save_strategy", "steps",
        "--save_steps", "80", "--per_device_train_batch_size", "8", "--logging_steps", "40")  # fmt: skip
TEXTS = ["Company 3 falls today", "Company 9 rises today", "x"]
PATTERNS = 'patterns: ["{text} It was {mask} news.", "{mask}: {text}"]\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    masked_model().save_pretrained(tmp_path / "tiny-gaps")
    gap_tokenizer().save_pretrained(tmp_path / "tiny-gaps")
    return tmp_path / "tiny-gaps"


@pytest.fixture
def headless(folder: Path) -> Path:
    """The same model without the weights of its head, as sentence encoders are published."""
    file = folder / "model.safetensors"
    kept = {name: tensor for name, tensor in load_file(file).items() if not name.startswith("cls.")}
    save_file(kept, file, metadata={"format": "pt"})
    return folder


@pytest.fixture
def gaps_file(task_file: Path) -> Path:
    task_file.write_text(task_file.read_text() + PATTERNS + "examples: [Company 3 falls today]\n")
    return task_file


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


@pytest.mark.parametrize("method", ["full", "lora"])
def test_it_learns_and_the_run_answers_the_same_elsewhere(
    tmp_path: Path, gaps_file: Path, few_rows: Path, folder: Path, method: str
) -> None:
    run = train_with(cloze, tmp_path, gaps_file, few_rows, folder, "--method", method, *LONG)
    record = load_record(run)
    assert (record.family, record.method, record.max_length) == ("cloze", method, 128)
    assert record.task.patterns == ("{text} It was {mask} news.", "{mask}: {text}")
    assert record.evaluation is not None
    assert record.command is not None
    assert record.command[:3] == ("python", "-m", "training.cloze")
    assert (run / "text_hashes.txt").read_text().count("train") == 16
    base = folder if method == "lora" else None
    classifier = as_classifier(tmp_path, gaps_file, run, base)
    assert isinstance(classifier, ClozeClassifier)
    found = classifier.predict(TEXTS)
    if method == "full":
        assert record.evaluation["macro_f1"] == 1.0  # sixteen rows that it has seen
        assert found.labels(classifier.task)[:2] == [("Bearish",), ("Bullish",)]
    elsewhere = probabilities_elsewhere(tmp_path, gaps_file, run, base, TEXTS)
    np.testing.assert_allclose(found.probabilities, elsewhere, atol=1e-4)


@pytest.mark.parametrize("method", ["full", "lora"])
def test_a_head_that_the_files_lack_is_new_told_and_saved(
    tmp_path: Path, gaps_file: Path, few_rows: Path, headless: Path, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        run = train_with(cloze, tmp_path, gaps_file, few_rows, headless, "--method", method, *LONG)
    assert "comes without the head that fills gaps" in caplog.text
    base = headless if method == "lora" else None
    found = as_classifier(tmp_path, gaps_file, run, base).predict(TEXTS).probabilities
    elsewhere = probabilities_elsewhere(tmp_path, gaps_file, run, base, TEXTS)  # where another head was drawn
    np.testing.assert_allclose(found, elsewhere, atol=1e-4)
    if method == "lora":
        names = load_file(run / "adapter_model.safetensors")
        assert any("cls.predictions.transform.dense" in name for name in names)
        assert not any("decoder" in name or "word_embeddings" in name for name in names)  # tied to the vocabulary


def test_a_training_goes_on_from_its_checkpoint_and_the_best_may_be_chosen_by_loss(
    tmp_path: Path, gaps_file: Path, few_rows: Path, folder: Path
) -> None:
    options = (*STEPS, "--metric_for_best_model", "loss", "--gradient_accumulation_steps", "2")
    train_with(cloze, tmp_path, gaps_file, few_rows, folder, *options, "--max_steps", "1")
    run = train_with(
        cloze, tmp_path, gaps_file, few_rows, folder, *options, "--max_steps", "2", "--resume_from_checkpoint"
    )
    record = load_record(run)
    assert [entry["step"] for entry in record.history if "loss" in entry] == [1, 2]
    assert all("eval_loss" in entry for entry in record.history if "eval_macro_f1" in entry)
    gaps_file.write_text(gaps_file.read_text().replace("It was", "This is"))
    with pytest.raises(InputError, match="the patterns of the task tiny have changed since it was started"):
        train_with(cloze, tmp_path, gaps_file, few_rows, folder, *options, "--resume_from_checkpoint")


def test_the_loss_is_the_mean_over_patterns_of_their_cross_entropies(gaps_file: Path) -> None:
    base = LoadedModel(masked_model(), gap_tokenizer(), ModelSource("tests/tiny", "nowhere", "path"))
    task = load_task(gaps_file)
    trainer = object.__new__(cloze.ClozeTrainer)
    trainer.args = type("Arguments", (), {"label_smoothing_factor": 0.0})()
    trainer.classifier = ClozeClassifier("trained", task, base)
    texts = TEXTS[:2]
    encoded = [[one.ids for one in cloze.encode_clozes(base.tokenizer, trainer.classifier.questions, text, None)]
               for text in texts]  # fmt: skip
    batch = cloze.ClozeCollator(0)([{"input_ids": ids, "labels": n} for n, ids in enumerate(encoded)])
    expected = []
    for pattern in task.patterns:
        one = ClozeClassifier("one", task.model_copy(update={"patterns": (pattern,)}), base)
        expected += [-np.log(one.predict([text]).probabilities[0, n]) for n, text in enumerate(texts)]
    assert float(trainer.compute_loss(base.model, batch)) == pytest.approx(np.mean(expected), abs=1e-4)
    assert float(trainer.compute_loss(base.model, batch, num_items_in_batch=torch.tensor(4))) == pytest.approx(
        np.mean(expected) / 2, abs=1e-4
    )


@pytest.mark.parametrize("method", ["lora", "full"])
def test_it_is_pushed_and_the_program_on_its_card_prints_what_the_card_says(
    tmp_path: Path, gaps_file: Path, few_rows: Path, folder: Path, method: str, online: HubServer
) -> None:
    run = train_with(cloze, tmp_path, gaps_file, few_rows, folder, "--method", method, *LONG)
    api = HfApi(token=online.user("olga"))
    online.seed("olga/tiny-gaps", folder)
    record = json.loads((run / "run.json").read_text())
    record["base"] = {"id": "olga/tiny-gaps", "weights": "hub"}
    (run / "run.json").write_text(json.dumps(record))
    config = run / "adapter_config.json"
    if config.exists():
        config.write_text(json.dumps(json.loads(config.read_text()) | {"base_model_name_or_path": "olga/tiny-gaps"}))
    plan = plan_run(run, f"olga/cloze-{method}", PushOptions(private=False), api=api)
    publish(plan, api)
    (said,) = record["answers"][0]["labels"]
    (program,) = re.findall(r"```python\n(.*?)```", plan.card, re.DOTALL)
    environ = hub_environment(online, None, tmp_path / "home") | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environ, check=True)
    assert done.stdout.strip() == said
    pulled = load_classifier(f"olga/cloze-{method}@v1")
    assert pulled.predict(["Company 3 falls today"]).labels(pulled.task) == [(said,)]


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ("--method full --lora_r 4", "--lora_r does nothing with --method full"),
        ("--method lora --lora_target_modules nothing", "--lora_target_modules names 'nothing', which the model does"),
        ("--load_in_4bit", "--load_in_4bit is not supported: the head that fills gaps shares its weights"),
        ("--train_sampling_strategy group_by_length", "--train_sampling_strategy is not supported: rows are shuffled"),
        ("--per_device_eval_batch_size 3", "--per_device_eval_batch_size is not supported: validation chooses"),
        ("--max_length 5", "already fills the 5 tokens that are read; allow more with --max_length"),
    ],
)
def test_what_cannot_be_done_is_said(
    tmp_path: Path, gaps_file: Path, few_rows: Path, folder: Path, flags: str, sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        train_with(cloze, tmp_path, gaps_file, few_rows, folder, *flags.split())


def test_other_models_and_tasks_are_refused(
    tmp_path: Path, task_file: Path, few_rows: Path, folder: Path, chat_folder: Path
) -> None:
    with pytest.raises(InputError, match="the task tiny has no patterns.* add a line such as patterns:"):
        train_with(cloze, tmp_path, task_file, few_rows, folder)
    task_file.write_text(task_file.read_text() + PATTERNS)
    with pytest.raises(InputError, match="is a decoder .* and this needs an encoder; train it with"):
        train_with(cloze, tmp_path, task_file, few_rows, chat_folder)
    two = tmp_path / "two.csv"
    two.write_text("text,label\nCompany 1 falls,Bearish\nCompany 2 rises,Bullish\n")
    with pytest.raises(InputError):
        train_with(cloze, tmp_path, task_file, two, folder)
    task_file.write_text(task_file.read_text() + "multi_label: true\n")
    with pytest.raises(InputError, match="the task tiny allows several; use a model trained with"):
        train_with(cloze, tmp_path, task_file, few_rows, folder)
