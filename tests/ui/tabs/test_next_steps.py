"""What comes after publishing: pulled into the lineup, into a collection, a Space made of the page."""

from __future__ import annotations

import httpx
import pytest
from hub_server import HubServer
from playwright.sync_api import Browser, expect
from support.browser import browser
from support.publish_tab import publishing

from classification.lineup import Lineup

__all__ = ["browser"]  # a fixture


def test_a_published_run_is_pulled_into_the_lineup_and_answers(
    browser: Browser, online: HubServer, olga: str, demo: Lineup
) -> None:
    with publishing(browser, demo) as page:
        page.locator("#repo input").fill("olga/pulled")
        page.locator("#push").click()
        expect(page.locator("#pull-reference input")).to_have_value("olga/pulled@v1", timeout=30_000)
        expect(page.locator("#pull-name input")).to_have_value("pulled")
        page.locator("#pull").click()
        expect(page.locator("#pulled")).to_contain_text("pulled joined the lineup from olga/pulled@v1")
        page.locator("#pull").click()
        expect(page.locator("#pulled .alert")).to_contain_text("The lineup has a contender 'pulled' already;")
        page.get_by_role("tab", name="Compare").click()
        expect(page.locator("#waiting .summary")).to_have_text("3 contenders are ready.")
        page.locator("#text textarea").fill("Profit warning sinks retailer")
        page.locator("#ask").click()
        expect(page.locator("#answers .summary")).to_contain_text("3 of 3 answered")
        expect(page.locator("#answers").get_by_role("article", name="pulled", exact=True)).to_contain_text("Bearish")


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("nowhere", "'nowhere' is not a repository; write owner/name, or owner/name@revision."),
        ("olga/nothing", "Cannot pull olga/nothing: it is not on the Hub, or it is private"),
    ],
)
def test_what_cannot_be_pulled_is_a_sentence(
    browser: Browser, olga: str, demo: Lineup, reference: str, expected: str
) -> None:
    with publishing(browser, demo) as page:
        page.locator("#pull-reference input").fill(reference)
        page.locator("#pull").click()
        expect(page.locator("#pulled .alert")).to_contain_text(expected)


def test_what_was_published_goes_into_a_collection(
    browser: Browser, online: HubServer, olga: str, demo: Lineup
) -> None:
    with publishing(browser, demo) as page:
        page.locator("#collect").click()
        expect(page.locator("#collected .alert")).to_contain_text("A collection's title has 1 to 59 characters")
        page.locator("#repo input").fill("olga/collected")
        page.locator("#push").click()
        expect(page.locator("#told .published")).to_be_visible(timeout=30_000)
        page.locator("#collection-title input").fill("Headlines, compared")
        page.locator("#collect").click()
        expect(page.locator("#collected .published")).to_contain_text(f"Collected: {online.url}/collections/olga/")
        expect(page.locator("#collected")).to_contain_text(
            "zeroshot/twitter-financial-news-sentiment is not on the Hub"
        )
        with httpx.Client(headers={"authorization": f"Bearer {olga}"}) as client:
            link = page.locator("#collected a").get_attribute("href") or ""
            slug = link.partition("/collections/")[2]
            items = client.get(f"{online.url}/api/collections/{slug}").json()["items"]
        assert [item["id"] for item in items] == ["olga/collected"]


def test_a_space_is_made_of_the_page(browser: Browser, online: HubServer, olga: str, demo: Lineup) -> None:
    with publishing(browser, demo) as page:
        page.locator("#space-repo input").fill("bob/theirs")
        page.locator("#make-space").click()
        expect(page.locator("#made .alert")).to_contain_text("bob/theirs is not yours to write to as olga;")
        page.locator("#space-repo input").fill("olga/compared")
        page.locator("#make-space").click()
        expect(page.locator("#made .published")).to_contain_text(
            f"Published: {online.url}/spaces/olga/compared", timeout=60_000
        )
    files = set(online.hub.find("spaces", "olga/compared").head().files)
    assert {"README.md", "app.py", "lineup.yaml", "requirements.txt", "ui/page.py"} <= files
