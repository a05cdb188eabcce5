"""Records and configurations that others wrote: nothing of a large or deep one reaches a parser."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from support.paths import ROOT

from classification.classifiers.baseline_settings import BaselineSettings, load_settings
from classification.errors import InputError
from classification.files import reading as files
from classification.files.reading import read_json, read_limited
from classification.models.adapter_settings import read_settings
from classification.runs.identify import record_of
from classification.runs.local import LocalRun
from classification.runs.record import RunRecord, load_record
from hub.push.run_files import run_uploads

DEMO = ROOT / "demo"
TASK = load_record(DEMO / "tfidf").task


def baseline(folder: Path) -> object:
    return load_settings(folder, TASK)


def uploads(folder: Path) -> object:
    return run_uploads(folder, load_record(DEMO / "minilm-lora"))


def described(folder: Path) -> object:
    return record_of(LocalRun.at(folder), TASK)


#: Who reads a JSON file of a run, which file, and what the sentence is.
READERS: list[tuple[Callable[[Path], object], str, str]] = [
    (load_record, "run.json", "larger than 20 MB, so no record of a run"),
    (baseline, "baseline.json", "larger than 20 MB, so no record of a baseline"),
    (read_settings, "adapter_config.json", "larger than 20 MB, so no adapter's configuration"),
    (described, "config.json", "larger than 5 MB, so no configuration"),
    (described, "adapter_config.json", "larger than 5 MB, so no configuration"),
    (described, "run.json", "larger than 20 MB, so no record of a run"),
    (uploads, "adapter_config.json", "larger than 20 MB, so no configuration or record"),
]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run folder with each of the files."""
    shutil.copytree(DEMO / "minilm-lora", tmp_path / "run")
    shutil.copy(DEMO / "tfidf" / "baseline.json", tmp_path / "run")
    (tmp_path / "run" / "config.json").write_text("{}")
    return tmp_path / "run"


@pytest.mark.parametrize(("read", "name", "sentence"), READERS)
def test_two_hundred_megabytes_are_refused_by_size(
    run: Path, monkeypatch: pytest.MonkeyPatch, read: Callable[[Path], object], name: str, sentence: str
) -> None:
    with (run / name).open("wb") as stream:
        stream.truncate(200_000_000)
    parse = json.loads

    def loads(text: bytes | str, **more: object) -> object:
        assert len(text) < 1_000_000, "it reached the parser"
        return parse(text, **more)

    def never(text: bytes | str, **_: object) -> object:
        assert len(text) < 1_000_000, "it reached the parser"
        return None

    monkeypatch.setattr(json, "loads", loads)
    for model in (RunRecord, BaselineSettings) if name != "adapter_config.json" else ():
        monkeypatch.setattr(model, "model_validate_json", never)
    with pytest.raises(InputError, match=sentence) as caught:
        read(run)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content", ["[" * 20_000, "[" * 20_000 + "]" * 20_000, '{"a":' * 20_000, '{"labels":' + "[" * 10**6]
)
@pytest.mark.parametrize(("read", "name", "sentence"), READERS)
def test_thousands_of_brackets_are_one_sentence(
    run: Path, read: Callable[[Path], object], name: str, sentence: str, content: str
) -> None:
    (run / name).write_text(content)
    with pytest.raises(InputError) as caught:
        read(run)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400 + len(str(run))


def test_a_file_is_read_to_its_limit_and_no_further(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(b"[1]")
    assert read_limited(file, 3, what="record") == b"[1]"
    assert read_json(file, what="record") == [1]
    with pytest.raises(InputError, match=r"a\.json: larger than 0 MB, so no record; give the right file"):
        read_limited(file, 2, what="record")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no file without an end")
def test_a_file_without_an_end_is_only_a_large_one() -> None:
    with pytest.raises(InputError, match="/dev/zero: larger than 1 MB, so no task file"):
        read_limited(Path("/dev/zero"), files.LONGEST_WRITTEN, what="task file")


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b'{"a": "\xe9"}', b"[" * 20_000, b""])
def test_what_is_no_json_is_a_value_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises((json.JSONDecodeError, UnicodeDecodeError, ValueError), match=None):
        read_json(tmp_path / "a.json", what="record")
