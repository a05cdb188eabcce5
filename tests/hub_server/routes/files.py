"""Files of a revision: lists of them, and the files themselves, whole or in parts."""

from __future__ import annotations

import mimetypes
from typing import Any
from urllib.parse import unquote

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response

from ..access import REPOSITORY, Caller, Readable, Revision, TheHub, check_gate
from ..blobs import FileEntry
from ..errors import no_entry
from ..hub import Hub
from ..information import describe_file, describe_folder, last_change, tree
from ..repository import Commit, Repository

router = APIRouter()


@router.get(REPOSITORY + "/tree/{revision}")
@router.get(REPOSITORY + "/tree/{revision}/{path:path}")
def list_tree(
    hub: TheHub, repository: Readable, revision: Revision,
    path: str = "", recursive: bool = False, expand: bool = False,
) -> list[dict[str, Any]]:  # fmt: skip
    """What lies in a folder; with `expand`, also which commit last changed it."""
    commit, folder = repository.resolve(revision), unquote(path).strip("/")
    found = list(tree(hub, commit, folder, recursive=recursive))
    if folder and not found:
        raise no_entry(folder)
    return [item | _expanded(repository, commit, item["path"]) for item in found] if expand else found


@router.post(REPOSITORY + "/paths-info/{revision}")
async def paths_info(request: Request, hub: TheHub, repository: Readable, revision: Revision) -> list[dict[str, Any]]:
    """The files and folders that go by these paths; those that are not there are left out."""
    paths, expand = await _asked_for(request)
    commit = repository.resolve(revision)
    found = []
    for path in paths:
        if path in commit.files:
            found.append(describe_file(hub, path, commit.files[path]))
        elif any(file.startswith(f"{path.rstrip('/')}/") for file in commit.files):
            found.append(describe_folder(path))
    return [item | _expanded(repository, commit, item["path"]) for item in found] if expand else found


@router.api_route("/{kind:prefix}{owner}/{name}/resolve/{revision}/{path:path}", methods=["GET", "HEAD"])
def resolve(hub: TheHub, repository: Readable, caller: Caller, revision: Revision, path: str) -> Response:
    """A file's contents, with the headers by which a client knows its version and a faster way to it."""
    commit, path = repository.resolve(revision), unquote(path)
    check_gate(caller, repository)
    entry = commit.files.get(path)
    if entry is None:
        raise no_entry(path)
    name, file = path.rpartition("/")[2], hub.blobs.path(entry.sha256)
    headers = _headers(hub, repository, commit, entry)
    return FileResponse(file, 200, headers, _media_type(name, entry), filename=name, content_disposition_type="inline")


def _headers(hub: Hub, repository: Repository, commit: Commit, entry: FileEntry) -> dict[str, str]:
    headers = {"X-Repo-Commit": commit.id, "ETag": f'"{entry.etag}"', "Accept-Ranges": "bytes"}
    if entry.lfs:
        headers |= {"X-Linked-Etag": f'"{entry.sha256}"', "X-Linked-Size": str(entry.size)}
        xet_hash = hub.xet.hash_of(entry.sha256)
        if xet_hash:
            token = f"{hub.url}/api/{repository.kind}/{repository.id}/xet-read-token/{commit.id}"
            headers |= {"X-Xet-Hash": xet_hash, "Link": f'<{token}>; rel="xet-auth"'}
    return headers


def _media_type(name: str, entry: FileEntry) -> str:
    """How a browser is to take a file: pictures as pictures, and nothing as a page that could run scripts."""
    guessed = mimetypes.guess_type(name)[0] or ""
    if guessed.startswith("image/") and "svg" not in guessed:
        return guessed
    return "application/octet-stream" if entry.lfs else "text/plain"


async def _asked_for(request: Request) -> tuple[list[str], bool]:
    """The paths of a request, which comes as a form from Python and as JSON from other clients."""
    if "json" in request.headers.get("content-type", ""):
        body = await request.json()
        return [str(path) for path in body["paths"]], bool(body.get("expand"))
    async with request.form() as form:
        return [str(path) for path in form.getlist("paths")], str(form.get("expand")).lower() == "true"


def _expanded(repository: Repository, commit: Commit, path: str) -> dict[str, Any]:
    return {"lastCommit": last_change(repository, commit, path)}
