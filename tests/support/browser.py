"""A real browser and a real server for tests of the page; import the fixtures, or use `served`."""

from __future__ import annotations

import re
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import filterfalse
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from ui.serving import serve

SCREENSHOTS = Path(__file__).parents[1] / "screenshots"
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]  # fmt: skip
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
#: What the console says of a request that a page had begun when it was left: no fault of the page.
CUT_OFF = re.compile(
    "Failed to fetch|Connection errored out|ERR_ABORTED|Could not get API info|NetworkError|aborted|Load failed"
)
CHROMIUM = pytest.StashKey[Browser]()


@contextmanager
def served(page: gr.Blocks) -> Iterator[str]:
    """Serve Blocks on a free local port, and stop the server at the end."""
    # A port of its own: the processes of a run would all try Gradio's usual ones, in the same order.
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = serve(page, wait=False, quiet=True, server_name="127.0.0.1", server_port=port)
    try:
        yield url
    finally:
        page.close(verbose=False)


@pytest.fixture(scope="session")
def browser(request: pytest.FixtureRequest) -> Browser:
    """Chromium: the system's where there is one, else the one that Playwright installed; one for all modules."""
    kept = request.config.stash
    if CHROMIUM not in kept:
        found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        playwright = sync_playwright().start()
        request.config.add_cleanup(playwright.stop)
        try:
            kept[CHROMIUM] = playwright.chromium.launch(executable_path=found, args=QUIET)
        except PlaywrightError as error:
            first = str(error).splitlines()[0]
            pytest.skip(f"no browser can be started ({first}); run: playwright install chromium")
    return kept[CHROMIUM]


@contextmanager
def visit(
    browser: Browser, url: str, query: str = "", *, dark: bool = False, waits_for: str = ".card", **options: Any
) -> Iterator[Page]:
    """Open the page as a reader would, and check at the end that it kept its promises.

    No request left this machine, nothing was written to the console as an error, and no traceback is shown.
    """
    options.setdefault("viewport", DESKTOP)
    context = browser.new_context(color_scheme="dark" if dark else "light", **options)
    page = context.new_page()
    away: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda r: None if _local(r.url) else away.append(r.url))
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: complaints.append(str(e)))
    page.on("framenavigated", lambda _: _forget_cut_off(complaints))
    try:
        page.goto(f"{url}{query}")
        page.wait_for_selector(waits_for)
        yield page
        assert "Traceback" not in page.content()
        assert not away, away
        assert not complaints, complaints
    finally:
        context.close()


def _forget_cut_off(complaints: list[str]) -> None:
    complaints[:] = filterfalse(CUT_OFF.search, complaints)


def _local(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "http://localhost:", "data:", "blob:", "ws://127.0.0.1:"))


def shoot(page: Page, name: str, *, whole: bool = False) -> None:
    """Keep a screenshot for people to look at."""
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=whole, animations="disabled")
