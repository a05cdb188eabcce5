"""Texts to decide about, from wherever people give them: arguments, lines of bytes, requests.

A text that cannot be used is refused with a sentence of its own, and the others are still answered. A text that is too
long is cut, and `Text.cut` says so.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ..errors import InputError

#: What ends a line, in bytes: of Unix, Windows and old Macs.
LINE_END = re.compile(rb"\r\n|\n|\r")
BOM = "\ufeff"
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Text:
    """A text to decide about.

    Attributes:
        text: what is looked at.
        characters: how many it had when it was given, the space around it aside.
    """

    text: str
    characters: int

    @property
    def cut(self) -> str:
        """How much of it is looked at, as a part of a sentence; empty where it is all of it."""
        if len(self.text) == self.characters:
            return ""
        return f"cut to {len(self.text):,} of {self.characters:,} characters"


@dataclass(frozen=True)
class Given:
    """The texts of a command line.

    Attributes:
        texts: those that can be classified, in their order.
        refused: a sentence for each of the others.
    """

    texts: tuple[Text, ...]
    refused: tuple[str, ...]


def text_of(given: str, limit: int) -> Text:
    """A text without the space around it, and of a longer one the first ``limit`` characters.

    Raises:
        InputError: nothing is left, or it holds half a character, as broken JSON does; the sentence says which.
    """
    whole = given.removeprefix(BOM).strip()
    if not whole:
        raise InputError("the text is empty; give one to decide about, in quotes.")
    check_characters(whole)
    return Text(whole[:limit], len(whole))


def check_characters(text: str) -> None:
    """Refuse a lone surrogate, which neither tokenizers nor JSON can represent.

    Raises:
        InputError: there is one; in what a command line gave, it stands for a byte that is not UTF-8.
    """
    found = SURROGATE.search(text)
    if found is None:
        return
    code, place = ord(found.group()), f"character {found.start() + 1:,}"
    if 0xDC80 <= code <= 0xDCFF:
        raise InputError(f"the text is not UTF-8 (the byte 0x{code - 0xDC00:02X} as {place}); give it in UTF-8.")
    raise InputError(
        f"the text has half a character in it (the surrogate U+{code:04X} as {place}); give the whole character."
    )


def given_texts(arguments: Sequence[str], read: Callable[[], bytes], limit: int) -> Given:
    """The texts of a command line, in which ``-`` stands for the lines of a file.

    Args:
        arguments: as Python has them: bytes that are not UTF-8 are surrogates.
        read: gives that file's bytes; its empty lines are passed over.
        limit: characters of a text that are looked at.
    """
    texts: list[Text] = []
    refused: list[str] = []
    for number, argument in enumerate(arguments, start=1):
        for place, found in _lines(read()) if argument == "-" else [(_where(number, arguments), argument)]:
            try:
                texts.append(text_of(_decode(found), limit))
            except InputError as error:
                refused.append(f"{place}{error}")
    if not texts and not refused:
        refused.append("the text is empty; give one to decide about.")
    return Given(tuple(texts), tuple(refused))


def _where(number: int, arguments: Sequence[str]) -> str:
    return f"argument {number}: " if len(arguments) > 1 else ""


def _lines(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Each line that is not blank, and its place for sentences; UTF-16 is yielded whole, for `_decode` to refuse."""
    if content.startswith(UTF_16):
        yield "standard input: ", content
        return
    for number, line in enumerate(LINE_END.split(content.removeprefix(BOM.encode())), start=1):
        if line.strip():
            yield f"standard input, line {number:,}: ", line


def _decode(given: str | bytes) -> str:
    if isinstance(given, str):
        return given
    try:
        return given.decode("utf-8")
    except UnicodeDecodeError as error:
        if given.startswith(UTF_16):
            raise InputError("it is UTF-16; give it in UTF-8.") from None
        raise InputError(
            f"not UTF-8 (the byte 0x{given[error.start]:02X} at place {error.start + 1:,}); save it as UTF-8 in the "
            "program that wrote it."
        ) from None
