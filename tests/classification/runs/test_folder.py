"""A run is whole or it is not there, its record describes the weights beside it, and no training goes on as another."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.paths import ROOT
from safetensors.torch import load_file, save_file
from support.trainings import as_classifier, train_chat, train_encoder

from classification.errors import InputError
from classification.files.writing import explained_writing
from classification.lineup import load_lineup
from classification.runs import folder as run_folder
from classification.runs.folder import check_place, tidy, whole_run
from classification.runs.hashes import check_hashes, hashes_of, vouched
from classification.runs.local import LocalRun
from classification.runs.record import HASHES_FILE, RUN_FILE, load_run
from hub.push.runs import PushOptions, plan_run
from training import baseline, export
from training.shared.checkpoints import not_whole
from training.shared.record import RECORD, Training

TFIDF = ROOT / "demo" / "tfidf"
STEPS = ["--eval_strategy", "steps", "--eval_steps", "1", "--save_strategy", "steps", "--save_steps", "1"]
BETWEEN = "a training was stopped while its result was put in place; run the same command again"


def write(folder: Path, run: Path = TFIDF) -> None:
    """Another run in a folder, as a training ends."""
    with whole_run(folder) as unfinished:
        for file in run.iterdir():
            shutil.copy(file, unfinished / file.name)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(autouse=True)
def _own_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "datasets"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")


# --- the folder


def test_a_new_run_takes_the_place_of_an_older_one_and_leaves_nothing_of_it(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    for name in ("adapter_model.safetensors", "adapter_config.json", RUN_FILE, "notes.md"):
        (run / name).write_text("older")
    write(run)
    assert {path.name for path in run.iterdir()} == {*(path.name for path in TFIDF.iterdir()), "notes.md"}
    assert contents(run)["notes.md"] == b"older"
    assert contents(run)[RUN_FILE] == (TFIDF / RUN_FILE).read_bytes()


def test_however_many_moves_were_made_there_is_an_old_run_a_new_one_or_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    replace, rmtree = Path.replace, shutil.rmtree
    states = set()
    for moment in range(40):
        run = tmp_path / f"run{moment}"
        write(run, ROOT / "demo" / "minilm-lora")
        old, left = contents(run), [moment]

        def quantity(source: Path, target: Path, left: list[int] = left) -> Path:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return replace(source, target)

        with monkeypatch.context() as patched:  # nothing is cleaned or put back, as after kill -9
            patched.setattr(Path, "replace", quantity)
            patched.setattr(run_folder.shutil, "rmtree", lambda *_, **__: None)
            try:
                write(run)
                finished = True
            except Killed:
                finished = False
        shown = {name: data for name, data in contents(run).items() if not name.startswith(".")}
        if RUN_FILE in shown:
            assert shown in (old, contents(TFIDF))
            states.add("old" if shown == old else "new")
        else:
            states.add("between")
            for read in (load_run, LocalRun.at):
                with pytest.raises(InputError, match=BETWEEN):
                    read(run)
        tidy(run)
        assert contents(run) == (old if shown == old else contents(TFIDF))
        rmtree(run)
        if finished:
            break
    assert finished
    assert states == {"old", "between", "new"}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_a_failure_at_any_move_puts_the_old_run_back(
    tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    write(run, ROOT / "demo" / "minilm-lora")
    old, replace = contents(run), Path.replace
    for moment in range(9):
        left = [moment]

        def quantity(source: Path, target: Path, left: list[int] = left) -> Path:
            left[0] -= 1
            if left[0] == -1:
                raise OSError(number, os.strerror(number))
            return replace(source, target)

        with monkeypatch.context() as patched:
            patched.setattr(Path, "replace", quantity)
            with pytest.raises(InputError, match=r"run: (the disk is full|permission denied|read-only file system)"):
                write(run)
        assert contents(run) == old


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full; make room and run the same command"),
        (Exception("I/O error: No space left on device (os error 28)"), "the disk is full; make room"),
        (PermissionError(errno.EACCES, "Permission denied"), "permission denied; name a folder that can be written to"),
        (RuntimeError("[enforce fail at inline_container.cc:664] . unexpected pos 64 vs 0"), "input/output error"),
    ],
)
def test_every_librarys_failure_to_write_is_the_same_sentence(tmp_path: Path, error: Exception, sentence: str) -> None:
    with pytest.raises(InputError, match=f"run: {sentence}.* with --output_dir[.]"), whole_run(tmp_path / "a" / "run"):
        raise error
    assert not (tmp_path / "a").exists()  # nothing is left behind


def test_a_defect_is_no_failure_to_write(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), explained_writing(tmp_path, "--output_dir"):
        (tmp_path / "nothing").read_text()


def test_what_is_in_the_way_is_named_before_anything_is_done(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    with pytest.raises(InputError, match="file: file exists; name a folder that can be written to with --output_dir"):
        check_place(file)
    with pytest.raises(InputError, match="file/run: not a directory; name a folder"):
        check_place(file / "run")
    (tmp_path / "run" / "model.safetensors").mkdir(parents=True)
    with pytest.raises(InputError, match="model.safetensors: in the way of the run's model.safetensors; move it"):
        check_place(tmp_path / "run")
    check_place(tmp_path / "new" / "run")
    assert not (tmp_path / "new").exists()


# --- every command, on a small disk, in a folder that nothing can be written to, and over a file


def mounted(folder: Path, size: str) -> bool:
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)], capture_output=True, check=False
    )
    return done.returncode == 0


@pytest.fixture
def small_disk(tmp_path: Path):
    if os.geteuid() != 0 or not mounted(tmp_path / "small", "4m"):
        pytest.skip("a small disk can be mounted by root only")
    yield tmp_path / "small"
    subprocess.run(["umount", "-l", str(tmp_path / "small")], check=True)


def train_baseline(tmp_path: Path, task_file: Path, rows: Path, model: Path, *more: str) -> Path:
    out = tmp_path / "runs" / "floor"
    baseline.main(["--task", str(task_file), "--data", str(rows), "--output_dir", str(out), *more])
    return out


TRAININGS = {"chat": train_chat, "encoder": train_encoder, "floor": train_baseline}


@pytest.mark.parametrize("script", TRAININGS)
def test_on_a_full_disk_the_old_run_loads_as_before(
    script: str, tmp_path: Path, task_file: Path, rows_csv: Path, chat_folder: Path, encoder_folder: Path,
    small_disk: Path,
) -> None:  # fmt: skip
    run = small_disk / "run"
    write(run)
    before = contents(run)
    room = shutil.disk_usage(small_disk).free
    (small_disk / "filler").write_bytes(b"x" * max(room - 8192, 0))
    model = chat_folder if script == "chat" else encoder_folder
    with pytest.raises(InputError, match=f"{run}: the disk is full; make room and run the same command again"):
        TRAININGS[script](tmp_path, task_file, rows_csv, model, "--output_dir", str(run))
    assert contents(run) == before
    check_hashes(run, load_run(run))


@pytest.mark.parametrize("script", TRAININGS)
def test_where_nothing_can_be_written_or_a_file_stands_nothing_is_trained(
    script: str, tmp_path: Path, task_file: Path, rows_csv: Path, chat_folder: Path, encoder_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(errno.EACCES, "Permission denied")

    loads = "classification.models.pool.ModelPool._load"
    monkeypatch.setattr(loads, lambda *_, **__: pytest.fail("a model was loaded"))
    model = chat_folder if script == "chat" else encoder_folder
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="file: file exists; name a folder that can be written to with --output_dir"):
        TRAININGS[script](tmp_path, task_file, rows_csv, model, "--output_dir", str(tmp_path / "file"))
    write(tmp_path / "run")
    before = contents(tmp_path / "run")
    monkeypatch.setattr(run_folder, "mkdtemp", refuse)
    with pytest.raises(InputError, match="run: permission denied; name a folder that can be written to"):
        TRAININGS[script](tmp_path, task_file, rows_csv, model, "--output_dir", str(tmp_path / "run"))
    assert contents(tmp_path / "run") == before


def test_an_export_is_whole_or_not_there(
    tmp_path: Path, task_file: Path, rows_csv: Path, encoder_folder: Path, monkeypatch: pytest.MonkeyPatch,
    small_disk: Path,
) -> None:  # fmt: skip
    run = train_encoder(tmp_path, task_file, rows_csv, encoder_folder)
    (small_disk / "filler").write_bytes(b"x" * (shutil.disk_usage(small_disk).free - 8192))
    out = small_disk / "a" / "exported"
    with pytest.raises(InputError, match=f"{out}: the disk is full; make room and run the same command again"):
        export.export(run, out)
    assert [path.name for path in small_disk.iterdir()] == ["filler"]
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="file: file exists; name a folder that can be written to"):
        export.export(run, tmp_path / "file")
    monkeypatch.setattr(export, "TOLERANCE", -1)
    with pytest.raises(InputError, match="the export answers differently .* so it was not kept"):
        export.export(run, tmp_path / "exported")
    assert not (tmp_path / "exported").exists()
    monkeypatch.undo()
    (tmp_path / "exported" / ".unfinished-x").mkdir(parents=True)  # of an export that was killed
    export.export(run, tmp_path / "exported")
    assert load_run(tmp_path / "exported").sha256 == hashes_of(tmp_path / "exported")
    assert not list((tmp_path / "exported").glob(".unfinished-*"))
    with pytest.raises(InputError, match="exported is not empty; name a new folder with --output_dir"):
        export.export(run, tmp_path / "exported")


@pytest.mark.parametrize("command", ["sft", "baseline"])
def test_a_kill_at_any_moment_ends_in_the_run_of_a_command_that_nobody_killed(command: str) -> None:
    """A few of the moments that ``python tests/scripts/kill_sweep.py`` goes through."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "scripts" / "kill_sweep.py"), "--kills", "4", "--only", command],
        capture_output=True, text=True, check=False, timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert "4 kills, 0 that did not end as an unkilled run" in done.stdout


def test_in_a_folder_that_the_system_protects_the_old_run_loads_as_before(
    tmp_path: Path, task_file: Path, rows_csv: Path, encoder_folder: Path
) -> None:
    run = tmp_path / "run"
    write(run)
    before = contents(run)
    if shutil.which("chattr") is None or subprocess.run(["chattr", "+i", str(run)], check=False).returncode:
        pytest.skip("no folder can be protected here")
    try:
        with pytest.raises(InputError, match=f"{run}: operation not permitted; name a folder that can be written to"):
            train_baseline(tmp_path, task_file, rows_csv, encoder_folder, "--output_dir", str(run))
    finally:
        subprocess.run(["chattr", "-i", str(run)], check=True)
    assert contents(run) == before


# --- hashes


def test_a_record_holds_hashes_of_its_files(
    tmp_path: Path, task_file: Path, rows_csv: Path, encoder_folder: Path
) -> None:
    lora = train_encoder(tmp_path, task_file, rows_csv, encoder_folder, "--method", "lora")
    assert load_run(lora).sha256 == hashes_of(lora)
    assert vouched(lora) == ["adapter_model.safetensors", HASHES_FILE]
    full = train_encoder(tmp_path, task_file, rows_csv, encoder_folder)
    assert full == lora
    assert vouched(full) == ["model.safetensors", HASHES_FILE]  # nothing of the adapter is left
    assert load_run(full).sha256 == hashes_of(full)


def test_the_runs_of_the_demo_are_what_their_records_describe() -> None:
    for run in (path.parent for path in (ROOT / "demo").glob("*/run.json")):
        assert load_run(run).sha256 == hashes_of(run)


def changed(run: Path) -> None:
    weights = load_file(run / "model.safetensors")
    name = next(iter(weights))
    save_file(weights | {name: weights[name] + 1}, run / "model.safetensors")


def test_weights_of_another_training_are_neither_loaded_nor_pushed(tmp_path: Path) -> None:
    run = tmp_path / "floor"
    shutil.copytree(TFIDF, run)
    changed(run)
    lineup = tmp_path / "lineup.yaml"
    lineup.write_text(
        f"task: {ROOT}/tasks/financial-sentiment.yaml\ncontenders:\n"
        f"  - {{name: floor, approach: baseline, run: {run}}}\n"
    )
    sentence = "floor: model.safetensors is not the file that its run.json describes; it comes from another training"
    found = load_lineup(lineup)
    with pytest.raises(InputError, match=sentence):
        found.contenders[0].load(found.pool())
    with pytest.raises(InputError, match=sentence):
        plan_run(run, "you/floor", PushOptions(unevaluated=True))


def test_weights_that_the_record_does_not_know_are_refused(tmp_path: Path) -> None:
    run = tmp_path / "floor"
    shutil.copytree(TFIDF, run)
    save_file(load_file(run / "model.safetensors"), run / "adapter_model.safetensors")
    with pytest.raises(InputError, match="adapter_model.safetensors is not among the files that its run.json"):
        check_hashes(run, load_run(run))


def test_a_record_of_an_earlier_version_is_believed_and_hashes_of_texts_may_be_deleted(tmp_path: Path) -> None:
    run = tmp_path / "floor"
    shutil.copytree(TFIDF, run)
    (run / HASHES_FILE).unlink()
    check_hashes(run, load_run(run))
    older = json.loads((run / RUN_FILE).read_text())
    del older["sha256"]
    (run / RUN_FILE).write_text(json.dumps(older))
    changed(run)
    check_hashes(run, load_run(run))
    load_run(run).save(tmp_path)
    assert "sha256" not in json.loads((tmp_path / RUN_FILE).read_text())


def test_a_file_is_read_once_in_a_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = tmp_path / "floor"
    shutil.copytree(TFIDF, run)
    check_hashes(run, load_run(run))
    record, opened = load_run(run), []
    plain = Path.open
    monkeypatch.setattr(Path, "open", lambda self, *a, **k: opened.append(self.name) or plain(self, *a, **k))
    check_hashes(run, record)
    assert not opened


# --- going on


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
    weights, record = load_file(stopped / "adapter_model.safetensors"), load_run(stopped)
    newest = stopped / "checkpoint-2"
    assert not_whole(newest) is None
    data = (newest / "optimizer.pt").read_bytes()
    (newest / "optimizer.pt").write_bytes(data[: len(data) // 2])
    (stopped / "adapter_model.safetensors").unlink()
    resume(tmp_path, task_file, rows_csv, chat_folder)
    assert "checkpoint-2 is passed over, since optimizer.pt is cut off" in caplog.text
    again = load_run(stopped)
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
        with pytest.raises(InputError, match=f"checkpoint-2 cannot be gone on from: {sentence}.*; give what it was"):
            resume(tmp_path, task_file, rows_csv, chat_folder, *more)
        task_file.write_text(plain)
        rows_csv.write_text(rows)

    task_file.write_text(plain.replace("Bearish", "Down").replace("bearish", "down"))
    rows_csv.write_text(rows.replace("Bearish", "Down"))
    refused("it decides between 'Bearish', 'Bullish', 'Neutral', and now 'Down', 'Bullish', 'Neutral' are asked for")
    lines = plain.splitlines()
    task_file.write_text("\n".join([*lines[:-3], lines[-1], lines[-3], lines[-2]]) + "\n")
    refused("its labels are in the order 'Bearish', 'Bullish', 'Neutral', and now in the order 'Neutral'")
    task_file.write_text(plain.replace("name: tiny", "name: other"))
    refused("its task is 'tiny', and now 'other' is asked for")
    task_file.write_text(plain.replace("Decide.", "Decide otherwise."))
    refused("the task tiny says something else now")
    rows_csv.write_text(rows.replace("Company 3", "Firm 3"))
    refused("its training rows are others")
    refused("its training rows are others", "--train_limit", "9")
    refused("its validation rows are others", "--eval_limit", "3")
    refused("--learning_rate was 0.01, and is 0.02 now", "--learning_rate", "0.02")
    refused("--lora_r was 4, and is 8 now", "--lora_r", "8")
    refused("its method is 'lora', and now 'full' is asked for", "--use_peft", "false", "--lora_r", "16")
    shutil.copytree(chat_folder, tmp_path / "another")
    with pytest.raises(InputError, match="its base is 'tiny-llama .path.', and now 'another .path.' is asked for"):
        resume(tmp_path, task_file, rows_csv, tmp_path / "another")
    assert contents(stopped) == before


def test_checkpoints_of_an_earlier_training_are_not_taken_for_those_of_a_later_one(
    stopped: Path, tmp_path: Path, task_file: Path, rows_csv: Path, chat_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    before = load_run(stopped)
    with monkeypatch.context() as patched:
        patched.setattr("training.sft.LabelTrainer.training_step", stop)
        with pytest.raises(KeyboardInterrupt):
            train_chat(tmp_path, task_file, rows_csv, chat_folder, *STEPS)
    assert load_run(stopped) == before
    with pytest.raises(InputError, match="there is no checkpoint in .* to resume from; leave --resume_from_checkpoint"):
        resume(tmp_path, task_file, rows_csv, chat_folder)
    named = str(stopped / "checkpoint-1")
    train_chat(tmp_path, task_file, rows_csv, chat_folder, *STEPS, "--resume_from_checkpoint", named)
    assert load_run(stopped).sha256 == before.sha256


def test_a_checkpoint_of_an_earlier_version_is_not_gone_on_from(
    stopped: Path, tmp_path: Path, task_file: Path, rows_csv: Path, chat_folder: Path
) -> None:
    (stopped / "checkpoint-2" / RECORD).unlink()
    (stopped / RECORD).unlink()
    with pytest.raises(InputError, match="checkpoint-2: nothing there says which labels and rows it is of, since an"):
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

    whole = load_run(train_chat(tmp_path, task_file, rows_csv, chat_folder, *flags))
    run = tmp_path / "runs" / "chat"
    assert max(entry["step"] for entry in whole.history) == 3  # the first is the best, and two were no better
    shutil.rmtree(run)
    with monkeypatch.context() as patched:
        patched.setattr("training.sft.finish", stop)
        with pytest.raises(KeyboardInterrupt):
            train_chat(tmp_path, task_file, rows_csv, chat_folder, *flags)
    train_chat(tmp_path, task_file, rows_csv, chat_folder, *flags, "--resume_from_checkpoint")
    again = load_run(run)
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
