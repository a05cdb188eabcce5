"""The command that a run's record keeps: what was typed, with a file's settings, and without what is private."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.shared.command import recorded_command

TOKEN = "hf_amarkedtokenofthistest00"


def kept(*words: str) -> str:
    start = ("python", "-m", "training.sft")
    found = recorded_command("training.sft", list(words))
    assert found[:3] == start
    return " ".join(found[3:])


def test_flags_are_kept_as_they_were_typed() -> None:
    assert kept("--learning_rate", "7e-4", "--lora_r=8", "--use_peft", "--lora-alpha", "16") == (
        "--learning_rate 7e-4 --lora_r 8 --use_peft --lora_alpha 16"
    )
    assert kept("--data", "owner/rows", "--resume_from_checkpoint") == "--data owner/rows"


def test_of_a_local_path_the_last_part_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "rows").mkdir()
    monkeypatch.chdir(tmp_path)
    assert kept("--data", str(tmp_path / "rows"), "--output_dir", "runs/mine") == "--data rows --output_dir mine"
    assert kept("--data", "rows", "--task", "../tasks/a.yaml") == "--data rows --task a.yaml"
    assert kept("--model_name_or_path", "~/models/base", "--data", "file:/x/y.csv") == (
        "--model_name_or_path base --data y.csv"
    )


def test_tokens_accounts_and_other_places_are_left_out() -> None:
    assert (
        kept("--hub_token", "secret", "--hub_model_id", "you/x", "--logging_dir", "logs", "--seed", "1") == "--seed 1"
    )
    assert kept("--run_note", f"with {TOKEN} inside", "--seed", "1") == "--seed 1"


def test_a_file_of_settings_is_written_out_and_the_command_line_holds_against_it(tmp_path: Path) -> None:
    file = tmp_path / "training.yaml"
    file.write_text("seed: 1\nlora_target_modules: [q_proj, v_proj]\nuse_peft: true\nmax_steps: null\nenv: {A: b}\n")
    assert kept("--seed", "2", "--config", str(file)) == (
        "--seed 1 --lora_target_modules q_proj v_proj --use_peft true --seed 2"
    )
