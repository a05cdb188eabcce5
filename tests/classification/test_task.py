from __future__ import annotations

from pathlib import Path

import pytest
from support.paths import ROOT

from classification.errors import InputError
from classification.task import Label, Task, load_task

CASES = ROOT.parent / "shared" / "cases"
TASK_FILES = sorted((ROOT / "tasks").glob("*.yaml"))

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
    assert 10 <= len(file.read_text(encoding="utf-8").splitlines()) <= 30


def test_the_task_files_are_those_the_documentation_promises() -> None:
    assert [file.stem for file in TASK_FILES] == [
        "emotions",
        "events-zh",
        "financial-phrasebank",
        "financial-sentiment",
        "news-topics-zh",
        "reviews-zh",
        "sms-spam",
    ]


def test_emotions_and_events_are_multi_label_and_the_rest_are_not() -> None:
    assert [file.stem for file in TASK_FILES if load_task(file).multi_label] == ["emotions", "events-zh"]


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
        "labels, multi_label, dataset, examples, patterns."
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
    ("label", "sentence"),
    [
        ("{name: Good}", "two labels have the name 'Good'; give each label its own."),
        (
            "{name: good}",
            "the labels 'Good' and 'good' differ only in case, width or space; give each a name of its own.",
        ),
        (
            "{name: X, verbalizer: happy}",
            "the labels 'Good' and 'X' have the same verbalizer 'happy'; give each label its own.",
        ),
        (
            "{name: X, verbalizer: Happy.}",
            "the words 'happy' and 'Happy.' of the labels 'Good' and 'X' differ only in case or "
            "punctuation, and an answer could mean either; give one of the labels another verbalizer.",
        ),
        (
            "{name: X, verbalizer: good}",
            "the word 'good' of the label 'X' and the name of the label 'Good' differ only in case "
            "or punctuation, and an answer could mean either; give 'X' another verbalizer.",
        ),
        ("{name: ' X'}", "the name ' X' of a label has space around it; remove it."),
        (
            '{name: X, verbalizer: "x\\n"}',
            "the verbalizer 'x\\n' of a label has a control character or a line break in it; remove it.",
        ),
        ('{name: "\\u200b"}', "the name '\\u200b' of a label is blank; write a word that can be seen."),
    ],
)
def test_labels_that_cannot_be_told_apart_or_said_are_refused(tmp_path: Path, label: str, sentence: str) -> None:
    assert complaint(tmp_path, TASK + f"  - {label}\n") == f"mood.yaml: {sentence}"


def test_one_label_may_have_the_word_that_is_anothers_name(tmp_path: Path) -> None:
    task = load_task(write(tmp_path, TASK + "  - {name: happy, verbalizer: overjoyed}\n"))
    assert task.words == ("happy", "Bad", "overjoyed")


def test_a_comma_in_a_word_is_refused_where_it_could_begin_another_answer(tmp_path: Path) -> None:
    comma = TASK + "  - {name: 'news, world'}\n"
    assert load_task(write(tmp_path, comma)).label_names[-1] == "news, world"
    assert load_task(write(tmp_path, f"{comma}multi_label: true\n")).label_names[-1] == "news, world"
    assert complaint(tmp_path, f"{comma}  - world\nmulti_label: true\n") == (
        "mood.yaml: the word 'news, world' of the label 'news, world' has a comma in it, and 'world' is also of the "
        "label 'world'; commas separate the labels of an answer, so give the label a verbalizer without one."
    )


# Labels as people write them.

HEAD = "name: mood\nlanguage: en\ninstruction: Decide.\n"


@pytest.mark.parametrize(
    "labels",
    [
        "labels: [positive, negative]\n",
        "labels:\n- positive\n- negative\n",
        "labels:\n  - positive\n  - {name: negative}\n",
        "labels: ['positive', \"negative\"]\n",
        "labels: {positive: '', negative: ''}\n",
        "labels:\n  positive: {}\n  negative: {}\n",
        "labels: [!!str positive, negative]\r\n",
    ],
)
def test_labels_are_names_or_mappings(tmp_path: Path, labels: str) -> None:
    task = load_task(write(tmp_path, HEAD + labels))
    assert task.labels == (Label(name="positive"), Label(name="negative"))


def test_a_mapping_of_labels_holds_descriptions_or_the_keys_of_a_label(tmp_path: Path) -> None:
    task = load_task(write(tmp_path, HEAD + "labels: {yes: agrees, no: {description: disagrees, verbalizer: never}}\n"))
    assert task.labels == (
        Label(name="yes", description="agrees"),
        Label(name="no", description="disagrees", verbalizer="never"),
    )


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (
            "{0: negative, 1: positive}",
            "'labels' maps numbers to 'negative' and others; write the names as a list, labels: "
            '[positive, negative], and what numbers in the rows mean as dataset: label_values, with the keys "0", "1".',
        ),
        (
            "{negative: 0, positive: 1}",
            "'labels.negative' is 0, and behind a label's name stands its description; put quotes "
            "around a description, or write a list of names: labels: [positive, negative].",
        ),
        (
            "{good: yes, bad: no}",
            "'labels.good' is yes, and behind a label's name stands its description; put quotes around "
            "a description, or write a list of names: labels: [positive, negative].",
        ),
        (
            "{a: [x], b: y}",
            "'labels.a' is ['x'], and behind a label's name stands its description; put quotes around "
            "a description, or write a list of names: labels: [positive, negative].",
        ),
        ("positive, negative", "'labels' is 'positive, negative'; write a list, such as labels: [positive, negative]."),
        ("3", "'labels' is 3; write a list, such as labels: [positive, negative]."),
        (
            "{a: {name: b}, c: d, e: {nam: f}}",
            "unknown key 'labels.2.nam' (did you mean 'name'?); allowed: name, description, verbalizer.",
        ),
        ("[[a], [b]]", "'labels.0' is ['a'], but input should be a valid dictionary or instance of Label."),
    ],
)
def test_labels_in_another_form_get_the_right_one(tmp_path: Path, labels: str, sentence: str) -> None:
    assert complaint(tmp_path, f"{HEAD}labels: {labels}\n") == f"mood.yaml: {sentence}"


# What YAML takes for something else than text.

GOOD = HEAD + "labels: [positive, negative]\n"
DATASET = GOOD + "dataset: {path: x, "


@pytest.mark.parametrize(
    ("text", "key", "word", "kind"),
    [
        (HEAD + "labels: [{name: yes}, {name: b}]", "labels.0.name", "yes", "true"),
        (HEAD + "labels: [{name: a}, {name: No}]", "labels.1.name", "No", "false"),
        (HEAD + "labels: [a, off]", "labels.1", "off", "false"),
        (HEAD + "labels: [a, 1]", "labels.1", "1", "a number"),
        (HEAD + "labels: [a, 1.0]", "labels.1", "1.0", "a number"),
        (HEAD + "labels: [a, 1_000]", "labels.1", "1_000", "a number"),
        (HEAD + "labels: [a, 0x1F]", "labels.1", "0x1F", "a number"),
        (HEAD + "labels: [a, 12:30]", "labels.1", "12:30", "a number"),
        (HEAD + "labels: [a, .inf]", "labels.1", ".inf", "a number"),
        (HEAD + "labels: [a, 2024-01-01]", "labels.1", "2024-01-01", "a date"),
        (HEAD + "labels: [a, 2024-13-45]", "labels.1", "2024-13-45", "no text"),
        (HEAD + "labels: [{name: a, verbalizer: on}, b]", "labels.0.verbalizer", "on", "true"),
        (HEAD + "labels: [{name: a, description: 5}, b]", "labels.0.description", "5", "a number"),
        (GOOD.replace("language: en", "language: no"), "language", "no", "false"),
        (GOOD.replace("name: mood", "name: 2024"), "name", "2024", "a number"),
        (GOOD.replace("instruction: Decide.", "instruction: true"), "instruction", "true", "true"),
        (GOOD + "examples: [good, 42]", "examples.1", "42", "a number"),
        (DATASET + "label_values: {0: yes, 1: negative}}", "dataset.label_values.0", "yes", "true"),
        (DATASET + "label_values: {yes: 1}}", "dataset.label_values.yes", "1", "a number"),
        (DATASET + "splits: {test: 2019}}", "dataset.splits.test", "2019", "a number"),
        (DATASET + "revision: 1e5, text_column: 3}", "dataset.text_column", "3", "a number"),
        (DATASET + "revision: 1234567}", "dataset.revision", "1234567", "a number"),
    ],
)
def test_a_word_that_yaml_changed_is_shown_as_it_was_written(
    tmp_path: Path, text: str, key: str, word: str, kind: str
) -> None:
    assert complaint(tmp_path, text) == (
        f'mood.yaml: {key!r} is {word}, which YAML reads as {kind}; put quotes around it: "{word}".'
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            HEAD + "labels: [a, null]",
            "'labels.1' is null, which YAML reads as nothing; put quotes around it (\"null\") if",
        ),
        (HEAD + "labels: [a, ~]", "'labels.1' is ~, which YAML reads as nothing"),
        (
            HEAD + "labels: [{name: a, verbalizer: Null}, b]",
            "'labels.0.verbalizer' is Null, which YAML reads as nothing",
        ),
        (
            HEAD + "labels:\n- name: a\n  verbalizer:\n- b",
            "'labels.0.verbalizer' is empty; give it a value, or leave it out.",
        ),
        (GOOD + "dataset:\n", "'dataset' is empty; give it a value, or leave it out."),
        (GOOD + "dataset: {path: x, revision: null}", "'dataset.revision' is null, which YAML reads as nothing"),
        (GOOD.replace("language: en", "language:"), "'language' is empty; give it a value, or leave it out."),
        (GOOD + "multi_label: null", "'multi_label' is null, but input should be a valid boolean."),
    ],
)
def test_nothing_where_something_belongs_is_told(tmp_path: Path, text: str, sentence: str) -> None:
    assert f"mood.yaml: {sentence}" in complaint(tmp_path, text)


def test_keys_are_texts_as_they_are_written(tmp_path: Path) -> None:
    text = DATASET + "label_values: {0: negative, 1.0: positive, yes: positive, 2024-01-01: negative, null: negative}}"
    task = load_task(write(tmp_path, text))
    assert task.dataset is not None
    assert list(task.dataset.label_values) == ["0", "1.0", "yes", "2024-01-01", "null"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (GOOD + "name: again\n", "mood.yaml, line 5: the key 'name' stands in line 1 already; keep one of them."),
        (HEAD + "labels: [{name: a, name: b}, c]", "line 4: the key 'name' stands in line 4 already"),
        (DATASET + 'label_values: {0: a, "0": b}}', "line 5: the key '0' stands in line 5 already"),
        (HEAD + "labels:\n  good: x\n  bad: y\n  good: z\n", "line 7: the key 'good' stands in line 5 already"),
        (GOOD + "labels: [c, d]\n", "line 5: the key 'labels' stands in line 4 already"),
        (DATASET + "splits: {test: a, 'test': b}}", "line 5: the key 'test' stands in line 5 already"),
    ],
)
def test_a_key_that_stands_twice_is_told_with_both_lines(tmp_path: Path, text: str, sentence: str) -> None:
    assert sentence in complaint(tmp_path, text)


def test_a_task_comes_back_from_a_record_as_it_was_written() -> None:
    task = Task(name="t", language="en", instruction="x", labels=("a", {"name": "b", "description": "d"}))
    assert task.labels == (Label(name="a"), Label(name="b", description="d"))
    assert Task.model_validate_json(task.model_dump_json()) == task
    labels = '[{"name": "a", "description": "", "verbalizer": null}, {"name": "b", "description": "d"}]'
    older = f'{{"name": "t", "language": "en", "instruction": "x", "labels": {labels}}}'
    assert Task.model_validate_json(older) == task


@pytest.mark.skipif(not CASES.is_dir(), reason="the folder of small faulty inputs is not there")
def test_the_labels_that_people_write_without_quotes() -> None:
    assert load_task(CASES / "yaml-labels" / "strings.yaml").label_names == ("positive", "negative")
    with pytest.raises(
        InputError, match=r"'labels\.0\.name' is yes, which YAML reads as true; put quotes around it: \"yes\""
    ):
        load_task(CASES / "yaml-labels" / "yesno.yaml")


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


@pytest.mark.parametrize(
    ("pattern", "wrong"),
    [
        ("{text} It was good.", "has {mask} nowhere"),
        ("It was {mask}.", "has {text} nowhere"),
        ("{text} {mask} and {mask}", "has {mask} 2 times"),
    ],
)
def test_a_pattern_needs_each_of_its_places_once(tmp_path: Path, pattern: str, wrong: str) -> None:
    assert complaint(tmp_path, TASK + f'patterns: ["{pattern}"]\n') == (
        f"mood.yaml: the pattern '{pattern}' {wrong}, and needs it once: {{text}} is where the text goes, {{mask}} "
        "where the model puts the label's word."
    )


def test_patterns_are_written_only_where_there_are_some(tmp_path: Path) -> None:
    plain = load_task(write(tmp_path, TASK))
    assert plain.patterns == ()
    assert "patterns" not in plain.model_dump(mode="json")  # so that hashes of older tasks stay what they were
    assert "patterns" not in plain.model_dump_json()
    task = load_task(write(tmp_path, TASK + 'patterns: ["{text} It was {mask}."]\n'))
    assert Task.model_validate_json(task.model_dump_json()).patterns == ("{text} It was {mask}.",)
