"""Repositories: create, delete, move, settings, what is known of one, and lists of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Query

from ..access import (
    REPOSITORY,
    Caller,
    Json,
    Readable,
    Revision,
    SignedIn,
    TheHub,
    Writable,
    check_write,
    look_up,
    may_see,
)
from ..errors import bad_request
from ..hub import Hub
from ..information import describe
from ..repository import KIND_OF_TYPE, Kind, Repository

router = APIRouter()
MANAGE = "manage-repos"


@router.post("/api/repos/create")
def create(hub: TheHub, caller: SignedIn, body: Json) -> dict[str, Any]:
    """Make a repository, empty but for its attributes."""
    kind, id_ = _named(body, caller.account.name)
    check_write(caller, id_.partition("/")[0], "contribute-repos")
    if kind == "spaces" and not body.get("sdk"):
        raise bad_request('"sdk" is required')
    private = body.get("visibility") == "private" or bool(body.get("private"))
    with hub.lock:
        repository = hub.create(kind, id_, caller.account.name, private=private, sdk=body.get("sdk"))
        repository.app = caller.app
        if repository.space:
            repository.space.configure(body)
    return {"url": hub.address(repository), "name": id_, "id": repository.object_id}


@router.post("/api/repos/move")
def move(hub: TheHub, caller: SignedIn, body: Json) -> dict[str, Any]:
    """Give a repository another name or owner."""
    kind, to = _kind(body), str(body["toRepo"])
    repository = look_up(hub, caller, kind, str(body["fromRepo"]))
    for namespace in (repository.owner, to.partition("/")[0]):
        check_write(caller, namespace, MANAGE)
    hub.move(repository, to)
    return {}


@router.put(REPOSITORY + "/settings")
def settings(hub: TheHub, repository: Writable, body: Json) -> dict[str, Any]:
    """Change who may see it and whether it is gated."""
    with hub.lock:
        if "visibility" in body or "private" in body:
            repository.private = body.get("visibility") == "private" or bool(body.get("private"))
        if "gated" in body:
            repository.gated = body["gated"]
    return {"private": repository.private, "gated": repository.gated}


@router.get(REPOSITORY)
def information(hub: TheHub, repository: Readable, blobs: bool = False) -> dict[str, Any]:
    """What is known of a repository at its newest commit."""
    return describe(hub, repository, repository.head(), blobs=blobs)


@router.get(REPOSITORY + "/revision/{revision}")
def information_at(hub: TheHub, repository: Readable, revision: Revision, blobs: bool = False) -> dict[str, Any]:
    """What is known of a repository at a revision."""
    return describe(hub, repository, repository.resolve(revision), blobs=blobs)


@router.get("/api/{kind:kind}")
def listing(
    hub: TheHub, caller: Caller, kind: Kind,
    author: str = "", search: str = "", pipeline_tag: str = "", limit: int = 1000, sort: str = "lastModified",
    filter: Annotated[list[str] | None, Query()] = None,  # noqa: A002  the Hub's own name
) -> list[dict[str, Any]]:  # fmt: skip
    """The repositories of a kind that the caller may see, newest first."""
    wanted = {*(filter or []), *([pipeline_tag] if pipeline_tag else [])}
    found = [describe(hub, repository, repository.head()) for repository in _visible(hub, caller, kind, author)]
    chosen = [item for item in found if search.lower() in item["id"].lower() and wanted <= {*item["tags"]}]
    key = sort if sort in ("createdAt", "lastModified") else "lastModified"
    return sorted(chosen, key=lambda item: str(item[key]), reverse=True)[:limit]


def _visible(hub: Hub, caller: Caller, kind: Kind, author: str) -> Iterator[Repository]:
    for repository in list(hub.repositories.values()):
        if repository.kind == kind and may_see(caller, repository) and author in ("", repository.owner):
            yield repository


def _kind(body: dict[str, Any]) -> Kind:
    type_ = body.get("type") or "model"
    if type_ not in KIND_OF_TYPE:
        raise bad_request(f'"type" must be one of [{", ".join(KIND_OF_TYPE)}]')
    return KIND_OF_TYPE[type_]


def _named(body: dict[str, Any], user: str) -> tuple[Kind, str]:
    return _kind(body), f"{body.get('organization') or user}/{body['name']}"
