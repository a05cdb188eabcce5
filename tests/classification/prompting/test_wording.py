"""Sentences around an instruction, in every language with the same places to fill."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from classification.prompting.wording import WORDINGS


@pytest.mark.parametrize("language", WORDINGS)
def test_every_language_has_every_sentence_with_its_places(language: str) -> None:
    for field in fields(WORDINGS["en"]):
        english, other = getattr(WORDINGS["en"], field.name), getattr(WORDINGS[language], field.name)
        assert other
        places = [sorted(re.findall(r"{\w+}", sentence)) for sentence in (str(english), str(other))]
        assert places[0] == places[1], field.name


def test_the_rule_asks_for_a_word_or_a_label_or_several() -> None:
    english = WORDINGS["en"]
    assert english.rule(["up", "down"], several=False) == "Answer with one word: up or down."
    assert english.rule(["up", "not up"], several=False).startswith("Answer with exactly one of these labels: up or")
    assert english.rule(["a", "b"], several=True, nothing="none").endswith("a, b. If none applies, answer none.")
    assert WORDINGS["zh"].rule(["好", "坏"], several=False) == "只回答一个词:好、坏。"


def test_options_have_letters() -> None:
    assert WORDINGS["en"].lettered(["up", "down"]).splitlines()[1:3] == ["A. up", "B. down"]
