"""Quality against speed: every point named, nothing outside, no names over each other."""

from __future__ import annotations

import pytest

from comparison.plots import layout
from comparison.plots import quality_by_speed as plots

POINTS = [
    plots.Point("TF-IDF", "baseline", 0.0, 0.754, (0.734, 0.774)),
    plots.Point("<b>tuned</b>", "fine-tuned", 0.06, 0.846, (0.826, 0.866)),
    plots.Point("zero-shot", "zero-shot", 0.05, 0.19),
]


def test_scatter_names_every_point_and_escapes() -> None:
    svg = plots.scatter(POINTS, floor=0.754)
    assert svg.count('class="mark"') == 3 + 3  # the points and the legend
    assert svg.count('class="interval"') == 2
    assert "&lt;b&gt;tuned&lt;/b&gt;: macro-F1 0.846 at 0.0600 seconds per text" in svg
    assert "<b>" not in svg
    assert 'role="img"' in svg


@pytest.mark.parametrize("width", [layout.WIDE, layout.NARROW])
def test_points_and_names_stay_inside_and_names_do_not_collide(width: int) -> None:
    scale = plots.Scale.around(POINTS, width)
    taken: list[layout.Box] = []
    for point in POINTS:
        x, y = scale.x(point.seconds), scale.y(point.quality)
        assert layout.LEFT <= x <= scale.right
        assert layout.TOP <= y <= layout.HEIGHT - layout.BOTTOM
        name = layout.place_label(point.name, x, y, taken, width)
        assert not any(name.overlap(other) for other in taken)
        taken.append(name)


def test_one_point_still_makes_a_plot() -> None:
    assert "10 ms" in plots.scatter([plots.Point("only", "few-shot", 0.01, 1.0)])
