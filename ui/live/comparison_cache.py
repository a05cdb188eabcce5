"""Where the comparisons of the *Results* tab come from: the page's own, and those that visitors open from the Hub."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from classification.errors import InputError
from comparison.comparison import Comparison
from hub.comparisons.datasets import fetch_comparison

#: Seconds for which a comparison is kept, and how many are.
FRESH, KEPT = 300.0, 16
HOW_TO_MAKE = "python -m comparison run --lineup demo/lineup.yaml --data rows.csv --output demo/results"


@dataclass
class ComparisonCache:
    """The page's own comparison, and for a while those that were opened.

    What one token may see is never shown to another: a comparison is kept for the token that fetched it.

    Attributes:
        own: the comparison beside the lineup, where there is one.
    """

    own: Comparison | None = None
    _kept: OrderedDict[tuple[str, str], tuple[float, Comparison]] = field(default_factory=OrderedDict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

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
        key = (reference, hashlib.sha256(token.encode()).hexdigest())
        found = self._fresh(key)
        if found is None:
            found = fetch_comparison(reference, token=token)
            self._keep(key, found)
        return found

    def _fresh(self, key: tuple[str, str]) -> Comparison | None:
        with self._lock:
            since, found = self._kept.get(key, (0.0, None))
            return found if time.monotonic() - since < FRESH else None

    def _keep(self, key: tuple[str, str], found: Comparison) -> None:
        with self._lock:
            self._kept[key] = (time.monotonic(), found)
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
