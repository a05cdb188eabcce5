"""What splits are called elsewhere, in the names of files, folders and Hub splits."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ...errors import InputError, one_of

#: Our splits, and the words that stand for them elsewhere, the usual one first.
SPLIT_NAMES = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev", "devel", "eval", "evaluation"),
    "test": ("test", "testing", "tests"),
}
#: The split that a word stands for.
SPLIT_OF = {word: split for split, words in SPLIT_NAMES.items() for word in words}


@dataclass(frozen=True)
class Named:
    """A split that was found under some name; several share a name where they are parts of it.

    Attributes:
        name: what the source calls it, without numbers of parts, in small letters.
        split: ours.
    """

    name: str
    split: str


def split_of(name: str) -> Named | None:
    """Which split a name stands for: ``Train``, ``validation_matched``, ``dev-00000-of-00002``; ``None`` for others.

    A name with words of two splits (``train_test``) stands for neither.
    """
    words = [word for word in re.split(r"[^a-z]+", name.lower()) if word]
    splits = {SPLIT_OF[word] for word in words if word in SPLIT_OF}
    if len(splits) != 1:
        return None
    return Named("_".join(word for word in words if word != "of"), splits.pop())


def one_a_split(found: Iterable[Named], where: str) -> tuple[dict[str, str], list[str]]:
    """Choose one name for each split.

    Args:
        found: the names of a source.
        where: the source, for sentences.

    Returns:
        Our split to the chosen name, and the names that are left over.

    Raises:
        InputError: two names fit a split equally well.
    """
    by_split: dict[str, list[str]] = {}
    for named in found:
        if named.name not in by_split.setdefault(named.split, []):
            by_split[named.split].append(named.name)
    chosen = {split: _best(split, names, where) for split, names in by_split.items()}
    return chosen, [name for split, names in by_split.items() for name in names if name != chosen[split]]


def _best(split: str, names: list[str], where: str) -> str:
    """The usual word before others, a bare word before longer names, ``matched`` before ``mismatched``."""
    usual = [word for word in SPLIT_NAMES[split] if word in names]
    if split == "validation" and len(usual) > 1 and "eval" not in usual[0]:
        usual = usual[:1] if all("eval" in word for word in usual[1:]) else usual
    matched = [name for name in names if "matched" in name.split("_")]
    best = usual or (matched if len(matched) == 1 else names)
    if len(best) > 1:
        raise InputError(f"{where}: the {split} split could be {one_of(best)}; keep one of them.")
    return best[0]
