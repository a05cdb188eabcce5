"""Discussions and pull requests: numbered together, each a list of events."""

from __future__ import annotations

from typing import Any

from .clock import now, object_id
from .errors import HubError
from .repository import MAIN, PULLS, Repository


def open_discussion(
    repository: Repository, title: str, author: str, *, description: str = "", pull_request: bool = False
) -> dict[str, Any]:
    """Begin a discussion, or a draft of a pull request with a branch of its own that starts at main."""
    number = len(repository.discussions) + 1
    discussion = {
        "num": number,
        "title": title,
        "author": {"name": author},
        "createdAt": now(),
        "status": "draft" if pull_request else "open",
        "isPullRequest": pull_request,
        "events": [],
        "filesWithConflicts": [],
        "changes": {"base": MAIN} if pull_request else None,
        "diff": "" if pull_request else None,
    }
    repository.discussions.append(discussion)
    if description:
        comment(discussion, author, description)
    if pull_request:
        repository.refs[f"{PULLS}{number}"] = repository.refs[MAIN]
    return discussion


def find(repository: Repository, number: int) -> dict[str, Any]:
    """A discussion by its number.

    Raises:
        HubError: 404, there is none.
    """
    if not 1 <= number <= len(repository.discussions):
        raise HubError(404, f"Discussion not found: {number}")
    return repository.discussions[number - 1]


def describe(repository: Repository, discussion: dict[str, Any]) -> dict[str, Any]:
    """A discussion as the Hub answers it, under the repository's present name."""
    return discussion | {"repo": {"name": repository.id, "type": repository.type}}


def comment(discussion: dict[str, Any], author: str, text: str) -> dict[str, Any]:
    """Say something."""
    return _event(discussion, "comment", author, edited=False, hidden=False, latest={"raw": text})


def rename(discussion: dict[str, Any], author: str, title: str) -> dict[str, Any]:
    """Give it another title."""
    event = _event(discussion, "title-change", author, **{"from": discussion["title"], "to": title})
    discussion["title"] = title
    return event


def set_status(discussion: dict[str, Any], author: str, status: str) -> dict[str, Any]:
    """Open or close it."""
    discussion["status"] = status
    return _event(discussion, "status-change", author, status=status)


def committed(discussion: dict[str, Any], author: str, title: str, oid: str) -> None:
    """Note a commit to a pull request's branch."""
    _event(discussion, "commit", author, subject=title, oid=oid)


def merge(repository: Repository, discussion: dict[str, Any], author: str) -> dict[str, Any]:
    """Bring a pull request's files to main as one commit.

    Raises:
        HubError: 403, it is closed or no pull request.
    """
    if not discussion["isPullRequest"] or discussion["status"] not in ("draft", "open"):
        raise HubError(403, "This pull request cannot be merged")
    number = discussion["num"]
    theirs = repository.commits[repository.refs[f"{PULLS}{number}"]]
    base = next(c for c in repository.history(theirs) if c in [*repository.history(repository.head())])
    changed = {path: entry for path, entry in theirs.files.items() if base.files.get(path) != entry}
    kept = {
        path: entry for path, entry in repository.head().files.items() if path in theirs.files or path not in base.files
    }
    commit = repository.commit(MAIN, kept | changed, f"{discussion['title']} (#{number})", author)
    discussion["changes"]["mergeCommitId"] = commit.id
    return set_status(discussion, author, "merged")


def _event(discussion: dict[str, Any], kind: str, author: str, **data: object) -> dict[str, Any]:
    event = {"id": object_id(), "type": kind, "createdAt": now(), "author": {"name": author}, "data": data}
    discussion["events"].append(event)
    return event
