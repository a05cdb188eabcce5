"""Signing in with the Hub server as the OAuth provider, from Gradio's login button too."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from hub_server import HubServer
from joserfc import jwt
from joserfc.jwk import KeySet
from support.hub_clients import (
    call,
    commit,
    small,
)


def authorize(server: HubServer, **changes: str) -> dict[str, str]:
    """What the provider answers to an app, by way of the browser."""
    asked = {"client_id": "app", "redirect_uri": "http://app/callback", "scope": "openid profile read-repos"}
    answer = httpx.get(f"{server.url}/oauth/authorize", params=asked | changes | {"state": "s", "nonce": "n"})
    assert answer.status_code == 302
    return {key: values[0] for key, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def exchange(server: HubServer, code: str, **changes: str) -> httpx.Response:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": "http://app/callback"}
    return httpx.post(f"{server.url}/oauth/token", data=form | changes, auth=("app", "secret"))


def test_signing_in_gives_a_token_with_the_granted_scopes(server: HubServer, encoder_folder: Path) -> None:
    server.hub.oauth.user = "olga"
    server.seed("olga/secret", encoder_folder, private=True)
    back = authorize(server)
    assert back["state"] == "s"
    tokens = exchange(server, back["code"]).json()
    configuration = httpx.get(f"{server.url}/.well-known/openid-configuration").json()
    keys = KeySet.import_key_set(httpx.get(configuration["jwks_uri"]).json())
    claims = jwt.decode(tokens["id_token"], keys, ["RS256"]).claims
    assert (claims["iss"], claims["aud"], claims["nonce"]) == (server.url, "app", "n")
    assert claims["preferred_username"] == "olga"
    signed_in = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert httpx.get(f"{server.url}/api/whoami-v2", headers=signed_in).json()["name"] == "olga"
    assert httpx.get(f"{server.url}/api/models/olga/secret", headers=signed_in).status_code == 200
    refused = httpx.post(f"{server.url}/api/repos/create", json={"name": "new"}, headers=signed_in)
    assert refused.status_code == 403, "manage-repos was not granted"
    assert exchange(server, back["code"]).json()["error"] == "invalid_grant", "a code is good once"


def test_an_app_that_may_contribute_writes_to_what_it_has_made_alone(server: HubServer, encoder_folder: Path) -> None:
    server.hub.oauth.user = "olga"
    server.seed("olga/older", encoder_folder)
    token = exchange(server, authorize(server, scope="openid profile contribute-repos")["code"]).json()["access_token"]
    signed_in = {"Authorization": f"Bearer {token}"}
    made = httpx.post(f"{server.url}/api/repos/create", json={"name": "new", "private": True}, headers=signed_in)
    assert made.status_code == 200
    assert commit(server, "olga/new", small("a.txt"), token=token).status_code == 200
    assert commit(server, "olga/older", small("a.txt"), token=token).status_code == 403


def test_signing_in_can_be_refused(server: HubServer) -> None:
    server.hub.oauth.user = None
    assert authorize(server)["error"] == "access_denied"
    server.hub.oauth.user = "olga"
    assert authorize(server, scope="openid everything")["error"] == "invalid_scope"
    code = authorize(server, code_challenge="not-its-hash")["code"]
    assert exchange(server, code, code_verifier="something").json()["error"] == "invalid_grant"


def client_signs_in_on_a_space() -> dict[str, Any]:
    """A page with a sign-in button, and a browser's part of signing in to it."""
    import gradio as gr
    import httpx
    from gradio_client import Client

    def about(profile: gr.OAuthProfile | None, token: gr.OAuthToken | None) -> str:
        return f"{profile.username} {token.scope} {token.token[:9]}" if profile and token else "nobody"

    globals()["gr"] = gr  # annotations are looked up in the module
    with gr.Blocks() as page:
        gr.LoginButton()
        gr.Button().click(about, None, gr.Textbox(), api_name="about")
    _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1")
    cookies: dict[str, str] = {}
    address, visited = f"{url}login/huggingface", []
    for _ in range(4):  # the cookie is marked for HTTPS alone, so a client on HTTP has to be told to keep it
        cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        answer = httpx.get(address, headers={"Cookie": cookie} if address.startswith(url) else {})
        cookies |= dict(answer.cookies)
        if not answer.has_redirect_location:
            break
        address = str(answer.next_request.url) if answer.next_request else ""
        visited.append(address.partition("?")[0].removeprefix(url))
    session = "; ".join(f"{name}={value}" for name, value in cookies.items())
    seen = [
        Client(url, headers=headers, verbose=False).predict(api_name="/about") for headers in ({}, {"cookie": session})
    ]
    page.close(verbose=False)
    return {"visited": visited, "seen": seen}


def test_gradios_login_button_signs_in_with_it(server: HubServer, tmp_path: Path) -> None:
    server.hub.oauth.user = "olga"
    server.hub.oauth.register("space-client", "space-secret")
    try:
        seen = call_on_a_space(server, tmp_path)
    finally:
        server.hub.oauth.clients.clear()
    assert seen["visited"][:2] == [f"{server.url}/oauth/authorize", "login/callback"]
    assert seen["seen"] == ["nobody", "olga openid profile read-repos hf_oauth_"]


def call_on_a_space(server: HubServer, home: Path) -> Any:
    """Run the page as a Space would run it."""
    space = {
        "SYSTEM": "spaces", "SPACE_ID": "olga/space", "OAUTH_CLIENT_ID": "space-client",
        "OAUTH_CLIENT_SECRET": "space-secret", "OAUTH_SCOPES": "openid profile read-repos",
        "OPENID_PROVIDER_URL": server.url, "GRADIO_ANALYTICS_ENABLED": "False",
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        for name, value in space.items():
            patch.setenv(name, value)
        return call(server, home, client_signs_in_on_a_space)
