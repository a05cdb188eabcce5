"""Everything that one Hub knows: accounts, repositories, contents, collections, jobs."""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from .accounts import Accounts
from .blobs import GIT_ATTRIBUTES, BlobStore, FileEntry
from .changes import README
from .errors import HubError, bad_request
from .jobs import ComparisonConfig
from .metadata import front_matter
from .oauth import OAuthProvider
from .repository import GIT_DIGITS, MAIN, Kind, Repository
from .spaces import Space
from .xet import XetStore

NAME = re.compile(r"(?!.*(?:--|\.\.))[A-Za-z0-9_](?:[\w.-]{0,94}[A-Za-z0-9_])?", re.ASCII)
TRANSFER_SECONDS = 900


class Hub:
    """The state of one server. Whoever changes it holds `lock`; contents lie on disk below `folder`."""

    def __init__(self, folder: Path, url: str = ""):
        self.folder, self.url = folder, url
        self.lock = threading.RLock()
        self.accounts = Accounts()
        self.blobs = BlobStore(folder / "blobs")
        self.xet = XetStore(folder / "xorbs", self.blobs)
        self.oauth = OAuthProvider(self.accounts)
        self.repositories: dict[tuple[Kind, str], Repository] = {}
        self.bundle_lineup: dict[tuple[Kind, str], str] = {}
        self.collections: dict[str, dict[str, Any]] = {}
        self.jobs: dict[str, ComparisonConfig] = {}
        self.id_digits = GIT_DIGITS  # of the commits of repositories to be made; at most 64
        self._transfers: dict[str, tuple[bool, float]] = {}

    def address(self, repository: Repository) -> str:
        """The address of a repository's page."""
        return f"{self.url}/{repository.path}"

    def find(self, kind: Kind, id_: str) -> Repository | None:
        """A repository by its name."""
        return self.repositories.get((kind, id_))

    def create(self, kind: Kind, id_: str, author: str, *, private: bool = False, sdk: str | None = None) -> Repository:
        """Make a repository with the one file that the Hub puts into each.

        Raises:
            HubError: 400, it cannot be called that; 409, there is one.
        """
        with self.lock:
            self.check_name(kind, id_)
            space = Space(sdk or "gradio") if kind == "spaces" else None
            repository = Repository(kind, id_, private, space=space, id_digits=self.id_digits)
            attributes = self.blobs.add(GIT_ATTRIBUTES.encode())
            repository.commit(MAIN, {".gitattributes": attributes}, "initial commit", author)
            self.repositories[kind, id_] = repository
            self.bundle_lineup.pop((kind, id_), None)
            return repository

    def check_name(self, kind: Kind, id_: str) -> None:
        """Whether a repository could be made under this name.

        Raises:
            HubError: 400, it cannot be called that; 409, there is one.
        """
        if not NAME.fullmatch(id_.rpartition("/")[2]) or id_.endswith((".git", ".ipynb")):
            raise bad_request(f"Invalid repository name: {id_!r}")
        taken = self.repositories.get((kind, id_))
        if taken:
            message = f"You already created this {taken.type} repo: {id_}"
            raise HubError(409, message, url=self.address(taken))

    def move(self, repository: Repository, to: str) -> None:
        """Give a repository another name; the old one leads to it."""
        with self.lock:
            self.check_name(repository.kind, to)
            del self.repositories[repository.kind, repository.id]
            self.bundle_lineup[repository.kind, repository.id] = to
            repository.id = to
            self.repositories[repository.kind, to] = repository

    def card(self, repository: Repository, files: Mapping[str, FileEntry]) -> dict[str, Any]:
        """The front matter of a revision's README."""
        readme = files.get(README)
        try:
            return front_matter(self.blobs.read(readme).decode("utf-8", "replace")) if readme else {}
        except ValueError:
            return {}

    def transfer_token(self, *, write: bool) -> tuple[str, int]:
        """A short-lived token for the content-addressed store, and when it expires in Unix seconds."""
        token, expires = f"xet_{secrets.token_hex(16)}", int(time.time()) + TRANSFER_SECONDS
        self._transfers[token] = (write, expires)
        return token, expires

    def allows_transfer(self, token: str, mode: Literal["read", "write"]) -> bool:
        """Whether such a token is good for reading or writing."""
        write, expires = self._transfers.get(token, (False, 0.0))
        return expires > time.time() and (write or mode == "read")
