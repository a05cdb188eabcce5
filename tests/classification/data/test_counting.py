"""Numbers and lists as sentences have them."""

from __future__ import annotations

from classification.data.counting import first_few, quantity


def test_numbers_have_their_noun() -> None:
    assert [quantity(number, "row") for number in (0, 1, 12_000)] == ["0 rows", "1 row", "12,000 rows"]


def test_the_first_few_of_many_are_listed() -> None:
    assert first_few([]) == ""
    assert first_few(["a", "b"]) == "a, b"
    assert first_few(["a", "b", "c", "d"], 2) == "a, b and 2 more"
