"""The chat template of base models, which have none of their own; a run that was trained with it keeps it."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..files.reading import read_limited

#: What transformers calls the file of a tokenizer's chat template.
TEMPLATE_FILE = "chat_template.jinja"
LARGEST_TEMPLATE = 100_000  # bytes; long ones of chat models with tools have 20,000
#: Instruction, text and answer under plain headings. An answer ends with the model's own end of text.
PLAIN_TEMPLATE = (
    "{%- for message in messages -%}"
    "{%- if message['role'] == 'system' -%}{{ message['content'] + '\\n\\n' }}"
    "{%- elif message['role'] == 'user' -%}{{ 'Text: ' + message['content'] + '\\n' }}"
    "{%- else -%}{{ 'Answer: ' + message['content'] + (eos_token or '\\n') + '\\n\\n' }}"
    "{%- endif -%}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ 'Answer:' }}{%- endif -%}"
)


def tokenizer_of_run(tokenizer: Any, folder: Path) -> Any:
    """The tokenizer that a run is asked with: its base's, or a copy with the template that the run brings.

    Args:
        tokenizer: of the base model; it is shared, so it is not changed.
        folder: of the run.

    Raises:
        InputError: neither has a template that can be read.
    """
    file = folder / TEMPLATE_FILE
    if tokenizer.chat_template or not file.is_file():
        return tokenizer
    try:
        template = read_limited(file, LARGEST_TEMPLATE, what="chat template").decode("utf-8")
    except (OSError, UnicodeDecodeError):
        raise InputError(f"{file}: not a readable chat template; train the run again.") from None
    own = copy.deepcopy(tokenizer)
    own.chat_template = template
    return own


def plainly_templated(tokenizer: Any, style: str) -> Any:
    """The tokenizer for a style of prompt: for ``completion`` a copy with `PLAIN_TEMPLATE`, as base models need it."""
    if style != "completion":
        return tokenizer
    own = copy.deepcopy(tokenizer)
    own.chat_template = PLAIN_TEMPLATE
    return own
