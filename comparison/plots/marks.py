"""A mark for each approach, told by its shape as well as by its colour, and the legend of both."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from .colours import APPROACHES, approach_class
from .layout import CHARACTER, HEIGHT


def mark(approach: str, x: float, y: float) -> str:
    """A shape for each approach, so that colour alone tells none apart."""
    if approach == "baseline":
        return f'<rect class="mark" x="{x - 5:.1f}" y="{y - 5:.1f}" width="10" height="10"/>'
    if approach == "zero-shot":
        return f'<path class="mark" d="M{x:.1f} {y - 6.5:.1f}l6.5 11.5h-13z"/>'
    if approach == "few-shot":
        return f'<path class="mark" d="M{x:.1f} {y - 7:.1f}l7 7l-7 7l-7-7z"/>'
    return f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="6"/>'


def legend(approaches: Iterable[str]) -> str:
    """The approaches that a plot shows, below it; those of ours first and in their order."""
    present = dict.fromkeys(approaches)
    shown = [name for name in APPROACHES if name in present] + [name for name in present if name not in APPROACHES]
    parts, x = [], 0.0
    for name in shown:
        parts.append(
            f'<g class="{approach_class(name)}">{mark(name, x + 7, HEIGHT - 14)}'
            f'<text x="{x + 19:.1f}" y="{HEIGHT - 10}">{escape(name)}</text></g>'
        )
        x += 24 + CHARACTER * len(name)
    return "".join(parts)
