"""The page for people who open the Hub's address: what there is."""

from __future__ import annotations

from html import escape

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from ..access import Caller, TheHub, may_see

router = APIRouter()
TITLE = "A Hub on this machine"


@router.get("/")
def front(hub: TheHub, caller: Caller) -> HTMLResponse:
    """Every repository that the visitor may see, by its name."""
    visible = [repository for repository in hub.repositories.values() if may_see(caller, repository)]
    names = "".join(f"<li>{escape(f'{repository.type} {repository.id}')}</li>" for repository in visible)
    body = f"<ul>{names}</ul>" if names else "<p>Nothing is published yet.</p>"
    return HTMLResponse(
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{TITLE}</title><h1>{TITLE}</h1>{body}"
    )
