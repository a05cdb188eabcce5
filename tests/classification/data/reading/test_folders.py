"""Folders as people, the Hub and `datasets` lay them out: which file is which split, and what is left out."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
from pathlib import Path

import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, Value
from support.tables import HEADER, MOOD, TAGS, labels, pairs, refusal, told, write

from classification.data.dataset import load_rows, load_splits
from classification.data.reading import files
from classification.data.reading.split_names import split_of
from classification.errors import InputError

GOOD_AND_BAD = [("nice", ("good",)), ("awful", ("bad",))]
ROWS = HEADER + "nice,good\nawful,bad\n"


def rows(prefix: str, count: int = 20) -> str:
    return HEADER + "".join(f"{prefix} {row},{'good' if row % 2 else 'bad'}\n" for row in range(count))


def sizes(folder: Path, **options: object) -> dict[str, int]:
    splits = load_splits(MOOD, str(folder), need=(), validation_size=0, test_size=0, **options)
    return {name: len(found) for name, found in splits.items()}


def parquet(file: Path, count: int, prefix: str = "text") -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    found = {"text": [f"{prefix} {row}" for row in range(count)], "label": ["good", "bad"] * (count // 2)}
    Dataset.from_dict(found).to_parquet(file)


# --- names


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["train.csv", "validation.csv", "test.csv"], {"train": 2, "validation": 2, "test": 2}),
        (["Train.csv", "Dev.csv", "TEST.csv"], {"train": 2, "validation": 2, "test": 2}),
        (["training.csv", "val.csv", "testing.csv"], {"train": 2, "validation": 2, "test": 2}),
        (["train.csv", "eval.csv"], {"train": 2, "validation": 2}),
        (["train.csv", "valid.csv", "eval.csv"], {"train": 2, "validation": 2}),
        (["train.csv", "validation_matched.csv", "validation_mismatched.csv"], {"train": 2, "validation": 2}),
        (["sms_train.csv", "sms-dev.csv", "sms.test.csv"], {"train": 2, "validation": 2}),
        (["data/train.csv", "data/test.csv"], {"train": 2, "test": 2}),
        (["train/part.csv", "dev/part.csv", "test/part.csv"], {"train": 2, "validation": 2, "test": 2}),
        (["train-0.csv", "train-1.csv", "test.csv"], {"train": 4, "test": 2}),
        (["train-00000-of-00002.csv", "train-00001-of-00002.csv"], {"train": 4}),
        (["default/train/0000.csv", "default/train/0001.csv", "default/test/0000.csv"], {"train": 4, "test": 2}),
    ],
)
def test_splits_are_found_by_the_names_that_are_in_use(tmp_path: Path, names: list[str], found: dict[str, int]) -> None:
    for name in names:
        write(tmp_path, name, ROWS)
    assert sizes(tmp_path) == found


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train", "train"), ("Validation", "validation"), ("validation_matched", "validation"), ("dev-1", "validation"),
        ("my.test.v2", "test"), ("evaluation", "validation"), ("contest", None), ("train_test", None), ("latest", None),
        ("trained", None), ("unsupervised", None), ("devices", None), ("", None),
    ],
)  # fmt: skip
def test_a_name_stands_for_a_split_only_by_a_word_of_its_own(name: str, split: str | None) -> None:
    found = split_of(name)
    assert (found and found.split) == split


def test_files_that_are_not_used_are_named(tmp_path: Path) -> None:
    for name in ("train.csv", "test.csv", "extra.csv", "train_old.csv", "labels.json", "notes.txt", ".hidden.csv"):
        write(tmp_path, name, ROWS)
    with told() as sentences:
        sizes(tmp_path)
    assert sentences == [f"{tmp_path}: not used: extra.csv, labels.json, train_old.csv."]


def test_what_a_name_was_taken_for_is_told_where_it_is_not_ours(tmp_path: Path) -> None:
    for name in ("train-0.csv", "train-1.csv", "eval.csv"):
        write(tmp_path, name, ROWS)
    with told() as sentences:
        sizes(tmp_path)
    assert sentences == [
        f"{tmp_path}: eval.csv is used as the validation split.",
        f"{tmp_path}: the train split is 2 files: train-0.csv, train-1.csv.",
    ]


def test_the_only_file_of_a_folder_is_read_whatever_its_name(tmp_path: Path) -> None:
    write(tmp_path, "reviews.csv", ROWS)
    with told() as sentences:
        assert pairs(tmp_path) == GOOD_AND_BAD
    assert sentences == [f"{tmp_path}: read as one file of rows, reviews.csv."]


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["train.csv", "train.tsv"], "the train split could be train.csv or train.tsv; keep one of them."),
        (["dev.csv", "val.csv"], "the validation split could be val or dev; keep one of them."),
        (["train_a.csv", "train_b.csv"], "the train split could be train_a or train_b; keep one of them."),
        (["a/train.csv", "b/train.csv"], "the train split could be a/train.csv or b/train.csv; keep one of them."),
        (["one.csv", "two.csv"], "no file named train, validation or test in it; name them so, with .csv"),
        (
            ["train-00000-of-00003.csv", "train-00002-of-00003.csv"],
            "the train split should have 3 parts, and 1 part of",
        ),
        (
            ["train-00000-of-00002.csv", "train-00001-of-00003.csv"],
            "the train split should have 3 parts, and 1 part of",
        ),
    ],
)
def test_a_folder_that_can_be_read_in_two_ways_or_lacks_a_part_is_refused(
    tmp_path: Path, names: list[str], sentence: str
) -> None:
    for name in names:
        write(tmp_path, name, ROWS if "tsv" not in name else ROWS.replace(",", "\t"))
    assert sentence in refusal(tmp_path, split="train")


def test_rows_of_parts_come_in_their_order(tmp_path: Path) -> None:
    parquet(tmp_path / "data" / "train-00001-of-00002.parquet", 2, "later")
    parquet(tmp_path / "data" / "train-00000-of-00002.parquet", 2, "first")
    assert load_rows(tmp_path, MOOD, split="train").texts == ("first 0", "first 1", "later 0", "later 1")


# --- the Hub's layout, and what datasets saves


def test_the_readme_of_a_hub_dataset_says_which_file_is_which(tmp_path: Path) -> None:
    parquet(tmp_path / "data" / "a-00000.parquet", 4, "a")
    parquet(tmp_path / "data" / "b.parquet", 2, "b")
    splits = "[{split: train, path: data/a-*}, {split: dev, path: data/b.parquet}]"
    front = f"configs: [{{config_name: default, data_files: {splits}}}]"
    write(tmp_path, "README.md", f"---\n{front}\n---\nhello\n")
    assert sizes(tmp_path) == {"train": 4, "validation": 2}


def test_of_several_configurations_the_default_is_read_and_otherwise_asked_for(tmp_path: Path) -> None:
    for name in ("a", "b"):
        parquet(tmp_path / name / "train.parquet", 2 if name == "a" else 4)
    entry = "- config_name: {0}\n  data_files: [{{split: train, path: {0}/*}}]\n"
    write(tmp_path, "README.md", "---\nconfigs:\n" + entry.format("a") + entry.format("b") + "---\n")
    assert "it has the configurations a or b; give the folder or file of one of them" in refusal(
        tmp_path, split="train"
    )
    write(tmp_path, "README.md", "---\nconfigs:\n" + entry.format("a") + entry.format("b") + "  default: true\n---\n")
    with told() as sentences:
        assert sizes(tmp_path) == {"train": 4}
    assert sentences == [f"{tmp_path}: not used: a/train.parquet."]


@pytest.mark.parametrize("path", ["../secret.csv", "/etc/hosts", "data/none-*.csv"])
def test_a_readme_cannot_name_files_outside_of_its_folder(tmp_path: Path, path: str) -> None:
    write(tmp_path, "secret.csv", ROWS)
    write(tmp_path, "set/train.csv", ROWS)
    write(tmp_path, "set/README.md", f"---\nconfigs: [{{data_files: [{{split: train, path: {path}}}]}}]\n---\n")
    assert "and no file fits that; complete the folder." in refusal(tmp_path / "set", split="train")


@pytest.mark.parametrize(
    "readme", ["", "---\n[[[\n---\n", "---\nconfigs: 7\n---\n", "---\nlicense: mit\n---\n", "no front"]
)
def test_a_readme_that_says_nothing_of_files_is_passed_over(tmp_path: Path, readme: str) -> None:
    write(tmp_path, "train.csv", ROWS)
    write(tmp_path, "README.md", readme)
    assert sizes(tmp_path) == {"train": 2}


@pytest.mark.parametrize("names", [["bad", "good"], ["good", "bad"]])
def test_what_datasets_saved_is_read_with_its_class_names(tmp_path: Path, names: list[str]) -> None:
    features = Features({"text": Value("string"), "label": ClassLabel(names=names)})
    found = Dataset.from_dict({"text": ["nice", "awful"], "label": [names.index("good"), names.index("bad")]}, features)
    found.save_to_disk(tmp_path / "one")
    DatasetDict(train=found, validation=found, extra=found).save_to_disk(tmp_path / "several")
    assert pairs(tmp_path / "one") == GOOD_AND_BAD
    with told() as sentences:
        assert sizes(tmp_path / "several") == {"train": 2, "validation": 2}
    assert sentences == [f"{tmp_path / 'several'}: not used: the split extra."]


def test_a_saved_dataset_that_is_damaged_gets_one_sentence(tmp_path: Path) -> None:
    Dataset.from_dict({"text": ["a"], "label": ["good"]}).save_to_disk(tmp_path / "one")
    next((tmp_path / "one").glob("*.arrow")).unlink()
    assert refusal(tmp_path / "one").startswith("one: saved by datasets, and cannot be loaded (")


# --- splits without labels


@pytest.mark.parametrize("content", ["text\na\nb\n", "text,label\na,\nb,\n", "id,text\n1,a\n2,b\n"])
def test_a_test_split_without_labels_is_left_out_and_told(tmp_path: Path, content: str) -> None:
    write(tmp_path, "train.csv", rows("train"))
    write(tmp_path, "test.csv", content)
    with told() as sentences:
        splits = load_splits(MOOD, str(tmp_path), need=("train",), validation_size=0, test_size=0)
    assert [name for name, _ in splits.items()] == ["train"]
    assert "(the test split is left out, 2 rows)." in sentences[-1]
    with pytest.raises(InputError, match="label"):
        load_splits(MOOD, str(tmp_path), need=("train", "test"))
    with pytest.raises(InputError, match="label"):
        load_rows(tmp_path, MOOD)


def test_minus_one_is_no_label_of_a_class_label(tmp_path: Path) -> None:
    features = Features({"text": Value("string"), "label": ClassLabel(names=["bad", "good"])})
    some = Dataset.from_dict({"text": ["a", "b"], "label": [0, 1]}, features)
    none = Dataset.from_dict({"text": ["c", "d"], "label": [-1, -1]}, features)
    DatasetDict(train=some, test=none).save_to_disk(tmp_path / "saved")
    with told() as sentences:
        assert sizes(tmp_path / "saved") == {"train": 2}
    assert "(test): none of its 2 rows has a label; add labels (the test split is left out, 2 rows)." in sentences[0]
    features["label"] = ClassLabel(names=["good", "bad"])
    Dataset.from_dict({"text": ["a", "b"], "label": [0, -1]}, features).to_parquet(tmp_path / "half.parquet")
    assert "1 row has a label that the task mood does not know (row 2 -1)" in refusal(tmp_path / "half.parquet")


def test_a_test_split_with_wrong_labels_is_still_refused(tmp_path: Path) -> None:
    write(tmp_path, "train.csv", rows("train"))
    write(tmp_path, "test.csv", HEADER + "a,good\nb,goood\n")
    with pytest.raises(InputError, match="did you mean 'good'"):
        load_splits(MOOD, str(tmp_path))


# --- packed files


@pytest.mark.parametrize(("end", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)])
def test_packed_files_are_read(tmp_path: Path, end: str, pack) -> None:
    write(tmp_path, f"train.csv{end}", pack(ROWS.encode()))
    write(tmp_path, f"test.JSONL{end}", pack(b'{"text": "a", "label": "good"}'))
    assert sizes(tmp_path) == {"train": 2, "test": 1}
    broken = write(tmp_path, f"broken.csv{end}", pack(ROWS.encode())[:-9])
    assert refusal(broken).startswith(f"broken.csv{end}: cannot be unpacked (")
    assert refusal(write(tmp_path, f"none.csv{end}", b"text,label")).startswith(f"none.csv{end}: ")


def test_a_zip_archive_with_one_file_of_rows_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "rows.zip", "w") as archive:
        archive.writestr("readme.txt", "hello")
        archive.writestr("__MACOSX/rows.csv", "x")
        archive.writestr("deep/rows.csv", ROWS)
    assert pairs(tmp_path / "rows.zip") == GOOD_AND_BAD
    with zipfile.ZipFile(tmp_path / "two.csv.zip", "w") as archive:
        archive.writestr("a.csv", ROWS)
        archive.writestr("b.csv", ROWS)
    assert refusal(tmp_path / "two.csv.zip") == (
        "two.csv.zip: a zip archive with just one file of rows can be read; it has a.csv or b.csv."
    )


def test_a_small_file_that_unpacks_to_a_huge_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_BYTES", 100_000)
    packed = write(tmp_path, "rows.csv.gz", gzip.compress(b"text,label\n" + b"a" * 10_000_000))
    assert refusal(packed) == "rows.csv.gz: unpacked, 0.1 MB is over the limit of 0.1 MB a file; give a sample of it."
    with zipfile.ZipFile(tmp_path / "rows.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rows.csv", b"a" * 10_000_000)
    assert "rows.csv in it, 10.0 MB is over the limit" in refusal(tmp_path / "rows.zip")


# --- what splitting does to few rows


def test_counts_in_sentences_are_those_of_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, "rows.csv", HEADER + "a,good\nb,good\nc,good\nd,good\ne,good\nf,bad\n")
    seen = set()
    for seed in range(20):
        try:
            load_splits(MOOD, str(file), seed=seed)
        except InputError as error:
            seen.add(str(error))
    assert seen == {
        f"{file}: 6 rows, and after validation and test rows were set aside, all 4 that are left to train on have the "
        "label 'good'; add rows of bad."
    }


def test_a_label_whose_only_rows_were_set_aside_is_told(tmp_path: Path) -> None:
    file = write(
        tmp_path, "rows.csv", HEADER + "".join(f"{c},{'cat' if c > 'd' else 'dog'}\n" for c in "abcdefgh") + "x,fish\n"
    )
    sentences = []
    for seed in range(20):
        with told() as own:
            load_splits(TAGS, str(file), seed=seed)
        sentences += own
    assert (
        f"{file}: no training row of fish is left, since its 1 row went to validation or test; add rows." in sentences
    )
    assert len(labels(file, TAGS)) == 9


# --- what a copy of a folder needs


def test_a_copy_of_the_files_that_are_named_reads_the_same(tmp_path: Path) -> None:
    from hub.jobs.inputs import inputs_of

    hub = tmp_path / "hub"
    parquet(hub / "data" / "a.parquet", 4)
    write(hub, "README.md", "---\nconfigs: [{data_files: [{split: train, path: data/a.parquet}]}]\n---\n")
    write(hub, "notes.txt", "private")
    DatasetDict(train=Dataset.from_dict({"text": ["nice", "awful"], "label": ["good", "bad"]})).save_to_disk(
        tmp_path / "saved"
    )
    for folder, found in ((hub, {"train": 4}), (tmp_path / "saved", {"train": 2})):
        inputs = inputs_of(["--data", str(folder)])
        for place, upload in inputs.uploads.items():
            write(tmp_path / "job", place, upload.read())
        assert sizes(tmp_path / "job" / inputs.words[1]) == found
    assert not list((tmp_path / "job").rglob("notes.txt"))
