"""Tables of any kind, written in every format: the same texts and labels come back, or the table is refused.

A silent difference would be a wrong label or a lost row that nobody is told of.
"""

from __future__ import annotations

import csv
import json
import math
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from datasets import ClassLabel, Dataset, Features, List, Value, disable_progress_bars
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from classification.data.dataset import load_rows
from classification.errors import InputError
from classification.task import Label, Task

EXAMPLES = 2000

#: Labels as people name them, with all that may be mistaken for something else.
NAMES = st.one_of(
    st.sampled_from([
        "0", "1", "2", "3", "-1", "1.0", "0.5", "True", "false", "yes", "no", "null", "NaN", "None", "[]", "['a']", "a",
        "b", "a,b", "a|b", "b;a", "news, world", "text", "label", "正面", "负面", "é", '"q"', "c'est", "#",
        "=1+1", "x y",
    ]),
    st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=8),
)  # fmt: skip
TEXTS = st.one_of(
    st.sampled_from([
        "a", "1", "NA", "null", "007", "1.50", 'a "b" c', '"', '""', "a,b", "a;b\tc", "line\nbreak", "text", "label",
        "x\r\ny", "'", "\\", "é", "好", "😀", "a|b", "{}", "[1]", "-1", "true", '"a', 'b"',
    ]),
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=30),
    st.text(alphabet='ab,;|\t\n"\\ ', min_size=1, max_size=20),
)  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """A table as somebody has it: a task, texts, and label cells with what each of them means."""

    task: Task
    texts: tuple[str, ...]
    meant: tuple[tuple[str, ...], ...]
    order: tuple[str, ...]


@st.composite
def samples(draw: Callable[[Any], Any]) -> Sample:
    names = draw(st.lists(NAMES, min_size=2, max_size=6, unique=True))
    several = draw(st.booleans())
    try:
        task = Task(
            name="any",
            language=draw(st.sampled_from(["en", "zh"])),
            instruction="Decide.",
            labels=tuple(Label(name=name, verbalizer=f"word {place}") for place, name in enumerate(names)),
            multi_label=several,
        )
    except ValidationError:  # names that a task cannot have
        task = Task(name="any", language="en", instruction="Decide.", labels=(Label(name="a"), Label(name="b")))
    several = task.multi_label
    texts = draw(st.lists(TEXTS, min_size=1, max_size=6))
    one = st.sampled_from(task.label_names)
    meant = [
        tuple(draw(st.lists(one, max_size=len(task.labels), unique=True))) if several else (draw(one),) for _ in texts
    ]
    order = draw(st.permutations(task.label_names))
    return Sample(task, tuple(texts), tuple(meant), tuple(order))


# --- ways to write a table; each gives the file or folder


def rows_of(sample: Sample, cell: Callable[[tuple[str, ...]], object]) -> list[dict[str, object]]:
    return [{"text": text, "label": cell(names)} for text, names in zip(sample.texts, sample.meant, strict=True)]


def as_string(sample: Sample) -> Callable[[tuple[str, ...]], object]:
    return (lambda names: json.dumps(names)) if sample.task.multi_label else (lambda names: names[0])


def as_value(sample: Sample) -> Callable[[tuple[str, ...]], object]:
    """Cells of the most fitting type: numbers and booleans where a name spells one."""

    def one(name: str) -> object:
        if name in ("True", "false"):
            return name == "True"
        try:
            number = float(name) if name.isascii() else math.nan
        except ValueError:
            return name
        return (int(number) if number.is_integer() else number) if math.isfinite(number) else name

    typed = {name: one(name) for name in sample.task.label_names}
    if len({(str(value), type(value)) for value in typed.values()}) < len(typed):  # two names would be one value
        typed = {name: name for name in typed}
    return lambda names: [typed[name] for name in names] if sample.task.multi_label else typed[names[0]]


def written_csv(sample: Sample, folder: Path, separator: str, suffix: str, quoting: int = csv.QUOTE_MINIMAL) -> Path:
    file = folder / f"rows{suffix}"
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, ["text", "label"], delimiter=separator, quoting=quoting)
        writer.writeheader()
        writer.writerows(rows_of(sample, as_string(sample)))
    return file


def written_bars(sample: Sample, folder: Path) -> Path:
    """Several labels joined by bars, one label as it is."""
    file = folder / "rows.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, ["text", "label"])
        writer.writeheader()
        writer.writerows(rows_of(sample, "|".join))
    return file


def written_json(sample: Sample, folder: Path) -> Path:
    file = folder / "rows.json"
    file.write_text(json.dumps(rows_of(sample, as_value(sample))), encoding="utf-8")
    return file


def written_lines(sample: Sample, folder: Path) -> Path:
    file = folder / "rows.jsonl"
    lines = [json.dumps(row, ensure_ascii=False) for row in rows_of(sample, as_string_or_list(sample))]
    file.write_text("\n".join(lines), encoding="utf-8", newline="")
    return file


def as_string_or_list(sample: Sample) -> Callable[[tuple[str, ...]], object]:
    return (lambda names: list(names)) if sample.task.multi_label else (lambda names: names[0])


def with_class_names(sample: Sample) -> Dataset:
    """Ids of a ClassLabel in an order of its own."""
    label = ClassLabel(names=list(sample.order))
    features = Features({"text": Value("string"), "label": List(label) if sample.task.multi_label else label})
    ids = [[sample.order.index(name) for name in names] for names in sample.meant]
    cells = ids if sample.task.multi_label else [one for (one,) in ids]
    return Dataset.from_dict({"text": list(sample.texts), "label": cells}, features)


def written_class_names(sample: Sample, folder: Path) -> Path:
    with_class_names(sample).to_parquet(folder / "rows.parquet")
    return folder / "rows.parquet"


def written_strings(sample: Sample, folder: Path) -> Path:
    cell = as_string_or_list(sample)
    label = List(Value("string")) if sample.task.multi_label else Value("string")
    found = {"text": list(sample.texts), "label": [cell(names) for names in sample.meant]}
    Dataset.from_dict(found, Features({"text": Value("string"), "label": label})).to_parquet(folder / "rows.parquet")
    return folder / "rows.parquet"


def written_vectors(sample: Sample, folder: Path) -> Path:
    """Zeros and ones in the task's order, or the id where one label is allowed."""
    if not sample.task.multi_label:
        return written_class_names(sample, folder)
    vectors = [[int(name in names) for name in sample.task.label_names] for names in sample.meant]
    Dataset.from_dict({"text": list(sample.texts), "label": vectors}).to_parquet(folder / "rows.parquet")
    return folder / "rows.parquet"


def saved(sample: Sample, folder: Path) -> Path:
    disable_progress_bars()
    with_class_names(sample).save_to_disk(folder / "saved")
    return folder / "saved"


def written_one_hot(sample: Sample, folder: Path) -> Path:
    file = folder / "rows.jsonl"
    rows = [
        {"text": text} | {name: int(name in names) for name in sample.task.label_names if name != "text"}
        for text, names in zip(sample.texts, sample.meant, strict=True)
    ]
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return file


WRITERS: Sequence[Callable[[Sample, Path], Path]] = (
    lambda sample, folder: written_csv(sample, folder, ",", ".csv"),
    lambda sample, folder: written_csv(sample, folder, ";", ".csv", csv.QUOTE_ALL),
    lambda sample, folder: written_csv(sample, folder, "\t", ".tsv"),
    written_bars,
    written_json,
    written_lines,
    written_class_names,
    written_strings,
    written_vectors,
    written_one_hot,
    saved,
)


def in_order(sample: Sample) -> list[tuple[str, ...]]:
    return [tuple(name for name in sample.task.label_names if name in names) for names in sample.meant]


def check(sample: Sample, write: Callable[[Sample, Path], Path]) -> bool:
    """Whether the table was read; fails where it was read as something else."""
    with tempfile.TemporaryDirectory() as folder:
        file = write(sample, Path(folder))
        try:
            rows = load_rows(file, sample.task)
        except InputError as error:
            assert str(error).endswith((".", "?"))  # noqa: PT017
            assert len(str(error).splitlines()) == 1  # noqa: PT017
            return False
    # What the reader promises: texts without white space around them, labels in the task's order.
    assert list(rows.texts) == [text.strip() for text in sample.texts]
    assert list(rows.labels) == in_order(sample)
    return True


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(samples(), st.sampled_from(WRITERS))
def test_a_table_is_read_back_as_it_was_written_or_refused(
    sample: Sample, write: Callable[[Sample, Path], Path]
) -> None:
    check(sample, write)


@pytest.mark.parametrize("write", WRITERS)
def test_plain_tables_are_read_and_not_refused(write: Callable[[Sample, Path], Path]) -> None:
    """So that refusing everything would not do."""
    for several in (False, True):
        labels = tuple(Label(name=name) for name in ("dog", "cat", "fish"))
        task = Task(name="pets", language="en", instruction="Which?", labels=labels, multi_label=several)
        meant = (("cat",), ("dog", "fish"), ()) if several else (("cat",), ("dog",), ("fish",))
        texts = ("NA", 'He said "no, never".\nThen, "yes"', "007")
        assert check(Sample(task, texts, meant, ("fish", "cat", "dog")), write)
