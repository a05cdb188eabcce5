"""The commands as a person runs them: in a process of their own."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.paths import ROOT

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


FLOOR = ["predict", "--lineup", str(ROOT / "demo" / "lineup.yaml"), "--only", "TF-IDF + logistic regression"]
BOTH = [*FLOOR, "--only", "Majority class"]
CASES = ROOT.parent / "shared" / "cases"


def typed(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), encoding="utf-8"))


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["readable", "JSON"])
def test_a_line_that_is_not_utf_8_is_told_and_the_other_lines_and_contenders_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys, form: list[str]
) -> None:
    typed(monkeypatch, b"Shares fall\r\nCaf\xe9 g\xe2ch\xe9\r\n\r\nProfit rises\r\n")
    assert main([*BOTH, *form, "-"]) == 1
    out, err = capsys.readouterr()
    assert err.splitlines() == [
        "standard input, line 2: not UTF-8 (the byte 0xE9 at place 4); save it as UTF-8 in the program that wrote it."
    ]
    for word in ("Shares fall", "Profit rises", "Majority class", "TF-IDF"):
        assert out.count(word) == 2
    assert len(out.splitlines()) == 4 * (1 if form else 2)


def test_only_lines_that_cannot_be_read_are_sentences_and_status_2(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    typed(monkeypatch, b"\xff\n" * 500)
    assert main([*FLOOR, "-"]) == 2
    out, err = capsys.readouterr()
    assert not out
    assert len(err.splitlines()) == 6
    assert err.endswith("495 more are refused.\n")


@pytest.mark.skipif(not CASES.is_dir(), reason="the folder of small faulty inputs is not there")
def test_a_file_in_latin_1_on_standard_input(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    typed(monkeypatch, (CASES / "bytes" / "latin.txt").read_bytes())
    assert main([*FLOOR, "-"]) == 2
    assert capsys.readouterr().err.startswith("standard input, line 1: not UTF-8 (the byte 0xE9 at place 4)")


def test_bytes_that_are_no_text_on_a_command_line() -> None:
    words = [sys.executable, "-m", "classification", *FLOOR, "--json", "ok"]
    command = [*map(os.fsencode, words), b"caf\xe9", b"caf\xc3\xa9"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=120, check=False)
    assert done.returncode == 1, done.stderr
    assert (
        done.stderr.decode() == "argument 2: the text is not UTF-8 (the byte 0xE9 as character 4); give it in UTF-8.\n"
    )
    assert [json.loads(line)["text"] for line in done.stdout.splitlines()] == ["ok", "café"]


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "gb2312"])
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["readable", "JSON"])
def test_what_a_terminal_cannot_show_does_not_end_the_command(
    monkeypatch: pytest.MonkeyPatch, form: list[str], encoding: str
) -> None:
    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(shown, encoding=encoding))
    assert main([*FLOOR, *form, "café 好 😀", "Shares fall"]) == 0
    lines = shown.getvalue().decode(encoding).splitlines()
    assert len(lines) == (2 if form else 4)
    if form:
        assert json.loads(lines[0])["text"] == "café 好 😀"


@pytest.mark.parametrize(
    ("length", "told"), [(19_999, None), (20_000, None), (20_001, "20,001"), (1_000_000, "1,000,000")]
)
def test_a_text_that_is_too_long_is_cut_and_every_output_says_so(capsys, length: int, told: str | None) -> None:
    sentence = f"cut to 20,000 of {told} characters"
    assert main([*BOTH, "x" * length]) == 0
    out, err = capsys.readouterr()
    assert out.count(f"(text {sentence})") == (2 if told else 0)
    assert err == (f"the text is {sentence}, for every contender.\n" if told else "")
    assert main([*BOTH, "--json", "x" * length, "y"]) == 0
    out, err = capsys.readouterr()
    answers = [json.loads(line) for line in out.splitlines()]
    cut_to = 20_000 if told else None
    assert [(a["characters"], a["cut_to"], len(a["text"])) for a in answers] == 2 * [
        (length, cut_to, cut_to or length), (1, None, 1)
    ]  # fmt: skip
    assert (f"1 of 2 texts are too long: one is {sentence}" in err) == bool(told)


def test_a_text_that_is_shortened_to_fit_a_model_says_so(lineup: Path, capsys) -> None:
    words = ["predict", "--lineup", str(lineup), "--only", "zero", "word " * 2000]
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["shortened"] is True
    assert main(words) == 0
    assert "(shortened to fit the model)" in capsys.readouterr().out


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
