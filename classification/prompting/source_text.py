"""The token ids that an encoder-decoder reads and answers with. Training and inference use the same functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..task import Task
from .encoding import EncodedPrompt, TokenIds, without_special_tokens
from .fitting import fitted
from .messages import Demonstration
from .surroundings import around_text


def encode_source(
    tokenizer: Any,
    task: Task,
    text: str,
    demonstrations: Iterable[Demonstration] = (),
    *,
    describe_labels: bool = False,
    max_length: int | None = None,
) -> EncodedPrompt:
    """Token ids of `source_text`, with the special tokens that the model was trained with.

    With more than ``max_length`` tokens, the text in question loses its end, and nothing else does.

    Raises:
        InputError: without any of the text, it still has more tokens.
    """
    before, behind = around_text(task, demonstrations, describe_labels=describe_labels)
    before, behind = (without_special_tokens(tokenizer, part) for part in (before, behind))

    def encode(part: str) -> TokenIds:
        return list(tokenizer(f"{before}{part}{behind}")["input_ids"])

    return fitted(tokenizer, without_special_tokens(tokenizer, text), encode, max_length)


def encode_targets(tokenizer: Any, answers: Sequence[str]) -> list[TokenIds]:
    """Token ids that the decoder is to write for each answer, with the end of the sequence.

    The end counts: without it, an answer that begins another one would always look at least as likely.
    """
    end = tokenizer.eos_token_id
    encoded = [list(tokenizer(text_target=said)["input_ids"]) for said in answers]
    return [ids if end is None or ids[-1:] == [end] else [*ids, end] for ids in encoded]
