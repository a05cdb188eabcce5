"""For whom a request acts: never with the login of somebody else's computer or Space."""

from __future__ import annotations

import gradio as gr
import pytest

from ui.session import account
from ui.session.account import visitor
from ui.session.runtime import Runtime

OWN = "hf_ownlogin00000000"
THEIRS = gr.OAuthToken(token="hf_oauth_visitor0000", scope="openid", expires_at=2**40)
HERE, SPACE, SPACE_WITH_SIGN_IN = (
    Runtime(),
    Runtime("you/space", shared=True),
    Runtime("you/s", signs_in=True, shared=True),
)


def request(host: str = "127.0.0.1:7860", client: str = "127.0.0.1", **headers: str) -> gr.Request:
    return gr.Request(headers={"host": host, **headers}, client={"host": client, "port": 50000})


@pytest.fixture(autouse=True)
def logged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", OWN)


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost:7860", "localhost", "[::1]:7860"])
def test_a_browser_on_this_computer_has_its_login(host: str) -> None:
    assert visitor(HERE, request(host), None).token == OWN
    assert visitor(HERE, request(host, origin=f"http://{host}"), None).token == OWN


def test_without_a_login_it_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_TOKEN")
    who = visitor(HERE, request(), None)
    assert not who.known
    assert not who.off
    assert who.reason == (
        "Nobody is signed in on this computer; run `hf auth login` in a terminal, then open this page again."
    )


@pytest.mark.parametrize(
    "asking",
    [
        request("192.168.1.7:7860", "192.168.1.20"),
        request("127.0.0.1:7860", "192.168.1.20"),
        request("evil.example:7860"),  # a foreign page whose name was made to lead here
        request("abcd.gradio.live"),
        request(origin="https://evil.example"),
        request(origin="null"),
        request("[nonsense"),
        request(**{"x-forwarded-for": "203.0.113.5"}),
        request(**{"forwarded": "for=203.0.113.5"}),
        None,
    ],
    ids=[
        "another computer",
        "its address made up",
        "a foreign name",
        "a share link",
        "a foreign page",
        "a page without a name",
        "no address",
        "proxy",
        "other proxy",
        "nobody",
    ],
)
def test_nobody_else_has_it(asking: gr.Request | None) -> None:
    who = visitor(HERE, asking, None)
    assert (who.token, who.off) == ("", True)
    assert who.reason.startswith("Publishing is off here: this server can be reached by others,")


def test_on_a_server_that_is_shared_not_even_its_owner_has_it() -> None:
    assert visitor(Runtime(shared=True), request(), None).off


@pytest.mark.parametrize("asking", [request(), request("you-space.hf.space", "10.0.0.1")])
def test_a_spaces_own_secret_is_never_a_visitors(asking: gr.Request) -> None:
    assert visitor(SPACE, asking, None) == account.Visitor(reason=account.NO_SIGN_IN)
    assert visitor(SPACE_WITH_SIGN_IN, asking, None) == account.Visitor(reason=account.SIGN_IN)
    assert visitor(SPACE_WITH_SIGN_IN, asking, THEIRS).token == THEIRS.token


def test_off_a_space_a_sign_in_is_not_believed() -> None:
    """Gradio fakes one there, from the local login and for anybody."""
    assert visitor(Runtime(shared=True), request(), THEIRS).token == ""


def test_a_token_is_not_printed() -> None:
    assert OWN not in repr(visitor(HERE, request(), None))
