from __future__ import annotations

from pathlib import Path

import pytest
from support.tiny_models import make_tokenizer

from classification.errors import InputError
from classification.prompting.encoding import encode_answers, encode_prompt
from classification.prompting.templates import LARGEST_TEMPLATE, PLAIN_TEMPLATE, TEMPLATE_FILE, tokenizer_of_run

MESSAGES = [
    {"role": "system", "content": "Decide."},
    {"role": "user", "content": "One"},
    {"role": "assistant", "content": "a"},
    {"role": "user", "content": "Two"},
]


@pytest.fixture
def bare():
    tokenizer = make_tokenizer()
    tokenizer.chat_template = None
    return tokenizer


def test_a_base_models_prompt_has_plain_headings_and_answers_that_end(bare, tmp_path: Path) -> None:
    (tmp_path / TEMPLATE_FILE).write_text(PLAIN_TEMPLATE)
    tokenizer = tokenizer_of_run(bare, tmp_path)
    prompt = tokenizer.decode(encode_prompt(tokenizer, MESSAGES).ids)
    assert prompt == "Decide.\n\nText: One\nAnswer: a<|end|>\n\nText: Two\nAnswer:"
    (answer,) = encode_answers(tokenizer, ["a"])
    assert tokenizer.decode(answer) == " a<|end|>"
    assert bare.chat_template is None, "the tokenizer is shared with contenders that have no template"


def test_a_model_keeps_its_own_template(tmp_path: Path) -> None:
    (tmp_path / TEMPLATE_FILE).write_text(PLAIN_TEMPLATE)
    tokenizer = make_tokenizer()
    assert tokenizer_of_run(tokenizer, tmp_path) is tokenizer


@pytest.mark.parametrize("content", [b"\xff\xfe\xfd", b"x" * (LARGEST_TEMPLATE + 1)])
def test_a_template_that_is_no_text_or_has_no_end_is_refused(bare, tmp_path: Path, content: bytes) -> None:
    (tmp_path / TEMPLATE_FILE).write_bytes(content)
    with pytest.raises(InputError, match="chat template|chat_template"):
        tokenizer_of_run(bare, tmp_path)
