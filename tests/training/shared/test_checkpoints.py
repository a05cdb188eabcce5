"""A training resumes from its newest whole checkpoint, and from no checkpoint of another training."""

from __future__ import annotations

import errno
import json
import shutil
from pathlib import Path

import pytest
from safetensors.torch import load_file
from support.runs import contents
from support.trainings import STEPS, as_classifier, train_chat

from classification.errors import InputError
from classification.runs.record import load_record
from training.shared.checkpoints import not_whole
from training.shared.record import RECORD, Training


@pytest.fixture
def stopped(tmp_path: Path, task_file: Path, rows_csv: Path, chat_folder: Path) -> Path:
    """A run folder with checkpoints of steps 1 and 2."""
    return train_chat(tmp_path, task_file, rows_csv, chat_folder, *STEPS, "--save_total_limit", "5")


def resume(tmp_path: Path, task_file: Path, rows_csv: Path, chat_folder: Path, *more: str) -> Path:
    return train_chat(
        tmp_path, task_file, rows_csv, chat_folder, *STEPS, "--save_total_limit", "5", "--resume_from_checkpoint",
        "true", *more,
    )  # fmt: skip


def test_the_newest_whole_checkpoint_is_gone_on_from_and_the_result_is_the_same(
    stopped: Path, tmp_path: Path, task_file: Path, rows_csv: Path, chat_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    weights, record = load_file(stopped / "adapter_model.safetensors"), load_record(stopped)
    newest = stopped / "checkpoint-2"
    assert not_whole(newest) is None
    data = (newest / "optimizer.pt").read_bytes()
    (newest / "optimizer.pt").write_bytes(data[: len(data) // 2])
    (stopped / "adapter_model.safetensors").unlink()
    resume(tmp_path, task_file, rows_csv, chat_folder)
    assert "checkpoint-2 is skipped, since optimizer.pt is cut off" in caplog.text
    again = load_record(stopped)
    assert all(
        (tensor == weights[name]).all() for name, tensor in load_file(stopped / "adapter_model.safetensors").items()
    )
    assert again.sha256 == record.sha256
    assert [entry.get("train_loss") for entry in again.history] == [entry.get("train_loss") for entry in record.history]
    assert [entry.get("eval_macro_f1") for entry in again.history] == [
        entry.get("eval_macro_f1") for entry in record.history
    ]
    assert again.answers == record.answers


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("adapter_model.safetensors", "adapter_model.safetensors is cut off"),
        ("trainer_state.json", "trainer_state.json or an index of its weights cannot be read"),
        ("scheduler.pt", "scheduler.pt is cut off"),
        ("rng_state.pth", "rng_state.pth is cut off"),
    ],
)
def test_a_checkpoint_that_was_cut_off_anywhere_is_not_whole(stopped: Path, name: str, reason: str) -> None:
    file = stopped / "checkpoint-2" / name
    data = file.read_bytes()
    file.write_bytes(data[: len(data) * 2 // 3])
    assert not_whole(stopped / "checkpoint-2") == reason
    file.unlink()
    assert not_whole(stopped / "checkpoint-2")


def test_a_checkpoint_without_its_best_one_is_not_whole(stopped: Path) -> None:
    state = stopped / "checkpoint-2" / "trainer_state.json"
    found = json.loads(state.read_text())
    state.write_text(json.dumps(found | {"best_global_step": 1}))
    assert not_whole(stopped / "checkpoint-2") is None
    shutil.rmtree(stopped / "checkpoint-1")
    assert not_whole(stopped / "checkpoint-2") == "the best one until then, checkpoint-1, is gone"


def test_another_training_is_not_gone_on_with(
    stopped: Path, tmp_path: Path, task_file: Path, rows_csv: Path, chat_folder: Path
) -> None:
    before = contents(stopped)
    plain, rows = task_file.read_text(), rows_csv.read_text()

    def refused(sentence: str, *more: str) -> None:
        with pytest.raises(InputError, match=f"checkpoint-2 cannot be resumed: {sentence}.*; give the options"):
            resume(tmp_path, task_file, rows_csv, chat_folder, *more)
        task_file.write_text(plain)
        rows_csv.write_text(rows)

    task_file.write_text(plain.replace("Bearish", "Down").replace("bearish", "down"))
    rows_csv.write_text(rows.replace("Bearish", "Down"))
    refused("its labels are 'Bearish', 'Bullish', 'Neutral', and now 'Down', 'Bullish', 'Neutral' are given")
    lines = plain.splitlines()
    task_file.write_text("\n".join([*lines[:-3], lines[-1], lines[-3], lines[-2]]) + "\n")
    refused("its labels are in the order 'Bearish', 'Bullish', 'Neutral', and now in the order 'Neutral'")
    task_file.write_text(plain.replace("name: tiny", "name: other"))
    refused("its task is 'tiny', and now 'other' is given")
    task_file.write_text(plain.replace("Decide.", "Decide otherwise."))
    refused("the instruction or the words of the task tiny have changed")
    rows_csv.write_text(rows.replace("Company 3", "Firm 3"))
    refused("its training rows differ from those")
    refused("its training rows differ from those", "--train_limit", "9")
    refused("its validation rows differ from those", "--eval_limit", "3")
    refused("--learning_rate was 0.01, and is 0.02 now", "--learning_rate", "0.02")
    refused("--lora_r was 4, and is 8 now", "--lora_r", "8")
    refused("its method is 'lora', and now 'full' is given", "--use_peft", "false", "--lora_r", "16")
    shutil.copytree(chat_folder, tmp_path / "another")
    with pytest.raises(InputError, match="its base is 'tiny-llama .path.', and now 'another .path.' is given"):
        resume(tmp_path, task_file, rows_csv, tmp_path / "another")
    assert contents(stopped) == before


def test_checkpoints_of_an_earlier_training_are_not_taken_for_those_of_a_later_one(
    stopped: Path, tmp_path: Path, task_file: Path, rows_csv: Path, chat_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    before = load_record(stopped)
    with monkeypatch.context() as patched:
        patched.setattr("training.sft.LabelTrainer.training_step", stop)
        with pytest.raises(KeyboardInterrupt):
            train_chat(tmp_path, task_file, rows_csv, chat_folder, *STEPS)
    assert load_record(stopped) == before
    with pytest.raises(InputError, match="there is no checkpoint in .* to resume from; leave --resume_from_checkpoint"):
        resume(tmp_path, task_file, rows_csv, chat_folder)
    named = str(stopped / "checkpoint-1")
    train_chat(tmp_path, task_file, rows_csv, chat_folder, *STEPS, "--resume_from_checkpoint", named)
    assert load_record(stopped).sha256 == before.sha256


def test_a_checkpoint_of_an_earlier_version_is_not_gone_on_from(
    stopped: Path, tmp_path: Path, task_file: Path, rows_csv: Path, chat_folder: Path
) -> None:
    (stopped / "checkpoint-2" / RECORD).unlink()
    (stopped / RECORD).unlink()
    with pytest.raises(InputError, match="checkpoint-2: it has no record of its labels and rows, since an"):
        resume(tmp_path, task_file, rows_csv, chat_folder)


def test_a_training_that_fails_leaves_the_record_of_the_earlier_ones_checkpoints(
    stopped: Path, tmp_path: Path, task_file: Path, rows_csv: Path, chat_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = contents(stopped)
    monkeypatch.setattr("training.sft.LabelTrainer.training_step", fail)
    with pytest.raises(InputError, match="chat: the disk is full"):
        train_chat(tmp_path, task_file, rows_csv, chat_folder, *STEPS)
    assert contents(stopped) == before


def test_patience_goes_on_where_it_was(
    tmp_path: Path, task_file: Path, rows_csv: Path, chat_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flags = [*STEPS, "--max_steps", "6", "--early_stopping_patience", "2", "--learning_rate", "1e-12"]

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    whole = load_record(train_chat(tmp_path, task_file, rows_csv, chat_folder, *flags))
    run = tmp_path / "runs" / "chat"
    assert max(entry["step"] for entry in whole.history) == 3  # the first is the best, and two were no better
    shutil.rmtree(run)
    with monkeypatch.context() as patched:
        patched.setattr("training.shared.setup.finish", stop)
        with pytest.raises(KeyboardInterrupt):
            train_chat(tmp_path, task_file, rows_csv, chat_folder, *flags)
    train_chat(tmp_path, task_file, rows_csv, chat_folder, *flags, "--resume_from_checkpoint")
    again = load_record(run)
    assert max(entry["step"] for entry in again.history) == 3
    assert again.sha256 == whole.sha256


def test_checkpoints_beyond_the_limit_go_but_never_the_best(
    tmp_path: Path, task_file: Path, rows_csv: Path, chat_folder: Path
) -> None:
    flags = [*STEPS, "--max_steps", "5", "--learning_rate", "1e-12", "--save_total_limit", "2"]
    run = train_chat(tmp_path, task_file, rows_csv, chat_folder, *flags)
    assert sorted(path.name for path in run.glob("checkpoint-*")) == ["checkpoint-1", "checkpoint-5"]
    assert not list(run.glob(".unfinished-*"))
    assert Training.of_checkpoint(run) == Training.of_checkpoint(run / "checkpoint-5")
    assert "README.md" not in contents(run)
    as_classifier(tmp_path, task_file, run, chat_folder)


def test_a_checkpoint_that_cannot_be_written_is_told_and_no_half_of_it_is_left(
    tmp_path: Path, task_file: Path, rows_csv: Path, chat_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("PytorchStreamWriter failed writing file data/0: file write failed")

    monkeypatch.setattr("training.sft.LabelTrainer._save_optimizer_and_scheduler", fail)
    with pytest.raises(InputError, match="chat: input/output error; name a folder"):
        train_chat(tmp_path, task_file, rows_csv, chat_folder, *STEPS)
    assert not (tmp_path / "runs").exists()
