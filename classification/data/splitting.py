"""Seeded splits that keep the share of every label and never put one text on both sides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

RARE = "\0rare"


def fold(text: str) -> str:
    """A text without its case and spacing: what counts as the same text in splits and quality checks."""
    return " ".join(text.split()).casefold()


def split_rows(
    texts: Sequence[str], labels: Sequence[tuple[str, ...]], size: float, seed: int
) -> tuple[list[int], list[int]]:
    """Split rows in two, stratified by label as far as the rarest labels allow.

    Rows with the same text (case and spacing aside) stay together, so that nothing leaks. A
    multi-label row is stratified by its rarest label. Labels with a single row are pooled, and
    where there are fewer places than labels the split is plainly random.

    Args:
        texts: n texts.
        labels: label names of each row.
        size: share of the rows for the second part, between 0 and 1.
        seed: the same rows and seed give the same split.

    Returns:
        Row indices of the first and the second part, both in the order given.

    Raises:
        ValueError: fewer than two different texts.
    """
    from sklearn.model_selection import train_test_split  # a second that reading without splitting does not need

    groups: dict[str, list[int]] = {}
    for row, text in enumerate(texts):
        groups.setdefault(fold(text), []).append(row)
    members = list(groups.values())
    strata = _strata([labels[rows[0]] for rows in members])
    try:
        first, second = train_test_split(members, test_size=size, random_state=seed, stratify=strata)
    except ValueError:  # fewer places than strata
        first, second = train_test_split(members, test_size=size, random_state=seed)
    return sorted(row for rows in first for row in rows), sorted(row for rows in second for row in rows)


def _strata(labels: Sequence[tuple[str, ...]]) -> list[str]:
    frequency = Counter(name for row in labels for name in row)
    strata = [min(row, key=lambda name: (frequency[name], name), default="") for row in labels]
    sizes = Counter(strata)
    strata = [RARE if sizes[stratum] == 1 else stratum for stratum in strata]
    if strata.count(RARE) == 1:
        commonest = sizes.most_common(1)[0][0]
        strata = [commonest if stratum == RARE else stratum for stratum in strata]
    return strata
