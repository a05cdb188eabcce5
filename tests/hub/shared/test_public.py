from __future__ import annotations

import pytest
from support.cards import BASE, LETTERS, run_record

from classification.runs.record import BaseRecord, DataRecord
from classification.task import DatasetSource
from hub.shared.public import base_id, dataset_id, hub_id, public, source_name, without_secrets


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/home/ann/rows.csv", "rows.csv"),
        ("see /home/ann/rows.csv, then", "see rows.csv, then"),
        ("'/srv/x/y/z'", "'z'"),
        ("~/models/llama", "llama"),
        (r"C:\Users\ann\rows.csv", "rows.csv"),
        ("c:/Users/ann/rows.csv", "rows.csv"),
        (r"\\server\share\rows.csv", "rows.csv"),
        ("file:///home/ann/rows.csv", "rows.csv"),
        ("path=/home/ann/x", "path=x"),
        ("hf_" + "a" * 30, "[token]"),
        ("key ghp_" + "a" * 30, "key [token]"),
        ("sk-" + "a" * 30, "[token]"),
        ("two\nlines\tand\u202eturned", "two lines and turned"),
    ],
)
def test_paths_and_tokens_go(text: str, shown: str) -> None:
    assert public(text) == shown


@pytest.mark.parametrize(
    "text",
    ["and/or", "3/4 of them", "https://huggingface.co/a/b", "owner/name", "a </b> c", "at 10:30", "C: yes",
     "/", "10 km/h", "e-mail: a@b.c", "中文/英文", "person\u00a0%", "skills-based-hiring"],
)  # fmt: skip
def test_ordinary_texts_stay_as_they_are(text: str) -> None:
    assert public(text) == text


def test_lines_stay_lines_where_a_program_needs_them() -> None:
    assert without_secrets("one\ntwo /home/ann/x") == "one\ntwo x"


@pytest.mark.parametrize(("text", "found"), [
    ("owner/name", True), ("owner/na.me-2_x", True), ("name", False), ("a/b/c", False), ("data/rows.csv", False),
    ("data/rows.jsonl.gz", False), ("../x", False), ("/x", False), ("owner/na me", False), ("", False), (None, False),
])  # fmt: skip
def test_ids_are_told_from_paths(text: str | None, found: bool) -> None:
    assert (hub_id(text) is not None) == found


def test_what_rows_are_called() -> None:
    assert source_name("owner/name") == "owner/name"
    assert source_name("/home/ann/My Data/rows.csv") == "rows.csv"
    assert source_name(r"C:\data\rows.csv") == "rows.csv"
    assert source_name("rows.csv") == "rows.csv"


def test_a_base_model_is_an_id_only_when_it_came_from_the_hub() -> None:
    assert base_id(run_record()) == BASE.id
    assert base_id(run_record(base=BaseRecord(id="gpt2", weights="cache"))) == "gpt2"
    assert base_id(run_record(base=BaseRecord(id="gpt2", weights="path"))) is None
    assert base_id(run_record(base=BaseRecord(id="../gpt2", weights="hub"))) is None
    assert base_id(run_record(family="tfidf")) is None


def test_a_dataset_is_an_id_only_when_the_rows_came_from_there() -> None:
    def trained_on(source: str, declared: str) -> str | None:
        task = LETTERS.model_copy(update={"dataset": DatasetSource(path=declared)})
        return dataset_id(run_record(task=task, data=DataRecord(source=source, fingerprint="f", rows={})))

    assert trained_on("owner/rows", "owner/other") == "owner/rows"
    assert trained_on("imdb", "imdb") == "imdb"
    assert trained_on("imdb", "owner/imdb") is None
    assert trained_on("rows.csv", "rows.csv") is None
