"""Texts of unlike length share a batch only where something fills them up."""

from __future__ import annotations

import copy

import pytest
from support.tiny_models import chat_model

from classification.errors import InputError
from classification.models.padding import settle_padding


def test_the_end_of_text_fills_up_where_there_is_nothing_else(tokenizer) -> None:
    own, model = copy.deepcopy(tokenizer), chat_model(pad_token_id=None)
    own.pad_token = None
    settle_padding("tests/tiny", own, model)
    assert own.pad_token == own.eos_token
    assert model.config.pad_token_id == own.eos_token_id


def test_what_the_tokenizer_has_stays(tokenizer) -> None:
    own, model = copy.deepcopy(tokenizer), chat_model()
    settle_padding("tests/tiny", own, model)
    assert own.pad_token == tokenizer.pad_token


def test_without_either_a_sentence_says_what_to_do(tokenizer) -> None:
    own = copy.deepcopy(tokenizer)
    own.pad_token = own.eos_token = None
    with pytest.raises(InputError, match="tests/tiny: its tokenizer has neither a pad_token nor an eos_token"):
        settle_padding("tests/tiny", own, chat_model())
