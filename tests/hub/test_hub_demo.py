from __future__ import annotations

import os
import subprocess
import sys

import pytest
from support.paths import ROOT, needs_packages


@pytest.mark.timeout(600)
@needs_packages
def test_the_demo_trains_pushes_lists_pulls_and_compares() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    found = subprocess.run(
        [sys.executable, "tests/scripts/hub_demo.py", "--no_page"],
        cwd=ROOT, env=environment | {"PYTHONPATH": "tests"}, capture_output=True, text=True, timeout=580, check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr[-3000:]
    first, again = (part for part in found.stdout.split("MiniLM fine-tuned  fine-tuned  ")[1:])
    assert first[:44] == again[:44]  # from its folder and from the Hub: the same accuracy and macro-F1
    assert "you/headlines-minilm\n" in found.stdout
    assert "hf_test" not in found.stdout + found.stderr
    assert found.stdout.rstrip().splitlines()[-1].startswith("http://127.0.0.1:")
