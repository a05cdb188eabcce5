"""Colours, measured: contrast with the background, and distance for every colour vision."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from comparison.plots.colours import APPROACHES, BACKGROUND_DARK, BACKGROUND_LIGHT
from ui.style import colours, theme

# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB
VISION = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
TO_LMS = np.array(
    [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
     [0.0883024619, 0.2817188376, 0.6299787005]]
)  # fmt: skip
TO_OKLAB = np.array(
    [[0.2104542553, 0.793617785, -0.0040720468], [1.9779984951, -2.428592205, 0.4505937099],
     [0.0259040371, 0.7827717662, -0.808675766]]
)  # fmt: skip


def linear(colour: str) -> np.ndarray:
    srgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio."""
    low, high = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other))
    return (high + 0.05) / (low + 0.05)


def seen(colour: str, vision: str) -> np.ndarray:
    """OKLab as seen with a colour vision (https://bottosson.github.io/posts/oklab/)."""
    rgb = np.clip(np.array(VISION[vision]) @ linear(colour), 0, 1)
    return TO_OKLAB @ np.cbrt(TO_LMS @ rgb)


SCHEMES = [(colours.LABELS_LIGHT, BACKGROUND_LIGHT), (colours.LABELS_DARK, BACKGROUND_DARK)]


@pytest.mark.parametrize(("labels", "card"), SCHEMES)
def test_label_colours_stand_out_from_a_card(labels: tuple[str, ...], card: str) -> None:
    assert min(contrast(label, card) for label in labels) >= 3


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize(("labels", "card"), SCHEMES)
def test_label_colours_stay_apart_for_every_colour_vision(labels: tuple[str, ...], card: str, vision: str) -> None:
    distances = {pair: np.linalg.norm(seen(pair[0], vision) - seen(pair[1], vision))
                 for pair in itertools.combinations(labels, 2)}  # fmt: skip
    assert min(distances.values()) >= 0.07
    first_three = [d for pair, d in distances.items() if set(pair) <= set(labels[:3])]
    assert min(first_three) >= 0.14


@pytest.mark.parametrize("dark", [0, 1])
def test_text_can_be_read_on_every_surface(dark: int) -> None:
    tokens = {name: pair[dark] for name, pair in theme.TOKENS.items()}
    for ink, surface in itertools.product(("ink", "muted", "accent", "bad", "odd", "good"), ("card", "paper")):
        assert contrast(tokens[ink], tokens[surface]) >= 4.5, (ink, surface)
    assert contrast(tokens["on-accent"], tokens["accent"]) >= 4.5
    for pair in APPROACHES.values():
        assert contrast(pair[dark], tokens["paper"]) >= 4.5


def test_twenty_eight_labels_never_look_the_same() -> None:
    assert len({colours.label_classes(column) for column in range(28)}) == 28
