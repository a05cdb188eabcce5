"""What a run says of itself, held against its own record; runs on the Hub are looked over in test_remote.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from classification.errors import InputError
from classification.runs.checks import named, outputs
from classification.runs.local import LocalRun

RUN = LocalRun(Path("runs/x"), ())


def test_outputs_are_in_the_order_of_their_numbers() -> None:
    config = {"id2label": {"10": "k", **{str(number): "abcdefghij"[number] for number in range(10)}}}
    assert outputs(RUN, config) == [*"abcdefghijk"]


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (None, "has no id2label"),
        ({}, "has no id2label"),
        ({"a": "x"}, "are not numbers"),
        ({"0": "x", "2": "y"}, "do not count from 0, one for each output"),
    ],
)
def test_outputs_without_numbers_from_0_are_refused(labels: object, said: str) -> None:
    with pytest.raises(InputError, match=f"config.json.*{said}"):
        outputs(RUN, {"id2label": labels})


def test_a_sentence_names_the_first_labels_and_cuts_long_ones() -> None:
    assert named(["up", "down"]) == "'up' or 'down'"
    assert "and 2 more" in named([str(number) for number in range(7)])
    assert len(named(["x" * 500])) < 60
