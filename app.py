"""Entry of the Gradio Space: read the lineup, build the page, serve it.

Usage:
    python app.py

``PROMPT_OR_TUNE_LINEUP`` names another lineup than the demo's, ``PROMPT_OR_TUNE_FEEDBACK`` a dataset on the Hub that
keeps what visitors mark as right. Gradio's own ``GRADIO_SERVER_NAME`` and ``GRADIO_SERVER_PORT`` say where to serve.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

if __name__ == "__main__":  # before the Hub client is imported
    from classification.network.endpoint import end_without_address

    end_without_address()

from ui.session.runtime import Runtime

if Runtime.here().borrows:
    import spaces  # noqa: F401  ZeroGPU changes torch, and wants to do so before anything imports it

import gradio as gr

from classification.errors import InputError
from classification.lineup import load_lineup
from ui.context import feedback_config
from ui.page import build_page
from ui.serving import serve
from ui.tabs.results import load_results

HERE = Path(__file__).parent


def create_page() -> gr.Blocks:
    """The page for the lineup that the environment names.

    Raises:
        InputError: the lineup or its results cannot be read.
    """
    lineup = load_lineup(os.environ.get("PROMPT_OR_TUNE_LINEUP") or _own_lineup())
    return build_page(
        lineup,
        lineup.pool(),
        comparison=load_results(lineup.results),
        feedback=feedback_config(os.environ, lineup.task),
    )


def _own_lineup() -> Path:
    """The lineup that a Space was made of, or the demo's."""
    own = HERE / "lineup.yaml"
    return own if own.is_file() else HERE / "demo" / "lineup.yaml"


def main() -> int:
    """Serve the page until it is stopped; 2 where there is nothing to serve."""
    try:
        page = create_page()
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    serve(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
