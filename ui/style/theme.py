"""How the page looks: its tokens, and the Gradio theme made of them. No font and no image is fetched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from gradio.themes.utils import sizes

from comparison.plots.colours import BACKGROUND_DARK, BACKGROUND_LIGHT

from . import colours

HERE = Path(__file__).parent

#: token -> (light, dark)
TOKENS = {
    "paper": ("#F5F3EE", "#0E1115"),
    "card": (BACKGROUND_LIGHT, BACKGROUND_DARK),
    "sunken": ("#ECE9E1", "#232932"),
    "line": ("#DDD8CD", "#2C333D"),
    "ink": ("#1B1D22", "#ECEEF1"),
    "muted": ("#5D626B", "#A3ABB6"),
    "accent": ("#5438C7", "#B3A6FF"),
    "accent-strong": ("#452BAF", "#C9BFFF"),
    "on-accent": ("#FFFFFF", "#17122E"),
    "bad": ("#B42318", "#FF9C8F"),
    "odd": ("#8A4B00", "#F4B860"),
    "good": ("#0B6B4F", "#5FD0A6"),
}
FONT = ("ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Noto Sans", "Helvetica Neue", "sans-serif")
FONT_MONO = ("ui-monospace", "SF Mono", "Cascadia Mono", "Noto Sans Mono", "Menlo", "monospace")


def theme() -> gr.themes.Base:
    """Gradio's plain theme in our tokens, with the fonts that the reader's system has."""
    plain = gr.themes.Base(
        text_size=sizes.text_md,
        spacing_size=sizes.spacing_sm,
        radius_size=sizes.radius_md,
        font=FONT,
        font_mono=FONT_MONO,
    )
    return plain.set(color_accent="var(--accent)", **_pairs(_surfaces() | _controls()))


def _surfaces() -> dict[str, str]:
    return {
        "body_background_fill": "paper",
        "body_text_color": "ink",
        "body_text_color_subdued": "muted",
        "background_fill_primary": "card",
        "background_fill_secondary": "paper",
        "block_background_fill": "card",
        "block_border_color": "line",
        "block_label_text_color": "muted",
        "block_title_text_color": "muted",
        "border_color_primary": "line",
        "border_color_accent": "accent",
        "color_accent_soft": "sunken",
        "link_text_color": "accent",
        "link_text_color_hover": "accent-strong",
    }


def _controls() -> dict[str, str]:
    return {
        "input_background_fill": "card",
        "input_border_color": "line",
        "input_border_color_focus": "accent",
        "input_placeholder_color": "muted",
        "button_primary_background_fill": "accent",
        "button_primary_background_fill_hover": "accent-strong",
        "button_primary_border_color": "accent",
        "button_primary_text_color": "on-accent",
        "button_secondary_background_fill": "card",
        "button_secondary_background_fill_hover": "sunken",
        "button_secondary_border_color": "line",
        "button_secondary_text_color": "ink",
        "loader_color": "accent",
    }


def _pairs(wanted: dict[str, str]) -> dict[str, Any]:
    """Gradio's variables, light and dark, from token names."""
    light = {variable: TOKENS[token][0] for variable, token in wanted.items()}
    return light | {f"{variable}_dark": TOKENS[token][1] for variable, token in wanted.items()}


def page_css() -> str:
    """Tokens and label colours as variables, then the style sheet."""
    light = " ".join(f"--{name}: {pair[0]};" for name, pair in TOKENS.items())
    dark = " ".join(f"--{name}: {pair[1]};" for name, pair in TOKENS.items())
    sheet = (HERE / "page.css").read_text(encoding="utf-8")
    return f":root {{ {light} }}\n:root.dark, :root .dark {{ {dark} }}\n{colours.colour_css()}\n{sheet}"


def head() -> str:
    """The page's own script: keyboard shortcut, table sorting, light and dark."""
    script = (HERE / "page.js").read_text(encoding="utf-8")
    return f'<meta name="color-scheme" content="light dark"><script>{script}</script>'
