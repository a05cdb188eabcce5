"""Pulls that meet every fault, by the commands that a user types: one sentence, a way to go on, and it completes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hub_server import HubServer
from support.paths import ROOT
from support.terminal import Terminal, sentence

from hub.comparisons.datasets import plan_comparison
from hub.shared.client import connect
from hub.shared.publish import publish

RESULTS = ROOT / "demo" / "results"
FAULTS: list[tuple[str, dict[str, Any], str]] = [
    (r"/api/datasets/", {"status": 401}, "the Hub does not know this token|it is not on the Hub, or it is private"),
    (r"/resolve/.*svg", {"status": 403}, "this token may not do that"),
    (r"/resolve/.*svg", {"status": 404, "code": "EntryNotFound"}, "a file that it should have is missing there"),
    (r"/api/datasets/", {"status": 404, "code": "RevisionNotFound"}, "it has no such revision; name a branch"),
    (r"/resolve/.*svg", {"status": 409}, "it changed or came to be meanwhile"),
    (r"/resolve/.*svg", {"status": 412}, "somebody else committed meanwhile"),
]


@pytest.fixture
def published(online: HubServer) -> str:
    publish(plan_comparison(RESULTS, "you/numbers"), connect(online.user("you")))
    return "you/numbers"


@pytest.fixture
def terminal(online: HubServer, tmp_path: Path) -> Terminal:
    return Terminal(online, online.user("you"), tmp_path / "home")


@pytest.mark.parametrize(("path", "fault", "said"), FAULTS, ids=lambda value: str(value)[:30])
def test_a_refusal_in_the_middle_of_a_pull(
    terminal: Terminal, published: str, tmp_path: Path, path: str, fault: dict[str, Any], said: str
) -> None:
    words = ["-m", "hub.comparisons", "pull", published, "--output", tmp_path / "there"]
    terminal.server.faults.add("*", path, times=None, **fault)
    found = sentence(terminal.run(*words, status=2))
    assert found.startswith("cannot pull the comparison you/numbers: ")
    assert any(part in found for part in said.split("|")), found
    assert not (tmp_path / "there").exists()  # half a comparison is none
    terminal.server.faults.clear()
    terminal.run(*words)
    assert (tmp_path / "there" / "comparison.json").read_bytes() == (RESULTS / "comparison.json").read_bytes()


@pytest.mark.parametrize(
    ("transfer", "path"), [("lfs", r"/resolve/.*parquet"), ("xet", r"^/xorbs/")], ids=["lfs", "xet"]
)
def test_a_connection_that_is_cut_in_the_middle_of_a_file(
    terminal: Terminal, published: str, tmp_path: Path, transfer: str, path: str
) -> None:
    terminal.more = {"HF_HUB_DISABLE_XET": str(int(transfer == "lfs"))}
    words = ["-m", "hub.comparisons", "pull", published, "--output", tmp_path / "there"]
    terminal.server.faults.add("GET", path, cut_after=100, times=None)
    found = sentence(terminal.run(*words, status=2))
    assert found == (
        "cannot pull the comparison you/numbers: the transfer was cut off; run the same command again, what was "
        "transferred is not transferred twice."
    )
    terminal.server.faults.clear()
    terminal.run(*words)
    assert (tmp_path / "there" / "scores.parquet").is_file()


def test_a_hub_that_is_slow_is_waited_for(terminal: Terminal, published: str, tmp_path: Path) -> None:
    slow = terminal.server.faults.add("GET", r"/api/datasets/", delay=0.2, times=1)
    terminal.run("-m", "hub.comparisons", "pull", published, "--output", tmp_path / "slow")
    assert slow.happened == 1


def test_a_run_that_cannot_be_downloaded_fails_alone_in_a_comparison(
    terminal: Terminal, tmp_path: Path, online: HubServer
) -> None:
    online.seed("you/broken-off", ROOT / "demo" / "tfidf")
    lineup = tmp_path / "lineup.yaml"
    lineup.write_text(
        f"task: {ROOT}/tasks/financial-sentiment.yaml\ncontenders:\n"
        "  - {name: Theirs, approach: baseline, run: you/broken-off}\n"
        f"  - {{name: Ours, approach: baseline, run: {ROOT}/demo/tfidf}}\n"
    )
    terminal.more = {"HF_HUB_DISABLE_XET": "1"}
    online.faults.add("GET", r"you/broken-off/resolve/.*safetensors", cut_after=1000, times=None)
    words = ["-m", "comparison", "run", "--lineup", lineup, "--data", "demo/headlines.csv", "--limit", 12]
    shown = terminal.run(*words, "--output", tmp_path / "first").stdout
    assert "Theirs failed: cannot pull you/broken-off: the transfer was cut off; run the same command again" in shown
    online.faults.clear()
    again = terminal.run(*words, "--output", tmp_path / "second").stdout
    assert "failed" not in again
