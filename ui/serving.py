"""Start the page: as people see it, and as programs call it."""

from __future__ import annotations

import importlib.util
from typing import Any

import gradio as gr

from . import theme
from .api import speak_json


def serve(page: gr.Blocks, *, wait: bool = True, **options: Any) -> str:
    """Serve the page, and its functions as MCP tools where the package ``mcp`` is installed.

    Args:
        page: what `build_page` made.
        wait: return only when the server is stopped.
        options: anything else that ``launch`` takes.

    Returns:
        The page's address.
    """
    with_tools = importlib.util.find_spec("mcp") is not None
    _, address, _ = page.launch(**appearance(), mcp_server=with_tools, prevent_thread_lock=True, **options)
    speak_json(page)
    if wait:
        page.block_thread()
    return str(address)


def appearance() -> dict[str, Any]:
    """What ``launch`` needs for the page to look and behave as designed."""
    return {"theme": theme.theme(), "css": theme.css(), "head": theme.head(), "footer_links": [], "ssr_mode": False}
