"""The parts of reading, each by itself: a table of cells, its columns, and the rows of it."""

from __future__ import annotations

import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, Value
from support.tables import MOOD, TAGS

from classification.data.counting import first_few, quantity
from classification.data.labels.one_hot import read_one_hot
from classification.data.labels.reader import LabelReader, UnlabelledError
from classification.data.labels.values import as_flag, as_number, key_of, look_up
from classification.data.quality.checks import CHECKS
from classification.data.quality.findings import cut
from classification.data.quality.text_checks import strange_texts, swallowed_rows
from classification.data.reading import folders, hub, sources
from classification.data.reading.columns import ColumnNames, are_recognised, choose_columns
from classification.data.reading.delimited import read_delimited
from classification.data.reading.interpret import rows_of_table
from classification.data.reading.json_rows import read_json_rows
from classification.data.reading.table import Table
from classification.errors import InputError
from classification.task import DatasetSource

NOBODY = ColumnNames()


def table(**columns: list[object]) -> Table:
    return Table.of("rows", columns)


def test_numbers_in_sentences_are_grouped_and_agree_with_their_noun() -> None:
    assert [quantity(n, "row") for n in (0, 1, 12_000)] == ["0 rows", "1 row", "12,000 rows"]
    assert first_few(["a", "b", "c", "d", "e", "f", "g"]) == "a, b, c, d, e and 2 more"
    assert len(cut("word " * 100, 300)) == 60


def test_values_are_the_same_by_spelling_number_or_truth() -> None:
    names = {"1": "one", "true": "yes"}
    assert look_up("1.0", names) == look_up(1, names) == {"one"}
    assert look_up(True, names) == look_up("TRUE", names) == {"yes"}
    assert look_up("2", names) == look_up(None, names) == set()
    assert len({key_of(1), key_of(1.0), key_of(True), key_of("1"), key_of([1]), key_of({"a": 1})}) == 6
    assert key_of(float("nan")) == key_of(float("nan"))
    assert [as_flag(cell) for cell in (0, "1.0", "False", True)] == [False, True, False, True]
    assert {as_flag(cell) for cell in (2, "", None)} == {None}
    assert as_number("1e5") is None


def test_a_delimited_table_names_its_columns_and_keeps_its_cells() -> None:
    found = read_delimited('id,text,label\n1,"a, b",good\n', ",", MOOD, NOBODY, "rows")
    assert found.names == ("id", "text", "label")
    assert found.cells_of("text") == ["a, b"]


def test_a_json_table_has_none_where_a_row_lacks_a_key() -> None:
    found = read_json_rows('[{"text": "a"}, {"text": "b", "label": "good"}]', "rows")
    assert found.names == ("text", "label")
    assert found.cells_of("label") == [None, "good"]


def test_the_columns_of_the_task_come_before_the_usual_ones_and_after_a_persons() -> None:
    task = MOOD.model_copy(update={"dataset": DatasetSource(path="a/b", text_column="said", label_column="felt")})
    found = table(text=["a"], label=["good"], said=["b"], felt=["bad"], other=["c"])
    assert choose_columns(found.names, NOBODY, task, "rows", found.cells_of).text == "said"
    assert choose_columns(found.names, ColumnNames("other"), task, "rows", found.cells_of).text == "other"
    assert choose_columns(found.names, NOBODY, MOOD, "rows", found.cells_of).label == "label"
    assert are_recognised(("said", "felt"), NOBODY, task)
    assert not are_recognised(("said", "felt"), NOBODY, MOOD)


def test_rows_of_a_table_carry_what_was_assumed() -> None:
    rows, notes = rows_of_table(table(Text=["a "], Class=["good"]), MOOD, LabelReader(MOOD), NOBODY)
    assert (rows.texts, rows.labels) == (("a",), (("good",),))
    assert notes == [
        "rows: the texts are read from the column 'Text'.",
        "rows: the labels are read from the column 'Class'.",
    ]
    with pytest.raises(UnlabelledError):
        rows_of_table(table(text=["a"], id=["1"]), MOOD, LabelReader(MOOD), NOBODY)


def test_columns_of_0_and_1_need_an_answer_for_each_label() -> None:
    columns = {"cat": [1, 0], "dog": [True, "0"], "fish": ["0.0", 1.0]}
    assert read_one_hot(columns, TAGS, "rows") == (("cat", "dog"), ("fish",))
    with pytest.raises(InputError, match="row 1 has 3 in the column 'cat'; write 0 or 1"):
        read_one_hot(columns | {"cat": [3, 0]}, TAGS, "rows")


def test_hub_splits_are_tables_with_the_names_of_their_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    features = Features({"text": Value("string"), "label": ClassLabel(names=["bad", "good"])})
    data = DatasetDict(train=Dataset.from_dict({"text": ["a"], "label": [1]}, features))
    monkeypatch.setattr("datasets.load_dataset", lambda *_, **__: data)
    found = hub.hub_tables(DatasetSource(path="owner/moods"))["train"]
    assert found.where == "owner/moods (train)"
    assert found.class_names == {"label": ("bad", "good")}
    assert found.cells_of("label") == [1]


def test_a_source_reads_only_the_split_that_it_is_asked_for(tmp_path) -> None:
    (tmp_path / "train.csv").write_text("text,label\na,nonsense\n")
    (tmp_path / "test.csv").write_text("text,label\na,good\n")
    assert set(folders.layout_of(tmp_path).splits) == {"train", "test"}
    source = sources.open_source(str(tmp_path), MOOD, sources.ReadOptions())
    assert source.rows("test").labels == (("good",),)


def test_every_check_is_run() -> None:
    assert {swallowed_rows, strange_texts} < set(CHECKS)
