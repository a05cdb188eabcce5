"""Which colour each approach has, in plots and on the page.

The hues follow Okabe and Ito (https://jfly.uni-koeln.de/color/); text in them keeps a contrast of 4.5:1 with the
background, which a test measures. No meaning rests on a colour alone: the name is always written beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

BACKGROUND_LIGHT = "#FFFFFF"
BACKGROUND_DARK = "#171B21"

#: approach -> (light, dark)
APPROACHES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "baseline": ("#5B6472", "#A7B0BE"),
        "zero-shot": ("#96580A", "#EFB35C"),
        "few-shot": ("#0B6B6F", "#5CC4B8"),
        "fine-tuned": ("#5438C7", "#B3A6FF"),
    }
)


def approach_class(approach: str) -> str:
    """CSS class that sets ``--approach`` to the approach's colour."""
    return f"approach-{approach}" if approach in APPROACHES else "approach-other"
