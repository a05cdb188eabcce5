"""Training rows from which labels cannot be learned: refused or told, by every script in the same words."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from classification.data.rows import Rows
from classification.errors import InputError
from classification.task import Task
from training import baseline, encoder
from training.shared.data import check_labels


def rows_of(*labels: str) -> Rows:
    return Rows(tuple(f"text {number}" for number in range(len(labels))), tuple((label,) for label in labels))


def test_a_label_without_a_row_is_told(task: Task, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        check_labels(rows_of("Bearish", "Bullish", "Bearish"), task)
    assert "no training row has the label 'Neutral', so it is not learned; add rows of it" in caplog.text


def test_rows_of_every_label_are_passed_in_silence(task: Task, caplog: pytest.LogCaptureFixture) -> None:
    check_labels(rows_of("Bearish", "Bullish", "Neutral"), task)
    assert not caplog.text


def test_fewer_rows_than_labels_are_refused(task: Task) -> None:
    with pytest.raises(InputError, match="2 training rows are too few for 3 labels; give a row of each at least"):
        check_labels(rows_of("Bearish", "Bullish"), task)


def test_one_label_is_refused(task: Task) -> None:
    with pytest.raises(InputError, match="the 3 training rows have one label only; give rows of two labels at least"):
        check_labels(rows_of(*["Bearish"] * 3), task)


@pytest.mark.parametrize("script", [encoder, baseline])
def test_a_script_refuses_before_it_loads_a_model(script, tmp_path: Path, task_file: Path) -> None:
    for name in ("train", "validation", "test"):
        (tmp_path / f"{name}.csv").write_text(f"text,label\nup {name},Bullish\ndown {name},Bearish\n")
    model = ["--model_name_or_path", "a/b"] if script is encoder else []
    with pytest.raises(InputError, match="2 training rows are too few for 3 labels"):
        script.main(["--task", str(task_file), "--data", str(tmp_path), "--output_dir", str(tmp_path / "run"), *model])
    assert not (tmp_path / "run").exists()
