from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from support.tiny_models import chat_model, encoder_model
from support.trainings import COMMON, as_classifier, train_chat, train_encoder
from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

from classification.classifiers.chat import ChatClassifier
from classification.data.dataset import load_rows
from classification.errors import InputError
from classification.lineup import load_lineup
from classification.models.pool import LoadedModel, ModelSource
from classification.prompting.encoding import encode_answers, encode_prompt
from classification.prompting.messages import render
from classification.runs.record import load_record
from classification.task import load_task
from training import baseline, encoder, sft
from training.shared.clock import Clock, trained_seconds
from training.shared.data import IGNORED, TreeCollator, at_most, prompt_completion


def test_training_and_inference_prompts_are_equal_token_by_token(tokenizer, task, rows_csv) -> None:
    rows = load_rows(rows_csv, task)
    examples = prompt_completion(rows, task, tokenizer, None)
    answers = encode_answers(tokenizer, task.words)
    base = LoadedModel(chat_model(), tokenizer, ModelSource("tests/tiny", "nowhere", "path"))
    asked = ChatClassifier("asked", task, base)
    for text, names, ids, labels in zip(
        rows.texts, rows.labels, examples["input_ids"], examples["labels"], strict=True
    ):
        said = [token for token in labels if token != IGNORED]
        assert said == answers[task.index(names[0])]
        prompt = ids[: -len(said)]
        assert prompt == encode_prompt(tokenizer, render(task, text)).ids
        assert tokenizer.decode(prompt, skip_special_tokens=False) == asked.prompt(text)
        assert labels[: len(prompt)] == [IGNORED] * len(prompt)


@pytest.mark.parametrize("kind", ["llama", "gemma2"])
def test_a_tree_gives_the_gradients_of_a_padded_batch(kind: str, tokenizer, task, rows_csv) -> None:
    rows = load_rows(rows_csv, task).select([0, 5, 10, 15])
    examples = list(prompt_completion(rows, task, tokenizer, None))
    gradients = []
    for tree in (True, False):
        model = chat_model(kind)
        collator = TreeCollator(model) if tree else DataCollatorForLanguageModeling(tokenizer.pad_token_id)
        model(**collator(examples), use_cache=False).loss.backward()
        gradients.append(torch.cat([parameter.grad.flatten() for parameter in model.parameters()]))
    assert gradients[0].norm() > 0.01
    assert torch.allclose(*gradients, atol=2e-6)


def test_the_tree_has_no_padding_and_holds_the_shared_start_once(tokenizer, task, rows_csv) -> None:
    examples = list(prompt_completion(load_rows(rows_csv, task).select(range(6)), task, tokenizer, None))
    tree = TreeCollator(chat_model())(examples)
    plain = sum(len(example["input_ids"]) for example in examples)
    assert tree["input_ids"].shape[1] < plain / 2
    task_args = [token for example in examples for token in example["labels"] if token != IGNORED]
    assert tree["labels"][tree["labels"] != IGNORED].tolist() == task_args


def test_two_steps_change_an_adapter_and_the_saved_run_predicts_the_same(
    tmp_path: Path, task_file: Path, rows_csv: Path, chat_folder: Path
) -> None:
    run = train_chat(tmp_path, task_file, rows_csv, chat_folder)
    weights = load_file(run / "adapter_model.safetensors")
    assert any(tensor.abs().max() > 0 for name, tensor in weights.items() if "lora_B" in name)  # it starts at zero
    record = load_record(run)
    steps = [entry["step"] for entry in record.history if "loss" in entry]
    assert max(steps) == 2
    classifier = as_classifier(tmp_path, task_file, run, chat_folder)
    rows = load_rows(rows_csv, classifier.task)
    found = classifier.predict(rows.texts)
    again = as_classifier(tmp_path, task_file, run, chat_folder).predict(rows.texts)
    assert (found.probabilities == again.probabilities).all()
    with classifier.base.using(None):
        bare = ChatClassifier("bare", classifier.task, classifier.base).predict(rows.texts)
    assert np.abs(found.probabilities - bare.probabilities).max() > 1e-4


def test_the_recorded_evaluation_is_that_of_the_saved_adapter(
    tmp_path: Path, task_file: Path, rows_csv: Path, chat_folder: Path
) -> None:
    data = tmp_path / "split"
    data.mkdir()
    for name in ("train", "validation", "test"):
        (data / f"{name}.csv").write_text(rows_csv.read_text().replace("Company", f"{name} company"))
    run = train_chat(tmp_path, task_file, data, chat_folder)
    with pytest.raises(
        InputError, match="the base model 'tiny-llama' came from a folder; say in the lineup where it is"
    ):
        as_classifier(tmp_path, task_file, run)
    classifier = as_classifier(tmp_path, task_file, run, chat_folder)
    rows = load_rows(data, classifier.task, split="validation")
    accuracy = (classifier.predict(rows.texts).best == rows.targets(classifier.task)).mean()
    evaluation = load_record(run).evaluation
    assert evaluation["rows"] == 36
    assert evaluation["accuracy"] == pytest.approx(accuracy)


def test_the_record_names_no_path_and_the_folder_holds_no_pickle(
    tmp_path: Path, task_file: Path, rows_csv: Path, chat_folder: Path
) -> None:
    run = train_chat(tmp_path, task_file, rows_csv, chat_folder)
    text = (run / "run.json").read_text() + (run / "adapter_config.json").read_text()
    record = json.loads((run / "run.json").read_text())
    assert str(tmp_path) not in (run / "run.json").read_text()
    assert record["hyperparameters"]["learning_rate"] == 0.01
    assert record["versions"]["transformers"]
    assert record["data"]["rows"]["train"] > 0
    assert re.fullmatch(r"[0-9a-f]{32}", record["id"])
    assert record["command"][:5] == ["python", "-m", "training.sft", "--task", task_file.name]
    assert "token" not in " ".join(record["hyperparameters"])
    assert not [file.name for file in run.iterdir() if file.suffix in (".bin", ".pt", ".pkl")]
    assert "hf_" not in text


def test_a_killed_training_goes_on_from_its_checkpoint(
    tmp_path: Path, task_file: Path, rows_csv: Path, chat_folder: Path
) -> None:
    steps = ["--eval_strategy", "steps", "--eval_steps", "1", "--save_strategy", "steps", "--save_steps", "1"]
    run = train_chat(tmp_path, task_file, rows_csv, chat_folder, *steps, "--max_steps", "1")
    assert (run / "checkpoint-1").is_dir()
    train_chat(tmp_path, task_file, rows_csv, chat_folder, *steps, "--max_steps", "2", "--resume_from_checkpoint")
    record = load_record(run)
    assert [entry["step"] for entry in record.history if "loss" in entry] == [1, 2]
    last_stretch = next(entry["train_runtime"] for entry in record.history if "train_runtime" in entry)
    first_stretch = next(entry["seconds"] for entry in record.history if entry.get("step") == 1)
    assert record.seconds >= last_stretch + first_stretch - 0.1  # and not the last stretch alone


def test_every_weight_of_a_chat_model_can_be_trained(
    tmp_path: Path, task_file: Path, rows_csv: Path, chat_folder: Path
) -> None:
    out = tmp_path / "runs" / "full"
    sft.main(
        ["--task", str(task_file), "--data", str(rows_csv), "--output_dir", str(out), "--max_steps", "2",
         "--model_name_or_path", str(chat_folder), "--per_device_train_batch_size", "4", "--share_prefix", "false",
         *COMMON]
    )  # fmt: skip
    assert load_record(out).method == "full"
    before, after = load_file(chat_folder / "model.safetensors"), load_file(out / "model.safetensors")
    assert not torch.equal(before["model.layers.0.mlp.up_proj.weight"], after["model.layers.0.mlp.up_proj.weight"])
    found = as_classifier(tmp_path, task_file, out).predict(["Company 3 falls today"])
    assert found.probabilities.sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("script", [sft, encoder])
def test_a_flag_that_would_do_nothing_is_refused(script, task_file: Path, rows_csv: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--load_in_8bit is not supported: --load_in_4bit is NF4"):
        script.main(
            ["--task", str(task_file), "--data", str(rows_csv), "--output_dir", str(tmp_path / "x"),
             "--model_name_or_path", "a/b", "--load_in_8bit", *COMMON]
        )  # fmt: skip


def test_nothing_to_resume_from_is_said(tmp_path: Path, task_file: Path, rows_csv: Path, chat_folder: Path) -> None:
    with pytest.raises(
        InputError, match="there is no checkpoint in .* to resume from; leave --resume_from_checkpoint out"
    ):
        train_chat(tmp_path, task_file, rows_csv, chat_folder, "--resume_from_checkpoint")


def test_only_the_last_layers_are_adapted_on_request(
    tmp_path: Path, task_file: Path, rows_csv: Path, chat_folder: Path
) -> None:
    run = train_chat(tmp_path, task_file, rows_csv, chat_folder, "--lora_layers", "1", "--max_steps", "1")
    names = load_file(run / "adapter_model.safetensors")
    assert {name.split(".layers.")[1][0] for name in names} == {"1"}


@pytest.mark.parametrize("method", ["full", "head", "lora"])
def test_an_encoder_learns_and_its_run_folder_predicts_the_same(
    tmp_path: Path, task_file: Path, rows_csv: Path, encoder_folder: Path, method: str
) -> None:
    run = train_encoder(tmp_path, task_file, rows_csv, encoder_folder, "--method", method)
    record = load_record(run)
    assert (record.family, record.method) == ("encoder", method)
    base = encoder_folder if method == "lora" else None
    classifier = as_classifier(tmp_path, task_file, run, base)
    rows = load_rows(rows_csv, classifier.task)
    found = classifier.predict(rows.texts)
    assert np.allclose(found.probabilities.sum(axis=1), 1, atol=1e-5)
    again = as_classifier(tmp_path, task_file, run, base).predict(rows.texts)
    assert np.allclose(found.probabilities, again.probabilities)
    assert (run / ("adapter_model.safetensors" if method == "lora" else "model.safetensors")).is_file()


def test_head_only_leaves_the_encoder_as_it_was(
    tmp_path: Path, task_file: Path, rows_csv: Path, encoder_folder: Path
) -> None:
    run = train_encoder(tmp_path, task_file, rows_csv, encoder_folder, "--method", "head")
    before, after = load_file(encoder_folder / "model.safetensors"), load_file(run / "model.safetensors")
    changed = {name for name in after if not torch.equal(before[name], after[name])}
    assert changed
    assert all(name.startswith(("classifier", "bert.pooler")) for name in changed)


@pytest.mark.parametrize("kind", ["bert", "roberta", "distilbert", "deberta-v2", "modernbert", "electra"])
def test_lora_reaches_every_encoder_family(kind: str) -> None:
    from peft import get_peft_model
    from trl import ModelConfig

    from training.shared.sequence_classifiers import lora_config

    model = encoder_model(kind)
    adapted = get_peft_model(model, lora_config(model, ModelConfig(lora_r=2)))
    trained = [name for name, parameter in adapted.named_parameters() if parameter.requires_grad]
    assert any("lora_A" in name and ".layer" in name for name in trained)
    assert any("modules_to_save" in name for name in trained)
    assert not any("lora" in name and part in name for name in trained for part in ("classifier", "pooler"))


def test_the_baseline_run_serves_both_floors(tmp_path: Path, task_file: Path, rows_csv: Path) -> None:
    run = tmp_path / "floor"
    baseline.main(["--task", str(task_file), "--data", str(rows_csv), "--output_dir", str(run)])
    lineup = tmp_path / "lineup.yaml"
    lineup.write_text(
        f"task: {task_file}\ncontenders:\n  - {{name: floor, approach: baseline, family: majority, run: {run}}}\n"
        f"  - {{name: words, approach: baseline, run: {run}}}\n",
        encoding="utf-8",
    )
    found = load_lineup(lineup)
    majority, words = (contender.load(found.pool()) for contender in found.contenders)
    assert majority.predict(["anything"]).probabilities[0].max() < 0.5
    assert words.task.label_names[words.predict(["Company 77 falls today"]).best[0]] == "Bearish"


def test_arguments_may_stand_in_a_file(tmp_path: Path, task_file: Path, rows_csv: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(f"task: {task_file}\ndata: {rows_csv}\noutput_dir: {tmp_path / 'floor'}\nseed: 7\n")
    baseline.main(["--config", str(config)])
    record = load_record(tmp_path / "floor")
    assert record.seed == 7
    assert record.command is not None
    assert " ".join(record.command[3:]) == (
        f"--task {task_file.name} --data {rows_csv.name} --output_dir floor --seed 7"
    )


@pytest.mark.parametrize("script", [sft, encoder])
def test_what_is_missing_is_said(script, task_file: Path) -> None:
    with pytest.raises(InputError, match="no task was given; name a task file with --task"):
        script.main([*COMMON])
    with pytest.raises(InputError, match="--model_name_or_path and --output_dir are needed"):
        script.main(["--task", str(task_file), *COMMON])


def test_a_sample_keeps_the_shares_of_the_classes(task_file: Path, rows_csv: Path) -> None:
    rows = load_rows(rows_csv, load_task(task_file))
    chosen = at_most(rows, 12, seed=0)
    assert sorted(names[0] for names in chosen.labels) == ["Bearish"] * 4 + ["Bullish"] * 4 + ["Neutral"] * 4
    assert at_most(rows, 12, seed=0) == chosen != at_most(rows, 12, seed=1)
    assert at_most(rows, None, seed=0) is rows


def test_the_clock_goes_on_where_an_earlier_stretch_ended() -> None:
    class State:
        log_history = [{"loss": 1.0, "seconds": 100.0}, {"eval": 0.5}]  # noqa: RUF012

    clock = Clock()
    clock.on_train_begin(None, State, None)
    clock.on_log(None, State, None)
    assert 100.0 <= State.log_history[-1]["seconds"] < 101.0
    assert trained_seconds(State.log_history) >= 100.0
    assert trained_seconds([]) == 0.0
