"""Tiny models of the real architectures, built from their configuration classes: logic needs no weights."""
# ruff: noqa: E402  the environment is set before anything that reads it is imported

from __future__ import annotations

import os
import socket
import tempfile

# All of this is read when the Hub client is first imported, so it comes before every other import. The port is kept
# bound from here on, and listened on once a test asks for `hub_server`; until then nobody answers there.
HUB_SOCKET = socket.socket()
HUB_SOCKET.bind(("127.0.0.1", 0))
HUB_HOME = tempfile.TemporaryDirectory(prefix="hf-home-", ignore_cleanup_errors=True)
os.environ["HF_ENDPOINT"] = "http://127.0.0.1:{1}".format(*HUB_SOCKET.getsockname())
os.environ["HF_HOME"] = HUB_HOME.name  # fresh for each server: hf_xet skips uploads that an earlier one has taken
os.environ.pop("HF_TOKEN", None)
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
# By itself, hf_xet goes on for minutes where a connection is cut every time.
IMPATIENT = {"HF_XET_CLIENT_RETRY_MAX_ATTEMPTS": "2", "HF_XET_CLIENT_RETRY_BASE_DELAY": "100ms"}
os.environ.update(IMPATIENT)
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from hub_server import HubServer, serving
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    CONFIG_MAPPING,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    PreTrainedTokenizerFast,
)

from classification.models.pool import PACKAGED, Base, Weights
from classification.task import Label, Task

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("PROMPT_OR_TUNE_DATA", ROOT.parent / "shared" / "data"))

CHAT_TEMPLATE = (
    "{% for message in messages %}<|start|>{{ message['role'] }}\n{{ message['content'] }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|start|>assistant\n{% endif %}"
)
SIZES = {
    "vocab_size": 400, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 512, "pad_token_id": 0, "bos_token_id": 1,
    "eos_token_id": 2,
}  # fmt: skip
ENCODER_SIZES = {
    "vocab_size": 400, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
    "dim": 32, "hidden_dim": 48, "n_layers": 2, "n_heads": 4, "max_position_embeddings": 128, "pad_token_id": 0,
    "bos_token_id": 1, "eos_token_id": 2, "cls_token_id": 1, "sep_token_id": 2, "relative_attention": True,
    "pos_att_type": ["p2c", "c2p"], "pooler_hidden_size": 32,
}  # fmt: skip
CORPUS = [
    "Decide what this financial news means for the price of what it is about.",
    "Answer with one word: bearish, bullish or neutral.",
    "Shares fall after a profit warning; the bank raises its forecast and the market rises.",
    "system user assistant positive positive surprise 中文 新闻 标题",
]

needs_packages = pytest.mark.skipif(
    any(importlib.util.find_spec(package) is None for package, _, _ in PACKAGED.values()),
    reason="the packaged weights are not installed (requirements/weights.txt)",
)
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the folder of real data sets is not there")


@pytest.fixture(scope="session")
def tokenizer() -> PreTrainedTokenizerFast:
    """A byte-level BPE tokenizer with a chat template, trained on a few sentences."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    special = ["<pad>", "<|start|>", "<|end|>"]
    trainer = trainers.BpeTrainer(
        vocab_size=380, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    bpe.train_from_iterator(CORPUS, trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=bpe, pad_token="<pad>", bos_token="<|start|>", eos_token="<|end|>", model_max_length=512
    )
    fast.chat_template = CHAT_TEMPLATE
    return fast


@pytest.fixture(scope="session")
def task() -> Task:
    """Three labels, in the words of the demo."""
    return Task(
        name="tiny",
        language="en",
        instruction="Decide what this financial news means.",
        labels=tuple(Label(name=name, verbalizer=name.lower()) for name in ("Bearish", "Bullish", "Neutral")),
    )


def chat_model(kind: str = "llama", **changes: object) -> torch.nn.Module:
    """A causal language model of an architecture, small, with random weights that are the same every time."""
    torch.manual_seed(0)
    config = CONFIG_MAPPING[kind](**SIZES | changes)
    return AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()


def encoder_model(kind: str = "bert", labels: int = 3) -> torch.nn.Module:
    """An encoder with a classification head, small and random."""
    torch.manual_seed(0)
    config = CONFIG_MAPPING[kind](**ENCODER_SIZES, num_labels=labels)
    return AutoModelForSequenceClassification.from_config(config, dtype=torch.float32).eval()


@pytest.fixture
def chat(tokenizer: PreTrainedTokenizerFast) -> Base:
    """A tiny chat model as the pool would hand it out."""
    return Base(chat_model(), tokenizer, Weights("tests/tiny-llama", "nowhere", "path"))


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


def hub_environment(server: HubServer, token: str | None, home: Path, **more: str) -> dict[str, str]:
    """The environment for a command in a process of its own that is to reach a Hub: its address, a token, a home."""
    own = ("HF_", "HUGGING_FACE_", "TRANSFORMERS_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    signed_in = {"HF_TOKEN": token} if token else {}
    return inherited | signed_in | IMPATIENT | {
        "HF_ENDPOINT": server.url, "HF_HOME": str(home), "HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1", **more,
    }  # fmt: skip
