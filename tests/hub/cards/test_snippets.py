from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.cards import BASE, LETTERS, TAGS, card_of, comparison_with, many_labels, run_record
from support.paths import ROOT, needs_packages

from classification.contenders import ContenderEntry
from classification.models.pool import ModelPool, folder_of, locate
from classification.prompting.messages import render
from classification.runs.record import BaseRecord, ExampleAnswer, load_record
from classification.task import Task
from comparison.comparison import Comparison
from hub.cards.evidence import Evidence
from hub.cards.families import snippet

KINDS: list[dict[str, Any]] = [
    {},
    {"method": "full"},
    {"family": "encoder"},
    {"family": "encoder", "method": "full"},
    {"family": "encoder", "method": "head", "max_length": 128},
    {"family": "encoder", "method": "full", "export": "onnx"},
    {"family": "static", "method": "static"},
    {"family": "setfit", "method": "setfit", "pooling": "mean"},
    {"family": "seq2seq"},
    {"family": "seq2seq", "method": "full"},
    {"family": "cloze", "method": "full"},
    {"family": "tfidf"},
    {"family": "majority"},
]


def literals(program: str) -> set[object]:
    return {node.value for node in ast.walk(ast.parse(program)) if isinstance(node, ast.Constant)}


@pytest.mark.parametrize("task", [LETTERS, TAGS], ids=["one label", "several"])
@pytest.mark.parametrize("changes", KINDS, ids=str)
def test_every_kind_of_run_has_a_program_with_its_revision(changes: dict[str, Any], task: Task) -> None:
    program = snippet(run_record(task=task, **changes), "you/letters", "v3")
    assert program is not None
    found = literals(program)
    assert "The first one" in found
    assert {"you/letters", "v3"} <= found or "you/letters@v3" in found
    assert program.count("\n") < 25
    bare = snippet(run_record(task=task, **changes), "you/letters")
    assert bare is not None
    assert "revision" not in bare
    assert "you/letters@" not in bare


def test_a_chat_program_asks_in_the_words_that_the_model_was_taught_with() -> None:
    task = LETTERS.model_copy(
        update={"labels": tuple(label.model_copy(update={"description": "a letter"}) for label in LETTERS.labels)}
    )
    record = run_record(task=task, describe_labels=True)
    program = snippet(record, "you/letters")
    assert program is not None
    system, user = render(task, "The first one", describe_labels=True)
    assert {system["content"], user["content"]} <= literals(program)
    assert "\n" in system["content"]


def test_a_model_without_a_system_turn_gets_its_words_in_the_users() -> None:
    program = snippet(run_record(base=BaseRecord(id="google/gemma-2-2b-it", weights="hub")), "you/letters")
    assert program is not None
    system, user = render(LETTERS, "The first one")
    assert f"{system['content']}\n\n{user['content']}" in literals(program)
    assert "system" not in literals(program)


def test_the_answer_that_the_card_shows_stands_behind_the_program() -> None:
    program = snippet(run_record(), "you/letters")
    assert program is not None
    assert program.rstrip().endswith("# B")
    several = (ExampleAnswer(text="The first one", labels=("A", "C"), probability=0.9),)
    program = snippet(run_record(task=TAGS, family="tfidf", answers=several), "you/letters")
    assert program is not None
    assert program.rstrip().endswith("# ['A', 'C']")
    program = snippet(run_record(answers=()), "you/letters")
    assert program is not None
    assert "#" not in program


@pytest.mark.parametrize("changes", KINDS, ids=str)
def test_no_label_and_no_text_becomes_code(changes: dict[str, Any]) -> None:
    evil = '"""); import os; os.system("reboot")  # \'\'\' \\'
    labels = tuple(label.model_copy(update={"name": f"{label.name}{evil}"}) for label in LETTERS.labels)
    task = LETTERS.model_copy(update={"examples": (evil,), "labels": labels, "instruction": f"{evil}\nimport os"})
    answers = (ExampleAnswer(text=evil, labels=(f"A{evil}\nimport os",), probability=0.5),)
    program = snippet(run_record(task=task, answers=answers, **changes), "you/letters")
    assert program is not None
    imported = {
        name.name for node in ast.walk(ast.parse(program)) if isinstance(node, ast.Import) for name in node.names
    }
    assert imported <= {"onnxruntime", "numpy", "torch"}
    assert "system" not in {node.attr for node in ast.walk(ast.parse(program)) if isinstance(node, ast.Attribute)}


@pytest.mark.parametrize(
    "changes",
    [{"base": BaseRecord(id="my-llama", weights="path")}, {"method": "full", "export": "onnx"}],
)
def test_where_no_program_is_possible_there_is_none(changes: dict[str, Any]) -> None:
    assert snippet(run_record(**changes), "you/letters") is None


@pytest.mark.parametrize(
    "changes",
    [{"task": many_labels(51)}, {"task": LETTERS.model_copy(update={"instruction": "Read on. " * 1000})}],
)
def test_a_program_that_would_be_longer_than_the_card_is_left_to_this_project(changes: dict[str, Any]) -> None:
    program = snippet(run_record(**changes), "you/letters")
    assert program is not None
    assert "load_classifier" in program
    assert len(program) < 500


@pytest.mark.parametrize(
    "changes",
    [
        {"family": "encoder", "method": "full"},
        {"family": "encoder", "method": "full", "pooling": "mean"},
        {"family": "encoder", "method": "full", "export": "onnx"},
        {"family": "decoder", "method": "lora"},
        {"family": "static", "method": "static"},
    ],
    ids=str,
)
def test_a_program_for_several_labels_knows_from_where_each_applies(changes: dict[str, Any]) -> None:
    cuts = (0.25, 0.125, 0.75)
    program = snippet(run_record(task=TAGS, thresholds=cuts, **changes), "you/letters")
    assert program is not None
    assert set(cuts) <= literals(program)


def test_a_text_that_is_too_long_for_a_line_is_passed_over() -> None:
    task = LETTERS.model_copy(update={"examples": ("word " * 200, "Short")})
    answers = [
        ExampleAnswer(text=text, labels=(label,), probability=0.9)
        for text, label in zip(task.examples, "AC", strict=True)
    ]
    program = snippet(run_record(task=task, answers=tuple(answers)), "you/letters")
    assert program is not None
    assert "Short" in literals(program)
    assert program.rstrip().endswith("# C")


@pytest.mark.parametrize("name", ["Tuned: the {best}, *really*", "n" * 200, "- &x yes", "``` '\"} ```", "www.a@b"])
@pytest.mark.parametrize("changes", [{}, {"family": "tfidf"}, {"base": BaseRecord(id="my-llama", weights="path")}])
def test_the_lineup_on_a_card_is_one_that_a_lineup_takes(name: str, changes: dict[str, Any]) -> None:
    record = run_record(**changes)
    comparison = comparison_with(record)
    renamed = comparison.model_dump_json().replace('"tuned"', json.dumps(name))
    card = card_of(record, Evidence.of(record, Comparison.model_validate_json(renamed)), revision="v1")
    lineup = yaml.safe_load(re.findall(r"```yaml\n(task: .*?)\n```", card, re.DOTALL)[0])
    assert lineup["task"] == "abc.yaml"
    (entry,) = map(ContenderEntry.model_validate, lineup["contenders"])
    assert (entry.name, entry.run) == (name[:80], "you/letters@v1")
    assert entry.approach == ("baseline" if record.kind.fitted else "fine-tuned")
    assert entry.model == ("my-llama" if record.base and record.base.from_folder else None)


# --- the real models ------------------------------------------------------------------------------------------------


def base_folder(model_id: str) -> str:
    """Where a packaged base model lies as a folder that anybody's transformers loads."""
    return str(folder_of(locate(model_id, source="package")))


def printed(program: str) -> str:
    """What a program prints in a process of its own."""
    found = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=240, check=False,
        env=os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert found.returncode == 0, found.stderr[-2000:]
    return found.stdout.strip()


@needs_packages
@pytest.mark.packaged
@pytest.mark.parametrize("name", ["smollm2-lora", "minilm-lora"])
def test_the_program_of_a_demo_adapter_prints_the_answer_of_the_card(name: str) -> None:
    record = load_record(ROOT / "demo" / name)
    program = snippet(record, "you/demo", "v1")
    assert program is not None
    assert record.base is not None
    local = program.replace(f'"{record.base.id}"', repr(base_folder(record.base.id)))
    local = local.replace('"you/demo"', repr(str(ROOT / "demo" / name)))
    assert printed(local) == record.answers[0].labels[0]
    assert program.rstrip().endswith(f"# {record.answers[0].labels[0]}")


def test_the_program_of_the_demos_floor_prints_the_answer_of_the_card() -> None:
    record = load_record(ROOT / "demo" / "tfidf")
    program = snippet(record, "you/demo")
    assert program is not None
    local = program.replace('"you/demo"', repr(str(ROOT / "demo" / "tfidf")))
    assert printed(local) == record.answers[0].labels[0]


@needs_packages
@pytest.mark.packaged
def test_the_programs_of_whole_models_print_what_the_classifier_says(tmp_path: Path) -> None:
    """The encoder with its adapter merged in: what `training.encoder --method full` writes."""
    record = load_record(ROOT / "demo" / "minilm-lora")
    assert record.base is not None
    base = ModelPool().sequence_classifier(record.base.id, 3)
    base.attach(ROOT / "demo" / "minilm-lora")
    whole: Any = base.model
    whole = whole.merge_and_unload()
    whole.config.id2label = dict(enumerate(record.task.label_names))
    whole.config.label2id = {name: column for column, name in enumerate(record.task.label_names)}
    whole.save_pretrained(tmp_path)
    base.tokenizer.save_pretrained(tmp_path)
    full = record.model_copy(update={"method": "full", "base": BASE})
    program = snippet(full, "you/demo", "v1")
    assert program is not None
    assert printed(program.replace('"you/demo"', repr(str(tmp_path)))) == record.answers[0].labels[0]
