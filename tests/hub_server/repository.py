"""A repository: commits, the branches, tags and pull requests that point at them, and who may see it."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .blobs import FileEntry
from .clock import now, object_id
from .errors import HubError, no_revision
from .spaces import Space

Kind = Literal["models", "datasets", "spaces"]
#: The word by which requests name a kind, and the part that its addresses begin with.
KIND_OF_TYPE: dict[str, Kind] = {"model": "models", "dataset": "datasets", "space": "spaces"}
PREFIX: dict[Kind, str] = {"models": "", "datasets": "datasets/", "spaces": "spaces/"}
HEADS, TAGS, PULLS = "refs/heads/", "refs/tags/", "refs/pr/"
MAIN = HEADS + "main"
#: Of a commit's id: how many a request must name at least, and how many there are where commits are git's.
SHORTEST_COMMIT, GIT_DIGITS = 7, 40


@dataclass(frozen=True)
class Commit:
    """A state of all files, and what it came from."""

    id: str
    parent: str | None
    title: str
    message: str
    author: str
    date: str
    files: Mapping[str, FileEntry]


@dataclass
class Repository:
    """A model, dataset or Space with its whole history."""

    kind: Kind
    id: str
    private: bool = False
    gated: Literal["auto", "manual", False] = False
    space: Space | None = None
    object_id: str = field(default_factory=object_id)
    created: str = field(default_factory=now)
    modified: str = field(default_factory=now)
    refs: dict[str, str] = field(default_factory=dict)
    commits: dict[str, Commit] = field(default_factory=dict)
    discussions: list[dict[str, Any]] = field(default_factory=list)
    admitted: set[str] = field(default_factory=set)
    app: str | None = None
    id_digits: int = GIT_DIGITS

    @property
    def owner(self) -> str:
        """The user or organisation that it belongs to."""
        return self.id.partition("/")[0]

    @property
    def type(self) -> str:
        """Its kind as requests name it."""
        return self.kind.removesuffix("s")

    @property
    def path(self) -> str:
        """Where its page is, below the server's address."""
        return PREFIX[self.kind] + self.id

    def reference(self, revision: str) -> str | None:
        """The full name of the branch, tag or pull request that a revision names."""
        candidates = (revision, HEADS + revision, TAGS + revision)
        return next((name for name in candidates if name in self.refs), None)

    def resolve(self, revision: str) -> Commit:
        """The commit that a branch, tag, pull request or (shortened) commit id names.

        Raises:
            HubError: 404, there is none.
        """
        name = self.reference(revision)
        if name:
            return self.commits[self.refs[name]]
        found = [id_ for id_ in self.commits if id_.startswith(revision)] if len(revision) >= SHORTEST_COMMIT else []
        if len(found) != 1:
            raise no_revision(revision)
        return self.commits[found[0]]

    def head(self) -> Commit:
        """The newest commit of the main branch."""
        return self.commits[self.refs[MAIN]]

    def history(self, commit: Commit) -> Iterator[Commit]:
        """A commit and all that it came from, newest first."""
        at: Commit | None = commit
        while at:
            yield at
            at = self.commits.get(at.parent or "")

    def commit(self, ref: str, files: Mapping[str, FileEntry], title: str, author: str, message: str = "") -> Commit:
        """Put files on a branch as its next commit: the one step by which anything becomes visible."""
        parent = self.refs.get(ref)
        tree = sorted((path, entry.git_oid) for path, entry in files.items())
        text = json.dumps([self.id, tree, title, author, parent, time.time_ns()])
        id_ = hashlib.sha256(text.encode()).hexdigest()[: self.id_digits]
        commit = Commit(id_, parent, title, message, author, now(), dict(files))
        self.commits[id_] = commit
        self.refs[ref] = id_
        self.modified = commit.date
        return commit

    def point(self, ref: str, commit: Commit, *, what: str) -> None:
        """Make a new branch or tag.

        Raises:
            HubError: 409, the name is taken.
        """
        if ref in self.refs:
            name = ref.removeprefix(HEADS).removeprefix(TAGS)
            raise HubError(409, f"{what} already exists: {name}", name=name)
        self.refs[ref] = commit.id
