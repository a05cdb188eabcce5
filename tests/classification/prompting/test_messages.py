from __future__ import annotations

from pathlib import Path

import pytest
from support.paths import ROOT

from classification.prompting.decoding import parse_completions
from classification.prompting.messages import Demonstration, answer, parse, render, system_sentence
from classification.task import Label, Task, load_task

CASES = ROOT.parent / "shared" / "cases"


def task_of(*labels: str | tuple[str, str], several: bool = False) -> Task:
    """A task with these labels: each a name, or a name and its word."""
    pairs = [(label, None) if isinstance(label, str) else label for label in labels]
    return Task(
        name="t", language="en", instruction="Decide.", multi_label=several,
        labels=tuple(Label(name=name, verbalizer=word) for name, word in pairs),
    )  # fmt: skip


def read(task: Task, said: str) -> tuple[str, ...] | None:
    """The names of the labels in an answer."""
    columns = parse(task, said)
    return None if columns is None else tuple(task.label_names[column] for column in columns)


def test_the_chat_names_the_labels_shows_demonstrations_and_asks_last(task) -> None:
    shown = [Demonstration("Profit doubles", ("Bullish",)), Demonstration("Plant burns down", ("Bearish",))]
    assert render(task, "Meeting on Monday", shown) == [
        {"role": "system", "content": "Decide what this financial news means. "
                                      "Answer with one word: bearish, bullish or neutral."},
        {"role": "user", "content": "Profit doubles"},
        {"role": "assistant", "content": "bullish"},
        {"role": "user", "content": "Plant burns down"},
        {"role": "assistant", "content": "bearish"},
        {"role": "user", "content": "Meeting on Monday"},
    ]  # fmt: skip


def test_labels_are_described_on_request_only() -> None:
    labels = (Label(name="spam", description="advertising or fraud"), Label(name="not spam"))
    task = Task(name="t", language="en", instruction="Decide.", labels=labels)
    assert system_sentence(task) == "Decide. Answer with exactly one of these labels: spam or not spam."
    assert system_sentence(task, describe_labels=True).endswith("\nspam: advertising or fraud")


@pytest.mark.parametrize(
    ("said", "column"),
    [("bullish", 1), (" Bullish.\n", 1), ('"neutral"', 2), ("BEARISH", 0), ("Neutral。", 2)],
)
def test_a_label_in_any_dress_is_an_answer(task, said: str, column: int) -> None:
    assert parse(task, said) == (column,)


@pytest.mark.parametrize(
    "said", ["", "positive", "bullish or bearish", "The answer is bullish", "bullish, bearish", "?"]
)
def test_anything_else_is_invalid_and_never_replaced(task, said: str) -> None:
    assert parse(task, said) is None


def test_several_labels_are_read_where_a_task_allows_them() -> None:
    labels = tuple(Label(name=name) for name in ("joy", "anger", "fear"))
    task = Task(name="t", language="en", instruction="Decide.", labels=labels, multi_label=True)
    assert parse(task, "fear, joy") == (2, 0)
    assert parse(task, "fear, boredom") is None
    assert answer(task, ["fear", "joy"]) == "joy, fear"


STARS = task_of(("0", "1"), ("1", "2"), ("2", "3"))
SWAPPED = task_of(("spam", "ham"), ("ham", "spam"))
RING = task_of(("a", "b"), ("b", "c"), ("c", "a"))
SHIFTED = task_of(("低", "中"), ("中", "高"), ("高", "很高"))
PARTLY = task_of(("yes", "right"), ("no", "yes"), ("unknown", "?"))


@pytest.mark.parametrize(
    ("task", "said", "name"),
    [
        (STARS, "1", "0"),
        (STARS, "2", "1"),
        (STARS, "3", "2"),
        (STARS, "**1**.", "0"),
        (STARS, "1。", "0"),
        (STARS, "０", "0"),  # no label's word, so it is the name
        (STARS, "0", "0"),
        (STARS, "4", None),
        (STARS, "1 star", None),
        (STARS, "1 2", None),
        (SWAPPED, "ham", "spam"),
        (SWAPPED, "Spam.", "ham"),
        (RING, "a", "c"),
        (RING, "B", "a"),
        (RING, '"c"', "b"),
        (SHIFTED, "中", "低"),
        (SHIFTED, "「高」。", "中"),
        (SHIFTED, "很高", "高"),
        (SHIFTED, "低", "低"),
        (PARTLY, "Yes", "no"),
        (PARTLY, "right!", "yes"),
        (PARTLY, "No", "no"),
        (PARTLY, "?", "unknown"),
    ],
)
def test_a_word_goes_before_a_name(task: Task, said: str, name: str | None) -> None:
    assert read(task, said) == (None if name is None else (name,))


@pytest.mark.skipif(not CASES.is_dir(), reason="the folder of small faulty inputs is not there")
def test_the_stars_whose_words_are_other_stars_names_are_read_right() -> None:
    task = load_task(CASES / "words-of-others" / "stars.yaml")
    assert [read(task, word) for word in task.words] == [("0",), ("1",), ("2",)]
    assert [answer(task, [name]) for name in task.label_names] == ["1", "2", "3"]


@pytest.mark.parametrize("task", [STARS, SWAPPED, RING, SHIFTED, PARTLY, task_of("C", "C++", "C#"), task_of("-1", "0")])
def test_what_a_model_is_taught_to_say_is_read_as_what_it_was_taught(task: Task) -> None:
    for name in task.label_names:
        said = answer(task, [name])
        assert read(task, said) == read(task, f" {said}\n") == read(task, f"**{said}**") == (name,)
    probabilities, valid = parse_completions(task, [answer(task, [name]) for name in task.label_names])
    assert valid.all()
    assert probabilities.argmax(axis=1).tolist() == list(range(len(task.labels)))


@pytest.mark.parametrize(
    "said",
    [
        "bullish",
        "Bullish",
        "BULLISH",
        "bullish\n",
        "bullish.",
        "bullish!",
        "bullish;",
        "“Bullish”",
        "‘bullish’",
        "„bullish“",
        "«bullish»",
        "「bullish」",
        "『bullish』。",
        "《Bullish》",
        "（bullish）",
        "ｂｕｌｌｉｓｈ",
        "bullish．",
        "bullish！",
        "**bullish**",
        "__bullish__",
        "`bullish`",
        "*Bullish*.",
        "- bullish",
        "* bullish",
        "• bullish",
        "# bullish",
        "> bullish",
        "(bullish)",
        "[bullish]",
        '"Bullish."',
        "\ufeffbullish",
        "bullish\u200b",
        "  bullish  ",
        "bullish …",
        "<bullish>",
    ],
)
def test_punctuation_and_case_around_a_word_are_looked_past(task, said: str) -> None:
    assert parse(task, said) == (1,)


@pytest.mark.parametrize(
    "said",
    [
        "not bullish",
        "bullish?bearish",
        "bullish bullish",
        "bull ish",
        "bullishness",
        "label: bullish",
        "1. bullish",
        "bullish\nbecause prices rise",
        "+bullish",
        "bullish 90%",
        "*" * 1000 + "bullish",
        "…",
        "**",
        '""',
        "bulIish",
    ],
)
def test_what_is_more_than_a_word_is_invalid(task, said: str) -> None:
    assert parse(task, said) is None


@pytest.mark.parametrize(
    ("labels", "readings"),
    [
        ((":)", ":("), {":)": ":)", ":(.": ":(", '":)"': ":)", "(:)": None, "::)": None, ":": None, ")": None}),
        (("+", "-"), {"+": "+", "-": "-", "-.": "-", "`+`": "+", "+ -": None, "": None}),
        (("?", "!", "..."), {"?": "?", '"!"': "!", "...": "...", "…": None, "??": None, "?!": None, "?.": None}),
        (("*", "**", "***"), {"*": "*", "**": "**", "`***`": "***", "****": None, "a*": None}),
        (("C", "C++", "C#"), {"c": "C", "C#": "C#", "c#.": "C#", "**C++**": "C++", "# C": "C", "C+": None}),
        (("A", "A-", "A+"), {"A": "A", "a-": "A-", '"A+".': "A+", "- A": "A"}),
        (("-1", "0", "1"), {"-1": "-1", "'-1'": "-1", "1.": "1", "- 1": None, '"- 1"': None, "—1": None}),
        ((".NET", "NET"), {".net": ".NET", "net.": "NET", "`.NET`": ".NET"}),
        (("yes", "no", "?"), {"yes.": "yes", "yes?": None, "?": "?", '"?"': "?"}),
        (("👍", "👎"), {"👍": "👍", "👍️": "👍", "👎!": "👎", "👍👎": None}),
        (("<b>", "<i>"), {"<b>": "<b>", "b": "<b>", "<I>.": "<i>"}),
    ],
)
def test_labels_of_punctuation_are_labels(labels: tuple[str, ...], readings: dict[str, str | None]) -> None:
    task = task_of(*labels)
    assert {said: read(task, said) for said in readings} == {
        said: None if name is None else (name,) for said, name in readings.items()
    }


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("café", "cafe\u0301"),
        ("cafe\u0301", "CAFÉ"),
        ("Ångström", "A\u030angstro\u0308m."),
        ("가나", "\u1100\u1161나"),
        ("straße", "STRASSE"),
        ("ΣΟΦΟΣ", "σοφος"),
        ("not  spam", "Not spam"),
    ],
)
def test_accents_and_letters_are_the_same_however_they_are_stored(label: str, said: str) -> None:
    assert read(task_of(label, "other"), said) == (label,)


def test_names_that_differ_in_punctuation_alone_are_read_where_they_are_exact() -> None:
    task = task_of(("Q.", "question"), ("Q!", "shout"), ("x", "other"))
    assert [read(task, said) for said in ("Q.", "Q!", "q.", "Q", "x.")] == [("Q.",), ("Q!",), ("Q.",), None, ("x",)]


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("fear, joy", ("fear", "joy")),
        ("fear,joy.", ("fear", "joy")),
        ("fear，joy", ("fear", "joy")),
        ("fear、joy。", ("fear", "joy")),
        ("fear، joy", ("fear", "joy")),
        ("- Fear, - Joy", ("fear", "joy")),
        ("joy, joy", ("joy",)),
        ('"anger"', ("anger",)),
        ("fear and joy", None),
        ("fear; joy", None),
        ("fear\njoy", None),
        ("fear,", None),
        (", fear", None),
        ("", None),
        ("fear, none", None),
        ("fear joy", None),
    ],
)
def test_commas_of_any_script_separate_several_labels_and_nothing_else_does(
    said: str, names: tuple[str, ...] | None
) -> None:
    assert read(task_of("joy", "anger", "fear", several=True), said) == names


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("news, world, sport", ("news, world", "sport")),
        ("sport, News, World.", ("sport", "news, world")),
        ("news, world", ("news, world",)),
        ("news", None),
        ("world, news", None),
        ("news,, world", None),
    ],
)
def test_a_label_with_a_comma_of_its_own_is_read_among_several(said: str, names: tuple[str, ...] | None) -> None:
    assert read(task_of("news, world", "sport", several=True), said) == names


def test_a_comma_in_the_word_of_a_single_label_is_part_of_it() -> None:
    assert read(task_of("news, world", "news"), "News, world.") == ("news, world",)


@pytest.mark.parametrize("file", sorted((ROOT / "tasks").glob("*.yaml")), ids=lambda file: file.stem)
def test_every_label_of_our_tasks_is_read_from_its_word_and_its_name(file: Path) -> None:
    task = load_task(file)
    for column, label in enumerate(task.labels):
        assert parse(task, label.word) == parse(task, f"{label.name.upper()}.") == (column,)
