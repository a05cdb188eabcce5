"""The program on every published card, taken from the Hub and run by somebody who has nothing of ours."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hub_server import HubServer
from huggingface_hub import ModelCard
from support.paths import ROOT, needs_packages
from support.terminal import Terminal

from classification.models.pool import folder_of, locate
from classification.runs.record import load_record
from hub.push.runs import PushOptions, plan_run
from hub.shared.client import connect
from hub.shared.publish import publish
from training.export import export

RESULTS = ROOT / "demo" / "results"
BASES = {
    "smollm2-lora": "HuggingFaceTB/SmolLM2-135M-Instruct",
    "minilm-lora": "sentence-transformers/all-MiniLM-L6-v2",
}


@pytest.fixture(scope="module")
def bases(hub_server: HubServer) -> None:
    for model in BASES.values():
        folder = folder_of(locate(model, source="package"))
        assert folder is not None
        hub_server.seed(model, folder)


def printed_by_the_card(server: HubServer, repo_id: str, home: Path) -> tuple[str, str]:
    """What the card's program prints, and the label that the card shows behind it."""
    terminal = Terminal(server, server.user("reader", orgs=("you",)), home)
    text = ModelCard.load(repo_id, token=terminal.token).text
    (program,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (shown,) = re.findall(r"^print\(.*\)  # (.+)$", program, re.MULTILINE)
    found = terminal.run("-c", program, cwd=home.parent, PYTHONPATH="")
    return found.stdout.strip().splitlines()[-1], shown


@needs_packages
@pytest.mark.usefixtures("bases")
@pytest.mark.parametrize("name", BASES)
def test_an_adapters_program_prints_the_label_that_its_card_shows(online: HubServer, tmp_path: Path, name: str) -> None:
    api = connect(online.user("you"))
    options = PushOptions(comparison=RESULTS, version="v1")
    publish(plan_run(ROOT / "demo" / name, f"you/{name}", options, api=api), api)
    printed, shown = printed_by_the_card(online, f"you/{name}", tmp_path / "home")
    assert printed == shown == load_record(ROOT / "demo" / name).answers[0].labels[0]
    card = ModelCard.load(f"you/{name}", token=api.token).text
    assert f'"you/{name}", revision="v1"' in card


@needs_packages
def test_an_exports_program_needs_no_torch_and_prints_the_same(online: HubServer, tmp_path: Path) -> None:
    api = connect(online.user("you"))
    export(ROOT / "demo" / "minilm-lora", tmp_path / "minilm-onnx")
    publish(plan_run(tmp_path / "minilm-onnx", "you/as-onnx", api=api), api)
    printed, shown = printed_by_the_card(online, "you/as-onnx", tmp_path / "home")
    assert printed == shown == load_record(ROOT / "demo" / "minilm-lora").answers[0].labels[0]
