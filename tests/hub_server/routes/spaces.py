"""Spaces: their machine, secrets and variables."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from ..access import Caller, Json, SignedIn, TheHub, check_write, look_up
from ..errors import bad_request
from ..spaces import Setting, Space, keep

router = APIRouter()
SPACE = "/api/spaces/{owner}/{name}"


async def shown(hub: TheHub, caller: Caller, owner: str, name: str) -> Space:
    """The Space that a route is about, if the caller may know of it."""
    space = look_up(hub, caller, "spaces", f"{owner}/{name}").space
    if space is None:
        raise bad_request("it is no Space")
    return space


async def managed(hub: TheHub, caller: SignedIn, owner: str, name: str) -> Space:
    """The Space that a route changes, if the caller may."""
    space = await shown(hub, caller, owner, name)
    check_write(caller, owner, "manage-repos")
    return space


ChosenDemonstrations = Annotated[Space, Depends(shown)]
Managed = Annotated[Space, Depends(managed)]


@router.get(SPACE + "/runtime")
def runtime(space: ChosenDemonstrations) -> dict[str, Any]:
    """Its stage and machine."""
    return space.runtime()


@router.post(SPACE + "/hardware")
def request_hardware(hub: TheHub, space: Managed, body: Json) -> dict[str, Any]:
    """Ask for another machine."""
    with hub.lock:
        space.request(str(body["flavor"]), body.get("sleepTimeSeconds"))
    return space.runtime()


@router.post(SPACE + "/secrets")
def add_secret(space: Managed, body: Json) -> dict[str, Any]:
    """Add or replace a secret; the names of all are answered, and never a value."""
    keep(space.secrets, [body])
    return {key: _about(key, setting) for key, setting in space.secrets.items()}


@router.get(SPACE + "/variables")
def list_variables(space: Managed) -> dict[str, Any]:
    """Its variables."""
    return {key: _about(key, setting) | {"value": setting.value} for key, setting in space.variables.items()}


@router.post(SPACE + "/variables")
def add_variable(space: Managed, body: Json) -> dict[str, Any]:
    """Add or replace a variable."""
    keep(space.variables, [body])
    return list_variables(space)


def _about(key: str, setting: Setting) -> dict[str, Any]:
    return {"key": key, "description": setting.description, "updatedAt": setting.updated}
