"""The page as a Space runs it, in a process of its own: visitors sign in with the Hub, and act for themselves alone."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from hub_server import HubServer
from playwright.sync_api import Browser, Page, expect
from support.browser import DESKTOP, PHONE, browser, shoot
from support.environment import hub_environment
from support.paths import ROOT

__all__ = ["browser"]  # a fixture

SCOPES = "openid profile read-repos write-repos manage-repos contribute-repos write-discussions"


@dataclass(frozen=True)
class Space:
    """A running page: where it is, what it says at its terminal, and the secret of its owner."""

    url: str
    log: Path
    secret: str


@contextmanager
def running(server: HubServer, folder: Path, **more: str) -> Iterator[Space]:
    """Start ``app.py`` as a Space of olga's, with her token as a secret, and wait until it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    text = (ROOT / "demo" / "lineup.yaml").read_text(encoding="utf-8")
    lineup = folder / "lineup.yaml"
    baselines = text[: text.index("  - name: SmolLM2 zero-shot")].replace("run: tfidf", f"run: {ROOT}/demo/tfidf")
    lineup.write_text(
        baselines.replace("../tasks", f"{ROOT}/tasks").replace(": headlines", f": {ROOT}/demo/headlines")
        .replace("results: results", f"results: {ROOT}/demo/results"), encoding="utf-8",
    )  # fmt: skip
    secret = server.user("olga")
    environ = hub_environment(server, secret, folder / "home") | {
        "SYSTEM": "spaces", "SPACE_ID": "olga/space", "GRADIO_SERVER_PORT": str(port),
        "OAUTH_CLIENT_ID": "space", "OAUTH_CLIENT_SECRET": "secret-of-the-space", "OAUTH_SCOPES": SCOPES,
        "OPENID_PROVIDER_URL": server.url, "PROMPT_OR_TUNE_LINEUP": str(lineup),
    } | more  # fmt: skip
    log = folder / "terminal.txt"
    with log.open("w") as terminal:
        process = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, env=environ, stdout=terminal, stderr=subprocess.STDOUT
        )
    try:
        yield Space(_answering(f"http://127.0.0.1:{port}/", process, log), log, secret)
    finally:
        process.terminate()
        process.wait(20)


def _answering(url: str, process: subprocess.Popen[bytes], log: Path) -> str:
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        try:
            httpx.get(url, timeout=5)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return url
    raise AssertionError(log.read_text())


@pytest.fixture(scope="module")
def space(hub_server: HubServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Space]:
    with running(hub_server, tmp_path_factory.mktemp("space")) as found:
        yield found


@contextmanager
def visitor(browser: Browser, space: Space, **options: object) -> Iterator[Page]:
    """A browser of its own, on the *Publish* tab; at the end neither the page nor the terminal shows a token."""
    context = browser.new_context(**{"viewport": DESKTOP} | options)  # type: ignore[arg-type]
    page = context.new_page()
    try:
        page.goto(f"{space.url}?tab=publish")
        page.wait_for_selector(".account")
        yield page
        shown = page.content() + space.log.read_text()
        assert space.secret not in shown
        assert not re.findall(r"hf_oauth_[\w-]{8,}|hf_[A-Za-z0-9]{16,}", shown)
        assert "Traceback" not in page.content()
        assert not [room for room in ("ui", "hub", "classification") if f'File "{ROOT}/{room}' in shown]
    finally:
        context.close()


def sign_in(page: Page, server: HubServer, user: str) -> None:
    server.user(user)
    server.hub.oauth.user = user
    page.get_by_role("button", name="Sign in with Hugging Face").click()
    expect(page.locator("#account")).to_contain_text(f"Signed in as {user}, may publish to {user}/…", timeout=15_000)


def push(page: Page, repo_id: str) -> None:
    page.locator("#repo input").fill(repo_id)
    page.locator("#push").click()


def test_it_says_that_it_is_a_space(browser: Browser, space: Space) -> None:
    with visitor(browser, space) as page:
        expect(page.locator("#masthead")).to_contain_text("on the Space olga/space, ")


def test_a_visitor_who_has_not_signed_in_sees_cards_and_writes_nothing(
    browser: Browser, online: HubServer, space: Space
) -> None:
    with visitor(browser, space) as page:
        before = len(online.requests)
        expect(page.locator("#account")).to_have_text("Sign in with Hugging Face to publish under your own name.")
        expect(page.locator("#card h1")).to_have_text("Financial sentiment with TF-IDF")
        push(page, "olga/with-her-secret")
        expect(page.locator("#told .alert")).to_have_text("Sign in with Hugging Face to publish under your own name.")
        page.locator("#space-repo input").fill("olga/with-her-secret")
        page.locator("#make-space").click()
        expect(page.locator("#made .alert")).to_have_text("Sign in with Hugging Face to publish under your own name.")
        page.locator("#collection-title input").fill("Hers")
        page.locator("#collect").click()
        expect(page.locator("#collected .alert")).to_be_visible()
        expect(page.locator("#pull")).to_have_count(0)  # the lineup of a Space is its owner's
        assert not [asked for asked in online.requests[before:] if asked.method == "POST"]


@pytest.mark.parametrize(("name", "viewport"), [("desktop", DESKTOP), ("phone", PHONE)])
def test_a_visitor_signs_in_and_publishes_under_the_own_name(
    browser: Browser, online: HubServer, space: Space, name: str, viewport: dict[str, int]
) -> None:
    with visitor(browser, space, viewport=viewport) as page:
        sign_in(page, online, "bob")
        assert "tab=publish" in page.url  # signing in leads back to where it was asked for
        expect(page.locator("#repo input")).to_have_value("bob/tfidf")
        push(page, f"bob/own-{name}")
        expect(page.locator("#told .published")).to_contain_text("Published as v1", timeout=30_000)
        expect(page.locator("#login")).to_have_text("Logout (bob)")
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        shoot(page, f"space-{name}", whole=True)
    there = online.hub.find("models", f"bob/own-{name}")
    assert there.private
    assert there.head().author == "bob"


def test_a_visitor_cannot_write_to_somebody_elses_not_even_by_asking(
    browser: Browser, online: HubServer, space: Space
) -> None:
    online.seed("olga/hers", ROOT / "demo" / "tfidf")
    before = online.hub.find("models", "olga/hers").head().id
    with visitor(browser, space) as page:
        sign_in(page, online, "bob")
        push(page, "olga/hers")
        refusal = "olga/hers is not yours to write to as bob; use bob/...."
        expect(page.locator("#told .alert")).to_have_text(refusal)
        page.locator("#pull-request input").check()
        page.locator("#push").click()
        expect(page.locator("#told .alert")).to_have_text(refusal)
        page.locator("#space-repo input").fill("olga/space")
        page.locator("#make-space").click()
        expect(page.locator("#made .alert")).to_contain_text("olga/space is not yours to write to as bob;")
        page.get_by_role("tab", name="Results").click()
        page.locator("#comparison-repo input").fill("olga/hers")
        page.locator("#push-comparison").click()
        expect(page.locator("#comparison-told .alert")).to_have_text(refusal)
    hers = online.hub.find("models", "olga/hers")
    assert hers.head().id == before
    assert hers.discussions == []


def test_two_visitors_are_two_people_and_signing_out_is_the_end_of_it(
    browser: Browser, online: HubServer, space: Space
) -> None:
    with visitor(browser, space) as first, visitor(browser, space) as second:
        sign_in(first, online, "bob")
        expect(second.locator("#account")).to_contain_text("Sign in with Hugging Face")
        sign_in(second, online, "carol")
        push(first, "bob/both")
        push(second, "carol/both")
        for page in (first, second):
            expect(page.locator("#told .published")).to_contain_text("Published as v1", timeout=30_000)
        first.get_by_role("button", name="Logout (bob)").click()
        expect(first.locator("#account")).to_have_text("Sign in with Hugging Face to publish under your own name.")
        push(first, "bob/afterwards")
        expect(first.locator("#told .alert")).to_contain_text("Sign in with Hugging Face")
    assert online.hub.find("models", "carol/both").head().author == "carol"
    assert not [asked for asked in online.requests if "bob/afterwards" in asked.path and asked.method == "POST"]


def test_a_visitors_own_private_comparison_opens_for_that_visitor(
    browser: Browser, online: HubServer, space: Space
) -> None:
    with visitor(browser, space) as page:
        sign_in(page, online, "bob")
        page.get_by_role("tab", name="Results").click()
        page.locator("#comparison-repo input").fill("bob/compared")
        page.locator("#push-comparison").click()
        expect(page.locator("#comparison-told .published")).to_contain_text("Published as v1", timeout=30_000)
        page.goto(f"{space.url}?comparison=bob/compared")
        expect(page.locator("p.opened")).to_contain_text("From the Hub: bob/compared")
    with visitor(browser, space) as other:
        other.goto(f"{space.url}?comparison=bob/compared")
        expect(other.locator("#opened .alert")).to_contain_text("Cannot open the comparison bob/compared: ")


def test_a_sign_in_that_the_hub_refuses_leaves_nobody_signed_in(
    browser: Browser, online: HubServer, space: Space
) -> None:
    with visitor(browser, space) as page:
        online.hub.oauth.user = None
        page.get_by_role("button", name="Sign in with Hugging Face").click()
        page.wait_for_url("**/?tab=publish", wait_until="load")
        expect(page.locator("#account")).to_have_text("Sign in with Hugging Face to publish under your own name.")


def test_the_pages_own_functions_stay_unlisted_on_a_space(space: Space) -> None:
    found = httpx.get(f"{space.url}gradio_api/info").json()["named_endpoints"]
    assert set(found) == {"/classify", "/compare", "/contenders", "/evaluate", "/report", "/results"}


def test_without_oauth_a_space_says_what_is_missing(browser: Browser, online: HubServer, tmp_path: Path) -> None:
    with running(online, tmp_path, OAUTH_CLIENT_ID="") as found, visitor(browser, found) as page:
        expect(page.locator("#account")).to_have_text(
            "Nobody can sign in here: this Space has no hf_oauth: true in the front matter of its README."
        )
        expect(page.locator("#login")).to_have_count(0)
        push(page, "olga/never")
        expect(page.locator("#told .alert")).to_contain_text("Nobody can sign in here:")
