"""Under the question: how many demonstrations, which ones, in what style and how calibrated, for one's own eyes."""

from __future__ import annotations

from typing import Any

import gradio as gr

from classification.prompting.settings import SELECTIONS, styles_for

from ..context import PageContext
from ..events import PRIVATE
from ..live.picks import CALIBRATIONS, MOST_ROWS, NO_CALIBRATION, SHOTS, Picks

#: What each choice is called on the page.
COUNTED = [("of each label", "label"), ("in total", "prompt")]
STYLE_NAMES = {"described": "described labels", "letters": "letters A, B, C …", "carp": "CARP"}
#: What the shorter names mean.
MEANING = {
    "semantic": "the rows most similar to the text",
    "diverse": "similar ones, unlike each other",
    "contextual": "what is said to empty texts is taken out",
    "batch, fitted": f"what is said to {MOST_ROWS} training rows",
}
#: How the controls stand at first: as a prompt without anything chosen.
FIRST = (0, "label", "balanced", "direct", NO_CALIBRATION)


class PromptPicks:
    """The controls; what is picked is read from them with each question, and kept nowhere."""

    def __init__(self, context: PageContext) -> None:
        """Lay the controls out inside the current Blocks, hidden where there is no prompt to change."""
        self._task = context.task
        styles = [(STYLE_NAMES.get(style, style.replace("-", " ")), style) for style in styles_for(self._task)]
        plain: dict[str, Any] = {"filterable": False, "min_width": 150}
        with gr.Accordion("Change the prompts", open=False, visible=context.server.has_prompts, elem_id="picks"):
            with gr.Row(elem_id="picks-row"):
                shots = gr.Dropdown([*SHOTS], value=FIRST[0], label="Demonstrations", **plain)
                per = gr.Dropdown(COUNTED, value=FIRST[1], label="Counted", interactive=False, **plain)
                which = gr.Dropdown([*SELECTIONS], value=FIRST[2], label="Selection", interactive=False, **plain)
                style = gr.Dropdown(styles, value=FIRST[3], label="Style", **plain)
                kind = gr.Dropdown([*CALIBRATIONS], value=FIRST[4], label="Calibration", **plain)
            said = "".join(f"<span><strong>{name}</strong>{words}</span> " for name, words in MEANING.items())
            gr.HTML(f'<p class="notice">{said}</p>', elem_id="picks-meaning", apply_default_css=False)
            with gr.Row(elem_id="picks-buttons"):
                self.ask = gr.Button("Ask with these prompts", variant="primary", size="sm", min_width=170)
                self.back = gr.Button("Back to the lineup's prompts", size="sm", min_width=170)
        self.values = [shots, per, which, style, kind]
        shots.change(_about_shown, shots, [per, which], queue=False, **PRIVATE)

    def picks(self, *values: object) -> Picks:
        """What the controls say.

        Raises:
            InputError: something that they do not offer.
        """
        return Picks.of(self._task, *values)

    def first(self) -> list[Any]:
        """The controls as they are at first."""
        return [gr.update(value=value) for value in FIRST]


def _about_shown(shots: object) -> list[Any]:
    """What is about demonstrations can be chosen where there are some."""
    return [gr.update(interactive=bool(shots))] * 2
