"""Quality against the number of demonstrations as inline SVG: a line for each prompt, and what it is to beat."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from ..comparison import Comparison
from .axes import Upright
from .colours import approach_class
from .layout import BOTTOM, CHARACTER, HEIGHT, LEFT, RIGHT, TOP, WIDE
from .marks import legend, mark
from .shot_sweeps import Sweep

#: How lines are told apart, whose colour is that of few-shot.
DASHES = ("", "7 4", "2 4", "12 4 2 4", "16 5", "5 2 1 2")
LEVELS = ("baseline", "fine-tuned")
#: Of the names of all lines, one below the other under the plot: they would cover each other in it.
ROW, SAMPLE = 20, 34


@dataclass(frozen=True)
class Level:
    """What a prompt is measured against, whatever it shows: a flat line."""

    name: str
    approach: str
    quality: float


def levels_of(comparison: Comparison) -> list[Level]:
    """The best baseline and the best fine-tuned contender, where there are any."""
    found = []
    for approach in LEVELS:
        those = [one for one in comparison.measured if one.approach == approach]
        if those:
            best = max(those, key=lambda one: one.macro_f1)
            found.append(Level(best.name, approach, best.macro_f1))
    return found


@dataclass(frozen=True)
class Scale:
    """Where values lie: the number of demonstrations across, each doubling as far as the last; quality upwards."""

    most: int
    upright: Upright
    width: int

    @classmethod
    def around(cls, sweeps: Sequence[Sweep], levels: Sequence[Level], width: int) -> Scale:
        """What holds every point with its interval, and every level."""
        points = [point for sweep in sweeps for point in sweep.points]
        values = [v for point in points for v in (point.quality, *point.interval)] + [one.quality for one in levels]
        return cls(max(point.shots for point in points), Upright.around(values), width)

    @property
    def right(self) -> int:
        """Where the plotted area ends, in pixels from the left."""
        return self.width - RIGHT

    def x(self, shots: int) -> float:
        """Pixels from the left; a zero needs a place, so one is added before the logarithm."""
        return LEFT + 14 + math.log1p(shots) / math.log1p(self.most) * (self.right - LEFT - 28)


def sweep_plot(
    sweeps: Sequence[Sweep], levels: Sequence[Level] = (), *, measure: str = "macro-F1", width: int = WIDE
) -> str:
    """Quality against demonstrations, with 95 % intervals.

    Args:
        sweeps: at least one.
        levels: drawn as dashed lines.
        measure: name of the quality on the upright axis.
        width: in pixels before scaling; letters stay readable where the plot is shown about that wide.

    Returns:
        An ``<svg>`` that a screen reader reads as one sentence for each line.
    """
    scale = Scale.around(sweeps, levels, width)
    lines = "".join(_line(scale, sweep, dash) for sweep, dash in zip(sweeps, DASHES, strict=False))
    flat = "".join(_level(scale, level) for level in levels)
    approaches = ["few-shot", *(["zero-shot"] if any(not one.points[0].shots for one in sweeps) else [])]
    return (
        f'<svg class="scatter sweeps" viewBox="0 0 {width} {height_of(sweeps, levels)}" role="img" '
        f'aria-labelledby="shots-title-{width} shots-desc-{width}">'
        f'<title id="shots-title-{width}">{escape(measure)} against the number of demonstrations</title>'
        f'<desc id="shots-desc-{width}">{escape(_sentences(sweeps, levels, measure))}</desc>'
        f"{_across(scale, sweeps)}{scale.upright.drawn(scale.right, measure)}{flat}{lines}"
        f"{legend([*approaches, *(level.approach for level in levels)])}{_names(sweeps, levels, width)}</svg>"
    )


def height_of(sweeps: Sequence[Sweep], levels: Sequence[Level]) -> int:
    """Pixels of a plot with the names of its lines."""
    return HEIGHT + ROW * (len(sweeps) + len(levels)) + 4


def _sentences(sweeps: Sequence[Sweep], levels: Sequence[Level], measure: str) -> str:
    lines = [
        f"{sweep.name}: {measure} " + ", ".join(f"{point.quality:.3f} at {point.shots}" for point in sweep.points)
        for sweep in sweeps
    ]
    return "; ".join([*lines, *(f"{one.name}, {one.approach}: {measure} {one.quality:.3f}" for one in levels)])


def _across(scale: Scale, sweeps: Sequence[Sweep]) -> str:
    """A line upwards for each number of demonstrations that was measured, and that number where there is room."""
    bottom, parts, last = HEIGHT - BOTTOM, [], -math.inf
    for shots in sorted({point.shots for sweep in sweeps for point in sweep.points}):
        x = scale.x(shots)
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{bottom}"/>')
        if x - last >= 20:
            parts.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{shots}</text>')
            last = x
    middle = (LEFT + scale.right) / 2
    parts.append(f'<text class="axis" x="{middle}" y="{bottom + 36}" text-anchor="middle">demonstrations (k)</text>')
    return "".join(parts)


def _level(scale: Scale, level: Level) -> str:
    """A flat line, with the mark of its approach where it begins."""
    y = scale.upright.y(level.quality)
    return (
        f'<g class="{approach_class(level.approach)}"><title>{escape(level.name)}: {level.quality:.3f}</title>'
        f'<line class="level" x1="{LEFT}" x2="{scale.right}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f"{mark(level.approach, LEFT, y)}</g>"
    )


def _line(scale: Scale, sweep: Sweep, dash: str) -> str:
    places = [(scale.x(point.shots), scale.upright.y(point.quality)) for point in sweep.points]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    marks = []
    for (x, y), point in zip(places, sweep.points, strict=True):
        high, low = scale.upright.y(point.interval[1]), scale.upright.y(point.interval[0])
        marks.append(
            f'<g class="{approach_class("few-shot" if point.shots else "zero-shot")}">'
            f"<title>{escape(point.name)}: {point.quality:.3f}</title>"
            f'<path class="interval" d="M{x - 4:.1f} {high:.1f}h8m-4 0V{low:.1f}m-4 0h8"/>'
            f"{mark('few-shot' if point.shots else 'zero-shot', x, y)}</g>"
        )
    return (
        f'<g class="{approach_class("few-shot")}"><path class="sweep" d="M{path}"{_dashed(dash)}/>{"".join(marks)}</g>'
    )


def _names(sweeps: Sequence[Sweep], levels: Sequence[Level], width: int) -> str:
    """A sample of each line with its name, under the legend."""
    most, parts = int((width - SAMPLE - 10) / CHARACTER), []
    rows = [("few-shot", sweep.name, "sweep", _dashed(dash)) for sweep, dash in zip(sweeps, DASHES, strict=False)]
    rows += [(level.approach, f"{level.name} {level.quality:.3f}", "level", "") for level in levels]
    for at, (approach, name, kind, dashed) in enumerate(rows):
        y = HEIGHT + ROW * at + 8
        cut = name if len(name) <= most else f"{name[: most - 1]}…"
        parts.append(
            f'<g class="{approach_class(approach)}"><path class="{kind}" d="M2 {y}h{SAMPLE - 4}"{dashed}/>'
            f'<text x="{SAMPLE + 6}" y="{y + 4}">{escape(cut)}</text></g>'
        )
    return "".join(parts)


def _dashed(dash: str) -> str:
    return f' stroke-dasharray="{dash}"' if dash else ""
