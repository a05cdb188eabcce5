"""The small inputs that once went wrong, where they are at hand: each stands for a kind that has tests of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.paths import ROOT
from support.tables import told

from classification.data.dataset import load_rows, load_splits
from classification.errors import InputError
from classification.task import load_task

CASES = Path(os.environ.get("PROMPT_OR_TUNE_CASES", ROOT.parent / "shared" / "cases"))

pytestmark = pytest.mark.skipif(
    not CASES.is_dir(), reason=f"no {CASES}; set PROMPT_OR_TUNE_CASES to a folder that has them"
)


def read(case: str, name: str, task: str = "task.yaml", split: str | None = None):
    return load_rows(CASES / case / name, load_task(CASES / case / task), split=split)


def test_an_id_means_its_own_name() -> None:
    rows = read("class-label-digits", "stars.parquet")
    assert len(rows) == 20
    words = {"Awful": "1", "Poor": "2", "So": "3", "Good": "4"}
    assert all(label == words.get(text.split()[0], "5") for text, (label,) in zip(rows.texts, rows.labels, strict=True))


def test_two_labels_are_refused_with_the_row() -> None:
    with pytest.raises(InputError, match=r"24 rows have a list for a label \(row 1 \['positive', 'negative'\]\)"):
        read("two-labels", "twolabels.jsonl")


@pytest.mark.parametrize("name", ["comma.csv", "multihot-classlabel.parquet"])
def test_several_labels_are_read_right(name: str) -> None:
    rows = read("multi-label", name)
    assert rows.texts == ("What a day!", "Leave me alone", "The shop opens at nine", "Hooray, and damn them")
    assert rows.labels == (("joy",), ("anger", "fear"), (), ("joy", "anger"))


def test_six_rows_are_six_rows() -> None:
    with told() as sentences:
        rows = read("quotes", "quotes.tsv")
    assert len(rows) == 6
    assert rows.texts[3] == 'fresh bread" she said'
    assert sentences


def test_columns_become_rows_and_objects_are_no_texts() -> None:
    assert len(read("json-shapes", "columns.json")) == 24
    with pytest.raises(InputError, match="the text of 24 rows is an object, not words"):
        read("json-shapes", "nested.jsonl")


def test_folders_are_read_as_they_are_laid_out() -> None:
    task = load_task(CASES / "folders" / "task.yaml")
    named = load_splits(task, str(CASES / "folders" / "evalname"), validation_size=0.1, test_size=0)
    assert {name: len(rows) for name, rows in named.items()} == {"train": 24, "validation": 24}
    hub = load_splits(task, str(CASES / "folders" / "hub"), validation_size=0)
    assert {name: len(rows) for name, rows in hub.items()} == {"train": 48, "test": 24}


@pytest.mark.parametrize("name", ["capital.csv", "labels.csv", "noheader.csv", "semicolon.csv"])
def test_headers_are_read_and_told(name: str) -> None:
    with told() as sentences:
        rows = read("headers", name)
    assert rows.texts[0] == "Lovely soup, warm and quick"
    assert len(rows) == 24
    assert sentences


def test_windows_1252_is_read_as_what_it_is() -> None:
    with told() as sentences:
        rows = read("encoding", "cp1252.csv")
    assert rows.texts[0] == "Très bonne soupe à l’oignon – délicieuse, warm and quick"
    assert "read as Windows-1252" in sentences[0]
