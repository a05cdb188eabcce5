"""Entry of the Gradio Space: read the lineup, build the page, serve it.

Usage:
    python app.py

``PROMPT_OR_TUNE_LINEUP`` names another lineup than the demo's. Gradio's own ``GRADIO_SERVER_NAME`` and
``GRADIO_SERVER_PORT`` say where to serve.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import gradio as gr

from classification.errors import InputError
from classification.lineup import load_lineup
from ui.page import appearance, build_page
from ui.results import load_results

HERE = Path(__file__).parent


def create_page() -> gr.Blocks:
    """The page for the lineup that the environment names.

    Raises:
        InputError: the lineup or its results cannot be read.
    """
    lineup = load_lineup(os.environ.get("PROMPT_OR_TUNE_LINEUP") or HERE / "demo" / "lineup.yaml")
    return build_page(lineup, lineup.pool(), comparison=load_results(lineup.results))


def main() -> int:
    """Serve the page until it is stopped; 2 where there is nothing to serve."""
    try:
        page = create_page()
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    page.launch(**appearance())
    return 0


if __name__ == "__main__":
    sys.exit(main())
