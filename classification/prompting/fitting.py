"""A text and what stands around it, cut to the tokens that a model reads: the text loses its end, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import InputError
from .encoding import EncodedPrompt, TokenIds


def fitted(tokenizer: Any, text: str, encode: Callable[[str], TokenIds], max_length: int | None) -> EncodedPrompt:
    """A text with what stands around it, as token ids; the text is cut at the end of one of its tokens until it fits.

    Args:
        tokenizer: a fast one, which knows where in a text each token ends.
        text: the text in question, without special tokens.
        encode: from the text, or the start of it, to all token ids.
        max_length: the most that these may be; ``None`` for any number.

    Raises:
        InputError: what stands around the text has more tokens.
    """
    ids = encode(text)
    if max_length is None or len(ids) <= max_length:
        return EncodedPrompt(ids)
    ends = [end for _, end in tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]]
    keep = len(ends) - (len(ids) - max_length)
    while keep > 0:
        ids = encode(text[: ends[keep - 1]])
        if len(ids) <= max_length:
            return EncodedPrompt(ids, truncated=True)
        keep -= len(ids) - max_length
    raise InputError(
        f"what stands around the text, such as the instruction, already fills the {max_length} tokens that are read; "
        "allow more with --max_length, or make it shorter."
    )
