"""The content-addressed store that hf_xet transfers to and from, and the tokens that open it."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, JSONResponse

from ..access import REPOSITORY, Caller, Readable, SignedIn, TheHub, check_commit, check_gate
from ..errors import HubError
from ..hub import Hub

router = APIRouter()
RANGE = re.compile(r"bytes=(\d+)-(\d*)")
Authorization = Annotated[str, Header()]


@router.get(REPOSITORY + "/xet-write-token/{revision}")
def write_token(
    hub: TheHub, repository: Readable, caller: SignedIn, revision: str, create_pr: bool = False
) -> JSONResponse:
    """A token to upload with, for those who may commit."""
    check_commit(caller, repository, revision.replace("%2F", "/"), create_pr=create_pr)
    return connection(hub, write=True)


@router.get(REPOSITORY + "/xet-read-token/{revision}")
def read_token(hub: TheHub, repository: Readable, caller: Caller, revision: str) -> JSONResponse:
    """A token to download with, for those who may read."""
    check_gate(caller, repository)
    return connection(hub, write=False)


def connection(hub: Hub, *, write: bool) -> JSONResponse:
    """Where the store is and how to get in, in the body for hf_xet and in the headers for Python."""
    token, expires = hub.transfer_token(write=write)
    headers = {"X-Xet-Cas-Url": hub.url, "X-Xet-Access-Token": token, "X-Xet-Token-Expiration": str(expires)}
    return JSONResponse({"casUrl": hub.url, "exp": expires, "accessToken": token}, headers=headers)


@router.post("/v1/xorbs/{prefix}/{name}")
async def put_xorb(
    request: Request, hub: TheHub, prefix: str, name: str, authorization: Authorization = ""
) -> dict[str, Any]:
    """Keep a xorb, if all of it arrives."""
    _check(hub, authorization, "write")
    body = await request.body()
    return {"was_inserted": await run_in_threadpool(hub.xet.add_xorb, name, body)}


@router.post("/v1/shards")
async def put_shard(request: Request, hub: TheHub, authorization: Authorization = "") -> dict[str, Any]:
    """Register the files that a shard puts together from xorbs."""
    _check(hub, authorization, "write")
    body = await request.body()
    await run_in_threadpool(hub.xet.add_shard, body)
    return {"result": 1}


@router.get("/v1/reconstructions/{name}")
def reconstruction(
    hub: TheHub, name: str, authorization: Authorization = "", range: Annotated[str, Header()] = ""  # noqa: A002
) -> dict[str, Any]:  # fmt: skip
    """Which parts of which xorbs make up a file, or a byte range of it."""
    _check(hub, authorization, "read")
    match = RANGE.fullmatch(range)
    wanted = (int(match[1]), int(match[2]) if match[2] else None) if match else None
    return hub.xet.reconstruction(name, wanted, f"{hub.url}/xorbs")


@router.get("/xorbs/{name}")
def get_xorb(hub: TheHub, name: str) -> FileResponse:
    """A xorb or a byte range of it; who knows its name has been told it."""
    return FileResponse(hub.xet.path(name), media_type="application/octet-stream")


def _check(hub: Hub, authorization: str, mode: Literal["read", "write"]) -> None:
    if not hub.allows_transfer(authorization.removeprefix("Bearer "), mode):
        raise HubError(401, "the transfer token is unknown or has expired")


@router.api_route("/v1/{path:path}", methods=["GET", "POST"])
@router.api_route("/v2/{path:path}", methods=["GET", "POST"])
def not_offered(path: str) -> None:
    """What hf_xet asks for first and can do without: known chunks, grants, newer versions of what is above."""
    raise HubError(404, f"not offered here: {path}")
