"""Where the comparisons of the *Results* tab come from: the page's own, and those that visitors open from the Hub."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, field

from cachetools import TTLCache

from classification.errors import InputError
from comparison.comparison import Comparison
from hub.comparisons.datasets import fetch_comparison

#: For how long a comparison from the Hub is kept, and how many are.
SECONDS_KEPT, MOST_KEPT = 300.0, 16
HOW_TO_MAKE = "python -m comparison run --lineup demo/lineup.yaml --data rows.csv --output demo/results"


def _empty_cache() -> TTLCache[tuple[str, str], Comparison]:
    return TTLCache(MOST_KEPT, SECONDS_KEPT)


@dataclass
class ComparisonCache:
    """The page's own comparison, and for a while those that were opened.

    What one token may see is never shown to another: a comparison is kept for the token that fetched it.

    Attributes:
        own: the comparison beside the lineup, where there is one.
    """

    own: Comparison | None = None
    _opened: TTLCache[tuple[str, str], Comparison] = field(default_factory=_empty_cache, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)  # the cache itself has none

    def get(self, reference: str, token: str) -> Comparison:
        """The page's own comparison for an empty reference, else one on the Hub.

        Args:
            reference: ``owner/name`` or ``owner/name@revision``.
            token: of whoever asks; an empty string for nobody.

        Raises:
            InputError: there is none, or it cannot be had with this token.
        """
        if not reference:
            if self.own is None:
                raise InputError(f"There are no results yet; make them with: {HOW_TO_MAKE}")
            return self.own
        key = (reference, hashlib.sha256(token.encode()).hexdigest())  # no token stays in memory for it
        with self._lock:
            comparison = self._opened.get(key)
        if comparison is None:
            comparison = fetch_comparison(reference, token=token)  # not under the lock: a slow Hub holds up nobody else
            with self._lock:
                self._opened[key] = comparison
        return comparison
