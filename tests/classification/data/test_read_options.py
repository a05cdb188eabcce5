"""Columns and label values that a person names, at every command that reads rows."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from classification.__main__ import main as classification
from classification.runs.record import load_record
from comparison.__main__ import main as comparison
from training.baseline import main as baseline
from training.shared.data import prompt_completion, tell_cut
from training.shared.sequence_classifiers import tokenized

TASK = """name: mood
language: en
instruction: Decide how the writer feels.
labels: [bad, good]
dataset: {path: owner/moods, label_values: {"0": bad, "1": good}}
"""
FLAGS = ["--text_column", "said", "--label_column", "felt"]


@pytest.fixture
def task(tmp_path: Path) -> Path:
    file = tmp_path / "task.yaml"
    file.write_text(TASK, encoding="utf-8")
    return file


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """Two columns that could be texts, two that could be labels, and labels as the task's dataset has them."""
    file = tmp_path / "odd.csv"
    rows = "".join(f"{row % 2},remark {row},aside {row},{(row + 1) % 2}\n" for row in range(60))
    file.write_text("felt,said,meant,seemed\n" + rows, encoding="utf-8")
    return file


def test_check_asks_for_the_columns_and_takes_them(task: Path, odd: Path, capsys) -> None:
    words = ["check", "--task", str(task), "--data", str(odd)]
    assert classification(words) == 2
    assert "say which one with --text_column NAME" in capsys.readouterr().err
    assert classification([*words, *FLAGS]) == 2
    assert "add --use_label_values." in capsys.readouterr().err
    assert classification([*words, *FLAGS, "--use_label_values"]) == 0
    assert "Nothing found." in capsys.readouterr().out


def test_check_shows_what_was_assumed_once(task: Path, tmp_path: Path, capsys, caplog) -> None:
    file = tmp_path / "rows.csv"
    rows = "".join(f"remark {row};{'good' if row % 2 else 'bad'}\n" for row in range(60))
    file.write_text(f"Text;label\n{rows}")
    assert classification(["check", "--task", str(task), "--data", str(file)]) == 0
    out = capsys.readouterr().out
    assert out.count("its cells are separated by semicolons.") == 1
    assert out.count("the texts are read from the column 'Text'.") == 1
    assert not caplog.records


def test_training_and_comparing_take_the_same_words(task: Path, odd: Path, tmp_path: Path, capsys) -> None:
    words = ["--data", str(odd), *FLAGS, "--use_label_values"]
    run = tmp_path / "run"
    baseline(["--task", str(task), "--output_dir", str(run), *words])
    assert load_record(run).data.rows == {"train": 48, "validation": 6, "test": 6}
    lineup = tmp_path / "lineup.yaml"
    lineup.write_text("task: task.yaml\ncontenders:\n  - {name: floor, approach: baseline, run: run}\n")
    assert comparison(["run", "--lineup", str(lineup), "--output", str(tmp_path / "out"), *words]) == 0
    assert "floor" in capsys.readouterr().out
    assert comparison(["run", "--lineup", str(lineup), "--output", str(tmp_path / "no"), "--data", str(odd)]) == 2


def test_texts_that_are_cut_in_training_are_counted(tokenizer, task_file: Path, rows_csv: Path, caplog) -> None:
    from classification.data.dataset import Rows, load_rows
    from classification.task import load_task

    described = load_task(task_file)
    rows = load_rows(rows_csv, described)
    long = Rows((*rows.texts, *(f"{row} " + "word " * 500 for row in range(2))), (*rows.labels, *rows.labels[:2]))
    with caplog.at_level(logging.WARNING, logger="training"):
        prompt_completion(rows, described, tokenizer, 200)
        assert not caplog.records
        prompt_completion(long, described, tokenizer, 200)
    assert [record.message for record in caplog.records if record.name == "training.shared.data"] == [
        "2 of 38 texts are cut to fit 200 tokens; --max_length sets another limit, where the model allows it."
    ]


def test_texts_that_an_encoder_cannot_read_whole_are_counted(task_file: Path, rows_csv: Path, caplog) -> None:
    from types import SimpleNamespace

    from classification.data.dataset import load_rows
    from classification.task import load_task

    class Words:
        """A tokenizer with a token a word."""

        def __call__(self, texts, truncation=False, max_length=None):
            ids = [list(range(len(text.split()))) for text in texts]
            return {"input_ids": [row[:max_length] if truncation else row for row in ids]}

    described = load_task(task_file)
    rows = load_rows(rows_csv, described)  # four words each
    with caplog.at_level(logging.WARNING, logger="training"):
        tokenized(rows, described, SimpleNamespace(tokenizer=Words()), 4)
        assert not caplog.records
        tokenized(rows, described, SimpleNamespace(tokenizer=Words()), 3)
    assert caplog.messages[0].startswith("36 of 36 texts are cut to fit 3 tokens;")
    tell_cut(0, 10, None)
    assert len(caplog.messages) == 1
