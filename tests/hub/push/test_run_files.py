"""Run folders as people leave them: what must not be published is refused with a sentence, never sent."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from support.paths import ROOT

from classification.errors import InputError
from classification.runs.record import load_record
from hub.push.run_files import result_file, run_uploads
from hub.shared import new_folder as folders
from hub.shared.publish import Plan, Upload

DEMO = ROOT / "demo"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    shutil.copytree(DEMO / "minilm-lora", tmp_path / "run")
    return tmp_path / "run"


def refused(run: Path) -> str:
    with pytest.raises(InputError) as caught:
        run_uploads(run, load_record(run))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_link_to_a_file_elsewhere_is_refused(run: Path, tmp_path: Path) -> None:
    (tmp_path / "private.json").write_text('{"password": "x"}')
    (run / "tokenizer.json").symlink_to(tmp_path / "private.json")
    assert refused(run).endswith("tokenizer.json is a link out of the run folder; put the file itself there.")
    (run / "tokenizer.json").unlink()
    (run / "onnx").symlink_to(tmp_path)
    (tmp_path / "model.onnx").write_bytes(b"x")
    assert "onnx/model.onnx is a link out of the run folder" in refused(run)


def test_a_run_folder_that_is_itself_a_link_is_fine(run: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(run)
    (run / "vocab.txt").symlink_to(run / "run.json")  # within the folder
    assert {upload.path for upload in run_uploads(tmp_path / "link", load_record(run))} >= {"vocab.txt", "run.json"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xef\xbb\xbf{}", "no readable JSON in UTF-8; write it again, without a byte order mark"),
        (b"\xff\xfe{}", "no readable JSON in UTF-8"),
        (b"{", "no readable JSON in UTF-8"),
        (b"[" * 100_000, "no readable JSON in UTF-8"),
        (b"[1, 2]", r"found [1, 2] where a configuration belongs"),
    ],
)
def test_a_damaged_configuration_is_told(run: Path, content: bytes, said: str) -> None:
    (run / "config.json").write_bytes(content)
    assert said in refused(run)


def test_weights_in_parts_need_their_index_and_every_part(tmp_path: Path) -> None:
    record = load_record(DEMO / "minilm-lora").model_copy(update={"method": "full"})
    record.save(tmp_path)
    (tmp_path / "model-00001-of-00002.safetensors").write_bytes(b"x")
    assert "model.safetensors.index.json is missing, without which its weights cannot be loaded" in refused(tmp_path)
    parts = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": parts}))
    assert "model-00002-of-00002.safetensors is missing" in refused(tmp_path)
    (tmp_path / "model-00002-of-00002.safetensors").write_bytes(b"x")
    assert len(run_uploads(tmp_path, record)) == 4


def test_an_adapter_needs_its_configuration(run: Path) -> None:
    (run / "adapter_config.json").unlink()
    assert "adapter_config.json is missing" in refused(run)


def test_places_in_a_record_go_and_the_words_of_its_task_stay(run: Path) -> None:
    found = json.loads((run / "run.json").read_text())
    found["task"]["dataset"] = {"path": "/home/me/secret/rows.csv"}
    found["task"]["examples"] = ["/r/python says ./configure"]
    found["hyperparameters"]["deepspeed_config"] = {"file": "~/secret/ds.json"}
    found["data"]["source"] = "/home/me/secret/rows"
    found["base"] |= {"id": "/home/me/secret/model", "weights": "path"}
    (run / "run.json").write_text(json.dumps(found))
    (upload,) = (upload for upload in run_uploads(run, load_record(run)) if upload.path == "run.json")
    assert b"secret" not in upload.read()
    clean = json.loads(upload.read())
    assert clean["task"]["dataset"] == {"path": "rows.csv"}
    assert clean["task"]["examples"] == ["/r/python says ./configure"]
    assert (clean["data"]["source"], clean["base"]["id"]) == ("rows", "model")


def test_a_comparisons_failures_and_settings_lose_their_paths(tmp_path: Path) -> None:
    found = json.loads((DEMO / "results" / "comparison.json").read_text())
    assert result_file(DEMO / "results" / "comparison.json") == DEMO / "results" / "comparison.json"
    identity = {key: found["contenders"][0][key] for key in ("name", "approach", "family")}
    failure: dict[str, Any] = identity | {"name": "x", "configuration": {"model": "/home/me/secret/model"}}
    found["contenders"].append(failure | {"error": "cannot load /home/me/secret/model: hf_abcdefghijklmnopq"})
    (tmp_path / "comparison.json").write_text(json.dumps(found))
    with pytest.raises(InputError, match="holds what looks like a token"):
        result_file(tmp_path / "comparison.json")
    (tmp_path / "comparison.json").write_text(json.dumps(found).replace("hf_abcdefghijklmnopq", "gone"))
    clean = result_file(tmp_path / "comparison.json")
    assert isinstance(clean, bytes)
    assert b"secret" not in clean
    assert json.loads(clean)["contenders"][-1]["error"] == "cannot load model: gone"


@pytest.mark.parametrize("path", ["chat_template.jinja", "tokenizer.json", "inputs/rows.csv", "lineup.yaml"])
def test_no_plan_holds_a_token_in_any_text(path: str) -> None:
    with pytest.raises(InputError, match=f"{path} holds what looks like a token; take it out, revoke") as caught:
        Plan("you/x", (Upload(path, b"a hf_abcdefghijklmnopqrst b"),), "x")
    assert "hf_abc" not in str(caught.value)
    Plan("you/x", (Upload(path, b"Bearer of bad news; hf_hub_download"),), "x")  # words are no token


@pytest.mark.parametrize("version", ["", "main", "a b", "../x", "v1.", "-v", "x" * 97, "v1\n"])
def test_a_version_that_is_no_tag_is_refused_before_anything_is_sent(version: str) -> None:
    with pytest.raises(InputError, match="is not a version; write such as v1, or 2.0-beta"):
        Plan("you/x", (), "x", version=version)


def test_a_new_folder_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    place = tmp_path / "a" / "new"
    with pytest.raises(KeyboardInterrupt), folders.new_folder(place) as unfinished:
        (unfinished / "half").touch()
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
    place.parent.mkdir()
    (tmp_path / "elsewhere").mkdir()
    place.symlink_to(tmp_path / "elsewhere")
    with folders.new_folder(place) as unfinished:
        (unfinished / "whole").touch()
    assert (tmp_path / "elsewhere" / "whole").is_file()
    with (
        pytest.raises(InputError, match="new is not empty; name a new folder with --output"),
        folders.new_folder(place),
    ):
        pass
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="file is not empty"), folders.new_folder(tmp_path / "file"):
        pass
    with (
        pytest.raises(InputError, match="name a folder that can be written to with --output_dir"),
        folders.new_folder(tmp_path / "file" / "below", "--output_dir"),
    ):
        pass
