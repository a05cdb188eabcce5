"""The token that fills up shorter texts of a batch."""

from __future__ import annotations

from typing import Any

from ..errors import InputError


def settle_padding(model_id: str, tokenizer: Any, model: Any) -> None:
    """Give the tokenizer and the model the same token for padding, which a batch of texts of unlike length needs.

    Raises:
        InputError: the tokenizer has none, and no end-of-text token to take in its place.
    """
    if tokenizer.pad_token is None:
        if tokenizer.eos_token is None:
            raise InputError(
                f"{model_id}: its tokenizer has neither a pad_token nor an eos_token, so texts cannot share a batch; "
                "set pad_token in its tokenizer_config.json, or name another model."
            )
        tokenizer.pad_token = tokenizer.eos_token
    config = model.config.get_text_config() if hasattr(model.config, "get_text_config") else model.config
    if getattr(config, "pad_token_id", None) is None:  # by it, a decoder with a head finds where each text ends
        config.pad_token_id = tokenizer.pad_token_id
        model.config.pad_token_id = tokenizer.pad_token_id
