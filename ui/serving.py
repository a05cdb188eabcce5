"""Start the page: as people see it, and as programs call it."""

from __future__ import annotations

import importlib.util
from typing import Any

import gradio as gr
from starlette.requests import Request
from starlette.responses import RedirectResponse

from .api import speak_json
from .style import theme


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
    _, address, _ = page.launch(
        **appearance(), mcp_server=with_tools, prevent_thread_lock=True, app_kwargs=_exception_handlers(), **options
    )
    speak_json(page)
    if wait:
        page.block_thread()
    return str(address)


def _exception_handlers() -> dict[str, Any]:
    """The server's handlers of errors that are raised outside of the page's own functions."""
    if importlib.util.find_spec("authlib") is None:
        return {}  # then nobody can sign in
    from authlib.integrations.base_client.errors import OAuthError

    return {"exception_handlers": {OAuthError: _not_signed_in}}


def _not_signed_in(request: Request, error: Exception) -> RedirectResponse:
    """Send whoever refuses to sign in, or comes back too late, to the page again, not signed in."""
    return RedirectResponse(f"{request.scope.get('root_path', '')}/?tab=publish")


def appearance() -> dict[str, Any]:
    """What ``launch`` needs for the page to look and behave as designed."""
    return {
        "theme": theme.theme(),
        "css": theme.page_css(),
        "head": theme.head(),
        "footer_links": [],
        "ssr_mode": False,
    }
