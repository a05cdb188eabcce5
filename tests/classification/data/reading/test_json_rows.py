"""JSON in every shape that rows are kept in."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from support.tables import MOOD, TAGS, pairs, refusal, told, write

ROWS = [{"text": "nice", "label": "good"}, {"text": "so, so\n", "label": "bad"}]
READ = [("nice", ("good",)), ("so, so", ("bad",))]


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(ROWS),
        json.dumps(ROWS, indent=2),
        "".join(json.dumps(row) + "\n" for row in ROWS),
        "\r\n\r\n".join(json.dumps(row) for row in ROWS),
        "\n".join(json.dumps(row, indent=4) for row in ROWS),
        "".join(json.dumps(row) for row in ROWS),
        json.dumps({"text": ["nice", "so, so"], "label": ["good", "bad"]}),
        pd.DataFrame(ROWS).to_json(),
        pd.DataFrame(ROWS).to_json(orient="split"),
        pd.DataFrame(ROWS).to_json(orient="index"),
        pd.DataFrame(ROWS).to_json(orient="records"),
        pd.DataFrame(ROWS).to_json(orient="records", lines=True),
    ],
)
@pytest.mark.parametrize("name", ["rows.json", "rows.jsonl", "rows.ndjson"])
def test_every_shape_gives_the_same_rows(tmp_path: Path, content: str, name: str) -> None:
    with told() as sentences:
        assert pairs(write(tmp_path, name, content)) == READ
    assert not sentences


@pytest.mark.parametrize(
    "content",
    [
        json.dumps({"data": ROWS}),
        json.dumps({"version": "1.1", "data": ROWS, "licence": None}),
        pd.DataFrame(ROWS).to_json(orient="table"),
    ],
)
def test_records_inside_of_an_object_are_read_and_told(tmp_path: Path, content: str) -> None:
    file = write(tmp_path, "rows.json", content)
    with told() as sentences:
        assert pairs(file) == READ
    assert sentences == [f"{file}: the rows are read from under 'data'."]


def test_one_object_is_one_row(tmp_path: Path) -> None:
    assert pairs(write(tmp_path, "rows.jsonl", '{"text": "a", "label": ["cat", "dog"]}'), TAGS) == [
        ("a", ("cat", "dog"))
    ]
    assert pairs(write(tmp_path, "other.jsonl", '{"text": "a", "label": "good", "tokens": ["a"]}')) == [
        ("a", ("good",))
    ]


def test_numbers_are_texts_and_nothing_else_is(tmp_path: Path) -> None:
    file = write(tmp_path, "rows.jsonl", '{"text": 7, "label": "good"}\n{"text": 1.5, "label": "bad"}\n')
    assert pairs(file) == [("7", ("good",)), ("1.5", ("bad",))]


@pytest.mark.parametrize(
    ("cell", "what"),
    [
        ({"title": "a"}, "an object, not words (row 2 {'title': 'a'})"),
        (["a", "b"], "a list, not words (row 2 ['a', 'b'])"),
        ([], "a list, not words (row 2 [])"),
        (True, "a boolean, not words (row 2 True)"),
        ({}, "an object, not words (row 2 {})"),
    ],
)
def test_a_text_that_is_no_text_is_refused(tmp_path: Path, cell: object, what: str) -> None:
    rows = [ROWS[0], {"text": cell, "label": "good"}]
    file = write(tmp_path, "rows.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    assert refusal(file) == (
        f"rows.jsonl: the text of 1 row is {what}; give a string, or name another column with --text_column."
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            '{"text": "a", "text": "b", "label": "good"}',
            "rows.json, line 1: the key 'text' stands twice in one object;",
        ),
        ('[\n{"text": "a", "label": "good", "label": "bad"}]', "rows.json, line 1: the key 'label' stands twice"),
        ('{"text": "a", "label": "good"}\n{"text": "b"', "rows.json, line 2: not valid JSON (expecting ',' delimiter)"),
        ('[{"text": "a", "label": "good"}, 7]', "rows.json: row 2 is 7, and rows are objects like"),
        ('["text", "label"]\n["a", "good"]\n', "rows.json, line 1: found ['text', 'label'], and rows are objects"),
        (
            '{"text": ["a", "b"], "label": ["good"]}',
            "rows.json: its columns do not have the same rows (text 2, label 1)",
        ),
        ('{"text": {"0": "a"}, "label": {"1": "good"}}', "rows.json: its columns do not have the same rows"),
        ('{"columns": ["text", "label"], "data": [["a"]]}', "rows.json: row 1 is ['a'], and there are 2 columns."),
        (
            '{"train": [{"text": "a", "label": "good"}], "test": [{"text": "b", "label": "bad"}]}',
            "rows.json: rows could be under 'train' or 'test'; keep one of them in the file.",
        ),
        ("[" * 20_000, "rows.json, line 1: too deeply nested, or a number too long;"),
        (
            '{"text": ' + "9" * 5000 + ', "label": "good"}',
            "rows.json, line 1: too deeply nested, or a number too long;",
        ),
        ("[]", "rows.json: no rows; add labelled rows."),
        ("  \n", "rows.json: no rows; add labelled rows."),
        ('{"text": "a"}\n{"text": "b"}\n', "rows.json: no column that is plainly the label; it has 'text';"),
        ('{"text": "a", "label": "good"}\n{"text": "b"}\n', "rows.json: 1 row has a label that the task mood does not"),
    ],
)
def test_what_cannot_be_read_gets_one_sentence(tmp_path: Path, content: str, sentence: str) -> None:
    assert refusal(write(tmp_path, "rows.json", content), MOOD).startswith(sentence)
