"""Check after a commit that every file that was sent is in it, unchanged."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from huggingface_hub import HfApi
from huggingface_hub.hf_api import RepoFile

from classification.errors import InputError
from classification.runs.hashes import sha256_of

BLOCK = 1 << 20
REMEDY = "no version was made; run the same command again, and if it fails again, report it to that Hub."


class Sent(Protocol):
    """A file that was sent: the part of `hub.shared.publish.Upload` that is needed here."""

    @property
    def path(self) -> str:
        """Its place in the repository."""

    @property
    def content(self) -> Path | bytes:
        """Where it is here, or what is in it."""

    @property
    def size(self) -> int:
        """In bytes."""


def verify_commit(sent: Sequence[Sent], repo_id: str, commit: str, api: HfApi, *, repo_type: str) -> None:
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
            trouble = _compare_contents(upload, repo_id, commit, api, repo_type)
        if trouble:
            raise InputError(f"{repo_id}: {upload.path} {trouble} in the commit that the Hub has made; {REMEDY}")


def _difference(upload: Sent, found: Any) -> str:
    size = found.lfs.size if found.lfs is not None else found.size
    return "" if size == upload.size else f"has {size:,} bytes and not {upload.size:,}"


def _same_hash(upload: Sent, found: Any) -> bool:
    """Whether the Hub gives the content's hash as git or LFS compute it; false for hashes of other kinds."""
    if found.lfs is not None:
        return bool(found.lfs.sha256 == _digest_of(upload, hashlib.sha256()))
    return found.blob_id in (_digest_of(upload, _git(upload.size)), _digest_of(upload, hashlib.sha256()))


def _compare_contents(upload: Sent, repo_id: str, commit: str, api: HfApi, repo_type: str) -> str:
    """Download the file and compare contents: not every Hub gives git's hash of a file."""
    file = Path(api.hf_hub_download(repo_id, upload.path, revision=commit, repo_type=repo_type))
    return "" if sha256_of(file) == _digest_of(upload, hashlib.sha256()) else "is not what was sent"


def _digest_of(upload: Sent, digest: Any) -> str:
    if isinstance(upload.content, bytes):
        digest.update(upload.content)
    else:
        with upload.content.open("rb") as stream:
            while block := stream.read(BLOCK):
                digest.update(block)
    return str(digest.hexdigest())


def _git(size: int) -> Any:
    return hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
