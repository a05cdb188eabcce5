"""Discussions and pull requests."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from .. import discussions
from ..access import REPOSITORY, Json, Readable, SignedIn, TheHub, check_write
from ..accounts import Token
from ..errors import bad_request, forbidden
from ..repository import Repository

router = APIRouter()
DISCUSSIONS = REPOSITORY + "/discussions"
SHORTEST_TITLE = 3


@router.get(DISCUSSIONS)
def list_discussions(
    repository: Readable, type: str = "all", status: str = "all", author: str = ""  # noqa: A002  the Hub's own names
) -> dict[str, Any]:  # fmt: skip
    """Discussions and pull requests, newest first, all on one page."""
    found = [
        discussions.describe(repository, discussion)
        for discussion in reversed(repository.discussions)
        if type in ("all", "pull_request" if discussion["isPullRequest"] else "discussion")
        and status in ("all", "open" if discussion["status"] in ("open", "draft") else "closed")
        and author in ("", discussion["author"]["name"])
    ]
    return {"discussions": found, "count": len(found), "start": 0}


@router.post(DISCUSSIONS)
def open_discussion(hub: TheHub, repository: Readable, caller: SignedIn, body: Json) -> dict[str, Any]:
    """Begin a discussion or a pull request."""
    _check_voice(caller)
    title = str(body["title"]).strip()
    if len(title) < SHORTEST_TITLE:
        raise bad_request(f'"title" length must be at least {SHORTEST_TITLE} characters long')
    with hub.lock:
        opened = discussions.open_discussion(
            repository, title, caller.account.name,
            description=str(body.get("description") or ""), pull_request=bool(body.get("pullRequest")),
        )  # fmt: skip
    return {"num": opened["num"], "url": f"{hub.address(repository)}/discussions/{opened['num']}"}


@router.get(DISCUSSIONS + "/{number}")
def details(repository: Readable, number: int) -> dict[str, Any]:
    """One discussion with all that was said."""
    return discussions.describe(repository, discussions.find(repository, number))


@router.post(DISCUSSIONS + "/{number}/comment")
def comment(hub: TheHub, repository: Readable, number: int, caller: SignedIn, body: Json) -> dict[str, Any]:
    """Say something."""
    _check_voice(caller)
    with hub.lock:
        found = discussions.find(repository, number)
        return {"newMessage": discussions.comment(found, caller.account.name, str(body["comment"]))}


@router.post(DISCUSSIONS + "/{number}/title")
def rename(hub: TheHub, repository: Readable, number: int, caller: SignedIn, body: Json) -> dict[str, Any]:
    """Give it another title."""
    with hub.lock:
        found = _changeable(repository, number, caller)
        return {"newTitle": discussions.rename(found, caller.account.name, str(body["title"]))}


@router.post(DISCUSSIONS + "/{number}/status")
def set_status(hub: TheHub, repository: Readable, number: int, caller: SignedIn, body: Json) -> dict[str, Any]:
    """Open or close it."""
    with hub.lock:
        found = _changeable(repository, number, caller)
        return {"newStatus": discussions.set_status(found, caller.account.name, str(body["status"]))}


@router.post(DISCUSSIONS + "/{number}/merge")
def merge(hub: TheHub, repository: Readable, number: int, caller: SignedIn) -> dict[str, Any]:
    """Bring a pull request to main."""
    check_write(caller, repository.owner)
    with hub.lock:
        found = discussions.find(repository, number)
        return {"newStatus": discussions.merge(repository, found, caller.account.name)}


def _changeable(repository: Repository, number: int, caller: Token) -> dict[str, Any]:
    """A discussion, for the one who began it and for the repository's owner."""
    found = discussions.find(repository, number)
    if found["author"]["name"] != caller.account.name:
        check_write(caller, repository.owner)
    _check_voice(caller)
    return found


def _check_voice(caller: Token) -> None:
    if not caller.permits("write-discussions"):
        raise forbidden("You must use a token with write access to discussions")
