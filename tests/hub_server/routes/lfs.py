"""Large files by the protocol of Git LFS: ask, put, have it verified."""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from ..access import Json, Readable, SignedIn, TheHub
from ..errors import HubError, bad_request, forbidden

router = APIRouter()
SHA256 = re.compile(r"[0-9a-f]{64}")


@router.post("/{kind:prefix}{owner}/{name}.git/info/lfs/objects/batch")
def batch(hub: TheHub, repository: Readable, caller: SignedIn, body: Json) -> JSONResponse:
    """Where each file is to be put; nowhere, if its contents are here already."""
    if not caller.permits("write-repos") and not caller.permits("write-discussions"):
        raise forbidden("You must use a write token to upload to a repository")
    objects = []
    for item in body["objects"]:
        known = {"oid": str(item["oid"]), "size": item["size"]}
        actions = {} if hub.blobs.has(known["oid"]) else {"actions": _actions(hub.url, known["oid"])}
        objects.append(known | actions)
    return JSONResponse({"transfer": "basic", "objects": objects}, media_type="application/vnd.git-lfs+json")


@router.put("/lfs/{sha256}")
async def put(request: Request, hub: TheHub, sha256: str) -> dict[str, Any]:
    """Take a file's contents, if they are what their name says."""
    if not SHA256.fullmatch(sha256):
        raise bad_request("contents go by 64 hexadecimal digits")
    try:
        with hub.blobs.incoming(sha256) as blob:
            async for block in request.stream():
                blob.write(block)
    except ValueError as error:
        raise bad_request(str(error)) from None
    return {}


@router.post("/lfs/{sha256}/verify")
def verify(hub: TheHub, sha256: str, body: Json) -> dict[str, Any]:
    """Whether contents have arrived whole."""
    if not hub.blobs.has(sha256) or hub.blobs.path(sha256).stat().st_size != body.get("size"):
        raise HubError(404, "The file did not arrive")
    return {}


def _actions(url: str, sha256: str) -> dict[str, Any]:
    return {"upload": {"href": f"{url}/lfs/{sha256}"}, "verify": {"href": f"{url}/lfs/{sha256}/verify"}}
