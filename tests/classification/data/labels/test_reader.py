"""What a label cell means, in every form that people and libraries write it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from datasets import ClassLabel, Dataset, Features, List, Value
from support.tables import HEADER, MOOD, TAGS, labels, refusal, task_of, told, write

from classification.data.dataset import ReadOptions, load_rows
from classification.data.labels.reader import LabelReader, UnlabelledError
from classification.data.labels.several import candidates
from classification.data.rows import rows_given
from classification.errors import InputError
from classification.task import DatasetSource, Task

STARS = task_of("1", "2", "3", "4", "5")


def parquet(file: Path, cells: list[object], feature: object) -> Path:
    features = Features({"text": Value("string"), "label": feature})
    data = {"text": [f"text {row}" for row in range(len(cells))], "label": cells}
    Dataset.from_dict(data, features=features).to_parquet(file)
    return file


def read(
    cells: list[object], task: Task = MOOD, *, names: tuple[str, ...] = (), **mapped: str
) -> list[tuple[str, ...]]:
    return list(LabelReader(task, mapped).read(cells, names, "rows"))


# --- the file's own names


def test_the_id_of_a_class_label_is_its_own_name_and_never_a_label_that_looks_like_it(tmp_path: Path) -> None:
    file = parquet(tmp_path / "stars.parquet", [0, 1, 4], ClassLabel(names=["1", "2", "3", "4", "5"]))
    assert labels(file, STARS) == (("1",), ("2",), ("5",))


def test_class_labels_in_another_order_than_the_tasks_are_read_by_name(tmp_path: Path) -> None:
    file = parquet(tmp_path / "rows.parquet", [0, 1], ClassLabel(names=["good", "bad"]))
    assert labels(file) == (("good",), ("bad",))


def test_class_labels_in_lists_are_read_by_name(tmp_path: Path) -> None:
    file = parquet(tmp_path / "rows.parquet", [[0, 1], [2], []], List(ClassLabel(names=["fish", "dog", "cat"])))
    assert labels(file, TAGS) == (("dog", "fish"), ("cat",), ())


def test_class_labels_that_spell_numbers_or_booleans_are_read_by_value(tmp_path: Path) -> None:
    file = parquet(tmp_path / "rows.parquet", [0, 1], ClassLabel(names=["True", "False"]))
    assert labels(file, task_of("false", "true")) == (("true",), ("false",))


def test_class_names_that_the_task_does_not_have_are_refused_with_the_id(tmp_path: Path) -> None:
    file = parquet(tmp_path / "rows.parquet", [0, 1], ClassLabel(names=["neg", "good"]))
    assert refusal(file).startswith(
        "rows.parquet: 1 row has a label that the task mood does not know (row 1 0); allowed: bad or good;"
    )


def test_the_tasks_values_may_map_the_files_names_or_its_numbers() -> None:
    assert read([0, 1], names=("neg", "good"), neg="bad") == [("bad",), ("good",)]
    assert read([0, 1], names=("LABEL_0", "LABEL_1"), **{"0": "bad", "1": "good"}) == [("bad",), ("good",)]


def test_the_files_names_and_the_tasks_values_that_differ_are_refused_with_both() -> None:
    with pytest.raises(InputError) as raised:
        read([0, 1], names=("bad", "good"), **{"0": "good", "1": "bad"})
    assert str(raised.value) == (
        "rows: the label 0 has two meanings: bad by the file's own names and good by the task's label_values; write "
        "the labels' names, or take label_values out of the task."
    )


# --- the task's values


def test_values_are_mapped_for_the_tasks_own_dataset_and_nowhere_else(tmp_path: Path) -> None:
    own, other = (write(tmp_path, name, HEADER + "a,0\nb,1\n") for name in ("own.csv", "other.csv"))
    source = DatasetSource(path=str(own), label_values={"0": "good", "1": "bad"})
    task = task_of("bad", "good", dataset=source)
    assert labels(own, task) == (("good",), ("bad",))
    assert refusal(other, task).endswith("add --use_label_values.")
    assert labels(other, task, options=ReadOptions(use_label_values=True)) == (("good",), ("bad",))


def test_values_that_are_names_of_other_labels_are_read_by_whichever_reads_the_whole_column() -> None:
    from_zero = {"0": "1", "1": "2", "2": "3", "3": "4", "4": "5"}
    assert read(["0", "1", "4"], STARS, **from_zero) == [("1",), ("2",), ("5",)]
    assert read(["1", "4", "5"], STARS, **from_zero) == [("1",), ("4",), ("5",)]


def test_values_that_could_be_either_are_refused() -> None:
    with pytest.raises(InputError, match="the label '1' has two meanings: 2 by the task's label_values and 1 by the"):
        read(["1", "2"], STARS, **{"0": "1", "1": "2", "2": "3"})


# --- numbers and booleans


@pytest.mark.parametrize("cell", ["1", "1.0", " 1 ", "01", "+1", 1, 1.0, "1.00"])
def test_a_number_is_read_however_it_is_written(cell: object) -> None:
    assert read([cell], task_of("0", "1")) == [("1",)]


@pytest.mark.parametrize("cell", ["True", "true", "TRUE", True])
def test_a_boolean_is_read_however_it_is_written(cell: object) -> None:
    assert read([cell], task_of("False", "True")) == [("True",)]
    assert read([cell], task_of("false", "true")) == [("true",)]


@pytest.mark.parametrize("cell", ["1e0", "١", "1,0", "one", True, "0x1", "1_0", "½", float("inf"), "nan"])
def test_what_is_no_usual_spelling_of_a_number_is_no_label(cell: object) -> None:
    with pytest.raises(InputError, match="does not know"):
        read([cell], task_of("0", "1"))


def test_negative_numbers_and_decimals_are_numbers() -> None:
    assert read(["-1", -1.0, 0.5, "0.50"], task_of("-1", "0.5")) == [("-1",), ("-1",), ("0.5",), ("0.5",)]


def test_a_number_that_is_two_names_is_refused_and_a_written_one_is_not() -> None:
    task = task_of("1", "1.0")
    assert read(["1", "1.0"], task) == [("1",), ("1.0",)]
    with pytest.raises(InputError, match=r"the label 1 has two meanings|can be read"):
        read([1], task)


def test_a_missing_label_is_refused_with_its_row() -> None:
    for nothing in (None, "", "  ", float("nan")):
        with pytest.raises(InputError, match=r"1 row has a label that .* \(row 2 "):
            read(["good", nothing])


def test_a_column_without_any_label_is_said_to_be_unlabelled() -> None:
    for cells, names in (([None, None], ()), (["", ""], ()), ([-1, -1], ("bad", "good"))):
        with pytest.raises(UnlabelledError, match=r"rows: none of its 2 rows has a label; add labels\."):
            read(cells, names=names)


def test_accents_are_the_same_letter_composed_or_not() -> None:
    assert read(["cafe\u0301"], task_of("caf\u00e9", "thé")) == [("caf\u00e9",)]


# --- one label a row


@pytest.mark.parametrize("cell", [["good"], ["good", "bad"], [], ("good",), {"good": 1}])
def test_a_list_is_refused_where_one_label_is_allowed(cell: object) -> None:
    with pytest.raises(InputError) as raised:
        read(["bad", cell])
    assert str(raised.value) == (
        f"rows: 1 row has a list for a label (row 2 {cell!r}), and the task mood allows one label a row; give one "
        "label a row, or set multi_label: true in the task."
    )


@pytest.mark.parametrize("cell", ["good|bad", "good,bad", "['good']", '["good", "bad"]', "good;"])
def test_several_labels_as_text_are_no_label_where_one_is_allowed(cell: str) -> None:
    with pytest.raises(InputError, match="does not know"):
        read([cell])


def test_a_list_is_refused_at_the_door_for_programs_as_well() -> None:
    with pytest.raises(InputError, match=r"the rows: 1 row has a list for a label \(row 1 \['good'\]\)"):
        rows_given(["a"], [["good"]], MOOD, "the rows")
    assert rows_given(["a"], [["dog", "cat"]], TAGS, "the rows").labels == (("cat", "dog"),)


@pytest.mark.parametrize("name", ["news, world", "a|b", "x; y", '["q"]', "Smith & Sons, Ltd"])
def test_a_label_with_a_separator_in_it_works_in_every_task(tmp_path: Path, name: str) -> None:
    rows = [{"text": "a", "label": name}, {"text": "b", "label": "plain"}]
    file = write(tmp_path, "rows.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    assert labels(file, task_of(name, "plain")) == ((name,), ("plain",))
    assert labels(file, task_of(name, "plain", several=True)) == ((name,), ("plain",))


# --- several labels a row


@pytest.mark.parametrize(
    "cell",
    [
        "dog|fish", "dog,fish", "dog;fish", "dog, fish", "fish |dog", "dog|fish|", '["dog", "fish"]', "['dog', 'fish']",
        "('dog', 'fish')", "{'fish', 'dog'}", "dog，fish", "dog、fish", '["dog","fish",]', ["fish", "dog"],
        ("dog", "fish"), ["dog", "fish", "dog"],
    ],
)  # fmt: skip
def test_several_labels_are_read_in_every_form(cell: object) -> None:
    assert read([cell, "cat"], TAGS) == [("dog", "fish"), ("cat",)]


@pytest.mark.parametrize("cell", ["", "[]", [], None, "  ", "()"])
def test_no_label_is_an_answer_where_several_are_allowed(cell: object) -> None:
    assert read([cell, "cat"], TAGS) == [(), ("cat",)]


@pytest.mark.parametrize(
    "cell", ["['cat' 'dog']", "cat dog", "cat|bird", "cat,,dog", ["cat", None], [["cat"]], "[cat]"]
)
def test_what_is_no_list_of_labels_is_refused(cell: object) -> None:
    with pytest.raises(InputError, match=r"several labels are written as a list, such as \[\"a\", \"b\"\]"):
        read([cell, "cat"], TAGS)


def test_neighbouring_strings_are_not_glued_to_another_label() -> None:
    with pytest.raises(InputError, match="does not know"):
        read(["['a' 'b']"], task_of("a", "b", "ab", several=True))


def test_labels_with_separators_are_found_among_several() -> None:
    task = task_of("news, world", "news", "sport", several=True)
    assert read(["sport,news, world", "news,sport", "news, world"], task) == [
        ("news, world", "sport"),
        ("news", "sport"),
        ("news, world",),
    ]


def test_a_cell_that_can_be_split_in_two_ways_is_refused_with_both() -> None:
    task = task_of("a", "b", "a,b", several=True)
    with pytest.raises(InputError) as raised:
        read(["b", "a,b"], task)
    assert str(raised.value) == (
        "rows: row 2: 'a,b' can be read as ['a,b'] or ['a', 'b']; write several labels as a list, such as "
        '["a", "b"].'
    )
    assert read([["a,b"], ["a", "b"]], task) == [("a,b",), ("a", "b")]


def test_a_cell_of_thousands_of_parts_is_looked_at_no_further() -> None:
    assert candidates("cat," * 4000, lambda part: True) == [("cat," * 4000,)]


@pytest.mark.parametrize(
    "cells",
    [
        [[1, 0, 1], [0, 0, 0]], ["[1, 0, 1]", "[0, 0, 0]"], ["1,0,1", "0,0,0"], ["[1 0 1]", "[0 0 0]"],
        [[1.0, 0.0, 1.0], [0.0, 0.0, 0.0]], [[True, False, True], [False] * 3], ["[1. 0. 1.]", "[0. 0. 0.]"],
    ],
)  # fmt: skip
def test_vectors_of_zeros_and_ones_are_read_in_the_tasks_order_and_told(cells: list[object]) -> None:
    reader = LabelReader(TAGS)
    assert reader.read(cells, (), "rows") == (("cat", "fish"), ())
    assert reader.notes == [
        "rows: labels are zeros and ones, one place a label, read in the task's order: cat, dog, fish."
    ]


def test_vectors_beside_class_names_in_the_tasks_order_are_never_class_numbers() -> None:
    assert read([[1, 0, 0], [0, 1, 1], [0, 0, 0]], TAGS, names=("cat", "dog", "fish")) == [
        ("cat",), ("dog", "fish"), (),
    ]  # fmt: skip


def test_vectors_beside_class_names_in_another_order_are_refused() -> None:
    with pytest.raises(InputError, match="the file lists its labels in the order fish, dog, cat, the task mood in the"):
        read([[1, 0, 0], [0, 1, 1]], TAGS, names=("fish", "dog", "cat"))


def test_vectors_that_could_be_the_labels_themselves_are_refused() -> None:
    task = task_of("0", "1", several=True)
    with pytest.raises(
        InputError, match="can be read as zeros and ones, one place a label, or as the labels themselves"
    ):
        read([[1, 0], [0, 1]], task)
    assert read([[1, 1], [0, 1]], task) == [("0", "1"), ("1",)]  # no row has a label twice, so these are places


def test_vectors_of_another_length_are_no_vectors() -> None:
    with pytest.raises(InputError, match="does not know"):
        read([[1, 0], [0, 1]], TAGS)


# --- columns of 0 and 1


def test_columns_named_after_the_labels_are_read_for_one_and_for_several(tmp_path: Path) -> None:
    several = write(tmp_path, "several.csv", "text,cat,dog,fish\na,1,0,1\nb,0,0,0\nc,False,true,0.0\n")
    with told() as sentences:
        assert labels(several, TAGS) == (("cat", "fish"), (), ("dog",))
    assert sentences == [f"{several}: labels are read from the columns of 0 and 1 that are named after them."]
    single = write(tmp_path, "single.csv", "good,bad,text\n1,0,a\n0,1,b\n")
    assert labels(single) == (("good",), ("bad",))


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ("a,1,0\nb,1,1\n", "rows.csv: row 2 has 2 labels (bad, good), and the task mood allows one label a row"),
        ("a,1,0\nb,0,0\n", "rows.csv: row 2 has 0 labels (all are 0), and the task mood allows one label a row"),
        ("a,1,0\nb,2,0\n", "rows.csv: row 2 has '2' in the column 'bad'; write 0 or 1."),
        ("a,1,0\nb,,1\n", "rows.csv: row 2 has '' in the column 'bad'; write 0 or 1."),
    ],
)
def test_columns_of_0_and_1_that_do_not_fit_are_refused(tmp_path: Path, rows: str, sentence: str) -> None:
    assert refusal(write(tmp_path, "rows.csv", "text,bad,good\n" + rows)).startswith(sentence)


def test_a_missing_column_of_0_and_1_is_named(tmp_path: Path) -> None:
    file = write(tmp_path, "rows.csv", "text,cat,dog\na,1,0\n")
    assert "Columns named after labels need one for each: fish is missing." in refusal(file, TAGS)


def test_one_cell_is_looked_up_once_however_often_it_stands(tmp_path: Path) -> None:
    file = write(tmp_path, "rows.csv", HEADER + "a,good\nb,bad\n" * 20_000)
    assert len(load_rows(file, MOOD)) == 40_000


def test_a_label_column_beside_columns_of_0_and_1_has_to_agree_with_them(tmp_path: Path) -> None:
    agreeing = write(tmp_path, "same.csv", "text,label,bad,good\na,good,0,1\nb,bad,1,0\n")
    assert labels(agreeing) == (("good",), ("bad",))
    differing = write(tmp_path, "rows.csv", "text,label,bad,good\na,good,0,1\nb,bad,0,1\n")
    assert refusal(differing) == (
        "rows.csv: row 2 has two labels: bad by the column 'label' and good by the columns named after the labels; say "
        "which with --label_column."
    )
    assert labels(differing, options=ReadOptions(label_column="label")) == (("good",), ("bad",))


def test_a_label_that_is_called_label_is_not_taken_for_the_column_of_labels(tmp_path: Path) -> None:
    file = write(tmp_path, "rows.csv", "text,0,1,label\na,0,1,0\nb,1,0,0\n")
    assert "row 1 has two labels: 0 by the column 'label' and 1 by the columns" in refusal(
        file, task_of("0", "1", "label")
    )
