"""Every training script and export on a full disk, in a protected folder, over a file, killed: the old run stays."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.paths import ROOT
from support.runs import contents, write
from support.trainings import train_chat, train_encoder

from classification.errors import InputError
from classification.runs import folder as run_folder
from classification.runs.hashes import check_hashes, hashes_of
from classification.runs.record import load_record
from training import baseline, export


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
    check_hashes(run, load_record(run))


@pytest.mark.parametrize("script", TRAININGS)
def test_where_nothing_can_be_written_or_a_file_stands_nothing_is_trained(
    script: str, tmp_path: Path, task_file: Path, rows_csv: Path, chat_folder: Path, encoder_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(errno.EACCES, "Permission denied")

    loads = "classification.models.pool.ModelPool._loaded"
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
    assert load_record(tmp_path / "exported").sha256 == hashes_of(tmp_path / "exported")
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
