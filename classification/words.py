"""Which words count as the same when a model writes freely: case, width and what stands around a word aside.

Pure functions over strings. `Task` uses them to refuse labels that an answer could not tell apart, and
`classification.prompting.messages.parse` to read answers.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile

#: What separates the labels of an answer, where a task allows several: commas, in the scripts that have their own.
COMMAS = ",，、،"
COMMA = re.compile(f"[{COMMAS}]")
_MARKS = "\"'`*_~“”‘’„‚«»‹›「」『』《》〈〉()[]{}<>【】〔〕"
#: Marks that may stand before a word and after it without being part of it, such as quotes, markdown, a full stop.
BEFORE = frozenset(f"{_MARKS}#•‣◦▪·>")
AFTER = frozenset(f"{_MARKS}.!?,;:…。！？，；：、｡､؟،؛।")
#: Dashes that are a list's when a space follows, and else a sign: ``-1``.
DASHES = frozenset("-–—")
#: Full-width forms as the ASCII characters that they are; characters that cannot be seen, away.
_WIDTH = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {0x3000: " "}
_UNSEEN = dict.fromkeys((0x200B, 0x2060, 0xFE0E, 0xFE0F, 0xFEFF))
#: Marks on one side of a word that are looked past; more of them are no way to write one.
MOST_MARKS = 12


def exact(text: str) -> str:
    """A text as it is, but for the space around it and for how its accents are stored."""
    return unicodedata.normalize("NFC", text.strip())


def folded(text: str) -> str:
    """A text without regard to case, width, kind and amount of space."""
    plain = unicodedata.normalize("NFC", text.translate(_WIDTH | _UNSEEN).casefold())
    return " ".join(unicodedata.normalize("NFC", plain).split())


def bare(text: str) -> str:
    """A folded text without the marks around it; all of it where nothing but marks would be left of it."""
    whole = folded(text)
    starts, ends = _starts(whole), _ends(whole)
    inner = whole[starts[-1] : ends[-1]].strip() if starts[-1] < ends[-1] else ""
    return inner if any(sign.isalnum() for sign in inner) else whole


def readings(text: str) -> Iterator[set[str]]:
    """What a folded text may be with fewer and fewer of the marks around it, from all of them to none.

    Each set holds the readings with one mark less than those before: ``"-".`` may be ``"-"`` and then ``-``.
    """
    whole = folded(text)
    starts, ends = _starts(whole), _ends(whole)
    for dropped in range(len(starts) + len(ends) - 1):
        pairs = ((first, dropped - first) for first in range(len(starts)) if 0 <= dropped - first < len(ends))
        yield {whole[starts[first] : ends[last]] for first, last in pairs if starts[first] < ends[last]}


def _starts(text: str) -> list[int]:
    """Where a text may begin: as it is, and after each mark before it."""
    found = [0]
    while len(found) <= MOST_MARKS and found[-1] < len(text):
        place = found[-1]
        sign, rest = text[place], text[place + 1 :]
        if sign not in BEFORE and not (sign in DASHES and rest.startswith(" ")):
            break
        found.append(place + 1 + sum(1 for _ in takewhile(str.isspace, rest)))
    return found


def _ends(text: str) -> list[int]:
    """Where a text may end: as it is, and before each mark after it."""
    found = [len(text)]
    while len(found) <= MOST_MARKS and found[-1] > 0 and text[found[-1] - 1] in AFTER:
        found.append(len(text[: found[-1] - 1].rstrip()))
    return found


def flaw(text: str) -> str | None:
    """What is wrong with a text as a label's name or word, as the end of a sentence; ``None`` where nothing is."""
    kinds = [unicodedata.category(sign) for sign in text]
    if any(kind in ("Cc", "Cs", "Zl", "Zp") for kind in kinds):
        return "has a control character or a line break in it; remove it"
    if all(kind[0] in "CZ" for kind in kinds):
        return "is blank; write a word that can be seen"
    return "has space around it; remove it" if text != text.strip() else None


def confusion(names: Sequence[str], words: Sequence[str], *, several: bool) -> str | None:
    """Why an answer could not tell these labels apart, and what to change; ``None`` where every answer is clear.

    Args:
        names: of L labels.
        words: what a model says for each, in the same order.
        several: whether an answer may hold several words.
    """
    twins = _twins(names, exact) or _twins(names, folded)
    if twins:
        first, second = (names[place] for place in twins)
        if exact(first) == exact(second):
            return f"two labels have the name {first!r}; give each label its own"
        return f"the labels {first!r} and {second!r} differ only in case, width or space; give each a name of its own"
    twins = _twins(words, exact) or _twins(words, bare)
    if twins:
        return _same_words(names, words, *twins)
    return (_shared_part(names, words) if several else None) or _word_like_a_name(names, words)


def parts_of(text: str) -> list[str]:
    """What stands between the commas of a text."""
    return COMMA.split(text)


def _shared_part(names: Sequence[str], words: Sequence[str]) -> str | None:
    """A word with a comma in it, of which a part is another label's word or name, or a part of one.

    Commas separate the labels of an answer, so ``news, world`` beside ``news`` could be begun by either.
    """
    held: dict[str, set[int]] = defaultdict(set)
    for texts in (words, names):
        for place, text in enumerate(texts):
            for part in parts_of(text):
                held[bare(part)].add(place)
    for place, word in enumerate(words):
        parts = parts_of(word) if COMMA.search(word) else []
        for part in parts:
            others = held[bare(part)] - {place}
            if others or not part.strip():
                beside = f"and {part.strip()!r} is also of the label {names[min(others)]!r}" if others else "at its end"
                return (
                    f"the word {word!r} of the label {names[place]!r} has a comma in it, {beside}; commas separate the "
                    "labels of an answer, so give the label a verbalizer without one"
                )
    return None


def _same_words(names: Sequence[str], words: Sequence[str], first: int, second: int) -> str:
    labels = f"the labels {names[first]!r} and {names[second]!r}"
    if exact(words[first]) == exact(words[second]):
        return f"{labels} have the same verbalizer {words[first]!r}; give each label its own"
    return (
        f"the words {words[first]!r} and {words[second]!r} of {labels} differ only in case or punctuation, and an "
        "answer could mean either; give one of the labels another verbalizer"
    )


def _word_like_a_name(names: Sequence[str], words: Sequence[str]) -> str | None:
    """A word that is another label's name but for its case or punctuation; one that is that name exactly goes first."""
    named: dict[str, list[int]] = defaultdict(list)
    for place, name in enumerate(names):
        named[bare(name)].append(place)
    for place, word in enumerate(words):
        for other in named[bare(word)]:
            if other != place and exact(word) != exact(names[other]):
                return (
                    f"the word {word!r} of the label {names[place]!r} and the name of the label {names[other]!r} "
                    f"differ only in case or punctuation, and an answer could mean either; give {names[place]!r} "
                    "another verbalizer"
                )
    return None


def _twins(texts: Sequence[str], key: Callable[[str], str]) -> tuple[int, int] | None:
    """Places of the first two texts that are the same under a key."""
    seen: dict[str, int] = {}
    for place, text in enumerate(texts):
        first = seen.setdefault(key(text), place)
        if first != place:
            return first, place
    return None
