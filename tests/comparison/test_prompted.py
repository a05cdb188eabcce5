"""What a comparison tells of prompts: the answer without its calibration, and how often the labels' order decides."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pandas as pd
import pytest

from comparison.comparison import Comparison
from comparison.report.tables import as_csv, as_markdown, as_table
from comparison.running import ComparisonConfig, run

LINEUP = """\
task: {task}
demonstrations: {pool}
contenders:
  - {{name: zero, approach: zero-shot, model: {model}}}
  - {{name: calibrated, approach: zero-shot, model: {model}, calibration: batch, calibration_rows: 12}}
  - {{name: reasoned, approach: zero-shot, model: {model}, style: chain-of-thought, reasoning_tokens: 4}}
"""


@pytest.fixture
def lineup(tmp_path: Path, task_file: Path, chat_folder: Path) -> Path:
    rows = [f"headline {n} {label.lower()},{label}" for n in range(8) for label in ("Bearish", "Bullish", "Neutral")]
    (tmp_path / "pool.csv").write_text("text,label\n" + "\n".join(rows) + "\n")
    file = tmp_path / "lineup.yaml"
    file.write_text(LINEUP.format(task=task_file.name, pool="pool.csv", model=chat_folder))
    return file


def test_the_table_tells_what_the_calibration_changed_and_how_often_answers_flip(
    lineup: Path, rows_csv: Path, tmp_path: Path
) -> None:
    found, finished = run(ComparisonConfig(lineup, str(rows_csv), tmp_path / "out", limit=9, flips=True))
    assert finished
    assert found is not None
    zero, calibrated, reasoned = found.measured
    assert (zero.uncalibrated_macro_f1, reasoned.uncalibrated_macro_f1) == (None, None)
    assert calibrated.uncalibrated_macro_f1 == zero.macro_f1
    assert all(one.flips is not None and 0 <= one.flips <= 1 for one in found.measured)
    measured = calibrated.configuration["calibration_measured"]
    assert (measured["rows"], len(measured["bias"])) == (12, 3)
    assert calibrated.configuration["calibrated_on"]["rows"] == 12
    for text in (as_table(found), as_markdown(found)):
        assert "Uncalibrated macro-F1" in text
        assert "Flips" in text
    lines = list(csv.DictReader(as_csv(found).splitlines()))
    assert float(lines[1]["uncalibrated_macro_f1"]) == zero.macro_f1
    assert Comparison.load(tmp_path / "out") == found
    reasons = pd.read_parquet(tmp_path / "out" / "contenders" / "reasoned.parquet")["reasoning"]
    assert all(text.startswith("Let's think step by step.") for text in reasons)


def test_without_being_asked_nothing_is_asked_twice(lineup: Path, rows_csv: Path, tmp_path: Path) -> None:
    found, _ = run(ComparisonConfig(lineup, str(rows_csv), tmp_path / "out", limit=6, only=["zero"], with_texts=False))
    assert found is not None
    assert found.measured[0].flips is None
    assert "Flips" not in as_table(found)
    assert "Uncalibrated" not in as_table(found)


def test_reasons_go_where_the_texts_go(lineup: Path, rows_csv: Path, tmp_path: Path) -> None:
    run(ComparisonConfig(lineup, str(rows_csv), tmp_path / "out", limit=6, only=["reasoned"], with_texts=False))
    table = pd.read_parquet(tmp_path / "out" / "contenders" / "reasoned.parquet")
    assert "reasoning" not in table
    assert "Let's think" not in json.dumps(table.astype(str).to_dict())


def test_answers_that_depend_on_the_order_are_counted(
    lineup: Path, rows_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model that always takes the first label that the prompt lists."""
    import numpy as np

    from classification.classifiers.chat import ChatClassifier
    from classification.predictions import Predictions

    def first_listed(self: ChatClassifier, texts: list[str]) -> Predictions:
        column = 2 if self.form.label_order == "reversed" else 0
        return Predictions.of(np.tile(np.eye(3, dtype=np.float32)[column], (len(texts), 1)), 0.1)

    monkeypatch.setattr(ChatClassifier, "predict", first_listed)
    found, _ = run(ComparisonConfig(lineup, str(rows_csv), tmp_path / "out", limit=6, only=["zero"], flips=True))
    assert found is not None
    assert found.measured[0].flips == 1.0
