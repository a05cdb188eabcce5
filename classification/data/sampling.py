"""A stratified sample of rows."""

from __future__ import annotations

import numpy as np

from classification.data.rows import Rows


def sample(rows: Rows, count: int, seed: int = 0) -> Rows:
    """A seeded random sample that keeps the share of every label to within one row, in the order of ``rows``.

    The rows are shuffled, sorted by label, and every k-th one is taken (systematic sampling; Cochran,
    1977, chapter 8). A multi-label row counts by its combination of labels. All rows where there are
    no more than ``count``.
    """
    if count >= len(rows):
        return rows
    random = np.random.default_rng(seed)
    by_label = sorted(random.permutation(len(rows)), key=lambda row: rows.labels[row])
    places = (np.arange(count) + random.random()) * len(rows) / count
    return rows.select(sorted(by_label[int(place)] for place in places))
