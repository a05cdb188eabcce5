"""Texts from arguments and bytes: which are read, how they are cut, and what the others are told."""

from __future__ import annotations

import pytest

from classification.data.texts import Text, given_texts, text_of
from classification.errors import InputError


def given(*arguments: str, content: bytes = b"", limit: int = 100) -> tuple[list[str], list[str]]:
    found = given_texts(arguments, lambda: content, limit)
    return [text.text for text in found.texts], list(found.refused)


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"a\nb\n", ["a", "b"]),
        (b"a\r\nb\r\n", ["a", "b"]),
        (b"a\rb", ["a", "b"]),
        (b"\xef\xbb\xbfa\nb", ["a", "b"]),
        (b"\n\n  a  \n\t\n", ["a"]),
        ("caf\u00e9\n\u597d\n".encode(), ["caf\u00e9", "\u597d"]),
        ("a\u2028b\x0bc\n".encode(), ["a\u2028b\x0bc"]),
    ],
)
def test_lines_are_read_with_any_line_end_and_a_byte_order_mark(content: bytes, lines: list[str]) -> None:
    assert given("-", content=content) == (lines, [])


@pytest.mark.parametrize(
    ("content", "lines", "sentences"),
    [
        (
            b"Caf\xe9\n",
            [],
            ["standard input, line 1: not UTF-8 (the byte 0xE9 at place 4); save it as UTF-8 in the program"],
        ),
        (b"a\n\n\xff\nb\n", ["a", "b"], ["standard input, line 3: not UTF-8 (the byte 0xFF at place 1)"]),
        (b"a\r\n\x80b\r\nc", ["a", "c"], ["standard input, line 2: not UTF-8 (the byte 0x80 at place 1)"]),
        ("\u4f60\u597d\n".encode("gb18030") + b"ok", ["ok"], ["standard input, line 1: not UTF-8"]),
        ("ab\nc".encode("utf-16"), [], ["standard input: it is UTF-16; give it in UTF-8."]),
        (b"\xed\xa0\xbd\nb", ["b"], ["standard input, line 1: not UTF-8 (the byte 0xED at place 1)"]),
        (b"\xc3\n\xa9\n", [], ["standard input, line 1: not UTF-8", "standard input, line 2: not UTF-8"]),
    ],
)
def test_a_line_that_is_not_utf_8_is_told_and_the_others_go_on(
    content: bytes, lines: list[str], sentences: list[str]
) -> None:
    texts, refused = given("-", content=content)
    assert texts == lines
    assert len(refused) >= len(sentences)
    assert all(told.startswith(sentence) for told, sentence in zip(refused, sentences, strict=False))


@pytest.mark.parametrize(
    ("arguments", "texts", "sentences"),
    [
        (["caf\udce9"], [], ["the text is not UTF-8 (the byte 0xE9 as character 4); give it in UTF-8."]),
        (
            ["a", "\udcff"],
            ["a"],
            ["argument 2: the text is not UTF-8 (the byte 0xFF as character 1); give it in UTF-8."],
        ),
        (
            ["\ud83d", "b"],
            ["b"],
            ["argument 1: the text has half a character in it (the surrogate U+D83D as character 1); give"],
        ),
        (["a", " "], ["a"], ["argument 2: the text is empty; give one to decide about, in quotes."]),
        (["", "\ufeff"], [], ["argument 1: the text is empty", "argument 2: the text is empty"]),
        (["-"], [], ["the text is empty; give one to decide about."]),
        (["\ufeffa"], ["a"], []),
    ],
)
def test_an_argument_that_cannot_be_used_is_told(arguments: list[str], texts: list[str], sentences: list[str]) -> None:
    found, refused = given(*arguments)
    assert found == texts
    assert len(refused) == len(sentences)
    assert all(told.startswith(sentence) for told, sentence in zip(refused, sentences, strict=True))


def test_arguments_and_lines_keep_their_order() -> None:
    assert given("a", "-", "d", content=b"b\nc\n")[0] == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("length", "told"),
    [(3, ""), (4, ""), (5, "cut to 4 of 5 characters"), (12_345, "cut to 4 of 12,345 characters"), (0, None)],
)
def test_a_long_text_is_cut_and_says_so(length: int, told: str | None) -> None:
    if told is None:
        with pytest.raises(InputError, match="the text is empty; give one to decide about, in quotes"):
            text_of("  ", 4)
        return
    found = text_of(f"  {'x' * length} ", 4)
    assert (found.text, found.characters, found.cut) == ("x" * min(length, 4), length, told)


def test_a_text_is_cut_between_characters_and_never_within_one() -> None:
    assert text_of("😀😀😀", 2) == Text("😀😀", 3)
