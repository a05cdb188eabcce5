"""A run is whole or it is not there: a new one takes the place of an older one in one move, whatever stops it."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest
from support.paths import ROOT
from support.runs import TFIDF, contents, write

from classification.errors import InputError
from classification.files.writing import explained_writing
from classification.runs import folder as run_folder
from classification.runs.folder import check_place, tidy, whole_run
from classification.runs.local import LocalRun
from classification.runs.record import RUN_FILE, load_record

BETWEEN = "a training was stopped while its result was put in place; run the same command again"


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
            for read in (load_record, LocalRun.at):
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
