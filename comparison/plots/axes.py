"""The upright axis that plots of quality share: whole tenths, with a line across for each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from .layout import BOTTOM, HEIGHT, LEFT, TOP


@dataclass(frozen=True)
class Upright:
    """Where qualities lie, from the bottom of a plot to its top."""

    lowest: float
    highest: float

    @classmethod
    def around(cls, values: Sequence[float]) -> Upright:
        """Whole tenths that hold every value."""
        floor = min(max(math.floor(10 * min(values)) / 10, 0.0), 0.9)
        return cls(floor, min(max(math.ceil(10 * max(values)) / 10, floor + 0.1), 1.0))

    def y(self, quality: float) -> float:
        """Pixels from the top."""
        share = (quality - self.lowest) / (self.highest - self.lowest)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    def drawn(self, right: int, measure: str) -> str:
        """Its lines across, as far as ``right``, and their numbers beside its name."""
        parts = []
        for tenth in range(round(10 * self.lowest), round(10 * self.highest) + 1):
            y = self.y(tenth / 10)
            parts.append(f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>')
            parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{tenth / 10:.1f}</text>')
        middle = (TOP + HEIGHT - BOTTOM) / 2
        parts.append(
            f'<text class="axis" transform="translate(13 {middle}) rotate(-90)" text-anchor="middle">'
            f"{escape(measure)}</text>"
        )
        return "".join(parts)
