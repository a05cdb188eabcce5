"""Collections: lists of repositories that somebody put together."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from ..access import Caller, Json, SignedIn, TheHub, check_write, look_up
from ..accounts import Token
from ..clock import now, object_id
from ..errors import HubError, bad_request
from ..hub import Hub
from ..repository import KIND_OF_TYPE

router = APIRouter()
COLLECTION = "/api/collections/{owner}/{slug}"
LONGEST_TITLE, LONGEST_DESCRIPTION, LONGEST_NOTE = 60, 150, 500
Collection = dict[str, Any]


async def shown(hub: TheHub, caller: Caller, owner: str, slug: str) -> Collection:
    """The collection that a route is about, if the caller may know of it."""
    collection = hub.collections.get(f"{owner}/{slug}")
    if collection is None or not _visible(caller, collection):
        raise HubError(404, "Collection not found")
    return collection


async def managed(caller: SignedIn, owner: str, collection: Annotated[Collection, Depends(shown)]) -> Collection:
    """The collection that a route changes, if the caller may."""
    check_write(caller, owner, "write-collections")
    return collection


ChosenDemonstrations = Annotated[Collection, Depends(shown)]
Managed = Annotated[Collection, Depends(managed)]


@router.post("/api/collections")
def create(hub: TheHub, caller: SignedIn, body: Json) -> Collection:
    """Begin a collection; an owner has each title once."""
    owner, title = str(body["namespace"]), _text(body, "title", LONGEST_TITLE)
    check_write(caller, owner, "write-collections")
    with hub.lock:
        for there in hub.collections.values():
            if (there["owner"]["name"], there["title"]) == (owner, title):
                raise HubError(409, "This collection already exists", slug=there["slug"])
        slug = f"{owner}/{_words(title)}-{object_id()}"
        hub.collections[slug] = {
            "slug": slug,
            "title": title,
            "description": _text(body, "description", LONGEST_DESCRIPTION) or None,
            "owner": {
                "name": owner,
                "fullname": owner.title(),
                "type": "user" if owner in hub.accounts.users else "org",
            },
            "items": [],
            "lastUpdated": now(),
            "position": sum(1 for held in hub.collections.values() if held["owner"]["name"] == owner),
            "private": bool(body.get("private")),
            "theme": "blue",
            "upvotes": 0,
        }
        return hub.collections[slug]


@router.get(COLLECTION)
def read(hub: TheHub, caller: Caller, collection: ChosenDemonstrations) -> Collection:
    """A collection with those of its items that the caller may see."""
    return _of(caller, hub, collection)


@router.post(COLLECTION + "/items")
def add_item(hub: TheHub, caller: SignedIn, collection: Managed, body: Json) -> Collection:
    """Add a repository that there is, once."""
    type_, id_ = str(body["item"]["type"]), str(body["item"]["id"])
    if type_ in KIND_OF_TYPE:
        look_up(hub, caller, KIND_OF_TYPE[type_], id_)
    elif type_ != "paper":
        raise bad_request(f'"item.type" must be one of [{", ".join(KIND_OF_TYPE)}, paper]')
    with hub.lock:
        items = collection["items"]
        if any((item["type"], item["id"]) == (type_, id_) for item in items):
            raise HubError(409, "This item is already in the collection")
        note = _text(body, "note", LONGEST_NOTE)
        added = {"_id": object_id(), "id": id_, "type": type_, "position": len(items)}
        items.append(added | ({"note": {"text": note, "html": ""}} if note else {}))
        collection["lastUpdated"] = now()
    return _of(caller, hub, collection)


def _of(caller: Token | None, hub: Hub, collection: Collection) -> Collection:
    """A collection as this caller sees it: repositories that are gone or not for the caller are left out."""
    items = [item for item in collection["items"] if _item_visible(caller, hub, item)]
    return collection | {"items": items}


def _item_visible(caller: Token | None, hub: Hub, item: dict[str, Any]) -> bool:
    if item["type"] not in KIND_OF_TYPE:
        return True
    try:
        look_up(hub, caller, KIND_OF_TYPE[item["type"]], item["id"])
    except HubError:
        return False
    return True


def _visible(caller: Token | None, collection: Collection) -> bool:
    owner = collection["owner"]["name"]
    return not collection["private"] or (caller is not None and caller.owns(owner))


def _text(body: dict[str, Any], key: str, longest: int) -> str:
    text = str(body.get(key) or "").strip()
    if len(text) > longest:
        raise bad_request(f'"{key}" length must be less than or equal to {longest} characters long')
    return text


def _words(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "collection"
