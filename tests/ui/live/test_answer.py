"""Texts as they are asked, and one answer to one of them."""

from __future__ import annotations

import pytest
from support.fakes import EMOTIONS, SENTIMENT, FakeClassifier

from classification.data.texts import Text
from classification.errors import InputError
from ui.live.answer import MAX_CHARACTERS, Answer, checked_text, differs, majority
from ui.tabs import compare


def answered(*labels: str, **more: object) -> Answer:
    return Answer(labels=labels, probabilities=(0.1, 0.8, 0.1), valid=True, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("nothing", ["", "  \n", None, 3])
def test_no_text_gets_a_sentence(nothing: object) -> None:
    with pytest.raises(InputError, match=r"^There is no text to classify; type one, or pick an example\.$"):
        checked_text(nothing)


def test_a_long_text_is_cut_and_said_to_be_and_the_longest_passes_whole() -> None:
    longest = "a" + "b" * (MAX_CHARACTERS - 1)
    assert checked_text(f" {longest}") == Text(longest, MAX_CHARACTERS)
    assert compare.cut_notice(checked_text(longest)) == ""
    cut = checked_text(f"{longest}c ")
    assert cut == Text(longest, MAX_CHARACTERS + 1)
    assert "every contender reads the first 5,000 of its 5,001 characters" in compare.cut_notice(cut)


@pytest.mark.parametrize("half", ["\ud83d", "a \udc00 b", "\udfff\ud800", "text \udce9"])
def test_half_a_character_gets_a_sentence(half: str) -> None:
    with pytest.raises(InputError, match=r"the text (has half a character in it|is not UTF-8) \("):
        checked_text(half)


def test_majority_counts_valid_answers_only() -> None:
    invalid = Answer(valid=False, completion="hm")
    assert majority([answered("Bullish"), answered("Bullish"), answered("Neutral"), invalid, None]) == ("Bullish",)
    assert differs(answered("Neutral"), ("Bullish",))
    assert not differs(answered("Bullish"), ("Bullish",))
    assert not differs(invalid, ("Bullish",))
    assert not differs(answered("Neutral"), None)


def test_a_tie_is_no_majority() -> None:
    assert majority([answered("Bullish"), answered("Neutral")]) is None
    assert majority([]) is None


def test_a_multi_label_answer_has_every_label_from_a_half_as_in_reports() -> None:
    row = [0.0] * 28
    row[3], row[9], row[11], row[12] = 0.9, 0.51, 0.5, 0.49
    answer = Answer.of(EMOTIONS, FakeClassifier("x", EMOTIONS, row).predict(["a"]), None)
    assert answer.labels == ("emotion 3", "emotion 9", "emotion 11")


def test_an_invalid_answer_has_no_label() -> None:
    answer = Answer.of(SENTIMENT, FakeClassifier("x", probabilities=None, said="dunno").predict(["a"]), None)
    assert (answer.valid, answer.labels, answer.completion) == (False, (), "dunno")
