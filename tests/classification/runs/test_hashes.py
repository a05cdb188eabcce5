"""A run's record holds hashes of the files beside it, and weights that differ from them are refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file
from support.paths import ROOT
from support.runs import TFIDF, changed
from support.trainings import train_encoder

from classification.errors import InputError
from classification.lineup import load_lineup
from classification.runs.hashes import check_hashes, hashes_of, vouched
from classification.runs.record import HASHES_FILE, RUN_FILE, load_record
from hub.push.runs import PushOptions, plan_run


@pytest.mark.usefixtures("own_caches")
def test_a_record_holds_hashes_of_its_files(
    tmp_path: Path, task_file: Path, rows_csv: Path, encoder_folder: Path
) -> None:
    lora = train_encoder(tmp_path, task_file, rows_csv, encoder_folder, "--method", "lora")
    assert load_record(lora).sha256 == hashes_of(lora)
    assert vouched(lora) == ["adapter_model.safetensors", HASHES_FILE]
    full = train_encoder(tmp_path, task_file, rows_csv, encoder_folder)
    assert full == lora
    assert vouched(full) == ["model.safetensors", HASHES_FILE]  # nothing of the adapter is left
    assert load_record(full).sha256 == hashes_of(full)


def test_the_runs_of_the_demo_are_what_their_records_describe() -> None:
    for run in (path.parent for path in (ROOT / "demo").glob("*/run.json")):
        assert load_record(run).sha256 == hashes_of(run)


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
        check_hashes(run, load_record(run))


def test_a_record_of_an_earlier_version_is_believed_and_hashes_of_texts_may_be_deleted(tmp_path: Path) -> None:
    run = tmp_path / "floor"
    shutil.copytree(TFIDF, run)
    (run / HASHES_FILE).unlink()
    check_hashes(run, load_record(run))
    older = json.loads((run / RUN_FILE).read_text())
    del older["sha256"]
    (run / RUN_FILE).write_text(json.dumps(older))
    changed(run)
    check_hashes(run, load_record(run))
    load_record(run).save(tmp_path)
    assert "sha256" not in json.loads((tmp_path / RUN_FILE).read_text())


def test_a_file_is_read_once_in_a_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = tmp_path / "floor"
    shutil.copytree(TFIDF, run)
    check_hashes(run, load_record(run))
    record, opened = load_record(run), []
    plain = Path.open
    monkeypatch.setattr(Path, "open", lambda self, *a, **k: opened.append(self.name) or plain(self, *a, **k))
    check_hashes(run, record)
    assert not opened
