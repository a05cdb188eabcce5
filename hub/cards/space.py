"""The README of a Space: front matter that the Hub accepts, and a page for whoever opens its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import yaml

from classification.lineup import Lineup

from ..shared.project import ROOT
from .markdown import Markdown, link, render, table
from .public import public

#: Longest description that the Hub shows under a Space's title, in characters.
SHORT = 60
#: What a visitor who signs in lets the page do: make repositories and write to those it made, and open discussions.
SCOPES = ("contribute-repos", "write-discussions")
PYTHON, ZERO = "3.12", "zero-a10g"
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
    front = yaml.safe_dump(
        _front_matter(lineup, settings, models, datasets, preload), sort_keys=False, allow_unicode=True, width=120
    )
    return render(
        "space.md.j2",
        front_matter=Markdown(front.rstrip()),
        title=settings.title,
        task=lineup.task.name,
        labels=", ".join(lineup.task.label_names[:4]),
        contenders=table(
            ("Contender", "Approach", "What it is"),
            [(contender.name, contender.approach, contender.describe()) for contender in lineup.contenders],
            left=3,
        ),
        comparison=settings.comparison
        and link(settings.comparison, f"https://huggingface.co/datasets/{settings.comparison}"),
    )


def _front_matter(
    lineup: Lineup, settings: SpaceSettings, models: Sequence[str], datasets: Sequence[str], preload: Sequence[str]
) -> dict[str, object]:
    description = f"Prompt or fine-tune? Measured on {lineup.task.name}."
    found: dict[str, object] = {
        "title": public(settings.title),
        "emoji": "⚖️",
        "colorFrom": "blue",
        "colorTo": "yellow",
        "sdk": "gradio",
        "sdk_version": _gradio_version(),
        "python_version": PYTHON,
        "app_file": "app.py",
        "license": settings.licence,
        "short_description": description if len(description) <= SHORT else "Prompt or fine-tune? Measured on one task.",
        "models": list(models),
        "datasets": [*datasets, *([settings.comparison] if settings.comparison else [])],
        "tags": ["text-classification", "evaluation", "prompt-or-tune"],
        "suggested_hardware": settings.hardware,
        "startup_duration_timeout": "1h",
        "preload_from_hub": list(preload),
        "hf_oauth": settings.oauth,
    }
    if settings.oauth:
        found |= {"hf_oauth_expiration_minutes": 480, "hf_oauth_scopes": list(SCOPES)}
    return {key: value for key, value in found.items() if value != []}


def _gradio_version() -> str:
    """The version that requirements.txt pins: the Hub installs the one that the front matter names."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return next(line.partition("==")[2].strip() for line in lines if line.startswith("gradio"))
