"""The page, opened on its *Publish* tab."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page

from classification.lineup import Lineup
from support.browser import served, visit
from ui.page import build_page
from ui.session.runtime import Runtime


@contextmanager
def publishing(browser: Browser, lineup: Lineup, runtime: Runtime | None = None, **options: object) -> Iterator[Page]:
    """Serve the page, and open it there."""
    page = build_page(lineup, lineup.pool(), runtime=runtime)
    with served(page) as url, visit(browser, url, "?tab=publish", waits_for=".account", **options) as shown:  # type: ignore[arg-type]
        yield shown
