"""Spaces: their machine, secrets and variables."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import PlainTextResponse

from ..access import Caller, Json, SignedIn, TheHub, check_write, look_up
from ..errors import HubError, bad_request
from ..hardware import MACHINES
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


Shown = Annotated[Space, Depends(shown)]
Managed = Annotated[Space, Depends(managed)]


@router.get("/api/spaces/hardware")
def hardware() -> list[dict[str, Any]]:
    """The machines on offer, with prices."""
    return [machine.describe(free_basic=True) for machine in MACHINES]


@router.get(SPACE + "/runtime")
def runtime(space: Shown) -> dict[str, Any]:
    """Its stage and machine."""
    return space.runtime()


@router.post(SPACE + "/hardware")
def request_hardware(hub: TheHub, space: Managed, body: Json) -> dict[str, Any]:
    """Ask for another machine."""
    with hub.lock:
        space.request(str(body["flavor"]), body.get("sleepTimeSeconds"))
    return space.runtime()


@router.post(SPACE + "/sleeptime")
def set_sleep_time(space: Managed, body: Json) -> dict[str, Any]:
    """After how many idle seconds it stops; the free machine's time is fixed."""
    if space.requested != "cpu-basic":
        space.sleep_seconds = int(body["seconds"])
    return space.runtime()


@router.post(SPACE + "/pause")
def pause(space: Managed) -> dict[str, Any]:
    """Stop it."""
    if space.sdk == "static":
        raise bad_request("static Spaces are always running")
    space.pause()
    return space.runtime()


@router.post(SPACE + "/restart")
def restart(space: Managed) -> dict[str, Any]:
    """Start it anew."""
    space.start()
    return space.runtime()


@router.post(SPACE + "/dev-mode")
def set_dev_mode(space: Managed, body: Json) -> dict[str, Any]:
    """Turn dev mode on or off."""
    space.dev_mode = bool(body["enabled"])
    return space.runtime()


@router.put(SPACE + "/volumes")
def set_volumes(space: Managed, body: Json) -> dict[str, Any]:
    """Mount repositories and buckets."""
    space.volumes = list(body["volumes"])
    return space.runtime()


@router.delete(SPACE + "/volumes")
def delete_volumes(space: Managed) -> dict[str, Any]:
    """Mount nothing."""
    space.volumes = []
    return space.runtime()


@router.get(SPACE + "/logs/{which}")
def logs(space: Managed, which: str) -> PlainTextResponse:
    """Its log: nothing is run, so there is none."""
    return PlainTextResponse("", media_type="text/event-stream")


@router.get(SPACE + "/secrets")
def list_secrets(space: Managed) -> dict[str, Any]:
    """The names of its secrets; their values are never answered."""
    return {key: _about(key, setting) for key, setting in space.secrets.items()}


@router.post(SPACE + "/secrets")
def add_secret(space: Managed, body: Json) -> dict[str, Any]:
    """Add or replace a secret."""
    keep(space.secrets, [body])
    return list_secrets(space)


@router.delete(SPACE + "/secrets")
def delete_secret(space: Managed, body: Json) -> dict[str, Any]:
    """Remove a secret."""
    _remove(space.secrets, str(body["key"]))
    return list_secrets(space)


@router.get(SPACE + "/variables")
def list_variables(space: Managed) -> dict[str, Any]:
    """Its variables."""
    return {key: _about(key, setting) | {"value": setting.value} for key, setting in space.variables.items()}


@router.post(SPACE + "/variables")
def add_variable(space: Managed, body: Json) -> dict[str, Any]:
    """Add or replace a variable."""
    keep(space.variables, [body])
    return list_variables(space)


@router.delete(SPACE + "/variables")
def delete_variable(space: Managed, body: Json) -> dict[str, Any]:
    """Remove a variable."""
    _remove(space.variables, str(body["key"]))
    return list_variables(space)


def _about(key: str, setting: Setting) -> dict[str, Any]:
    return {"key": key, "description": setting.description, "updatedAt": setting.updated}


def _remove(settings: dict[str, Setting], key: str) -> None:
    if settings.pop(key, None) is None:
        raise HubError(404, f"No such key: {key}")
