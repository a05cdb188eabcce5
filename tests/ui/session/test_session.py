"""One object for what a request tells, made by the page and by nothing that a caller sends."""

from __future__ import annotations

import gradio as gr
import httpx
import pytest
from support.browser import served

from ui.events import PRIVATE
from ui.session import account
from ui.session.links import LinkParams
from ui.session.runtime import Runtime
from ui.session.session import Session, with_session

OWN = "hf_ownlogin00000000"


@pytest.fixture(autouse=True)
def logged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", OWN)


def test_it_has_where_the_page_runs_who_asks_and_what_the_link_asks_for() -> None:
    request = gr.Request(
        headers={"host": "127.0.0.1:7860"}, client={"host": "127.0.0.1", "port": 50000}, query_params={"text": "a"}
    )
    found = Session.of(Runtime(), request, None)
    assert (found.runtime, found.visitor.token, found.link) == (Runtime(), OWN, LinkParams(text="a"))
    assert OWN not in repr(found)
    assert Session.of(Runtime(), None, None).visitor.reason == account.SHARED


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("host", ["127.0.0.1", "evil.example"])
def test_gradio_fills_it_in_and_a_caller_cannot(streams: bool, host: str) -> None:
    """Whoever calls the event sends more values than it has, shaped like a request and a sign-in."""
    seen: list[tuple[bool, tuple[object, ...]]] = []

    def _answer(session: Session, *values: object) -> str:
        seen.append((session.visitor.known, values))
        return "once"

    def _stream(session: Session, *values: object):  # type: ignore[no-untyped-def]
        yield "first"
        yield _answer(session, *values)

    function = with_session(Runtime(), _stream if streams else _answer)
    assert function.__name__ == ("_stream" if streams else "_answer")
    with gr.Blocks(analytics_enabled=False) as page:
        box, button = gr.Textbox(), gr.Button()
        button.click(function, box, box, **PRIVATE)
    forged = ["a text", {"headers": {"host": "127.0.0.1"}}, {"token": "hf_forged", "scope": "", "expires_at": 2**40}]
    with served(page) as url, httpx.Client(base_url=url, headers={"host": host}, timeout=30) as client:
        sent = {"data": forged, "fn_index": 0, "session_hash": "s"}
        client.post("gradio_api/queue/join", json=sent).raise_for_status()
        answer = client.get("gradio_api/queue/data", params={"session_hash": "s"}).text
    assert ("first" in answer) is streams
    assert "once" in answer
    assert seen == [(host == "127.0.0.1", ("a text",))]
