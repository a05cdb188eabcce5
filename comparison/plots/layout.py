"""The frame that plots share, in pixels, and where a name goes so that it covers as little as possible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDE, NARROW, HEIGHT = 640, 360, 400
LEFT, RIGHT, TOP, BOTTOM = 54, 30, 14, 66
CHARACTER = 7.6  # mean width of a letter at the plot's 13 px, on the wide side
LINE = 16.0


@dataclass(frozen=True)
class Box:
    """A rectangle that is taken, in the plot's pixels."""

    x: float
    y: float
    width: float
    height: float

    def overlap(self, other: Box) -> float:
        """Shared area, 0 where the two do not touch."""
        across = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        down = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        return max(across, 0.0) * max(down, 0.0)


def place_label(name: str, x: float, y: float, taken: Sequence[Box], plot_width: int) -> Box:
    """A free place for a name beside its point: right, left, above or below, the one that covers least."""
    width = CHARACTER * len(name)
    starts = [
        (x + 11, y - LINE / 2), (x - 11 - width, y - LINE / 2),
        (x - width / 2, y - 11 - LINE), (x - width / 2, y + 11),
        (x + 9, y - 11 - LINE), (x + 9, y + 11), (x - 9 - width, y - 11 - LINE), (x - 9 - width, y + 11),
    ]  # fmt: skip

    def badness(box: Box) -> float:
        outside = max(LEFT - box.x, 0.0) + max(box.x + box.width - (plot_width - 2), 0.0)
        outside += max(TOP - box.y, 0.0) + max(box.y + box.height - (HEIGHT - BOTTOM), 0.0)
        return sum(box.overlap(other) for other in taken) + 40 * outside

    return min((Box(left, top, width, LINE) for left, top in starts), key=badness)
