"""Which labels an answer could not tell apart, and what is looked past in one."""

from __future__ import annotations

import pytest

from classification.words import bare, confusion, exact, flaw, folded, readings


@pytest.mark.parametrize(
    ("text", "plain", "naked"),
    [
        (" Yes. ", "yes.", "yes"),
        ("**Ｙｅｓ**", "**yes**", "yes"),
        (":-)", ":-)", ":-)"),
        ("C#", "c#", "c#"),
        ("(a)", "(a)", "a"),
        ("- a", "- a", "a"),
        ("-1", "-1", "-1"),
        ("...", "...", "..."),
        ("正面。", "正面。", "正面"),
        ("a  b", "a b", "a b"),
        ("", "", ""),
        ("👍", "👍", "👍"),
    ],
)
def test_a_word_without_case_and_without_the_marks_around_it(text: str, plain: str, naked: str) -> None:
    assert (folded(text), bare(text)) == (plain, naked)
    assert bare(naked) == naked


def test_marks_are_dropped_one_by_one_and_not_without_end() -> None:
    assert list(readings('"a".')) == [{'"a".'}, {'"a"', 'a".'}, {'"a', 'a"'}, {"a"}]
    assert list(readings("")) == [set()]
    assert len(list(readings("*" * 100_000))) < 30


def test_only_how_accents_are_stored_does_not_count_in_an_exact_text() -> None:
    assert exact(" cafe\u0301\n") == "café"
    assert exact("Café") != exact("café")


@pytest.mark.parametrize(
    ("names", "words", "sentence"),
    [
        (["a", "a"], None, "two labels have the name 'a'; give each label its own"),
        (["café", "cafe\u0301"], None, "two labels have the name 'café'; give each label its own"),
        (["Good", "good"], None, "the labels 'Good' and 'good' differ only in case, width or space; give each a name"),
        (["not spam", "not  spam"], None, "the labels 'not spam' and 'not  spam' differ only in case, width or space"),
        (["1", "１"], None, "the labels '1' and '１' differ only in case, width or space; give each a name of its own"),
        (["a", "b"], ["w", "w"], "the labels 'a' and 'b' have the same verbalizer 'w'; give each label its own"),
        (["a", "b"], ["Yes.", "yes"], "the words 'Yes.' and 'yes' of the labels 'a' and 'b' differ only in case or"),
        (["Yes.", "yes"], None, "the words 'Yes.' and 'yes' of the labels 'Yes.' and 'yes' differ only in case or"),
        (
            ["a", "b"],
            ["好", "「好」"],
            "the words '好' and '「好」' of the labels 'a' and 'b' differ only in case or punct",
        ),
        (["a", "b"], ["(x)", "x"], "another verbalizer"),
        (
            ["a", "no"],
            ["No", "x"],
            "the word 'No' of the label 'a' and the name of the label 'no' differ only in case or",
        ),
        (["a", "b."], ["B", "x"], "and an answer could mean either; give 'a' another verbalizer"),
        (["up", "down"], ["Down", "Up"], "the word 'Down' of the label 'up' and the name of the label 'down' differ"),
    ],
)
def test_labels_that_an_answer_could_not_tell_apart(names: list[str], words: list[str] | None, sentence: str) -> None:
    assert sentence in str(confusion(names, words or names, several=False))


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["0", "1", "2"], ["1", "2", "3"]),
        (["up", "down"], ["down", "up"]),
        (["C", "C#", "C++"], None),
        (["-1", "0", "1"], None),
        ([":)", ":("], None),
        (["+", "-"], None),
        (["A", "A+", "A-"], None),
        (["positive", "positive surprise"], None),
        (["Q.", "Q!"], ["question", "shout"]),
        (["a", "b"], ["A", "B"]),
    ],
)
def test_labels_that_every_answer_tells_apart(names: list[str], words: list[str] | None) -> None:
    assert confusion(names, words or names, several=False) is None


@pytest.mark.parametrize("word", ["news, world", "news，world", "新闻、世界", "أخبار، عالم"])
def test_a_word_with_a_comma_is_a_word_where_no_part_of_it_is_another_labels(word: str) -> None:
    assert confusion(["a", "b"], [word, "b"], several=True) is None
    assert confusion([word, "b"], [word, "b"], several=True) is None


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["a", "b"], ["news, world", "news"]), (["a", "World."], ["news, world", "b"]), (["a", "b"], ["x, y", "y, z"]),
        (["x, y", "x"], None), (["a", "b"], ["news,", "b"]), (["a", "b"], ["新闻、世界", "世界"]),
    ],
)  # fmt: skip
def test_a_word_with_a_part_of_anothers_is_none_where_commas_separate_labels(
    names: list[str], words: list[str] | None
) -> None:
    found = confusion(names, words or names, several=True)
    assert found is not None
    assert "has a comma in it, and " in found or "has a comma in it, at its end" in found
    assert found.endswith("; commas separate the labels of an answer, so give the label a verbalizer without one")
    assert confusion(names, words or names, several=False) is None


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("a", None),
        ("a b", None),
        ("🧑\u200d🚀", None),
        ("می\u200cخواهم", None),
        (" a", "space around it"),
        ("a\u3000", "space around"),
        ("\u00a0a", "space around"),
        ("a\tb", "control character"),
        ("a\n", "control character"),
        ("\x7f", "control character"),
        ("a\u2028b", "line break"),
        ("\ud83d", "control character"),
        ("\u200b", "blank"),
        ("\u2060\ufeff", "blank"),
        ("  ", "blank"),
    ],
)
def test_what_is_wrong_with_a_word(text: str, wrong: str | None) -> None:
    found = flaw(text)
    assert found is None if wrong is None else found is not None and wrong in found
