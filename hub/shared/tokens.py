"""Keep tokens out of what is published, typed and logged: refuse input that holds one, redact output."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Sequence

from classification.errors import InputError
from classification.network.hub_errors import TOKEN, without_tokens

#: Values of secrets that a command was given; they are redacted although they need not look like tokens.
HIDDEN: set[str] = set()


def check_no_token(name: str, text: str) -> None:
    """Refuse a text that holds what looks like a token of the Hub.

    Raises:
        InputError: it does; the token itself is not repeated.
    """
    if TOKEN.search(text):
        raise InputError(f"{name} holds what looks like a token; take it out, revoke that token, and push again.")


def check_command_words(words: Sequence[str]) -> None:
    """Refuse a token on a command line, which others on the machine can read and which a shell remembers.

    Raises:
        InputError: there is one.
    """
    if TOKEN.search("\n".join(words)):
        raise InputError(
            "a word of this command holds what looks like a token; sign in with `hf auth login` or set HF_TOKEN, and "
            "give other secrets as --secret NAME."
        )


def redacted(text: str) -> str:
    """A text without tokens and without the secrets that this command was given."""
    for value in HIDDEN:
        text = text.replace(value, "[secret]")
    return without_tokens(text)


def redact_logs() -> None:
    """Have every log record pass through `redacted`: at level DEBUG the Hub client logs the headers that it sends."""
    make = logging.getLogRecordFactory()

    def without(*args: object, **more: object) -> logging.LogRecord:
        record = make(*args, **more)
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = redacted("".join(traceback.format_exception(record.exc_info[1])).rstrip())
        record.msg, record.args = redacted(record.getMessage()), ()
        return record

    logging.setLogRecordFactory(without)
