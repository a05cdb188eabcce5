"""Pull requests: numbered, each with a branch of its own that starts at main."""

from __future__ import annotations

from .clock import now
from .repository import MAIN, PULLS, Repository


def open_pull_request(repository: Repository, title: str, author: str) -> int:
    """Begin one, and say its number."""
    number = len(repository.discussions) + 1
    repository.discussions.append({"num": number, "title": title, "author": author, "createdAt": now()})
    repository.refs[f"{PULLS}{number}"] = repository.refs[MAIN]
    return number
