"""Buckets: plain storage without history, where clients put the scripts that a job is to run."""

from __future__ import annotations

import json
from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import APIRouter, Body, Request
from fastapi.responses import FileResponse, JSONResponse

from ..access import SignedIn, TheHub, check_write
from ..accounts import Token
from ..blobs import FileEntry, large_entry
from ..changes import checked_path
from ..clock import now
from ..errors import HubError, no_entry, no_repository
from ..hub import Hub
from .cas import connection

router = APIRouter()
BUCKET = "/api/buckets/{owner}/{name}"


@router.post(BUCKET)
def create(
    hub: TheHub, caller: SignedIn, owner: str, name: str, body: Annotated[dict[str, Any] | None, Body()] = None
) -> dict[str, Any]:
    """Make a bucket. All are private."""
    owner = caller.account.name if owner == "me" else owner
    check_write(caller, owner, "contribute-repos")
    url = f"{hub.url}/buckets/{owner}/{name}"
    with hub.lock:
        if f"{owner}/{name}" in hub.buckets:
            raise HubError(409, "You already created this bucket", url=url)
        hub.buckets[f"{owner}/{name}"] = {}
    return {"url": url, "name": f"{owner}/{name}"}


@router.get(BUCKET)
def information(hub: TheHub, caller: SignedIn, owner: str, name: str) -> dict[str, Any]:
    """How much lies in it."""
    files = _files(hub, caller, owner, name)
    size = sum(entry.size for entry in files.values())
    about = {"id": f"{owner}/{name}", "private": True, "visibility": "private", "createdAt": now()}
    return about | {"size": size, "totalFiles": len(files)}


@router.delete(BUCKET)
def delete(hub: TheHub, caller: SignedIn, owner: str, name: str) -> dict[str, Any]:
    """Remove it with all that lies in it."""
    _files(hub, caller, owner, name)
    check_write(caller, owner, "manage-repos")
    with hub.lock:
        del hub.buckets[f"{owner}/{name}"]
    return {}


@router.get(BUCKET + "/xet-write-token")
def write_token(hub: TheHub, caller: SignedIn, owner: str, name: str) -> JSONResponse:
    """A token to upload with."""
    _files(hub, caller, owner, name)
    check_write(caller, owner)
    return connection(hub, write=True)


@router.get(BUCKET + "/xet-read-token")
def read_token(hub: TheHub, caller: SignedIn, owner: str, name: str) -> JSONResponse:
    """A token to download with."""
    _files(hub, caller, owner, name)
    return connection(hub, write=False)


@router.post(BUCKET + "/batch")
async def batch(request: Request, hub: TheHub, caller: SignedIn, owner: str, name: str) -> dict[str, Any]:
    """Add files that were uploaded, and delete files, a line of JSON each."""
    lines = [json.loads(line) for line in (await request.body()).splitlines()]
    check_write(caller, owner)
    with hub.lock:
        files = _files(hub, caller, owner, name)
        for line in lines:
            if line["type"] == "deleteFile":
                files.pop(line["path"], None)
            else:
                files[checked_path(line["path"])] = _uploaded(hub, line["xetHash"])
    return {"success": True, "processed": len(lines), "succeeded": len(lines), "failed": []}


@router.get(BUCKET + "/tree")
@router.get(BUCKET + "/tree/{prefix:path}")
def list_tree(hub: TheHub, caller: SignedIn, owner: str, name: str, prefix: str = "") -> list[dict[str, Any]]:
    """Every file below a prefix."""
    files = _files(hub, caller, owner, name)
    return [
        {"type": "file", "path": path, "size": entry.size, "xetHash": hub.xet.hash_of(entry.sha256), "mtime": now()}
        for path, entry in sorted(files.items())
        if path.startswith(unquote(prefix))
    ]


@router.api_route("/buckets/{owner}/{name}/resolve/{path:path}", methods=["GET", "HEAD"])
def resolve(hub: TheHub, caller: SignedIn, owner: str, name: str, path: str) -> FileResponse:
    """A file's contents."""
    entry = _files(hub, caller, owner, name).get(unquote(path))
    if entry is None:
        raise no_entry(path)
    token = f"{hub.url}/api/buckets/{owner}/{name}/xet-read-token"
    headers = {"X-Linked-Size": str(entry.size), "X-Xet-Hash": str(hub.xet.hash_of(entry.sha256))}
    headers |= {"ETag": f'"{entry.etag}"', "Link": f'<{token}>; rel="xet-auth"'}
    return FileResponse(hub.blobs.path(entry.sha256), headers=headers)


def _files(hub: Hub, caller: Token, owner: str, name: str) -> dict[str, FileEntry]:
    files = hub.buckets.get(f"{owner}/{name}")
    if files is None or not caller.owns(owner):
        raise no_repository(signed_in=True)
    return files


def _uploaded(hub: Hub, xet_hash: str) -> FileEntry:
    sha256 = hub.xet.sha256_of(xet_hash)
    if sha256 is None:
        raise HubError(400, f"no such file was uploaded: {xet_hash}")
    return large_entry(sha256, hub.blobs.path(sha256).stat().st_size)
