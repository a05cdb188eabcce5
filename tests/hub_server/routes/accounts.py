"""Who the caller is, and whether what is to be uploaded is well formed."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from ..access import Json, SignedIn, TheHub
from ..accounts import Token
from ..metadata import problems
from ..repository import KIND_OF_TYPE

router = APIRouter()


@router.get("/api/whoami-v2")
def who_am_i(hub: TheHub, caller: SignedIn) -> dict[str, Any]:
    """The user whose token it is, and what the token may do."""
    account = caller.account
    return {
        "type": "user",
        "id": account.id,
        "name": account.name,
        "fullname": account.name.title(),
        "email": account.email,
        "emailVerified": True,
        "avatarUrl": f"{hub.url}/avatars/{account.name}.svg",
        "canPay": True,
        "isPro": False,
        "periodEnd": None,
        "orgs": [_organisation(hub.url, org) for org in sorted(account.orgs)],
        "auth": _authentication(caller),
    }


@router.get("/api/agent-harnesses")
def agent_harnesses() -> dict[str, Any]:
    """By which environment variables clients recognise automated callers: by none, here."""
    return {"standardEnvVars": [], "harnesses": {}}


@router.post("/api/validate-yaml")
def validate_yaml(body: Json) -> JSONResponse:
    """What is wrong with a README's front matter, before it is uploaded."""
    kind = KIND_OF_TYPE.get(str(body.get("repoType", "model")), "models")
    errors, warnings = problems(kind, str(body.get("content", "")))
    found = {"errors": [{"message": error} for error in errors], "warnings": [{"message": text} for text in warnings]}
    return JSONResponse(found, 400 if errors else 200)


def _organisation(url: str, name: str) -> dict[str, Any]:
    picture = f"{url}/avatars/{name}.svg"
    about = {"type": "org", "id": name, "name": name, "fullname": name.title(), "email": None, "avatarUrl": picture}
    return about | {"canPay": True, "isEnterprise": False, "roleInOrg": "write", "periodEnd": None}


def _authentication(caller: Token) -> dict[str, Any]:
    if caller.role == "oauth":
        expires = datetime.fromtimestamp(min(caller.expires, time.time() + 1e9), timezone.utc).isoformat()
        return {"type": "oauth", "expiresAt": expires, "scopes": sorted(caller.scopes)}
    return {"type": "access_token", "accessToken": {"displayName": caller.role, "role": caller.role}}
