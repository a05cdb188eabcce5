"""Ways to reach the Hub server: the fixtures, its page, and `python -m hub_server`."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from hub_server import HubServer
from support.paths import ROOT


def test_the_fixture_lets_this_process_reach_the_hub(online: HubServer, encoder_folder: Path) -> None:
    from huggingface_hub import HfApi

    online.seed("acme/seeded", encoder_folder)
    api = HfApi(token=online.user("alice"))
    assert api.whoami()["name"] == "alice"
    assert api.file_exists("acme/seeded", "config.json")


def test_without_the_fixture_this_process_stays_offline() -> None:
    from huggingface_hub import HfApi
    from huggingface_hub.errors import OfflineModeIsEnabled

    with pytest.raises(OfflineModeIsEnabled):
        HfApi().model_info("acme/seeded")


def test_its_page_shows_names_as_text(server: HubServer, repo: str) -> None:
    server.hub.create("models", repo, "alice")
    page = httpx.get(server.url)
    assert (page.status_code, f"<li>model {repo}</li>" in page.text) == (200, True)


def test_people_can_serve_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hub_server", "--data", str(tmp_path), "--user", "ada", "bert"]
    with subprocess.Popen(command, cwd=ROOT / "tests", stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            printed = [process.stdout.readline() for _ in range(2)]
            url, token = (re.split(r"[= ]", line.strip())[2] for line in printed)
            answer = httpx.get(f"{url}/api/whoami-v2", headers={"Authorization": f"Bearer {token}"})
            assert answer.json()["name"] == "ada"
        finally:
            process.send_signal(signal.SIGINT)
            try:
                assert process.wait(timeout=20) == 0
            finally:
                process.kill()  # else the test would wait for it without end
