from __future__ import annotations

import re

from comparison.plots.colours import APPROACHES
from comparison.plots.marks import legend, mark


def test_every_approach_has_a_shape_of_its_own() -> None:
    shapes = {re.sub(r"-?[0-9.]+", "", mark(approach, 10, 10)) for approach in APPROACHES}
    assert len(shapes) == len(APPROACHES)


def test_the_legend_keeps_the_order_and_shows_each_once() -> None:
    found = re.findall(r"<text[^>]*>([^<]*)</text>", legend(["fine-tuned", "<b>", "baseline", "fine-tuned"]))
    assert found == ["baseline", "fine-tuned", "&lt;b&gt;"]
