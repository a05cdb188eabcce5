"""A lineup that tests may change, and who is signed in."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hub_server import HubServer
from support.paths import ROOT

from classification.lineup import Lineup, load_lineup


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lineup:
    """The demo's lineup without the contenders that need weights, in a folder that tests may write to."""
    shutil.copytree(ROOT / "demo", tmp_path / "demo")
    shutil.copytree(ROOT / "tasks", tmp_path / "tasks")
    file = tmp_path / "demo" / "lineup.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text[: text.index("  - name: SmolLM2 zero-shot")], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return load_lineup(file)


@pytest.fixture
def olga(online: HubServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """Olga is signed in on this computer; the token."""
    token = online.user("olga", orgs=("acme",))
    monkeypatch.setenv("HF_TOKEN", token)
    return token
