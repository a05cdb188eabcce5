"""A family that is new: one record, and its runs have cards; with words of its own, better ones."""

from __future__ import annotations

import ast
import dataclasses
from pathlib import Path

import pytest
from hub_server.metadata import problems
from support.cards import card_of, run_record
from support.paths import ROOT

from classification.families import FAMILIES
from hub.cards import families as cards
from hub.cards.families import FamilyWords, snippet


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setitem(FAMILIES, "toy", dataclasses.replace(FAMILIES["tfidf"], name="toy", script="training.toy"))
    return "toy"


def test_a_family_without_words_has_a_card_with_a_program(toy: str) -> None:
    for changes in ({"base": None, "method": "fit"}, {"method": "full"}, {"method": "lora"}):
        record = run_record(family=toy, **changes)
        card = card_of(record)
        assert problems("models", card) == ([], [])
        assert 'classifier = load_classifier("you/letters")' in card
        assert "Run it from a checkout of Prompt or Tune" in card
        assert "run `python -m training.toy`" in card
    assert "\nA classifier that reads a text in English" in card_of(run_record(family=toy, base=None, method="fit"))


def test_a_familys_own_words_are_used(toy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    words = FamilyWords("A coin", "a coin", method="tossed {times} times", tags=("coin",))
    monkeypatch.setitem(cards.WORDS, toy, words)
    card = card_of(run_record(family=toy, base=None, method="fit", hyperparameters={"times": 3}))
    assert "# Abc with a coin\n" in card
    assert "\nA coin that reads a text in English" in card
    assert "- Method: tossed 3 times\n" in card
    assert "\n- coin\n" in card
    older = card_of(run_record(family=toy, base=None, method="fit", hyperparameters={}))
    assert "- Method: fitted\n" in older


@pytest.mark.parametrize("file", sorted((ROOT / "hub" / "cards").glob("*.py")), ids=lambda file: file.name)
def test_nothing_asks_which_family_or_method_a_run_is_of(file: Path) -> None:
    tree = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    parts = (part for node in tree if isinstance(node, ast.Compare) for part in ast.walk(node))
    assert not {part.attr for part in parts if isinstance(part, ast.Attribute)} & {"family", "method", "export"}


def test_a_program_of_this_project_needs_no_short_prompt_and_few_labels() -> None:
    task = run_record().task.model_copy(update={"instruction": "Read on. " * 1000})
    assert snippet(run_record(task=task, family="tfidf"), "you/letters") is not None
