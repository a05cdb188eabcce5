"""The keys of a prompt: those that contradict each other are refused, and what is by default is not written down."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from classification.prompting.settings import PromptSettings


def test_only_what_was_chosen_is_written_down() -> None:
    assert set(PromptSettings().model_dump(exclude_none=True)) == {"seed", "decode", "describe_labels"}
    chosen = PromptSettings(shots=5, selection="semantic", shots_per="prompt", calibration="batch")
    assert chosen.model_dump(exclude_none=True) == {
        "shots": 5, "shots_per": "prompt", "selection": "semantic", "seed": 0, "decode": "score",
        "describe_labels": False, "calibration": "batch",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"selection": "semantic"}, "'selection' is about demonstrations, and there are no 'shots'; add those or"),
        ({"shots": 2, "groups": 9}, "'groups' is for selection: semantic or diverse; remove it, or choose one"),
        ({"shots": 2, "order": "similar_last"}, "'order: similar_last' is for selection: semantic or diverse"),
        ({"style": "carp", "decode": "generate"}, "'style: carp' scores the labels; leave out 'decode: generate'"),
        ({"calibration": "batch", "decode": "generate"}, "'calibration' is about scored labels; leave it or"),
        ({"samples": 9}, "'samples' is for style: self-consistency; remove it, or choose that"),
        ({"reasoning_tokens": 9}, "'reasoning_tokens' is for the styles chain-of-thought, carp, self-consistency"),
        ({"calibration_rows": 9}, "'calibration_rows' is for calibration: batch or fitted; remove it, or choose"),
        ({"style": "haiku"}, "Input should be 'direct', 'described', 'letters', 'chain-of-thought'"),
        ({"shots": 0}, "Input should be greater than or equal to 1"),
    ],
)
def test_keys_that_contradict_each_other_are_refused(keys: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        PromptSettings(**keys)


def test_what_was_chosen_is_said_in_words() -> None:
    chosen = PromptSettings(shots=5, shots_per="prompt", selection="semantic", style="carp", calibration="fitted")
    assert chosen.in_words() == ["5 semantic demonstrations", "style carp", "fitted calibration on 64 rows"]
    assert PromptSettings(shots=1).in_words() == ["1 demonstration a label"]
    assert PromptSettings().in_words() == []


def test_the_order_and_the_encoder_follow_from_the_rest() -> None:
    assert PromptSettings(shots=2).demonstration_order == "shuffled"
    assert PromptSettings(shots=2, selection="diverse").demonstration_order == "similar_last"
    assert PromptSettings().encoder_for("en") == "sentence-transformers/all-MiniLM-L6-v2"
    assert PromptSettings().encoder_for("zh") == "intfloat/multilingual-e5-small"
