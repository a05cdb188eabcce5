"""Which libraries a command imports: a question for help or a look at rows must not wait for a model library."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support.paths import ROOT

#: Seconds each; torch, transformers, PEFT and TRL several.
MODELS = {"torch", "transformers", "peft", "trl", "datasets", "gradio", "onnxruntime"}
TABLES = {"pandas", "sklearn", "scipy"}
WATCHED = MODELS | TABLES

TASK = ("--task", "tasks/financial-sentiment.yaml")
ROWS = ("--data", "demo/headlines.csv")
LINEUP = ("--lineup", "demo/lineup.yaml")
FLOOR = ("Majority class", "TF-IDF + logistic regression")

#: A command, and what it may import of the libraries that are watched.
COMMANDS: list[tuple[list[str], set[str]]] = [
    (["classification", "--help"], set()),
    (["classification", "predict", "--help"], set()),
    (["classification", "check", *TASK, *ROWS], set()),
    (["classification", "predict", *LINEUP, "--only", FLOOR[0], "--only", FLOOR[1], "a text"], TABLES),
    (["comparison", "--help"], TABLES),
    (["comparison", "report", "demo/results"], TABLES),
    (["comparison", "run", *LINEUP, *ROWS, "--only", *FLOOR, "--limit", "20", "--output", "OUT"], TABLES),
    (["hub.push", "--help"], TABLES),
    (["hub.push", "demo/minilm-lora", "--repo_id", "you/x", "--comparison", "demo/results", "--dry_run"], TABLES),
    (["hub.comparisons", "push", "demo/results", "--repo_id", "you/x", "--dry_run"], TABLES),
    (["hub.space", "--repo_id", "you/x", *LINEUP, "--dry_run", "--output", "OUT"], TABLES),
    (["hub.collect", "--help"], TABLES),
    (["hub.jobs", "--help"], TABLES),
    (["hub.feedback", "--help"], TABLES),
    (["training.sft", "--help"], set()),
    (["training.encoder", "--help"], set()),
    (["training.seq2seq", "--help"], set()),
    (["training.cloze", "--help"], set()),
    (["training.baseline", "--help"], set()),
    (["training.static", "--help"], set()),
    (["training.setfit", "--help"], set()),
    (["training.export", "--help"], set()),
]
LOOK = f"""
import atexit, runpy, sys
sys.argv = sys.argv[1:]
atexit.register(lambda: print("LOADED", *({WATCHED!r} & sys.modules.keys()), file=sys.stderr))
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


def loaded(words: list[str]) -> set[str]:
    """The watched libraries that a command has imported when it ends."""
    done = subprocess.run(
        [sys.executable, "-c", LOOK, *words], cwd=ROOT, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("LOADED")]
    return set(line.split()[1:])


@pytest.mark.parametrize(("words", "allowed"), COMMANDS, ids=[" ".join(words[:2]) for words, _ in COMMANDS])
def test_a_command_imports_only_what_it_uses(words: list[str], allowed: set[str], tmp_path: Path) -> None:
    assert loaded([str(tmp_path / "out") if word == "OUT" else word for word in words]) <= allowed


@pytest.mark.parametrize(
    ("script", "classes"),
    [
        ("sft", "ChatTrainingArguments"),
        ("encoder", "ClassifierTrainingArguments"),
        ("seq2seq", "Seq2SeqTrainingArguments"),
        ("cloze", "ScoringTrainingArguments"),
    ],
)
def test_every_option_that_the_help_of_a_training_shows_is_one_of_its_flags(script: str, classes: str) -> None:
    import dataclasses
    import importlib

    from trl import ModelConfig

    from training.shared.options import TaskArguments
    from training.shared.quick_help import OWN, help_of, options_of

    module = importlib.import_module(f"training.{script}")
    flags = {
        entry.name
        for arguments in (TaskArguments, *OWN[script], getattr(module, classes), ModelConfig)
        for entry in dataclasses.fields(arguments)
    }
    shown = set(options_of(script))
    assert shown - flags == {"config"}
    text = help_of(script, module.__doc__ or "")
    assert all(f"--{name} " in text for name in shown)
    assert "--help_all lists them" in text


def test_all_flags_are_shown_on_request() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "training.encoder", "--help_all"],
        cwd=ROOT, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert "--per_device_eval_batch_size" in done.stdout
    assert "--lora_target_modules" in done.stdout
