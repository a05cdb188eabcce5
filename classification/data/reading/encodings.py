"""From the bytes of a file to its text, where that can be done in one way only.

UTF-8, and the encoding of a byte order mark, are read as they are. Other bytes are read in the encoding that the task's
language is usually written in, if the result looks like that language, a detector agrees, and no other encoding of the
language gives another plausible text. Otherwise the file is refused: a wrong guess would change texts unnoticed.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass
from itertools import islice

from charset_normalizer import from_bytes

from ...errors import InputError, one_of, shown

#: Longest first, since UTF-32's little-endian mark begins with that of UTF-16.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_WESTERN = ("cp1252",)
_CENTRAL = ("cp1250",)
_CYRILLIC = ("cp1251", "koi8_r")
#: ISO 639-1 code to the encodings that its texts are met in besides UTF-8; Western European where it is not listed.
ENCODINGS: dict[str, tuple[str, ...]] = {
    "zh": ("gb18030", "big5"), "ja": ("cp932", "euc_jp"), "ko": ("cp949",),
    **dict.fromkeys(("pl", "cs", "sk", "hu", "sl", "hr", "bs", "ro", "sq"), _CENTRAL),
    **dict.fromkeys(("ru", "uk", "be", "bg", "sr", "mk"), _CYRILLIC),
    "el": ("cp1253",), "tr": ("cp1254",), "he": ("cp1255",), "ar": ("cp1256",), "fa": ("cp1256",),
    "lt": ("cp1257",), "lv": ("cp1257",), "et": ("cp1257",), "vi": ("cp1258",), "th": ("cp874",),
}  # fmt: skip
NAMES = {
    "cp1252": "Windows-1252", "cp1250": "Windows-1250", "cp1251": "Windows-1251", "koi8_r": "KOI8-R",
    "cp1253": "Windows-1253", "cp1254": "Windows-1254", "cp1255": "Windows-1255", "cp1256": "Windows-1256",
    "cp1257": "Windows-1257", "cp1258": "Windows-1258", "cp874": "Windows-874", "gb18030": "GB18030", "big5": "Big5",
    "cp932": "Shift-JIS", "euc_jp": "EUC-JP", "cp949": "EUC-KR", "utf-16": "UTF-16", "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16", "utf-32": "UTF-32",
}  # fmt: skip

#: Most bytes that the decision is based on: lines with bytes outside of ASCII, from the whole file.
SAMPLE = 200_000
#: Highest "mess ratio" of charset-normalizer at which a decoding is accepted (its own default is 0.2).
MESS = 0.15
#: In running Chinese, one character in three or more is one of these; in Chinese read in a wrong encoding, hardly any.
_COMMON_CHINESE = frozenset(
    "的一是不了在人有我他这中大来上个国到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可里后小么心多天能好都然没于起还发成事只"
    "作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但身些与高意进把法此实回二理美点月明其种声全工己话儿者"
    "向情部正名定女问力机给等几很业最间新什打便位因重被走电四第门相次东政海口使教西再平真听世气信北少关并内加化由却代军产入先山五太水万"
    "市眼体别处总才场师书比住员九笑性通目华报立马命张活难神数件安表原车白应路期叫死常提感金何更反合放做系计或司利受光王果亲界及今京务制"
    "這個來國說們為時會過學對裡後麼沒於還發樣現將與進實長動點從經開無頭種聲話問機給業幾間電東氣關並內產馬書場師員車應場體總處難數張報華"
)
_COMMON_SHARE = 0.05
#: At least this share of the letters outside of ASCII are of the language's own script; others occur in emoticons
#: such as ``(｀д´)``.
_OWN_SHARE = 0.95
_SCRIPTS = {
    "zh": ("CJK",), "ja": ("CJK", "HIRAGANA", "KATAKANA"), "ko": ("CJK", "HANGUL"),
    "cp1251": ("CYRILLIC",), "koi8_r": ("CYRILLIC",), "cp1253": ("GREEK",), "cp1255": ("HEBREW",),
    "cp1256": ("ARABIC",), "cp874": ("THAI",),
}  # fmt: skip
#: Symbols that stand beside letters in ordinary text; any other one inside a word means a wrong encoding.
_BESIDE_LETTERS = frozenset("‘’“”–—…«»‹›€£¥°ºª®©™§·•¡¿´²³½¼¾\u00a0\u00ad%‰")
_ONE_WORD = re.compile(r"\S*[^\x00-\x7f]\S*")
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")


@dataclass(frozen=True)
class Decoded:
    """A file's text and, where it is not UTF-8, a sentence about the encoding that was read; else empty."""

    text: str
    note: str = ""


def decode(raw: bytes, language: str, where: str) -> Decoded:
    """The text of a file.

    Args:
        raw: its bytes.
        language: ISO 639-1 code of the task's texts; decides which encodings are tried.
        where: the file, for sentences.

    Raises:
        InputError: the bytes are not UTF-8, and could be several things or nothing plausible.
    """
    for mark, encoding in MARKS:
        if raw.startswith(mark):
            return _decode_marked(raw, encoding, where)
    if b"\0" in raw:
        return _decode_utf16(raw, where)
    try:
        return Decoded(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        return _decode_by_language(raw, error, language, where)


def _decode_marked(raw: bytes, encoding: str, where: str) -> Decoded:
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        name = NAMES.get(encoding, "UTF-8")
        raise InputError(
            f"{where}: it begins with the mark of {name} and then has bytes that are not {name} ({_at(raw, error)}); "
            "save it again in the program that wrote it, as UTF-8."
        ) from None
    return Decoded(text, "" if encoding == "utf-8-sig" else f"{where}: read as {NAMES[encoding]}.")


def _decode_utf16(raw: bytes, where: str) -> Decoded:
    """UTF-16 without a mark: ASCII in it is half zeros, all on the same side."""
    even, odd = raw[::2].count(0), raw[1::2].count(0)
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text or min(even, odd) > 0.2 * max(even, odd):
        raise InputError(f"{where}: it holds zero bytes, so it is no plain text; save it as UTF-8.")
    return Decoded(text, f"{where}: read as UTF-16.")


def _decode_by_language(raw: bytes, error: UnicodeDecodeError, language: str, where: str) -> Decoded:
    language = language.split("-")[0].lower()
    place = _at(raw, error)
    if _mostly_utf8(raw):
        raise InputError(
            f"{where}: UTF-8 but for some bytes ({place}); they were lost or come from another encoding, so correct "
            "that line in the original and save it as UTF-8."
        )
    named = ENCODINGS.get(language, _WESTERN)
    sample = _sample(raw)
    readings = {encoding: text for encoding in named if (text := _decode_or_none(sample, encoding)) is not None}
    plausible = [
        encoding
        for encoding, text in readings.items()
        if _looks_right(text, encoding, language) and _detector_agrees(sample, encoding)
    ]
    texts = {readings[encoding] for encoding in plausible}
    whole = _decode_or_none(raw, plausible[0]) if len(texts) == 1 else None
    if whole is not None:
        example = _example(readings[plausible[0]])
        return Decoded(
            whole,
            f"{where}: not UTF-8; read as {NAMES[plausible[0]]}, in which it says {shown(example)}. "
            "If that is not what it says, save the file as UTF-8.",
        )
    seen = [f"{NAMES[encoding]} ({shown(_example(text))})" for encoding, text in readings.items()]
    raise InputError(
        f"{where}: not UTF-8 text ({place}), and which encoding it is cannot be told"
        f"{f'; it would read as {one_of(seen)}' if seen else ''}; open it in the program that wrote it and save it "
        "as UTF-8."
    )


def _decode_or_none(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def _sample(raw: bytes) -> bytes:
    """Lines with bytes outside of ASCII, up to `SAMPLE` bytes of them; the lines of the whole file if there are few."""
    lines = (line for line in raw.splitlines(keepends=True) if not line.isascii())
    return b"".join(islice(lines, 5000))[:SAMPLE].rpartition(b"\n")[0] or raw[:SAMPLE]


def _detector_agrees(sample: bytes, encoding: str) -> bool:
    return bool(list(from_bytes(sample, cp_isolation=[encoding], threshold=MESS, preemptive_behaviour=False)))


def _mostly_utf8(raw: bytes) -> bool:
    """Whether most of what is not ASCII is UTF-8; in other encodings, runs of such bytes are UTF-8 only by chance."""
    runs = list(islice((match.group() for match in _HIGH_RUN.finditer(raw)), 20_000))
    right = sum(_decode_or_none(run, "utf-8") is not None for run in runs)
    return len(runs) > 1 and right >= len(runs) / 2


def _looks_right(text: str, encoding: str, language: str) -> bool:
    """Whether what lies outside of ASCII are the characters of the language, in places where it has them."""
    foreign = [character for character in text if not character.isascii()]
    if any(unicodedata.category(character) in ("Cc", "Co", "Cn") for character in foreign):
        return False
    letters = [character for character in foreign if character.isalpha()]
    scripts = _SCRIPTS.get(language if language in _SCRIPTS else encoding)
    if scripts is None:
        return all(_is_plausible_western(word) for word in _ONE_WORD.findall(text))
    own = sum(unicodedata.name(letter, "").startswith(scripts + _FORMS) for letter in letters)
    if not letters or own < _OWN_SHARE * len(letters):
        return False
    if language == "zh":
        return sum(letter in _COMMON_CHINESE for letter in letters) >= _COMMON_SHARE * len(letters)
    return all(_has_plausible_case(word) for word in _ONE_WORD.findall(text))


#: Names of letters that any East Asian text may hold besides its own.
_FORMS = ("FULLWIDTH", "IDEOGRAPHIC", "GREEK", "LATIN")


def _is_plausible_western(word: str) -> bool:
    """Whether a word with letters outside of ASCII could stand in a Latin-script text."""
    for before, here, after in zip(f" {word}", word, f"{word[1:]} ", strict=False):
        if here.isascii() or here.isalpha() or here in _BESIDE_LETTERS:
            continue
        if before.isalnum() or after.isalnum():
            return False
    accented = re.search(r"[^\x00-\x7f]{5,}", "".join(c if c.isalpha() else " " for c in word))
    inside = re.search(r"(?<=[^\W\d_])[£¥§²³½¼¾¡¿«©®°ºª](?=[^\W\d_])", word)
    return _has_plausible_case(word) and not accented and not inside


def _has_plausible_case(word: str) -> bool:
    """Whether capitals stand where words have them: not an accented one behind a small letter."""
    return not any(
        before.islower() and here.isupper() and not here.isascii() for before, here in zip(word, word[1:], strict=False)
    )


def _example(text: str) -> str:
    """The first words with something outside of ASCII."""
    return " … ".join(word.strip('",;') for word in islice(_ONE_WORD.findall(text), 2))[:40]


def _at(raw: bytes, error: UnicodeDecodeError) -> str:
    line = raw.count(b"\n", 0, error.start) + 1
    return f"byte 0x{raw[error.start]:02x} in line {line}"
