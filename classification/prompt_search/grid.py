"""The prompts that a search tries: instructions, styles, demonstrations, and none of them twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from ..prompting.settings import PromptSettings, Style
from ..task import Task

#: Demonstrations that are tried: none, few and more, the same for all texts or similar ones.
DEMONSTRATIONS: tuple[Mapping[str, Any], ...] = (
    {},
    {"shots": 1},
    {"shots": 5, "shots_per": "prompt"},
    {"shots": 5, "shots_per": "prompt", "selection": "semantic"},
    {"shots": 10, "shots_per": "prompt", "selection": "semantic"},
    {"shots": 2, "selection": "semantic"},
    {"shots": 5, "shots_per": "prompt", "selection": "diverse"},
)
#: Styles that answer at once; those that reason first take many times as long and are tried where they are named.
QUICK_STYLES: tuple[Style, ...] = ("direct", "described", "letters", "completion")
QUICK_STYLES_OF_SEVERAL: tuple[Style, ...] = ("direct", "described", "completion", "yes-no")
#: An instruction that says nothing of the task, in each language of `classification.prompting.wording`.
PLAIN_INSTRUCTION = {"en": "Read the text and choose what fits it best.", "zh": "阅读这段文字,选择最合适的标签。"}


def quick_styles(task: Task) -> tuple[Style, ...]:
    """The styles that are tried where none are named."""
    return QUICK_STYLES_OF_SEVERAL if task.multi_label else QUICK_STYLES


def grid(task: Task, styles: Sequence[Style], instructions: Iterable[str], seed: int) -> list[PromptSettings]:
    """All combinations, in an order that is random but for the first: the task's own prompt as it is.

    Args:
        task: what is decided.
        styles: to try; ``described`` is left out where no label has a description.
        instructions: to try beside the task's own and a plain one.
        seed: of the order, and of whatever the prompts choose at random.
    """
    language = "zh" if task.language.startswith("zh") else "en"
    tried: list[str | None] = [None, PLAIN_INSTRUCTION[language], *instructions]
    kept = [style for style in styles if style != "described" or any(label.description for label in task.labels)]
    languages = ("en",) if language == "en" else ("en", "zh")
    found = [
        PromptSettings(**shown, style=style, instruction=instruction, prompt_language=spoken, seed=seed)
        for instruction, style, shown, spoken in product(tried, kept, DEMONSTRATIONS, languages)
    ]
    first = PromptSettings(seed=seed)
    others = [settings for settings in found if settings != first]
    order = np.random.default_rng(seed).permutation(len(others))
    return [first, *(others[place] for place in order)]
