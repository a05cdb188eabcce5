"""Quality against speed as inline SVG. It follows the page's theme, scales with it and needs no library."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from .axes import Upright
from .colours import approach_class
from .layout import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDE, Box, place_label
from .marks import legend, mark

FASTEST = 1e-5  # seconds; a majority baseline takes no measurable time, and log axes have no zero


@dataclass(frozen=True)
class Point:
    """One contender in the plane of speed and quality.

    Attributes:
        name: written beside the point.
        approach: gives colour and shape.
        seconds: per text.
        quality: between 0 and 1.
        interval: 95 % interval of the quality, where known.
    """

    name: str
    approach: str
    seconds: float
    quality: float
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class Scale:
    """Where values lie: seconds on a log axis across, quality upwards."""

    decades: tuple[int, int]
    upright: Upright
    width: int

    @classmethod
    def around(cls, points: Sequence[Point], width: int) -> Scale:
        """Whole decades and whole tenths that hold every point and its interval, in a plot ``width`` pixels wide."""
        times = [math.log10(max(point.seconds, FASTEST)) for point in points]
        low = min(math.floor(min(times)), math.ceil(max(times)) - 1)
        values = [v for point in points for v in (point.quality, *(point.interval or ()))]
        decades = (low, max(math.ceil(max(times)), low + 1))
        return cls(decades, Upright.around(values), width)

    @property
    def right(self) -> int:
        """Where the plotted area ends, in pixels from the left."""
        return self.width - RIGHT

    def x(self, seconds: float) -> float:
        """Pixels from the left."""
        low, high = self.decades
        share = (math.log10(max(seconds, FASTEST)) - low) / (high - low)
        return LEFT + share * (self.right - LEFT)

    def y(self, quality: float) -> float:
        """Pixels from the top."""
        return self.upright.y(quality)


def scatter(
    points: Sequence[Point], *, measure: str = "macro-F1", floor: float | None = None, width: int = WIDE
) -> str:
    """Quality against seconds per text, with names, 95 % intervals and the floor.

    Args:
        points: at least one.
        measure: name of the quality on the upright axis.
        floor: quality of the best baseline, drawn as a dashed line.
        width: in pixels before scaling; letters stay readable where the plot is shown about that wide.

    Returns:
        An ``<svg>`` that a screen reader reads as one sentence for each point.
    """
    scale = Scale.around(points, width)
    description = "; ".join(f"{p.name}: {measure} {p.quality:.3f} at {p.seconds:.4f} seconds per text" for p in points)
    parts = [_axes(scale, measure), _floor(scale, floor)]
    boxes = [_taken_by(scale, point) for point in points]
    if floor is not None:
        boxes.append(Box(LEFT, scale.y(floor) - 1, scale.right - LEFT, 2))
    for point in points:
        label = place_label(point.name, scale.x(point.seconds), scale.y(point.quality), boxes, width)
        boxes.append(label)
        parts.append(_mark(scale, point, label))
    parts.append(legend(point.approach for point in points))
    return (
        f'<svg class="scatter" viewBox="0 0 {width} {HEIGHT}" role="img" '
        f'aria-labelledby="title-{width} desc-{width}">'
        f'<title id="title-{width}">{escape(measure)} against seconds per text</title>'
        f'<desc id="desc-{width}">{escape(description)}</desc>{"".join(parts)}</svg>'
    )


def _taken_by(scale: Scale, point: Point) -> Box:
    """The mark of a point, with its interval."""
    low, high = point.interval or (point.quality, point.quality)
    top, bottom = min(scale.y(high), scale.y(point.quality) - 7), max(scale.y(low), scale.y(point.quality) + 7)
    return Box(scale.x(point.seconds) - 7, top, 14, bottom - top)


def _axes(scale: Scale, measure: str) -> str:
    bottom, right = HEIGHT - BOTTOM, scale.right
    parts = []
    every = math.ceil(70 * (scale.decades[1] - scale.decades[0]) / (right - LEFT))  # ticks need about 70 px each
    for decade in range(scale.decades[0], scale.decades[1] + 1):
        x = scale.x(10.0**decade)
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{bottom}"/>')
        if (decade - scale.decades[0]) % every == 0:
            parts.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{tick(decade)}</text>')
    middle = (LEFT + right) / 2
    parts.append(f'<text class="axis" x="{middle}" y="{bottom + 36}" text-anchor="middle">seconds per text</text>')
    parts.append(scale.upright.drawn(right, measure))
    return "".join(parts)


def _floor(scale: Scale, floor: float | None) -> str:
    if floor is None or not scale.upright.lowest <= floor <= scale.upright.highest:
        return ""
    y = scale.y(floor)
    return (
        f'<line class="floor" x1="{LEFT}" x2="{scale.right}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text class="floor" x="{scale.right}" y="{y + 13:.1f}" text-anchor="end">floor</text>'
    )


def _mark(scale: Scale, point: Point, label: Box) -> str:
    x, y = scale.x(point.seconds), scale.y(point.quality)
    anchor, at = "middle", label.x + label.width / 2
    if label.x > x:
        anchor, at = "start", label.x
    elif label.x + label.width < x:
        anchor, at = "end", label.x + label.width
    bar = ""
    if point.interval:
        high, low = scale.y(point.interval[1]), scale.y(point.interval[0])
        bar = f'<path class="interval" d="M{x - 4:.1f} {high:.1f}h8m-4 0V{low:.1f}m-4 0h8"/>'
    return (
        f'<g class="{approach_class(point.approach)}">{bar}{mark(point.approach, x, y)}'
        f'<text class="name" x="{at:.1f}" y="{label.y + 12.5:.1f}" text-anchor="{anchor}">'
        f"{escape(point.name)}</text></g>"
    )


def tick(decade: int) -> str:
    """``-3`` as ``1 ms``, ``1`` as ``10 s``."""
    if decade >= 0:
        return f"{10**decade} s"
    return f"{10 ** (decade + 3)} ms" if decade >= -3 else f"{10 ** (decade + 6)} µs"
