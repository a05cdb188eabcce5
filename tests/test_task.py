from __future__ import annotations

from pathlib import Path

import pytest

from classification.errors import InputError
from classification.task import load_task

REPO = Path(__file__).parent.parent
TASK_FILES = sorted((REPO / "tasks").glob("*.yaml"))

TASK = """\
name: mood
language: en
instruction: Decide how the writer feels.
labels:
  - {name: Good, verbalizer: happy}
  - {name: Bad}
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "mood.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def complaint(folder: Path, text: str) -> str:
    """The sentence that a task file with this text gets, the path aside."""
    with pytest.raises(InputError) as raised:
        load_task(write(folder, text))
    return str(raised.value).replace(str(folder / "mood.yaml"), "mood.yaml")


@pytest.mark.parametrize("file", TASK_FILES, ids=lambda file: file.stem)
def test_every_task_file_is_valid_short_and_has_examples(file: Path) -> None:
    task = load_task(file)
    assert task.name == file.stem
    assert 3 <= len(task.examples) <= 5
    assert len(set(task.examples)) == len(task.examples)
    assert 10 <= len(file.read_text(encoding="utf-8").splitlines()) <= 25


def test_the_task_files_are_those_the_documentation_promises() -> None:
    assert [file.stem for file in TASK_FILES] == [
        "emotions",
        "financial-phrasebank",
        "financial-sentiment",
        "news-topics-zh",
        "reviews-zh",
        "sms-spam",
    ]


def test_emotions_are_multi_label_and_the_rest_are_not() -> None:
    assert [file.stem for file in TASK_FILES if load_task(file).multi_label] == ["emotions"]


def test_labels_keep_the_order_of_the_file_and_words_fall_back_to_names(tmp_path: Path) -> None:
    task = load_task(write(tmp_path, TASK))
    assert task.label_names == ("Good", "Bad")
    assert task.words == ("happy", "Bad")
    assert task.index("Bad") == 1


def test_an_unknown_label_is_answered_with_the_nearest(tmp_path: Path) -> None:
    task = load_task(write(tmp_path, TASK))
    with pytest.raises(InputError) as raised:
        task.index("good")
    assert str(raised.value) == "'good' is not a label of the task mood (did you mean 'Good'?); allowed: Good or Bad."


def test_an_unknown_key_is_named_with_the_nearest_allowed_one(tmp_path: Path) -> None:
    assert complaint(tmp_path, TASK + "multilabel: true\n") == (
        "mood.yaml: unknown key 'multilabel' (did you mean 'multi_label'?); allowed: name, language, instruction, "
        "labels, multi_label, dataset, examples."
    )


def test_an_unknown_key_of_a_label_lists_the_keys_of_labels(tmp_path: Path) -> None:
    assert complaint(tmp_path, TASK + "  - {name: So-so, verbaliser: meh}\n") == (
        "mood.yaml: unknown key 'labels.2.verbaliser' (did you mean 'verbalizer'?); "
        "allowed: name, description, verbalizer."
    )


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    assert complaint(tmp_path, TASK.replace("language: en\n", "")) == (
        "mood.yaml: the key 'language' is missing; add it."
    )


def test_a_wrong_value_is_shown(tmp_path: Path) -> None:
    assert complaint(tmp_path, TASK + "multi_label: perhaps\n").startswith(
        "mood.yaml: 'multi_label' is 'perhaps', but "
    )


def test_a_task_needs_two_labels(tmp_path: Path) -> None:
    assert "at least 2 items" in complaint(tmp_path, TASK.replace("  - {name: Bad}\n", ""))


@pytest.mark.parametrize(
    ("label", "what"), [("{name: good}", "name 'good'"), ("{name: X, verbalizer: Happy}", "verbalizer 'happy'")]
)
def test_labels_that_cannot_be_told_apart_are_refused(tmp_path: Path, label: str, what: str) -> None:
    assert complaint(tmp_path, TASK + f"  - {label}\n") == (
        f"mood.yaml: two labels have the {what}; give each label its own."
    )


def test_a_file_that_is_no_task_is_explained(tmp_path: Path) -> None:
    assert complaint(tmp_path, "just a sentence\n") == (
        "mood.yaml: found 'just a sentence' where a task file holds `key: value` lines."
    )
    assert complaint(tmp_path, "name: [\n").startswith("mood.yaml, line 2: not valid YAML (")


def test_a_path_that_cannot_be_read_is_explained(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.yaml: no such file or directory; give the path of a task file"):
        load_task(tmp_path / "nothing.yaml")
    with pytest.raises(InputError, match=r": is a folder; give the path of a task file"):
        load_task(tmp_path)


def test_a_task_file_in_another_encoding_is_explained(tmp_path: Path) -> None:
    file = tmp_path / "mood.yaml"
    file.write_bytes("name: 心情\n".encode("gb18030"))
    with pytest.raises(InputError, match=r"mood\.yaml: not UTF-8 text; save the task file as UTF-8\."):
        load_task(file)
