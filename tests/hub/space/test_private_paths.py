"""Where rows are on this machine is not published with a Space."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.paths import DEMO
from support.spaces import floor_lineup, published_text

from classification.errors import InputError
from hub.space.plan import plan_space


@pytest.mark.parametrize(
    "entry",
    ["name: majority, approach: baseline, family: majority, run: {run}",
     "name: asked, approach: zero-shot, model: HuggingFaceTB/SmolLM2-135M-Instruct",
     "name: shown, approach: few-shot, shots: 1, model: HuggingFaceTB/SmolLM2-135M-Instruct"],
    ids=["nobody", "zero-shot", "few-shot"],
)  # fmt: skip
@pytest.mark.parametrize("there", [True, False])
def test_where_demonstrations_are_reaches_no_space(tmp_path: Path, entry: str, there: bool) -> None:
    private = tmp_path / "my private customers" / "rows.csv"
    private.parent.mkdir()
    if there:
        private.write_bytes((DEMO / "headlines.csv").read_bytes())
    file = floor_lineup(tmp_path, entry.format(run=DEMO / "tfidf"), demonstrations=private)
    if "few-shot" in entry and not there:
        with pytest.raises(InputError, match="the demonstrations of a Space are one file; name it in the lineup"):
            plan_space(file, "you/space")
        return
    plan = plan_space(file, "you/space")
    assert b"private customers" not in published_text(plan.uploads)
    assert str(tmp_path).encode() not in published_text(plan.uploads)
    assert ("rows.csv" in {upload.path for upload in plan.uploads}) == ("few-shot" in entry)
    lineup = next(upload for upload in plan.uploads if upload.path == "lineup.yaml").read().decode()
    assert ("demonstrations: rows.csv" in lineup) == ("demonstrations" in lineup) == ("few-shot" in entry)


def test_demonstrations_on_the_hub_stay_a_dataset_there(tmp_path: Path) -> None:
    entry = "name: shown, approach: few-shot, shots: 1, model: HuggingFaceTB/SmolLM2-135M-Instruct"
    file = floor_lineup(tmp_path, entry)
    file.write_text(f"demonstrations: owner/rows\n{file.read_text()}")
    plan = plan_space(file, "you/space")
    lineup = next(upload for upload in plan.uploads if upload.path == "lineup.yaml").read().decode()
    assert "demonstrations: owner/rows\n" in lineup


def test_the_encoder_that_finds_demonstrations_goes_along_or_is_refused(tmp_path: Path) -> None:
    entry = "name: shown, approach: few-shot, shots: 1, model: HuggingFaceTB/SmolLM2-135M-Instruct, selection: semantic"
    plan = plan_space(floor_lineup(tmp_path, entry, demonstrations=DEMO / "headlines.csv"), "you/space")
    assert "sentence-transformers/all-MiniLM-L6-v2" in plan.card
    file = floor_lineup(tmp_path, f"{entry}, encoder: {tmp_path}", demonstrations=DEMO / "headlines.csv")
    with pytest.raises(InputError, match="shown finds its demonstrations with an encoder in a folder of this machine"):
        plan_space(file, "you/space")
