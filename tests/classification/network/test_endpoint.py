"""A Hub's address that the Hub client cannot even be imported with: one sentence from every command, no traceback."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from support.paths import ROOT

from classification.network.endpoint import end_without_address

COMMANDS = [
    "-m hub.push demo/tfidf --repo_id you/x", "-m hub.comparisons pull you/x --output out", "-m hub.jobs --help",
    "-m hub.space --help", "-m hub.collect --help", "-m hub.feedback --help", "-m comparison report demo/results",
    "-m classification check --help", "-m training.baseline", "-m training.sft", "-m training.encoder",
    "-m training.export demo/minilm-lora --output_dir out", "app.py",
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_an_address_that_cannot_be_read_ends_every_command_with_one_sentence(command: str) -> None:
    environment = {**os.environ, "HF_ENDPOINT": "http://[hub"}
    done = subprocess.run(
        [sys.executable, *command.split()],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == (
        "HF_ENDPOINT='http://[hub' is not the address of a Hub; write such as https://huggingface.co or "
        "http://localhost:8080, or unset it to use huggingface.co.\n"
    )


@pytest.mark.parametrize("address", ["", "http://127.0.0.1:8080", "https://mirror.example/hub", "localhost:8080"])
def test_what_can_be_read_is_left_to_whoever_needs_the_hub(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("HF_ENDPOINT", address)
    end_without_address()
