"""The README of a Space: front matter that the Hub accepts, and a page for whoever opens its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from classification.lineup import Lineup

from ..shared.project import ROOT
from .markdown import render

ZERO = "zero-a10g"
#: Torch releases that ZeroGPU offers.
ZERO_TORCH = "torch>=2.8,<2.12"


@dataclass(frozen=True)
class SpaceSettings:
    """What a person may say about a Space.

    Attributes:
        title: on its page.
        hardware: what it suggests, and asks for.
        oauth: whether visitors can sign in.
        licence: an SPDX id.
        comparison: a published comparison that it shows.
    """

    title: str = "Prompt or Tune"
    hardware: str = "cpu-basic"
    oauth: bool = True
    licence: str = "apache-2.0"
    comparison: str | None = None


def space_card(
    lineup: Lineup, settings: SpaceSettings, *, models: Sequence[str], datasets: Sequence[str], preload: Sequence[str]
) -> str:
    """The README.

    Args:
        lineup: who is compared.
        settings: what a person said.
        models: Hub ids that the Space uses.
        datasets: Hub ids of the rows.
        preload: models that everybody may download, fetched when the Space is built.
    """
    # The Hub installs the release of Gradio that the front matter names.
    pinned = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return render(
        "space.md.j2",
        settings=settings,
        models=models,
        datasets=[*datasets, *filter(None, [settings.comparison])],
        preload=preload,
        gradio=next(line.partition("==")[2].strip() for line in pinned if line.startswith("gradio")),
        task=lineup.task,
        contenders=[(contender.name, contender.approach, contender.describe()) for contender in lineup.contenders],
    )
