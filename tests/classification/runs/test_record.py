from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.paths import ROOT

from classification.errors import InputError
from classification.predictions import INVALID, Predictions
from classification.runs.environment import hardware, library_versions
from classification.runs.record import RunRecord, load_record


def test_a_record_survives_the_file(tmp_path: Path) -> None:
    record = load_record(ROOT / "demo" / "tfidf")
    record.save(tmp_path)
    assert load_record(tmp_path) == record
    assert isinstance(record, RunRecord)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "run.json"),
        ('{"format": 1}', "the key 'name' is missing; add it"),
        ('{"format": 2}', "'format' is 2"),
    ],
)
def test_a_record_that_is_not_ours_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(InputError, match=sentence):
        load_record(tmp_path)


def test_no_record_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no readable run.json; give a folder that python -m training.sft"):
        load_record(tmp_path)


def test_the_environment_names_libraries_and_hardware_only() -> None:
    assert {"python", "torch", "transformers"} <= set(library_versions())
    assert set(hardware()) == {"processor", "cores", "system"}
    assert hardware()["cores"] >= 1


def test_an_invalid_answer_is_no_label() -> None:
    shares = np.array([[0.2, 0.8], [0.0, 0.0]], dtype=np.float32)
    found = Predictions.of(shares, 1.0, valid=np.array([True, False]))
    assert found.best.tolist() == [1, INVALID]
    assert found.seconds.tolist() == [0.5, 0.5]


def test_chunks_join_in_order() -> None:
    parts = [Predictions.of(np.full((n, 2), 0.5, dtype=np.float32), 1.0, completions=["x"] * n) for n in (2, 3)]
    joined = Predictions.joined(parts)
    assert len(joined) == 5
    assert joined.completions == ("x",) * 5
    assert joined.label_mass is None
