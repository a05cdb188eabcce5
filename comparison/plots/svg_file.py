"""The plots of a comparison as files of their own, which bring the colours that a page would give them."""

from __future__ import annotations

from ..comparison import Comparison
from .colours import APPROACHES, BACKGROUND_DARK, BACKGROUND_LIGHT, approach_class
from .layout import HEIGHT, WIDE
from .quality_by_shots import height_of, levels_of, sweep_plot
from .quality_by_speed import Point, scatter
from .shot_sweeps import sweeps_of

INK_LIGHT, INK_DARK = "#14171C", "#E8EAED"


def quality_plot(comparison: Comparison) -> str:
    """Macro-F1 against seconds per text as an SVG file, light or dark as the reader's system is."""
    points = [Point(c.name, c.approach, c.seconds_per_text, c.macro_f1, c.macro_f1_ci) for c in comparison.measured]
    drawn = scatter(points, floor=comparison.floor.macro_f1 if comparison.floor else None)
    return _file(drawn)


def shots_plot(comparison: Comparison) -> str | None:
    """Macro-F1 against the number of demonstrations as an SVG file; ``None`` where no prompt was asked with several."""
    sweeps, levels = sweeps_of(comparison), levels_of(comparison)
    return _file(sweep_plot(sweeps, levels), height_of(sweeps, levels)) if sweeps else None


def _file(drawn: str, height: int = HEIGHT) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDE}" height="{height}" '
    light, dark = _style(BACKGROUND_LIGHT, INK_LIGHT, 0), _style(BACKGROUND_DARK, INK_DARK, 1)
    style = f"<style>{light}@media (prefers-color-scheme:dark){{{dark}}}</style>"
    return drawn.replace("<svg ", head, 1).replace("<title", f"{style}<title", 1) + "\n"


def _style(paper: str, ink: str, shade: int) -> str:
    approaches = "".join(f".{approach_class(name)}{{--approach:{pair[shade]}}}" for name, pair in APPROACHES.items())
    return (
        f"svg{{background:{paper};font:13px system-ui,sans-serif;fill:{ink}}}.approach-other{{--approach:{ink}}}"
        f"{approaches}.grid{{stroke:{ink};opacity:.15}}.axis{{font-weight:600}}"
        f"line.floor{{stroke:{ink};stroke-dasharray:5 4}}.mark{{fill:var(--approach)}}"
        ".sweep{stroke:var(--approach);fill:none;stroke-width:2}"
        ".level{stroke:var(--approach);stroke-width:1.5;stroke-dasharray:5 4}"
        ".interval{stroke:var(--approach);fill:none;stroke-width:1.5}.name{fill:var(--approach);font-weight:600}"
    )
