"""Pages for people: what there is, and a repository's files and card as plain text."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from ..access import Caller, Readable, TheHub, check_gate, may_see
from ..changes import README
from ..errors import HubError, no_repository

router = APIRouter()
STYLE = "body{font:16px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}pre{white-space:pre-wrap}"


@router.get("/")
def front(hub: TheHub, caller: Caller) -> HTMLResponse:
    """Every repository that the visitor may see."""
    visible = [repository for repository in hub.repositories.values() if may_see(caller, repository)]
    links = [_link(f"/{repository.path}", f"{repository.type} {repository.id}") for repository in visible]
    return _page("A Hub on this machine", _list(links) if links else "<p>Nothing is published yet.</p>")


@router.api_route(
    "/api/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"], include_in_schema=False
)
def unknown(path: str, caller: Caller) -> HTMLResponse:
    """An address that the Hub does not have; a repository's name without its owner is one."""
    kind, _, rest = path.partition("/")
    if kind in ("models", "datasets", "spaces") and rest:
        raise no_repository(signed_in=caller is not None)
    raise HubError(404, f"Cannot find /api/{path}")


@router.get("/{kind:prefix}{owner}/{name}")
@router.get("/{kind:prefix}{owner}/{name}/tree/{revision}")
@router.get("/{kind:prefix}{owner}/{name}/commit/{revision}")
def repository_page(hub: TheHub, repository: Readable, caller: Caller, revision: str = "main") -> HTMLResponse:
    """A repository's files and its card, as text: nothing in it is rendered or run."""
    check_gate(caller, repository)
    commit = repository.resolve(revision)
    files = [_link(f"/{repository.path}/resolve/{commit.id}/{path}", path) for path in sorted(commit.files)]
    readme = commit.files.get(README)
    card = hub.blobs.read(readme).decode("utf-8", "replace") if readme else "It has no card."
    about = f"<p>{escape(commit.title)}, {commit.date[:10]}, by {escape(commit.author)}</p>"
    return _page(repository.id, about + _list(files) + f"<pre>{escape(card)}</pre>")


@router.get("/collections/{owner}/{slug}")
def collection_page(hub: TheHub, caller: Caller, owner: str, slug: str) -> HTMLResponse:
    """A collection's items."""
    collection = hub.collections.get(f"{owner}/{slug}")
    if collection is None or (collection["private"] and not (caller and caller.owns(owner))):
        raise HubError(404, "Collection not found")
    return _page(collection["title"], _list(escape(f"{item['type']} {item['id']}") for item in collection["items"]))


def _page(title: str, body: str) -> HTMLResponse:
    safe = escape(title)
    head = f"<!doctype html><html lang=en><meta charset=utf-8><title>{safe}</title><style>{STYLE}</style>"
    return HTMLResponse(f"{head}<h1>{safe}</h1>{body}", headers={"Content-Security-Policy": "script-src 'none'"})


def _link(address: str, text: str) -> str:
    return f'<a href="{escape(address)}">{escape(text)}</a>'


def _list(items: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>"
