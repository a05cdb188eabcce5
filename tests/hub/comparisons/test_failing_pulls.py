"""Pulls of a comparison that cannot end: no Hub, a Hub that hangs, a full disk, a file in the way; nothing is left."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from hub_server import HubServer
from huggingface_hub import HfApi
from support.paths import DEMO
from support.terminal import Terminal, sentence

from classification.errors import InputError
from classification.network.hub_client import TIMEOUT_VARIABLE
from hub.comparisons.datasets import plan_comparison, pull_comparison
from hub.shared.publish import publish


@pytest.mark.parametrize(
    ("transfer", "path"),
    [("xet", r"^/xorbs/"), ("xet", "reconstructions"), ("lfs", r"/resolve/.*parquet"), ("xet", "xet-read-token")],
)
def test_a_download_is_given_up_over_xet_and_over_lfs(
    online: HubServer, api: HfApi, tmp_path: Path, transfer: str, path: str
) -> None:
    publish(plan_comparison(DEMO / "results", "you/hangs"), api)
    terminal = Terminal(online, str(api.token), tmp_path / "home", {TIMEOUT_VARIABLE: "0.5"})
    terminal.more["HF_HUB_DISABLE_XET"] = str(int(transfer == "lfs"))
    words = ["-m", "hub.comparisons", "pull", "you/hangs", "--output", tmp_path / "there"]
    cut = {"cut_after": 100} if transfer == "lfs" else {}
    hanging = online.faults.add("GET", path, hang=True, times=None, **cut)
    found = sentence(terminal.run(*words, status=2))
    assert hanging.happened > 0
    assert "the Hub gave no answer for 0.5 seconds; run the same command again, or set PROMPT_OR_TUNE_HUB" in found
    assert not (tmp_path / "there").exists()


def test_a_pull_without_the_hub_leaves_nothing_although_a_part_is_in_the_cache(
    online: HubServer, api: HfApi, tmp_path: Path
) -> None:
    publish(plan_comparison(DEMO / "results", "you/part", private=False), api)
    terminal = Terminal(online, str(api.token), tmp_path / "home")
    look = "from hub.comparisons.datasets import fetch_comparison as f; print(f('you/part').task.name)"
    terminal.run("-c", look)  # leaves comparison.json in the cache, and nothing else
    words = ["-m", "hub.comparisons", "pull", "you/part", "--output", tmp_path / "a" / "there"]
    found = terminal.run(*words, status=2, HF_HUB_OFFLINE="1")
    assert sentence(found).startswith("cannot pull the comparison you/part: the Hub cannot be reached; check the")
    assert found.stdout == ""
    assert not (tmp_path / "a").exists()
    terminal.run(*words)
    assert (tmp_path / "a" / "there" / "scores.parquet").is_file()


def test_a_pull_from_a_hub_that_is_gone_or_fails_leaves_nothing(online: HubServer, api: HfApi, tmp_path: Path) -> None:
    publish(plan_comparison(DEMO / "results", "you/gone", private=False), api)
    pull_comparison("you/gone", tmp_path / "first", api=api)  # all of it is in the cache
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nowhere = HfApi(endpoint="http://127.0.0.1:{1}".format(*closed.getsockname()), token=api.token)
    with pytest.raises(InputError, match="cannot pull the comparison you/gone: the Hub cannot be reached"):
        pull_comparison("you/gone", tmp_path / "a" / "there", api=nowhere)
    online.faults.add("GET", "/api/datasets/", status=503, times=None)
    with pytest.raises(InputError, match=r"cannot pull the comparison you/gone: the Hub failed \(503\)"):
        pull_comparison("you/gone", tmp_path / "a" / "there", api=api)
    assert [path.name for path in tmp_path.iterdir()] == ["first"]


def test_a_file_that_does_not_arrive_is_told(
    online: HubServer, api: HfApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(plan_comparison(DEMO / "results", "you/arrives"), api)

    def forgetful(*args: Any, **options: Any) -> str:
        folder = huggingface_hub.snapshot_download(*args, **options)
        (Path(folder) / "table.csv").unlink()
        return folder

    monkeypatch.setattr("hub.comparisons.datasets.snapshot_download", forgetful)
    with pytest.raises(InputError, match="cannot pull the comparison you/arrives: table.csv did not arrive; run the"):
        pull_comparison("you/arrives", tmp_path / "there", api=api)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (28, "the disk is full; make room and run the same command again, or name a folder on another disk"),
        (30, "read-only file system; name a folder that can be written to"),
        (13, "permission denied; name a folder that can be written to"),
    ],
)
def test_a_disk_that_takes_no_more_keeps_what_was_there(
    online: HubServer, api: HfApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    publish(plan_comparison(DEMO / "results", "you/full"), api)
    pull_comparison("you/full", tmp_path / "old", api=api)
    before = {path: path.read_bytes() for path in (tmp_path / "old").rglob("*") if path.is_file()}

    def refuse(_: Path, target: Path) -> None:
        target.write_bytes(b"half")
        raise OSError(number, os.strerror(number), str(target))

    monkeypatch.setattr("shutil.copyfile", refuse)
    with pytest.raises(InputError) as caught:
        pull_comparison("you/full", tmp_path / "b" / "new", api=api)
    assert str(caught.value) == f"{tmp_path}/b/new: {said} with --output."
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


def test_a_file_in_the_way_of_a_pull_is_told_and_left(online: HubServer, api: HfApi, tmp_path: Path) -> None:
    publish(plan_comparison(DEMO / "results", "you/way"), api)
    (tmp_path / "file").write_text("mine")
    for place in ("file", "file/below", "file/further/below"):
        with pytest.raises(InputError, match=rf"^{tmp_path / place}.* name a .*folder .*with --output\.$"):
            pull_comparison("you/way", tmp_path / place, api=api)
    assert [path.read_text() for path in tmp_path.rglob("*")] == ["mine"]


def test_a_file_in_the_place_of_the_cache_is_told(online: HubServer, api: HfApi, tmp_path: Path) -> None:
    publish(plan_comparison(DEMO / "results", "you/no-cache"), api)
    (tmp_path / "file").write_text("mine")
    terminal = Terminal(online, str(api.token), tmp_path / "file")
    words = ["-m", "hub.comparisons", "pull", "you/no-cache", "--output", tmp_path / "there"]
    found = sentence(terminal.run(*words, status=2))
    assert found.startswith("cannot pull the comparison you/no-cache: ")
    assert "is no folder; let HF_HOME name one" in found
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
