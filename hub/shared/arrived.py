"""After a commit: whether all that was sent is there, as it was sent, before anything is said to be published."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from huggingface_hub import HfApi
from huggingface_hub.hf_api import RepoFile

from classification.errors import InputError

BLOCK = 1 << 20
REMEDY = "no version was made; run the same command again, and if it says so again, tell whoever runs that Hub."


class Sent(Protocol):
    """A file that was sent, as `hub.shared.publish.Upload` describes it."""

    @property
    def path(self) -> str:
        """Its place in the repository."""

    @property
    def content(self) -> Path | bytes:
        """Where it is here, or what is in it."""

    @property
    def size(self) -> int:
        """In bytes."""


def check_arrived(sent: Sequence[Sent], repo_id: str, commit: str, api: HfApi, *, repo_type: str) -> None:
    """Look for every file in a commit: its name, its size, and the hash that the Hub gives for it.

    Args:
        sent: what was to be committed.
        repo_id: where.
        commit: its id, or another name of the revision.
        api: may read the repository.
        repo_type: model, dataset or space.

    Raises:
        InputError: one is missing, or is not what was sent; the sentence names it.
    """
    listed = api.list_repo_tree(repo_id, recursive=True, revision=commit, repo_type=repo_type)
    there = {entry.path: entry for entry in listed if isinstance(entry, RepoFile)}
    for upload in sent:
        found = there.get(upload.path)
        trouble = "is missing" if found is None else _difference(upload, found)
        if trouble == "" and found is not None and not _same_hash(upload, found):
            trouble = _compared(upload, repo_id, commit, api, repo_type)
        if trouble:
            raise InputError(f"{repo_id}: {upload.path} {trouble} in the commit that the Hub has made; {REMEDY}")


def _difference(upload: Sent, found: Any) -> str:
    size = found.lfs.size if found.lfs is not None else found.size
    return "" if size == upload.size else f"has {size:,} bytes and not {upload.size:,}"


def _same_hash(upload: Sent, found: Any) -> bool:
    """Whether the Hub names the very content; hashes of other kinds than git's and LFS's say nothing."""
    if found.lfs is not None:
        return bool(found.lfs.sha256 == _digest(upload, hashlib.sha256()))
    return found.blob_id in (_digest(upload, _git(upload.size)), _digest(upload, hashlib.sha256()))


def _compared(upload: Sent, repo_id: str, commit: str, api: HfApi, repo_type: str) -> str:
    """Not every Hub names files by git's hash of them, so where the names differ the contents decide."""
    file = Path(api.hf_hub_download(repo_id, upload.path, revision=commit, repo_type=repo_type))
    theirs = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(BLOCK):
            theirs.update(block)
    return "" if theirs.hexdigest() == _digest(upload, hashlib.sha256()) else "is not what was sent"


def _digest(upload: Sent, digest: Any) -> str:
    if isinstance(upload.content, bytes):
        digest.update(upload.content)
    else:
        with upload.content.open("rb") as stream:
            while block := stream.read(BLOCK):
                digest.update(block)
    return str(digest.hexdigest())


def _git(size: int) -> Any:
    return hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
