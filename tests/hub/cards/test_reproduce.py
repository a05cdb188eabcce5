"""The commands and files on a card that make a run and measure it again."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from support.cards import LETTERS, body, card_of, comparison_with, evaluation, run_record
from support.paths import ROOT

from classification.runs.record import RunRecord, load_record
from classification.task import DatasetSource, load_task
from comparison.__main__ import make_parser
from hub.cards.evidence import Evidence
from hub.cards.model import task_file, task_yaml

TYPED = ("python", "-m", "training.sft", "--task", "abc.yaml", "--data", "letters.csv", "--output_dir", "letters")


def commands(card: str) -> list[list[str]]:
    """The words of each command of a card, as a shell takes them."""
    return [shlex.split(block.replace("\\\n", " ")) for block in re.findall(r"```sh\n(.*?)\n```", card, re.DOTALL)]


def test_the_command_that_made_a_run_is_the_one_that_was_recorded() -> None:
    words = (*TYPED, "--use_peft", "--lr_scheduler_kwargs", '{"num_cycles": 2}', "--lora_target_modules", "q", "v")
    record = run_record(command=words, evaluation=evaluation())
    made, measured = commands(card_of(record, Evidence.of(record)))
    assert made == list(words)
    assert measured[:4] == ["python", "-m", "comparison", "run"]


def test_without_a_recorded_command_the_card_names_the_script_and_makes_none_up() -> None:
    card = card_of(run_record(hyperparameters={"learning_rate": 5e-4, "num_train_epochs": 2.0}))
    assert commands(card) == []
    assert "The command that made it was not recorded." in card
    assert "run `python -m training.sft` with the task, the rows and the settings above" in card
    assert "- Learning rate: 0.0005\n" in card
    assert "- Epochs: 2\n" in card


@pytest.mark.parametrize("name", ["smollm2-lora", "minilm-lora", "tfidf"])
def test_a_record_of_an_older_version_is_read_and_has_a_card(name: str) -> None:
    record = load_record(ROOT / "demo" / name)
    assert (record.id, record.command, record.energy) == (None, None, None)
    assert f"run `python -m {record.kind.script}`" in card_of(record)


def test_new_facts_survive_a_record_file(tmp_path: Path) -> None:
    record = run_record(id="a" * 32, command=TYPED, energy={"kwh": 1, "seconds": 2, "metered": True, "source": "x"})
    record.save(tmp_path)
    assert load_record(tmp_path) == record
    assert f"- Run: `{'a' * 32}`" in card_of(record)


def test_an_export_says_how_it_was_exported() -> None:
    words = ("python", "-m", "training.encoder", "--task", "abc.yaml")
    card = card_of(run_record(family="encoder", export="onnx", command=words))
    assert commands(card) == [list(words)]
    assert "and then exported with `python -m training.export`." in card


@pytest.mark.parametrize("words", [("rm", "-rf", "~"), ("python", "-m", "os"), ("python", "-c", "training.sft"), ()])
def test_a_command_that_is_none_of_ours_is_not_shown(words: tuple[str, ...]) -> None:
    card = card_of(run_record(command=words))
    assert "The command that made it was not recorded." in card
    assert "rm" not in body(card).split()


def test_whoever_copies_a_command_runs_nothing_else() -> None:
    words = (*TYPED, "--optim", "a; reboot", "--loss", "$(reboot)", "`reboot`", "x\n```\n# head", "/home/ann/x")
    card = card_of(run_record(command=words))
    (found,) = commands(card)
    assert found[len(TYPED) :] == ["--optim", "a; reboot", "--loss", "$(reboot)", "`reboot`", "x ``` # head", "x"]
    assert "ann" not in card


def test_rows_that_are_a_copy_of_a_dataset_are_called_that() -> None:
    link = "[owner/letters](https://huggingface.co/datasets/owner/letters)"
    card = card_of(run_record(), dataset="owner/letters")
    assert f"- Rows: 900 for training, 100 for validation, from {link}, of which `letters.csv` is a copy" in card
    assert "is a copy" not in card_of(run_record())


@pytest.mark.parametrize(
    ("source", "options"),
    [
        ("tfns (test)", ["--data", "tfns", "--split", "test"]),
        ("rows.csv", ["--data", "rows.csv"]),
        ("rows.csv, a sample with seed 3", ["--data", "rows.csv", "--limit", "60", "--seed", "3"]),
    ],
)
def test_the_rows_of_an_evaluation_are_chosen_again(source: str, options: list[str]) -> None:
    record = run_record()
    comparison = comparison_with(record)
    rows = comparison.rows.model_copy(update={"source": source})
    card = card_of(record, Evidence.of(record, comparison.model_copy(update={"rows": rows})))
    (words,) = commands(card)
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


def test_settings_of_another_release_are_no_trouble() -> None:
    record: RunRecord = run_record(
        hyperparameters={"learning_rate": "auto", "per_device_train_batch_size": [1], "lora_r": {"a": 1}, "seed": None}
    )
    assert "- Learning rate: auto\n" in card_of(record)
