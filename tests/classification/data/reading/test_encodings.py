"""Bytes that are not UTF-8: read where they can be read in one way, refused where they could be several things."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest
from support.tables import HEADER, pairs, refusal, task_of, told, write

from classification.data.reading.encodings import decode
from classification.errors import InputError

#: Texts of our own, in the encodings that such texts are met in.
TEXTS = [
    ("fr", "Très bonne soupe à l’oignon – délicieuse", "cp1252", "Windows-1252"),
    ("en", "It’s a café — “nice”", "cp1252", "Windows-1252"),
    ("en", "£5 off your naïve résumé", "cp1252", "Windows-1252"),
    ("de", "Größe schön, Übergröße schöner", "latin-1", "Windows-1252"),
    ("pl", "Zażółć gęślą jaźń", "cp1250", "Windows-1250"),
    ("ru", "Это очень хорошая книга", "cp1251", "Windows-1251"),
    ("ru", "Это очень хорошая книга", "koi8_r", "KOI8-R"),
    ("el", "Πολύ καλό βιβλίο", "cp1253", "Windows-1253"),
    ("tr", "güzel ışık, İstanbul", "cp1254", "Windows-1254"),
    ("zh", "这家店的菜很好吃，下次还来", "gb18030", "GB18030"),
    (
        "zh",
        "送餐太慢了，打电话也没有人接，等了一个多小时，饭菜都凉了，下次不会再点这家了，真的很失望 (｀д´)",
        "gb18030",
        "GB18030",
    ),
    ("zh", "這家店的菜很好吃，下次還來", "big5", "Big5"),
    ("ja", "とても良い本です", "cp932", "Shift-JIS"),
    ("ja", "とても良い本です", "euc_jp", "EUC-JP"),
    ("ko", "매우 좋은 책입니다", "cp949", "EUC-KR"),
]


@pytest.mark.parametrize(("language", "text", "encoding", "name"), TEXTS)
def test_what_the_language_is_written_in_is_read_and_told(
    tmp_path: Path, language: str, text: str, encoding: str, name: str
) -> None:
    file = write(tmp_path, "rows.csv", f'{HEADER}"{text}",good\nplain,bad\n'.encode(encoding))
    with told() as sentences:
        assert pairs(file, task_of("bad", "good", language=language)) == [(text, ("good",)), ("plain", ("bad",))]
    assert f"not UTF-8; read as {name}, in which it says " in sentences[0]


@pytest.mark.parametrize(
    ("language", "text", "encoding"),
    [
        ("en", "ein café", "mac_roman"),
        ("en", "Über caf\u00e9", "cp850"),
        ("en", "That’s £5", "mac_roman"),
        ("en", "Zażółć gęślą jaźń", "cp1250"),
        ("en", "Это очень хорошая книга", "cp1251"),
        ("en", "这家店的菜很好吃，下次还来", "gb18030"),
        ("en", "這家店的菜很好吃", "big5"),
        ("zh", "Très bonne soupe à l’oignon", "cp1252"),
        ("zh", "とても良い本です", "cp932"),
    ],
)
def test_what_could_be_misread_is_refused_and_no_advice_destroys_it(
    tmp_path: Path, language: str, text: str, encoding: str
) -> None:
    file = write(tmp_path, "rows.csv", f"{HEADER}{text},good\n".encode(encoding))
    sentence = refusal(file, task_of("bad", "good", language=language))
    assert sentence.startswith("rows.csv: not UTF-8 text (byte 0x")
    assert sentence.endswith("open it in the program that wrote it and save it as UTF-8.")
    assert "iconv" not in sentence


@pytest.mark.parametrize(
    ("encoding", "mark", "name"),
    [
        ("utf-16-le", codecs.BOM_UTF16_LE, "UTF-16"), ("utf-16-be", codecs.BOM_UTF16_BE, "UTF-16"),
        ("utf-32-le", codecs.BOM_UTF32_LE, "UTF-32"), ("utf-16-le", b"", "UTF-16"), ("utf-16-be", b"", "UTF-16"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("text", ["plain words", "这家店的菜一二三很好吃", "😀 smile"])
def test_wide_characters_are_read_and_told(encoding: str, mark: bytes, name: str, text: str) -> None:
    found = decode(mark + f"{HEADER}{text},good\n".encode(encoding), "en", "rows.csv")
    assert found.text == f"{HEADER}{text},good\n"
    assert found.note == f"rows.csv: read as {name}."


def test_a_byte_order_mark_of_utf_8_is_no_text_and_no_news(tmp_path: Path) -> None:
    for name, content in (("rows.csv", HEADER + "好,good\n"), ("rows.jsonl", '{"text": "好", "label": "good"}\n')):
        with told() as sentences:
            assert pairs(write(tmp_path, name, codecs.BOM_UTF8 + content.encode())) == [("好", ("good",))]
        assert not sentences


@pytest.mark.parametrize("broken", [b"caf\xe9", b"\xff\xfe", b"\x80abc"])
def test_utf_8_with_a_few_broken_bytes_is_not_taken_for_another_encoding(broken: bytes) -> None:
    raw = "naïve café\nüber alles\n".encode() + broken + b"\n"
    with pytest.raises(InputError, match=r"rows: UTF-8 but for some bytes \(byte 0x.. in line 3\)"):
        decode(raw, "en", "rows")


def test_zero_bytes_and_half_files_are_no_text() -> None:
    with pytest.raises(InputError, match="it holds zero bytes, so it is no plain text"):
        decode(b"\x00\x01\x02text\x00,\x05label", "en", "rows")
    with pytest.raises(InputError, match="it begins with the mark of UTF-16 and then has bytes that are not UTF-16"):
        decode(codecs.BOM_UTF16_LE + "text".encode("utf-16-le") + b"\x00", "en", "rows")
    with pytest.raises(InputError, match="it begins with the mark of UTF-8 and then has bytes that are not UTF-8"):
        decode(codecs.BOM_UTF8 + b"caf\xe9", "en", "rows")
