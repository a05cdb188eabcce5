from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.cards import LETTERS, run_record
from support.paths import ROOT
from trl import ModelConfig, TrlParser

from classification.runs.record import DataRecord, RunRecord, load_run
from classification.task import DatasetSource, load_task
from comparison.__main__ import make_parser
from hub.cards.evidence import rows_of
from hub.cards.reproduce import DEFAULTS, evaluation_command, task_file, task_yaml, training_command
from training import encoder, sft
from training.baseline import BaselineArguments
from training.shared.arguments import TaskArguments, hyperparameters_of

FOLDERS = {
    "training.sft": (TaskArguments, sft.ChatArguments, sft.ChatTrainingArguments, ModelConfig),
    "training.encoder": (TaskArguments, encoder.EncoderArguments, encoder.EncoderTrainingArguments, ModelConfig),
}
#: What depends on the machine that the test runs on.
MACHINE = ("dataloader_pin_memory",)


@pytest.fixture(autouse=True)
def _no_board(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    yield


def words_of(command: str) -> list[str]:
    return shlex.split(command.replace("\\\n", " "))


def taken(command: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a training makes of a command: the hyperparameters that it would record, and what it was told to do."""
    _, _, module, *words = words_of(command)
    wanted, particular, arguments, model = TrlParser(FOLDERS[module]).parse_args_and_config(words)
    found = hyperparameters_of(arguments, particular, model)
    told = {
        "task": wanted.task,
        "data": wanted.data,
        "model": model.model_name_or_path,
        "folder": arguments.output_dir,
    }
    return found, told


@pytest.mark.parametrize("module", FOLDERS)
def test_what_an_unsaid_setting_is_agrees_with_the_training_scripts(module: str) -> None:
    found, _ = taken(f"python -m {module} --output_dir runs/x --model_name_or_path owner/model")
    kept = json.loads(DEFAULTS.read_text(encoding="utf-8"))
    known = kept["both"] | kept[module]
    assert {name: value for name, value in found.items() if name not in MACHINE} == {
        name: value for name, value in known.items() if name not in MACHINE
    }


@pytest.mark.parametrize("name", ["smollm2-lora", "minilm-lora"])
def test_a_rebuilt_command_gives_the_recorded_settings_back(name: str) -> None:
    record = load_run(ROOT / "demo" / name)
    found, told = taken(training_command(record))
    unlike = {key for key in found | record.hyperparameters if found.get(key) != record.hyperparameters.get(key)}
    assert unlike <= set(MACHINE)
    assert told == {
        "task": "financial-sentiment.yaml", "data": "tfns", "model": record.base and record.base.id,
        "folder": f"runs/{name}",
    }  # fmt: skip


def test_only_what_was_said_is_in_the_command() -> None:
    command = training_command(load_run(ROOT / "demo" / "minilm-lora"))
    assert "--lora_r 32" in command
    assert "--train_sampling_strategy group_by_length" in command
    for unsaid in (
        "adam_beta1",
        "dataloader",
        "logging",
        "use_peft",
        "warmup",
        "seed",
        "lora_dropout",
        "per_device_eval",
    ):
        assert f"--{unsaid}" not in command
    assert all(len(line) <= 110 for line in command.splitlines())


def test_a_full_fine_tuning_says_nothing_of_lora() -> None:
    record = run_record(family="encoder", method="full", hyperparameters={"lora_r": 32, "learning_rate": 1e-5})
    assert training_command(record).endswith("--learning_rate 1e-05")


def settings(**found: object) -> str:
    return training_command(run_record(hyperparameters=found)).replace("\\\n  ", "")


def test_every_kind_of_setting_is_written_as_the_scripts_read_it() -> None:
    command = settings(
        use_peft=True, share_prefix=False, lora_target_modules=["q_proj", "v_proj"], num_train_epochs=2.0,
        lr_scheduler_kwargs={"num_cycles": 2}, neftune_noise_alpha=5.0, seed=7, eval_limit=400,
    )  # fmt: skip
    assert "--use_peft --share_prefix false --lora_target_modules q_proj v_proj --num_train_epochs 2" in command
    assert """--lr_scheduler_kwargs '{"num_cycles": 2}' --neftune_noise_alpha 5 --seed 7 --eval_limit 400""" in command
    found, _ = taken(settings(use_peft=True, share_prefix=False, lora_target_modules=["q_proj", "v_proj"], seed=7))
    assert (found["use_peft"], found["share_prefix"], found["seed"]) == (True, False, 7)
    assert found["lora_target_modules"] == ["q_proj", "v_proj"]


def test_whoever_copies_a_command_runs_nothing_else() -> None:
    command = settings(**{"x; reboot": 1, "optim": "a; reboot", "loss_type": "$(reboot)", "warmup_ratio": "`reboot`"})
    words = shlex.split(command)
    assert all(re.fullmatch(r"--\w+", word) for word in words if word.startswith("--"))
    assert words[words.index("--optim") + 1] == "a; reboot"
    assert words[words.index("--loss_type") + 1] == "$(reboot)"
    hostile = run_record(name="$(reboot)", data=DataRecord(source="a'; reboot", fingerprint="f", rows={}))
    assert "a'; reboot" in words_of(training_command(hostile))


def test_a_baseline_is_fitted_with_its_own_script() -> None:
    command = training_command(run_record(family="tfidf", seed=7, hyperparameters={"features": {"c": 10}}))
    assert command == (
        "python -m training.baseline --task abc.yaml --data letters.csv --output_dir runs/letters --seed 7"
    )
    wanted, arguments = TrlParser((TaskArguments, BaselineArguments)).parse_args_and_config(words_of(command)[3:])
    assert (wanted.data, arguments.seed) == ("letters.csv", 7)


def test_rows_on_the_hub_are_read_from_there() -> None:
    assert "--data owner/letters" in training_command(run_record(), "owner/letters")


@pytest.mark.parametrize(
    ("source", "options"),
    [
        ("tfns (test)", ["--data", "tfns", "--split", "test"]),
        ("rows.csv", ["--data", "rows.csv"]),
        ("rows.csv, a sample with seed 3", ["--data", "rows.csv", "--limit", "60", "--seed", "3"]),
    ],
)
def test_the_rows_of_an_evaluation_are_chosen_again(source: str, options: list[str]) -> None:
    words = words_of(evaluation_command(rows_of(source, 60)))
    assert words == ["python", "-m", "comparison", "run", "--lineup", "lineup.yaml", *options, "--output", "results"]
    make_parser().parse_args(words[3:])


@pytest.mark.parametrize("file", sorted((ROOT / "tasks").glob("*.yaml")), ids=lambda file: file.stem)
def test_a_task_in_a_card_is_the_task(file: Path, tmp_path: Path) -> None:
    task = load_task(file)
    copy = tmp_path / task_file(task)
    copy.write_text(task_yaml(task), encoding="utf-8")
    assert load_task(copy) == task
    assert copy.name == file.name


def test_a_dataset_on_somebodys_machine_is_left_out_of_the_task(tmp_path: Path) -> None:
    task = LETTERS.model_copy(update={"dataset": DatasetSource(path="/home/ann/rows.csv")})
    copy = tmp_path / "task.yaml"
    copy.write_text(task_yaml(task), encoding="utf-8")
    assert load_task(copy) == LETTERS


def test_a_task_file_has_a_harmless_name() -> None:
    for name, file in (
        ("../../x y", "x-y.yaml"),
        ("中文", "task.yaml"),
        ("A" * 300, f"{'a' * 60}.yaml"),
        ("-", "task.yaml"),
    ):
        assert task_file(LETTERS.model_copy(update={"name": name})) == file


def test_a_record_of_another_release_is_no_trouble() -> None:
    record: RunRecord = run_record(hyperparameters={"a_setting_of_later": 3, "group_by_length": True})
    assert "--a_setting_of_later 3 --group_by_length" in training_command(record)
