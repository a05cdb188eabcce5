from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, List, Value
from datasets.exceptions import DatasetNotFoundError
from support.paths import ROOT

from classification.data.dataset import ReadOptions, Rows, load_rows, load_splits
from classification.data.reading import files
from classification.data.splitting import fold, split_rows
from classification.errors import InputError
from classification.task import DatasetSource, Label, Task, load_task

DATA = Path(os.environ.get("PROMPT_OR_TUNE_DATA", ROOT.parent / "shared" / "data"))

MOOD = Task(
    name="mood",
    language="en",
    instruction="Decide how the writer feels.",
    labels=(Label(name="Bad"), Label(name="Good")),
    dataset=DatasetSource(
        path="owner/moods", text_column="sentence", label_column="mood", label_values={"0": "Bad", "1": "Good"}
    ),
)
TAGS = Task(
    name="tags",
    language="en",
    instruction="Name what the text is about.",
    labels=(Label(name="cat"), Label(name="dog"), Label(name="fish")),
    multi_label=True,
)
HEADER = "text,label\n"


@pytest.fixture
def give(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """Writes a file for a test and returns its path."""

    def write(name: str, content: str | bytes) -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    return write


Give = Callable[[str, str | bytes], Path]


def complaint(file: Path | str, task: Task = MOOD) -> str:
    """The sentence that reading this gets, with the folder cut off."""
    with pytest.raises(InputError) as raised:
        load_rows(file, task)
    return str(raised.value).replace(f"{Path(file).parent}{os.sep}", "")


def many(rows: int, good: int) -> str:
    return HEADER + "".join(f"text {i},{'Good' if i < good else 'Bad'}\n" for i in range(rows))


# --- what can be read


def test_a_csv_keeps_every_cell_as_the_text_it_is(give: Give) -> None:
    file = give("rows.csv", HEADER + 'NA,Good\nnull,Good\n007,Bad\n1.50,Bad\n"a, ""b""\nc",Good\n')
    rows = load_rows(file, MOOD)
    assert rows.texts == ("NA", "null", "007", "1.50", 'a, "b"\nc')
    assert rows.labels == (("Good",), ("Good",), ("Bad",), ("Bad",), ("Good",))


def test_a_byte_order_mark_and_blank_lines_are_no_rows(give: Give) -> None:
    file = give("rows.csv", b"\xef\xbb\xbf" + (HEADER + "\n好,Good\n\n糟,Bad\n").encode())
    assert load_rows(file, MOOD).texts == ("好", "糟")


def test_other_columns_are_left_alone_whatever_they_hold(give: Give) -> None:
    file = give("rows.csv", "id,label,note,text\n1,Good,NA,x\nz,Bad,,y\n")
    assert load_rows(file, MOOD) == Rows(("x", "y"), (("Good",), ("Bad",)))


def test_the_columns_of_the_task_come_before_text_and_label(give: Give) -> None:
    file = give("rows.csv", "text,sentence,mood\nwrong,right,Good\n")
    assert load_rows(file, MOOD).texts == ("right",)


@pytest.mark.parametrize("name", ["rows.tsv", "rows.jsonl", "rows.json", "rows.parquet"])
def test_every_format_gives_the_same_rows(tmp_path: Path, give: Give, name: str) -> None:
    rows = [{"text": "so, so", "label": "Good"}, {"text": "bah", "label": "Bad"}]
    if name == "rows.tsv":
        give(name, "text\tlabel\nso, so\tGood\nbah\tBad\n")
    elif name == "rows.jsonl":
        give(name, "".join(json.dumps(row) + "\n" for row in rows))
    elif name == "rows.json":
        give(name, json.dumps(rows))
    else:
        Dataset.from_list(rows).to_parquet(tmp_path / name)
    assert load_rows(tmp_path / name, MOOD) == Rows(("so, so", "bah"), (("Good",), ("Bad",)))


def test_numbers_stand_for_labels_where_the_task_maps_them(give: Give) -> None:
    file = give("rows.jsonl", '{"text": "a", "label": 1}\n{"text": "b", "label": 0}\n')
    assert load_rows(file, MOOD, options=ReadOptions(use_label_values=True)).labels == (("Good",), ("Bad",))
    own = MOOD.model_copy(update={"dataset": DatasetSource(path=str(file), label_values={"0": "Bad", "1": "Good"})})
    assert load_rows(file, own).labels == (("Good",), ("Bad",))
    assert complaint(file) == (
        "rows.jsonl: 2 rows have a label that the task mood does not know (row 1 1, row 2 0); allowed: Bad or Good; "
        "the task's label_values would read them: where these rows are written as in the task's own dataset, add "
        "--use_label_values."
    )


def test_several_labels_are_joined_or_listed_and_come_in_the_order_of_the_task(give: Give) -> None:
    joined = load_rows(give("rows.csv", HEADER + "a,fish|cat\nb,\nc,dog|dog\n"), TAGS)
    listed = load_rows(
        give(
            "rows.jsonl",
            '{"text": "a", "label": ["fish", "cat"]}\n{"text": "b", "label": []}\n{"text": "c", "label": ["dog"]}\n',
        ),
        TAGS,
    )
    assert joined == listed == Rows(("a", "b", "c"), (("cat", "fish"), (), ("dog",)))


def test_targets_are_columns_or_for_several_labels_zeros_and_ones() -> None:
    single = Rows(("a", "b"), (("Good",), ("Bad",))).targets(MOOD)
    assert single.dtype == np.int64
    assert single.tolist() == [1, 0]
    several = Rows(("a", "b"), (("cat", "fish"), ())).targets(TAGS)
    assert several.dtype == np.float32
    assert several.tolist() == [[1, 0, 1], [0, 0, 0]]


def test_limit_takes_rows_from_the_start(give: Give) -> None:
    assert load_rows(give("rows.csv", many(9, 4)), MOOD, limit=2).texts == ("text 0", "text 1")


def test_select_keeps_the_order_that_is_asked_for() -> None:
    rows = Rows(("a", "b", "c"), (("Bad",), ("Good",), ("Bad",)))
    assert rows.select([2, 1]) == Rows(("c", "b"), (("Bad",), ("Good",)))


def test_reading_leaves_nothing_behind(give: Give, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = give("in/rows.csv", many(4, 2))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    load_rows(file, MOOD)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["rows.csv"]


# --- what cannot


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        (
            "rows.xlsx",
            "x",
            "rows.xlsx: cannot read .xlsx; give .csv, .tsv, .jsonl, .json or .parquet, or save the sheet as CSV in "
            "UTF-8.",
        ),
        ("rows.csv", "", "rows.csv: the file is empty; give one with a header and labelled rows."),
        ("rows.csv", HEADER, "rows.csv: no rows below the header; add labelled rows."),
        ("rows.jsonl", "\n\n", "rows.jsonl: no rows; add labelled rows."),
        (
            "rows.csv",
            "phrases,also,mood\na,b,Good\n",
            "rows.csv: no column that is plainly the text; it has 'phrases', 'also', 'mood'; say which one with "
            "--text_column NAME.",
        ),
        (
            "rows.csv",
            HEADER + "a,god\nb,Good\nc,\nd,?\ne,??\n",
            "rows.csv: 4 rows have a label that the task mood does not know (row 1 'god' (did you mean 'Good'?), "
            "row 3 '', row 4 '?', …); allowed: Bad or Good; correct the rows, or map their values with label_values "
            "in the task file.",
        ),
        (
            "rows.csv",
            HEADER + ' ,Good\nx,Bad\n"",Good\n',
            "rows.csv: the text is empty in 2 of 3 rows (row 1, 3); fill or remove them.",
        ),
        (
            "rows.jsonl",
            '{"text": "a", "label": "Good"}\n{"label": "Good"}\n',
            "rows.jsonl: the text is empty in 1 of 2 rows (row 2); fill or remove them.",
        ),
        (
            "rows.csv",
            (HEADER + "好,Good\n").encode("gb18030"),
            "rows.csv: not UTF-8 text (byte 0xba in line 2), and which encoding it is cannot be told; it would read "
            "as Windows-1252 ('ºÃ,Good'); open it in the program that wrote it and save it as UTF-8.",
        ),
        (
            "rows.jsonl",
            '{"text": "好", "label": 1}\n'.encode("gb18030"),
            "rows.jsonl: not UTF-8 text (byte 0xba in line 1), and which encoding it is cannot be told; it would read "
            "as Windows-1252 ('ºÃ'); open it in the program that wrote it and save it as UTF-8.",
        ),
        (
            "rows.csv",
            HEADER + "a, b,Good\nc,Bad\n",
            "rows.csv, line 2: row 1 has 3 cells where the header has 2; put cells with a separator, quote or line "
            "break in double quotes.",
        ),
        (
            "rows.csv",
            HEADER + 'a,Good\n"b, c",Good\n"d,Bad\ne,Good\n',
            "rows.csv, line 5: malformed (unexpected end of data); is a double quote left open?",
        ),
        (
            "rows.jsonl",
            '{"text": "a", "label": 1}\n{"text": "b", "label"\n',
            "rows.jsonl, line 2: not valid JSON (expecting ':' delimiter); write one object a line, or one list of "
            "objects.",
        ),
        (
            "rows.jsonl",
            '"a"\n',
            'rows.jsonl, line 1: found \'a\', and rows are objects like {"text": "...", "label": "..."}, one a line or '
            "in a list; correct that line.",
        ),
    ],
)
def test_a_file_that_cannot_be_used_gets_one_sentence(
    give: Give, name: str, content: str | bytes, sentence: str
) -> None:
    assert complaint(give(name, content)) == sentence


def test_a_parquet_file_that_is_none_or_has_no_rows_is_explained(give: Give, tmp_path: Path) -> None:
    assert complaint(give("rows.parquet", "text,label")).startswith("rows.parquet: not a Parquet file (")
    Dataset.from_dict({"text": [], "label": []}).to_parquet(tmp_path / "none.parquet")
    assert complaint(tmp_path / "none.parquet") == "none.parquet: no rows; add labelled rows."


def test_a_file_over_the_limit_is_refused_before_it_is_read(give: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    file = give("rows.csv", b"\xff" * 3_000_000)
    monkeypatch.setattr(files, "MAX_BYTES", 1_000_000)
    assert complaint(file) == "rows.csv: 3.0 MB is over the limit of 1.0 MB a file; give a sample of it."


def test_a_file_that_may_not_be_read_is_explained(give: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    file = give("rows.csv", many(2, 1))
    monkeypatch.setattr(Path, "open", refuse)
    assert complaint(file) == "rows.csv: permission denied; give a file you can read."


@pytest.mark.parametrize("source", ["x" * 5000, "nul\0/byte.csv", "nothing.csv", "nothing", "a/b/c", "data/rows.csv"])
def test_a_path_that_does_not_exist_is_no_hub_id(source: str) -> None:
    with pytest.raises(InputError) as raised:
        load_splits(MOOD, source)
    assert str(raised.value) == (
        f"{source}: no such file or folder; give one that exists, or a Hub id like 'owner/name'."
    )


def test_a_task_without_dataset_asks_for_data() -> None:
    with pytest.raises(InputError) as raised:
        load_splits(TAGS)
    assert str(raised.value) == "the task tags names no dataset; say where its rows are with --data."


def test_label_values_must_lead_to_labels(give: Give) -> None:
    file = give("rows.csv", many(2, 1))
    source = DatasetSource(path=str(file), label_values={"0": "bad"})
    task = MOOD.model_copy(update={"dataset": source})
    assert complaint(file, task) == (
        "the task mood maps the value '0' to 'bad', which is none of its labels (did you mean 'Bad'?); "
        "correct dataset.label_values."
    )


def test_training_rows_of_one_class_are_refused_and_test_rows_are_not(give: Give) -> None:
    file = give("rows.csv", many(30, 30))
    with pytest.raises(InputError) as raised:
        load_splits(MOOD, str(file))
    assert str(raised.value) == (
        f"{file}: 30 training rows, all with the label 'Good'; training needs rows of two labels."
    )
    assert load_splits(MOOD, str(file), need=("test",)).test is not None


def test_too_few_rows_to_split_are_refused(give: Give) -> None:
    file = give("rows.csv", HEADER + "a,Good\nA ,Bad\n")
    with pytest.raises(InputError) as raised:
        load_splits(MOOD, str(file))
    assert str(raised.value) == f"{file}: 2 rows with too few different texts to make a test split of; add rows."


# --- folders


def test_a_folder_is_read_by_the_names_of_its_files(give: Give, tmp_path: Path) -> None:
    give("train.csv", many(8, 4))
    give("dev.tsv", "text\tlabel\nd\tGood\n")
    give("test.jsonl", '{"text": "t", "label": "Bad"}\n')
    splits = load_splits(MOOD, str(tmp_path))
    assert [(name, len(rows)) for name, rows in splits.items()] == [("train", 8), ("validation", 1), ("test", 1)]
    assert load_rows(tmp_path, MOOD).texts == ("t",)
    assert load_rows(tmp_path, MOOD, split="validation").texts == ("d",)


def test_a_missing_validation_split_is_carved_from_train_only(give: Give, tmp_path: Path) -> None:
    give("train.csv", many(100, 30))
    give("test.csv", HEADER + "t,Bad\n")
    splits = load_splits(MOOD, str(tmp_path))
    assert {name: len(rows) for name, rows in splits.items()} == {"train": 90, "validation": 10, "test": 1}


def test_a_folder_that_cannot_be_used_is_explained(give: Give, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r": no file named train, validation or test in it; name them so, with \.csv"):
        load_splits(MOOD, str(tmp_path))
    give("test.csv", many(4, 2))
    with pytest.raises(InputError, match=r": no train split; it has test, so add one\."):
        load_splits(MOOD, str(tmp_path))
    with pytest.raises(InputError, match=r": no tset split \(did you mean 'test'\?\); it has test\."):
        load_rows(tmp_path, MOOD, split="tset")
    give("test.tsv", "text\tlabel\n")
    with pytest.raises(InputError, match=r": the test split could be test\.csv or test\.tsv; keep one of them\."):
        load_splits(MOOD, str(tmp_path))


# --- splits and fingerprints


def test_carved_splits_keep_the_share_of_labels_and_lose_no_row(give: Give) -> None:
    splits = load_splits(MOOD, str(give("rows.csv", many(200, 50))))
    assert {name: Counter(rows.labels)[("Good",)] / len(rows) for name, rows in splits.items()} == {
        "train": 0.25,
        "validation": 0.25,
        "test": 0.25,
    }
    assert {name: len(rows) for name, rows in splits.items()} == {"train": 160, "validation": 20, "test": 20}
    assert len({text for _, rows in splits.items() for text in rows.texts}) == 200


def test_carved_splits_depend_on_the_seed_and_on_nothing_else(give: Give) -> None:
    here, there = give("here/rows.csv", many(60, 30)), give("there/other.csv", many(60, 30))
    assert load_splits(MOOD, str(here)).fingerprint == load_splits(MOOD, str(there)).fingerprint
    assert load_splits(MOOD, str(here), seed=1).fingerprint != load_splits(MOOD, str(here), seed=2).fingerprint


def test_sizes_of_carved_splits_can_be_chosen(give: Give) -> None:
    splits = load_splits(MOOD, str(give("rows.csv", many(100, 50))), validation_size=0, test_size=0.3)
    assert {name: len(rows) for name, rows in splits.items()} == {"train": 70, "test": 30}
    assert splits.validation is None


def test_one_text_never_lands_on_both_sides() -> None:
    texts = [f"Text  {i % 20}" if i % 2 else f"text {i % 20}" for i in range(200)]
    first, second = split_rows(texts, [("a",) if i % 4 else ("b",) for i in range(200)], 0.2, seed=0)
    assert sorted(first + second) == list(range(200))
    assert not {fold(texts[i]) for i in first} & {fold(texts[i]) for i in second}


@pytest.mark.parametrize("rare", [1, 2, 3])
def test_tiny_classes_do_not_stop_a_split(rare: int) -> None:
    labels = [("a",)] * 10 + [("b",)] * rare + [("c",)]
    first, second = split_rows([str(i) for i in range(len(labels))], labels, 0.1, seed=0)
    assert len(first) + len(second) == len(labels)
    assert second


def test_the_fingerprint_sees_texts_labels_and_order() -> None:
    rows = Rows(("a", "b"), (("x",), ("y",)))
    others = [
        Rows(("a", "c"), (("x",), ("y",))),
        Rows(("a", "b"), (("x",), ("x",))),
        Rows(("b", "a"), (("y",), ("x",))),
        Rows(("a", "b"), (("x", "y"), ())),
    ]
    assert len({rows.fingerprint, *(other.fingerprint for other in others)}) == 5
    assert rows.fingerprint == Rows(("a", "b"), (("x",), ("y",))).fingerprint


# --- the Hub


def hub(monkeypatch: pytest.MonkeyPatch, answer: DatasetDict | Exception) -> list[tuple[object, ...]]:
    """Stand in for the Hub; returns the list of what was asked of it."""
    asked: list[tuple[object, ...]] = []

    def load(path: str, name: str | None = None, *, revision: str | None = None) -> DatasetDict:
        asked.append((path, name, revision))
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr("datasets.load_dataset", load)
    return asked


def test_a_hub_dataset_is_read_as_the_task_says(monkeypatch: pytest.MonkeyPatch) -> None:
    features = Features({"sentence": Value("string"), "mood": ClassLabel(names=["neg", "Good"])})
    data = Dataset.from_dict({"sentence": ["a\n", "b"], "mood": [1, 0]}, features=features)
    source = DatasetSource(
        path="owner/moods",
        config="short",
        revision="v2",
        text_column="sentence",
        label_column="mood",
        splits={"train": "labelled", "test": "held_out"},
        label_values={"neg": "Bad"},
    )
    asked = hub(monkeypatch, DatasetDict(labelled=data, held_out=data, unlabelled=data))
    splits = load_splits(MOOD.model_copy(update={"dataset": source}), validation_size=0)
    assert asked == [("owner/moods", "short", "v2")]
    assert splits.train == splits.test == Rows(("a", "b"), (("Good",), ("Bad",)))
    assert splits.validation is None
    assert splits.source == "owner/moods"


def test_lists_of_class_labels_become_names(monkeypatch: pytest.MonkeyPatch) -> None:
    features = Features({"text": Value("string"), "label": List(ClassLabel(names=["dog", "cat"]))})
    hub(
        monkeypatch, DatasetDict(test=Dataset.from_dict({"text": ["a", "b"], "label": [[0, 1], []]}, features=features))
    )
    assert load_rows("owner/tags", TAGS).labels == (("cat", "dog"), ())


def test_a_split_that_the_hub_dataset_lacks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    data = Dataset.from_dict({"text": ["a"], "label": ["Bad"]})
    hub(monkeypatch, DatasetDict(everything=data))
    with pytest.raises(InputError) as raised:
        load_splits(MOOD, "owner/other")
    assert str(raised.value) == "owner/other: no split train, validation or test; it has everything."


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            DatasetNotFoundError("Dataset 'owner/moods' doesn't exist"),
            "'owner/moods': no such file or folder here, and no dataset of that name that the Hub lets you read; "
            "check the spelling, or log in with `hf auth login` where it is private.",
        ),
        (
            ConnectionError("offline"),
            "'owner/moods': no such file or folder here, and the Hub cannot be reached (ConnectionError); connect to "
            "the network, or give a local file.",
        ),
        (
            ValueError("BuilderConfig 'x' not found. Available: ['y']\nmore"),
            "owner/moods: the Hub dataset cannot be loaded (BuilderConfig 'x' not found. Available: ['y']); correct "
            "the task's dataset section, or give a local file.",
        ),
    ],
)
def test_a_hub_that_does_not_answer_gets_one_sentence(
    monkeypatch: pytest.MonkeyPatch, error: Exception, sentence: str
) -> None:
    hub(monkeypatch, error)
    with pytest.raises(InputError) as raised:
        load_splits(MOOD)
    assert str(raised.value) == sentence


# --- real data sets, where they are


@pytest.mark.parametrize(
    ("task", "folder"),
    [
        ("financial-sentiment", "tfns"),
        ("financial-phrasebank", "financial_phrasebank"),
        ("sms-spam", "sms_spam"),
        ("news-topics-zh", "thucnews_title"),
        ("reviews-zh", "waimai_10k"),
        ("emotions", "goemotions"),
    ],
)
def test_real_rows_fit_their_task(task: str, folder: str) -> None:
    if not (DATA / folder).is_dir():
        pytest.skip(f"no {folder} in {DATA}; set PROMPT_OR_TUNE_DATA to a folder that has it")
    described = load_task(ROOT / "tasks" / f"{task}.yaml")
    splits = load_splits(described, str(DATA / folder), need=("train", "validation", "test"))
    for _, rows in splits.items():
        assert {name for names in rows.labels for name in names} == set(described.label_names)
