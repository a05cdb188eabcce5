"""The commands as a person runs them: in a process of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

from classification.__main__ import main


@pytest.fixture
def lineup(tmp_path: Path, task_file: Path, chat_folder: Path) -> Path:
    file = tmp_path / "lineup.yaml"
    file.write_text(
        f"task: {task_file.name}\ncontenders:\n"
        f"  - {{name: broken, approach: zero-shot, model: {tmp_path}}}\n"
        f"  - {{name: zero, approach: zero-shot, model: {chat_folder}}}\n"
    )
    return file


def test_predict_prints_json_and_the_others_answer_when_one_fails(lineup: Path, capsys) -> None:
    assert main(["predict", "--lineup", str(lineup), "Shares fall", "--json"]) == 0
    out, err = capsys.readouterr()
    (answer,) = [json.loads(line) for line in out.splitlines()]
    assert answer["name"] == "zero"
    assert answer["labels"][0] in ("Bearish", "Bullish", "Neutral")
    assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-4)
    assert "broken: cannot load" in err


def test_predict_prints_a_line_a_contender(lineup: Path, capsys) -> None:
    assert main(["predict", "--lineup", str(lineup), "--only", "zero", "Shares fall"]) == 0
    assert capsys.readouterr().out.startswith("zero-shot   zero ")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["predict", "--lineup", "nowhere.yaml", "x"], "nowhere.yaml: no such file or directory"),
        (["predict", "--lineup", "LINEUP", "  "], "the text is empty; give one to decide about"),
        (["predict", "--lineup", "LINEUP", "--only", "nobody", "x"], "no contender is called 'nobody'; the lineup has"),
        (["check", "--task", "nowhere.yaml"], "nowhere.yaml: no such file or directory"),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(lineup: Path, capsys, arguments: list[str], sentence: str) -> None:
    status = main([str(lineup) if word == "LINEUP" else word for word in arguments])
    out, err = capsys.readouterr()
    assert status == 2
    assert sentence in err
    assert len(err.strip().splitlines()) == 1
    assert not out


def test_check_reads_the_demos_headlines() -> None:
    command = [sys.executable, "-m", "classification", "check", "--task", "tasks/financial-sentiment.yaml",
               "--data", "demo/headlines.csv"]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "180" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_training_script_says_what_is_missing_without_a_traceback() -> None:
    command = [sys.executable, "-m", "training.baseline", "--task", "nowhere.yaml", "--output_dir", "runs/x"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2
    assert "nowhere.yaml: no such file" in done.stderr
    assert "Traceback" not in done.stderr
