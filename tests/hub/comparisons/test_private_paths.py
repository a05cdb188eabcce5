"""Where rows are on this machine is not published with a comparison."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.paths import DEMO
from support.spaces import floor_lineup, published_text

from hub.comparisons.datasets import plan_comparison


@pytest.mark.parametrize("entry", [
    "name: shown, approach: few-shot, shots: 1, model: HuggingFaceTB/SmolLM2-135M-Instruct",
    "name: majority, approach: baseline, family: majority, run: {run}",
])  # fmt: skip
def test_where_demonstrations_are_reaches_no_comparison(tmp_path: Path, entry: str) -> None:
    from comparison.__main__ import main

    private = tmp_path / "my private customers" / "rows.csv"  # they are not there, so who shows them fails
    file = floor_lineup(tmp_path, entry.format(run=DEMO / "tfidf"), demonstrations=private)
    out = tmp_path / "results"
    assert main(["run", "--lineup", str(file), "--data", str(DEMO / "headlines.csv"), "--limit", "12", "--output",
                 str(out)]) == 0  # fmt: skip
    if "few-shot" in entry:
        assert "private customers" in (out / "comparison.json").read_text()  # here it helps whoever reads it
    plan = plan_comparison(out, "you/x")
    everything = published_text(plan.uploads)
    assert b"private customers" not in everything
    assert str(tmp_path).encode() not in everything
