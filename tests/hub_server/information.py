"""What the API says of repositories and their files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from .blobs import FileEntry
from .hub import Hub
from .metadata import tags_of
from .repository import Commit, Repository


def describe(hub: Hub, repository: Repository, commit: Commit, *, blobs: bool = False) -> dict[str, Any]:
    """A repository at a commit, as `model_info` and its like read it; with `blobs`, sizes and hashes of files too."""
    card = hub.card(repository, commit.files)
    about: dict[str, Any] = {
        "_id": repository.object_id,
        "id": repository.id,
        "author": repository.owner,
        "sha": commit.id,
        "createdAt": repository.created,
        "lastModified": repository.modified,
        "private": repository.private,
        "gated": repository.gated,
        "disabled": False,
        "downloads": 0,
        "likes": 0,
        "tags": tags_of(card),
        "cardData": card,
        "siblings": [_sibling(path, entry, blobs=blobs) for path, entry in sorted(commit.files.items())],
        "usedStorage": sum(entry.size for entry in commit.files.values()),
    }
    if repository.kind == "models":
        about |= {"modelId": repository.id, "library_name": card.get("library_name")}
        about |= {"pipeline_tag": card.get("pipeline_tag"), "config": _configuration(hub, commit) or None}
    if repository.space:
        host, space = repository.id.replace("/", "-").lower(), repository.space
        about |= {"sdk": card.get("sdk", space.sdk), "subdomain": host, "host": f"{hub.url}/spaces/{repository.id}"}
        about |= {"runtime": space.runtime(), "models": card.get("models"), "datasets": card.get("datasets")}
    return about


def describe_file(hub: Hub, path: str, entry: FileEntry) -> dict[str, Any]:
    """A file as trees list it."""
    about: dict[str, Any] = {"type": "file", "path": path, "oid": entry.git_oid, "size": entry.size}
    if entry.lfs:
        about["lfs"] = {"oid": entry.sha256, "size": entry.size, "pointerSize": entry.pointer_size}
        xet_hash = hub.xet.hash_of(entry.sha256)
        about |= {"xetHash": xet_hash} if xet_hash else {}
    return about


def describe_folder(path: str) -> dict[str, Any]:
    """A folder as trees list it."""
    return {"type": "directory", "path": path, "oid": hashlib.sha1(path.encode()).hexdigest(), "size": 0}


def tree(hub: Hub, commit: Commit, folder: str, *, recursive: bool) -> Iterator[dict[str, Any]]:
    """What lies in a folder (the whole repository for an empty name), with or without what lies deeper."""
    prefix = f"{folder}/" if folder else ""
    folders: set[str] = set()
    for path, entry in sorted(commit.files.items()):
        if not path.startswith(prefix):
            continue
        parts = path[len(prefix) :].split("/")
        for depth in range(1, len(parts) if recursive else min(len(parts), 2)):
            above = prefix + "/".join(parts[:depth])
            if above not in folders:
                folders.add(above)
                yield describe_folder(above)
        if recursive or len(parts) == 1:
            yield describe_file(hub, path, entry)


def last_change(repository: Repository, commit: Commit, path: str) -> dict[str, Any]:
    """The commit that last touched a file, or anything in a folder."""
    latest = commit
    for older in repository.history(commit):
        if _below(older, path) != _below(commit, path):
            break
        latest = older
    return {"id": latest.id, "title": latest.title, "date": latest.date}


def _below(commit: Commit, path: str) -> dict[str, FileEntry]:
    return {name: entry for name, entry in commit.files.items() if name == path or name.startswith(f"{path}/")}


def _sibling(path: str, entry: FileEntry, *, blobs: bool) -> dict[str, Any]:
    about: dict[str, Any] = {"rfilename": path}
    if blobs:
        about |= {"size": entry.size, "blobId": entry.git_oid}
        lfs = {"sha256": entry.sha256, "oid": entry.sha256, "size": entry.size, "pointerSize": entry.pointer_size}
        about |= {"lfs": lfs} if entry.lfs else {}
    return about


def _configuration(hub: Hub, commit: Commit) -> dict[str, Any]:
    entry = commit.files.get("config.json")
    try:
        found = json.loads(hub.blobs.read(entry)) if entry else {}
    except ValueError:
        found = {}
    return {key: found[key] for key in ("architectures", "model_type") if isinstance(found, dict) and key in found}
