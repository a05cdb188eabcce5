"""Branches and tags."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import APIRouter, Body

from ..access import REPOSITORY, Json, Readable, Revision, TheHub, Writable
from ..errors import bad_request
from ..repository import HEADS, PULLS, TAGS

router = APIRouter()


@router.get(REPOSITORY + "/refs")
def references(repository: Readable, include_prs: bool = False) -> dict[str, Any]:
    """Every branch and tag, and where it points; pull requests on request."""
    prefixes = {"branches": HEADS, "tags": TAGS, **({"pullRequests": PULLS} if include_prs else {})}
    found: dict[str, Any] = {"converts": []}
    for group, prefix in prefixes.items():
        short = "" if group == "pullRequests" else prefix
        found[group] = [
            {"name": ref.removeprefix(short), "ref": ref, "targetCommit": oid}
            for ref, oid in repository.refs.items()
            if ref.startswith(prefix)
        ]
    return found


@router.post(REPOSITORY + "/branch/{branch}")
def create_branch(
    hub: TheHub, repository: Writable, branch: str, body: Annotated[dict[str, Any] | None, Body()] = None
) -> dict[str, Any]:
    """Begin a branch at a revision."""
    start = str((body or {}).get("startingPoint") or "main")
    with hub.lock:
        repository.point(HEADS + _named(branch), repository.resolve(start), what="Reference")
    return {}


@router.post(REPOSITORY + "/tag/{revision}")
def create_tag(hub: TheHub, repository: Writable, revision: Revision, body: Json) -> dict[str, Any]:
    """Give a revision a name that stays."""
    with hub.lock:
        repository.point(TAGS + _named(str(body["tag"])), repository.resolve(revision), what="Tag")
    return {}


def _named(raw: str) -> str:
    name = unquote(raw)
    if not name or ".." in name or name.startswith(("/", "-", "refs/")) or any(c in name for c in " ~^:?*[\\"):
        raise bad_request(f"Invalid reference name: {name!r}")
    return name
