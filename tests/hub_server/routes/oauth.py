"""Signing in: OpenID Connect, as Spaces and other apps use it."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse

from ..access import TheHub
from ..errors import HubError, bad_request
from ..oauth import SCOPES

router = APIRouter()


@router.get("/.well-known/openid-configuration")
def configuration(hub: TheHub) -> dict[str, Any]:
    """Where everything is."""
    return {
        "issuer": hub.url,
        "authorization_endpoint": f"{hub.url}/oauth/authorize",
        "token_endpoint": f"{hub.url}/oauth/token",
        "jwks_uri": f"{hub.url}/.well-known/jwks.json",
        "scopes_supported": SCOPES,
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
    }


@router.get("/.well-known/jwks.json")
def keys(hub: TheHub) -> dict[str, Any]:
    """The key to check identity tokens with."""
    return {"keys": [hub.oauth.key.as_dict(private=False)]}


@router.get("/oauth/authorize")
def authorize(
    hub: TheHub, client_id: str, redirect_uri: str, response_type: str = "code", scope: str = "openid profile",
    state: str = "", nonce: str | None = None, code_challenge: str | None = None,
) -> RedirectResponse:  # fmt: skip
    """Approve at once as the user that the Hub is told to sign in, and lead back to the app."""
    if response_type != "code":
        raise bad_request("unsupported_response_type: only code is supported")
    try:
        answer = {"code": hub.oauth.approve(client_id, redirect_uri, scope, nonce, code_challenge)}
    except HubError as error:
        name, _, description = error.message.partition(": ")
        answer = {"error": name, "error_description": description}
    answer |= {"state": state} if state else {}
    return RedirectResponse(f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{urlencode(answer)}", 302)


@router.post("/oauth/token")
async def token(request: Request, hub: TheHub) -> JSONResponse:
    """Tokens for a code."""
    form = {key: values[-1] for key, values in parse_qs((await request.body()).decode()).items()}
    client = _client(request) or (form.get("client_id", ""), form.get("client_secret", ""))
    try:
        found = hub.oauth.exchange(
            hub.url, form.get("code", ""), client, form.get("redirect_uri", ""), form.get("code_verifier")
        )
    except HubError as error:
        name, _, description = error.message.partition(": ")
        return JSONResponse({"error": name, "error_description": description}, error.status)
    return JSONResponse(found, headers={"Cache-Control": "no-store"})


def _client(request: Request) -> tuple[str, str] | None:
    """An app's id and secret, where they come in the header."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    name, _, secret = base64.b64decode(value).decode().partition(":")
    return unquote(name), unquote(secret)
