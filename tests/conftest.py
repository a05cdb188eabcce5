"""Fixtures that test files of several folders use."""

from __future__ import annotations

from support.environment import HUB_SOCKET  # before the Hub client, which reads the environment once

# isort: split
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_server import HubServer, serving
from support.tiny_models import chat_model, encoder_model, make_tokenizer
from transformers import PreTrainedTokenizerFast

from classification.models.pool import LoadedModel, ModelSource
from classification.network.hub_client import TIMEOUT_VARIABLE
from classification.task import Label, Task

#: Files with few tests that each take long. Workers take whole files, and a long one that is begun last is waited for.
LONGEST = (
    "hub/space/test_space.py", "classification/models/test_scoring.py", "training/test_failing_writes.py",
    "ui/test_demo.py", "training/shared/test_checkpoints.py", "hub/cards/test_published_snippets.py",
    "hub/push/test_push.py", "hub_server_clients/test_faults.py", "training/test_approaches.py",
    "training/test_static.py", "training/test_setfit.py",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest."""
    items.sort(key=lambda item: not item.path.as_posix().endswith(LONGEST))


@pytest.fixture(scope="session")
def tokenizer() -> PreTrainedTokenizerFast:
    """A byte-level BPE tokenizer with a chat template, trained on a few sentences."""
    return make_tokenizer()


@pytest.fixture(scope="session")
def task() -> Task:
    """Three labels, in the words of the demo."""
    return Task(
        name="tiny",
        language="en",
        instruction="Decide what this financial news means.",
        labels=tuple(Label(name=name, verbalizer=name.lower()) for name in ("Bearish", "Bullish", "Neutral")),
    )


@pytest.fixture
def chat(tokenizer: PreTrainedTokenizerFast) -> LoadedModel:
    """A tiny chat model as the pool would hand it out."""
    return LoadedModel(chat_model(), tokenizer, ModelSource("tests/tiny-llama", "nowhere", "path"))


@pytest.fixture
def chat_folder(tmp_path: Path, tokenizer: PreTrainedTokenizerFast) -> Path:
    """The tiny chat model, saved."""
    folder = tmp_path / "tiny-llama"
    chat_model().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def encoder_folder(tmp_path: Path, tokenizer: PreTrainedTokenizerFast) -> Path:
    """A tiny encoder, saved."""
    folder = tmp_path / "tiny-bert"
    encoder_model().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def rows_csv(tmp_path: Path) -> Path:
    """Thirty-six labelled rows that a model could tell apart by one word."""
    words = {"Bearish": "falls", "Bullish": "rises", "Neutral": "meets"}
    lines = [f"Company {n} {word} today,{label}" for n in range(12) for label, word in words.items()]
    file = tmp_path / "rows.csv"
    file.write_text("text,label\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return file


@pytest.fixture
def task_file(tmp_path: Path) -> Path:
    """The three labels as a task file."""
    file = tmp_path / "tiny.yaml"
    labels = "\n".join(
        f"  - {{name: {name}, verbalizer: {name.lower()}}}" for name in ("Bearish", "Bullish", "Neutral")
    )
    file.write_text(f"name: tiny\nlanguage: en\ninstruction: Decide.\nlabels:\n{labels}\n", encoding="utf-8")
    return file


@pytest.fixture(scope="session")
def hub_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubServer]:
    """The Hub at this run's ``HF_ENDPOINT``. Its clients in this process still need the fixture `online`."""
    with serving(tmp_path_factory.mktemp("hub"), listener=HUB_SOCKET) as server:
        yield server


@pytest.fixture
def online(hub_server: HubServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """The Hub, reachable from this process and those that it starts; faults that were added end with the test."""
    flags = {
        "huggingface_hub.constants": ["HF_HUB_OFFLINE"],
        "datasets.config": ["HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"],
    }
    for module, names in flags.items():
        for name in names if module in sys.modules else ():
            monkeypatch.setattr(sys.modules[module], name, False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    hub_server.faults.clear()
    yield hub_server
    hub_server.faults.clear()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> float:
    """Seconds, here a third of one, after which a Hub that hangs is given up."""
    monkeypatch.setenv(TIMEOUT_VARIABLE, "0.3")
    return 0.3


@pytest.fixture
def own_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A training prepares its rows in a cache of the test's own, and on the CPU."""
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "datasets"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
