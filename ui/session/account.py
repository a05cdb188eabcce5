"""For whom the page acts on the Hub: a visitor's own sign-in on a Space, the local login on a computer of one's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

import gradio as gr
from huggingface_hub import get_token

from .runtime import LOOPBACK, Runtime

SIGN_IN = "Sign in with Hugging Face to publish under your own name."
NO_SIGN_IN = "Nobody can sign in here: this Space has no hf_oauth: true in the front matter of its README."
SHARED = (
    "Publishing is off here: this server can be reached by others, and its owner's login is not for them; "
    "open the page on the computer that serves it, at http://127.0.0.1."
)
NO_LOGIN = "Nobody is signed in on this computer; run `hf auth login` in a terminal, then open this page again."
#: What a proxy adds to a request that it passes on.
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


@dataclass(frozen=True)
class Visitor:
    """For whom a request acts.

    Attributes:
        token: with which it acts; an empty string for nobody.
        reason: why it acts for nobody, and what to do about it.
    """

    token: str = field(default="", repr=False)
    reason: str = ""

    @property
    def known(self) -> bool:
        """Whether somebody is signed in."""
        return bool(self.token)

    @property
    def off(self) -> bool:
        """Whether nothing of this computer may be shown or published, since others than its owner can ask."""
        return self.reason == SHARED


def visitor(runtime: Runtime, request: gr.Request | None, oauth: gr.OAuthToken | None) -> Visitor:
    """Who is asking.

    A visitor of a Space is never given the Space's own secrets or login, and the login of a computer is used
    only for a browser on that very computer.
    """
    if runtime.space:
        if oauth is not None:
            return Visitor(oauth.token)
        return Visitor(reason=SIGN_IN if runtime.signs_in else NO_SIGN_IN)
    if runtime.shared or not _from_here(request):
        return Visitor(reason=SHARED)
    token = get_token()
    return Visitor(token) if token else Visitor(reason=NO_LOGIN)


def _from_here(request: gr.Request | None) -> bool:
    """Whether a request comes from a browser on this computer, and under its own address.

    A foreign page that has its name resolve to 127.0.0.1 still sends that name, one that calls this server sends
    its own as the origin, and a proxy says for whom it asks.
    """
    if request is None or request.client is None:
        return False
    headers = request.headers
    named = [f"//{headers.get('host', '')}", headers.get("origin") or "//localhost"]
    hosts = [*map(_host, named), request.client.host]
    return all(host in LOOPBACK for host in hosts) and not any(name in headers for name in FORWARDED)


def _host(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:  # no address at all
        return None
