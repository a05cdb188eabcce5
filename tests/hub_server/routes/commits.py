"""Commits: how each file is to be uploaded, the commit itself, and the history."""

from __future__ import annotations

import fnmatch
from base64 import b64decode
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from .. import discussions
from ..access import REPOSITORY, Json, Readable, Revision, SignedIn, TheHub, check_commit
from ..accounts import Token
from ..blobs import belongs_outside_git
from ..changes import Changes, checked_path
from ..errors import HubError, bad_request
from ..hub import Hub
from ..repository import HEADS, PULLS, Commit, Repository

router = APIRouter()
CONFLICT = "A commit has happened since. Please refresh and try again."


@router.post(REPOSITORY + "/preupload/{revision}")
def preupload(
    repository: Readable, caller: SignedIn, revision: Revision, body: Json, create_pr: bool = False
) -> dict[str, Any]:
    """For each file, whether it goes into the commit or outside git, and what is there under its name already."""
    check_commit(caller, repository, repository.reference(revision) or "", create_pr=create_pr)
    files = repository.resolve(revision).files
    ignored = [line.strip() for line in str(body.get("gitIgnore") or "").splitlines()]
    answers = []
    for file in body["files"]:
        path = checked_path(str(file["path"]))
        large = belongs_outside_git(path, file["size"], b64decode(file.get("sample") or ""))
        there = files.get(path)
        mode = "lfs" if large else "regular"
        is_ignored = any(_ignores(pattern, path) for pattern in ignored)
        answers.append({"path": path, "uploadMode": mode, "shouldIgnore": is_ignored, "oid": there and there.etag})
    return {"files": answers}


@router.post(REPOSITORY + "/commit/{revision}")
async def commit(
    request: Request, hub: TheHub, repository: Readable, caller: SignedIn, revision: Revision, create_pr: bool = False
) -> dict[str, Any]:
    """Commit lines of JSON to a branch, or to a new pull request; all of them or, if one is wrong, none."""
    body = await request.body()
    return await run_in_threadpool(_commit, hub, repository, caller, revision, body, create_pr)


def _commit(
    hub: Hub, repository: Repository, caller: Token, revision: str, body: bytes, create_pr: bool
) -> dict[str, Any]:
    with hub.lock:
        base = repository.resolve(revision)
        ref = repository.reference(revision) or ""
        check_commit(caller, repository, ref, create_pr=create_pr)
        if not create_pr and not ref.startswith((HEADS, PULLS)):
            raise bad_request(f"{revision} is not a branch; commit to a branch")
        changes = Changes(base.files, hub.blobs)
        changes.apply(body, repository.kind)
        expected = changes.header.get("parentCommit")
        if expected and not base.id.startswith(expected):
            raise HubError(412, CONFLICT)
        made, pull_request = _put(repository, changes, caller.account.name, ref, create_pr=create_pr)
        if repository.space and ref == f"{HEADS}main" and not create_pr:
            repository.space.start()
    page = hub.address(repository)
    return {
        "success": True,
        "commitOid": made.id,
        "commitUrl": f"{page}/commit/{made.id}",
        "hookOutput": "",
        "pullRequestUrl": f"{page}/discussions/{pull_request}" if create_pr else None,
    }


def _put(
    repository: Repository, changes: Changes, author: str, ref: str, *, create_pr: bool
) -> tuple[Commit, int | None]:
    title, message = str(changes.header["summary"]), str(changes.header.get("description") or "")
    number = discussions.open_pull_request(repository, title, author) if create_pr else None
    return repository.commit(f"{PULLS}{number}" if number else ref, changes.files, title, author, message), number


@router.get(REPOSITORY + "/commits/{revision}")
def history(repository: Readable, revision: Revision, response: Response) -> list[dict[str, Any]]:
    """A revision and all that it came from, newest first."""
    commits = [
        {
            "id": commit.id,
            "title": commit.title,
            "message": commit.message,
            "date": commit.date,
            "authors": [{"user": commit.author}],
        }
        for commit in repository.history(repository.resolve(revision))
    ]
    response.headers["X-Total-Count"] = str(len(commits))
    return commits


def _ignores(pattern: str, path: str) -> bool:
    """Whether a line of a .gitignore leaves a file out; negations are not understood, and leave nothing out."""
    if not pattern or pattern.startswith(("#", "!")):
        return False
    parts, name = path.split("/"), pattern.strip("/")
    return fnmatch.fnmatch(path, name) or any(fnmatch.fnmatch(part, name) for part in parts)
