"""Links to what one sees, and comparisons from the Hub: for one visitor, with that visitor's own rights."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import gradio as gr
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from hub_server import HubServer
from playwright.sync_api import Browser, BrowserContext, Page, expect
from support.browser import DESKTOP, PHONE, browser, served, shoot, visit
from support.comparisons import compared
from support.fakes import fake_comparison, fake_lineup

from classification.errors import InputError
from hub.comparisons.datasets import plan_comparison
from hub.shared.client import connect
from hub.shared.publish import publish
from ui.html.results_table import confusion_of
from ui.live import comparison_cache
from ui.live.comparison_cache import ComparisonCache
from ui.page import build_page
from ui.session import links as share
from ui.session.links import LinkParams
from ui.session.runtime import Runtime

__all__ = ["browser"]  # a fixture

TEXT = "Profit <b>warning</b> & 100% off: ${1+1} 新闻"


@contextmanager
def page_with(comparison: bool = True, runtime: Runtime | None = None, results: Path | None = None) -> Iterator[str]:
    lineup = fake_lineup()
    lineup.results = results
    shown = fake_comparison() if comparison else None
    with served(build_page(lineup, None, comparison=shown, runtime=runtime)) as url:
        yield url


def published(server: HubServer, folder: Path, repo_id: str, token: str, *, private: bool = True) -> str:
    """Put a comparison with four contenders on the Hub; their best is called ``tuned``."""
    compared().save(folder)
    done = publish(plan_comparison(folder, repo_id, private=private), connect(token))
    return f"{done.repo_id}@{done.tag}"


def query(**parts: str) -> gr.Request:
    return gr.Request(query_params=parts)


# --- what an address asks for


def test_an_address_may_name_a_text_a_comparison_and_a_tab() -> None:
    assert LinkParams.of(query(text=TEXT, comparison=" you/x@v1 ", tab="publish")) == LinkParams(
        TEXT, "you/x@v1", "publish"
    )
    assert LinkParams.of(query(__theme="dark", __sign="secret")) == LinkParams()
    assert LinkParams.of(None) == LinkParams()


def test_a_comparison_begins_with_its_tab_and_an_unknown_tab_with_the_first() -> None:
    assert LinkParams.of(query(comparison="you/x")).tab == "results"
    assert LinkParams.of(query(tab="<script>")).tab == ""


def test_what_an_address_says_is_bounded() -> None:
    opened = LinkParams.of(query(text="a" * 10**6, comparison="b" * 10**6))
    assert (len(opened.text), len(opened.comparison)) == (100_000, 300)


def test_a_link_is_kept_to_what_is_passed_on_whole() -> None:
    assert share.query(text="a b&c", comparison="") == "?text=a+b%26c"
    assert share.query(text="新" * 1000) == ""
    assert "too long for a link" in share.copy_button("")


def test_a_button_to_copy_a_link_is_escaped() -> None:
    html = share.copy_button('?text="><script>', "<b>")
    assert "<script>" not in html
    assert "<b>" not in html


# --- Compare


def allowed_to_copy(context: BrowserContext, url: str) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=url.rstrip("/"))


def test_a_copied_link_brings_others_to_the_same_question(browser: Browser) -> None:
    with page_with() as url, visit(browser, url) as page:
        allowed_to_copy(page.context, url)
        page.locator("#text textarea").fill(TEXT)
        page.locator("#ask").click()
        expect(page.locator("#answers .summary")).to_contain_text("7 of 7 answered")
        button = page.get_by_role("button", name="Copy a link to this question")
        button.click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        link = page.evaluate("navigator.clipboard.readText()")
        assert link.startswith(f"{url}?text=Profit")
        expect(button).to_be_visible()  # it says so again after a while
        with visit(browser, link, waits_for="#answers .card") as other:
            expect(other.locator("#text textarea")).to_have_value(TEXT)
            expect(other.locator("#answers .summary")).to_contain_text("7 of 7 answered")
            other.locator("#answers .prompt summary").first.click()
            expect(other.locator("#answers pre").first).to_contain_text(TEXT)


def test_a_link_carries_nothing_that_is_this_visitors_alone(browser: Browser) -> None:
    with (
        page_with() as url,
        visit(browser, url, "?__sign=secret&__theme=dark&text=Shares+fall", waits_for="#answers .copy") as page,
    ):
        allowed_to_copy(page.context, url)
        page.get_by_role("button", name="Copy a link to this question").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == f"{url}?text=Shares+fall"


def test_a_linked_text_that_is_too_long_is_cut_and_said_to_be(browser: Browser) -> None:
    with page_with() as url, visit(browser, url, f"?text={'a' * 6000}", waits_for="#answers .card") as page:
        expect(page.locator("#answers .notice")).to_have_text(
            "The text is too long: every contender reads the first 5,000 of its 6,000 characters."
        )
        expect(page.locator("#answers .summary")).to_contain_text("7 of 7 answered")


def test_the_tab_is_part_of_the_address(browser: Browser) -> None:
    with page_with() as url, visit(browser, url) as page:
        page.get_by_role("tab", name="Results").click()
        expect(page.locator("table.results")).to_be_visible()
        assert page.url == f"{url}?tab=results"
        page.reload()
        expect(page.locator("table.results")).to_be_visible()
        expect(page.get_by_role("tab", name="Results")).to_have_attribute("aria-selected", "true")


# --- Results, from the Hub


def test_a_comparison_opens_by_its_name_for_one_visitor_alone(
    browser: Browser, online: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = published(online, tmp_path, "olga/opened", online.user("olga"), private=False)
    with page_with() as url, visit(browser, url, f"?comparison={reference}", waits_for="p.opened") as page:
        expect(page.locator("p.opened")).to_contain_text(f"From the Hub: {reference}")
        expect(page.locator(".headline")).to_contain_text("tuned has the highest macro-F1")
        expect(page.locator("table.results tbody tr")).to_have_count(4)
        expect(page.locator("#matrix")).to_contain_text("What tuned answered for each true label")
        page.get_by_label("Confusion matrix of").click()
        page.get_by_role("option", name="bad").click()
        expect(page.locator("#matrix")).to_contain_text("What bad answered for each true label")
        with visit(browser, url, "?tab=results", waits_for="table.results") as other:
            expect(other.locator(".headline")).to_contain_text("MiniLM tuned has the highest macro-F1")
        page.get_by_role("button", name="Back to this page's own").click()
        expect(page.locator(".headline")).to_contain_text("MiniLM tuned has the highest macro-F1")
        expect(page.locator("p.opened")).to_be_hidden()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(("name", "viewport"), [("desktop", DESKTOP), ("phone", PHONE)])
def test_an_opened_comparison_fits(
    browser: Browser, online: HubServer, tmp_path: Path, dark: bool, name: str, viewport: dict[str, int]
) -> None:
    reference = published(online, tmp_path, "olga/fits", online.user("olga"), private=False)
    link = f"?comparison={reference}"
    with page_with() as url, visit(browser, url, link, waits_for="p.opened", dark=dark, viewport=viewport) as page:
        expect(page.locator(".scatter:visible")).to_have_count(1)
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        shoot(page, f"opened-{name}-{'dark' if dark else 'light'}", whole=True)


def test_it_can_be_opened_by_typing_and_a_link_to_it_copied(
    browser: Browser, online: HubServer, tmp_path: Path
) -> None:
    reference = published(online, tmp_path, "olga/typed", online.user("olga"), private=False)
    with page_with(comparison=False) as url, visit(browser, url, "?tab=results", waits_for=".nothing") as page:
        allowed_to_copy(page.context, url)
        page.locator("#open-comparison input").fill("olga/nothing-here")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text(
            "Cannot open the comparison olga/nothing-here: it is not on the Hub, or it is private"
        )
        expect(page.get_by_text("No results yet")).to_be_visible()
        page.locator("#open-comparison input").fill(reference)
        page.get_by_role("button", name="Open", exact=True).click()
        expect(page.locator(".headline")).to_contain_text("tuned has the highest macro-F1")
        page.locator("p.opened .copy").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == f"{url}?comparison=olga%2Ftyped%40v1"


def test_a_private_one_opens_for_whoever_may_see_it_and_for_nobody_else(
    browser: Browser, online: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = online.user("olga")
    reference = published(online, tmp_path, "olga/secret", token)
    commit = online.hub.find("datasets", "olga/secret").head().id
    monkeypatch.setenv("HF_TOKEN", token)
    with page_with() as url, visit(browser, url, f"?comparison={reference}", waits_for="p.opened") as page:
        expect(page.locator(".headline")).to_contain_text("tuned has the highest macro-F1")
    # the same server on a Space: its secret is the same token, and a copy is in its cache
    with page_with(runtime=Runtime("olga/space", shared=True)) as url:
        for named in (reference, "olga/secret", f"olga/secret@{commit}"):
            with visit(browser, url, f"?comparison={named}", waits_for=".alert") as page:
                expect(page.get_by_role("alert")).to_contain_text(f"Cannot open the comparison {named}: ")
                expect(page.locator(".headline")).to_contain_text("MiniLM tuned")


def test_programs_open_one_by_its_name_with_the_same_rights(
    online: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = online.user("olga")
    published(online, tmp_path, "olga/for-programs", token)
    monkeypatch.setenv("HF_TOKEN", token)
    with page_with() as url:
        client = Client(url, verbose=False, analytics_enabled=False)
        assert "| tuned | fine-tuned |" in client.predict("markdown", "olga/for-programs@v1", api_name="/report")
        assert [c["name"] for c in client.predict("olga/for-programs", api_name="/results")][1] == "tuned"
    with page_with(runtime=Runtime("olga/space", shared=True)) as url:
        client = Client(url, verbose=False, analytics_enabled=False)
        with pytest.raises(AppError, match="^cannot open the comparison olga/for-programs: "):
            client.predict("markdown", "olga/for-programs", api_name="/report")


def test_what_one_token_fetched_is_not_kept_for_another(online: HubServer, tmp_path: Path) -> None:
    owner, other = online.user("olga"), online.user("bob")
    published(online, tmp_path, "olga/kept", owner)
    kept = ComparisonCache()
    assert kept.get("olga/kept", owner).measured
    for token in (other, ""):
        with pytest.raises(InputError, match=r"^cannot open the comparison olga/kept: "):
            kept.get("olga/kept", token)
    assert owner not in repr(kept)


def test_an_opened_one_is_not_fetched_again_for_a_while(online: HubServer, tmp_path: Path) -> None:
    published(online, tmp_path, "olga/again", online.user("olga"), private=False)
    kept = ComparisonCache()
    kept.get("olga/again", "")
    before = len(online.requests)
    assert kept.get("olga/again", "") is kept.get("olga/again", "")
    assert len(online.requests) == before
    kept._opened.expire(time.monotonic() + comparison_cache.SECONDS_KEPT)
    kept.get("olga/again", "")
    assert len(online.requests) > before


def test_only_so_many_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison_cache, "fetch_comparison", lambda reference, token: fake_comparison())
    kept = ComparisonCache()
    for number in range(40):
        kept.get(f"you/c{number}", "")
    assert len(kept._opened) == comparison_cache.MOST_KEPT


def test_without_the_hub_a_sentence_stands_in_its_place(browser: Browser) -> None:
    with page_with() as url, visit(browser, url, "?comparison=you/x", waits_for=".alert") as page:
        expect(page.get_by_role("alert")).to_contain_text(
            "Cannot open the comparison you/x: the Hub cannot be reached; check the connection"
        )
        expect(page.locator(".headline")).to_contain_text("MiniLM tuned has the highest macro-F1")


@pytest.mark.parametrize("status", [429, 503])
def test_a_hub_in_trouble_is_a_sentence(browser: Browser, online: HubServer, status: int) -> None:
    online.faults.add("POST", "/api/datasets/you/x/paths-info", status=status, times=None, retry_after=0)
    with page_with() as url, visit(browser, url, "?comparison=you/x", waits_for=".alert") as page:
        expect(page.get_by_role("alert")).to_contain_text("Cannot open the comparison you/x: the Hub ")


def test_a_hostile_one_is_shown_as_text_or_refused(browser: Browser, online: HubServer, tmp_path: Path) -> None:
    evil = "<img src=x onerror=alert(1)>"
    found = json.loads(compared().model_dump_json())
    found["contenders"][1]["name"] = evil
    found["contenders"][3]["error"] = "<script>alert(2)</script>"
    found["rows"]["source"] = evil
    for pair in found["pairs"]:
        for side in ("first", "second"):
            pair[side] = evil if pair[side] == "tuned" else pair[side]
    (tmp_path / "comparison.json").write_text(json.dumps(found), encoding="utf-8")
    online.seed("mallory/markup", tmp_path, repo_type="dataset")
    with page_with() as url:
        with visit(browser, url, "?comparison=mallory/markup", waits_for="p.opened") as page:
            page.on("dialog", lambda dialog: pytest.fail("a script ran"))
            expect(page.locator(".headline")).to_contain_text(evil)
            expect(page.locator("#matrix")).to_contain_text(f"What {evil} answered")
            assert page.locator("#results-table img, #matrix img, #plots img").count() == 0
        (tmp_path / "comparison.json").write_text('{"task": 1}', encoding="utf-8")
        online.seed("mallory/nonsense", tmp_path, repo_type="dataset")
        with visit(browser, url, "?comparison=mallory/nonsense", waits_for=".alert") as page:
            expect(page.get_by_role("alert")).to_contain_text(re.compile("^mallory/nonsense"))


def test_a_matrix_that_nobody_could_read_is_not_drawn() -> None:
    found = fake_comparison()
    large = found.contenders[1].model_copy(update={"confusion_matrix": ((0,) * 62,) * 61})
    big = found.model_copy(update={"contenders": (large,)})
    assert "The task has 61 labels, and a matrix of more than 60" in confusion_of(big, large.name)


# --- Results, to the Hub


def push_comparison(page: Page, repo_id: str, *, public: bool = False) -> None:
    page.get_by_role("tab", name="Results").click()
    page.locator("#comparison-repo input").fill(repo_id)
    page.locator("#comparison-public input").set_checked(public)
    page.locator("#push-comparison").click()


def test_the_pages_own_comparison_is_pushed_and_its_link_opens_it(
    browser: Browser, online: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", online.user("olga"))
    fake_comparison().save(tmp_path)
    with page_with(results=tmp_path) as url, visit(browser, url) as page:
        allowed_to_copy(page.context, url)
        push_comparison(page, "olga/pushed", public=True)
        expect(page.locator("#comparison-told .published")).to_contain_text("Published as v1:")
        assert not online.hub.find("datasets", "olga/pushed").private
        page.get_by_role("button", name="Copy a link that opens it here").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        link = page.evaluate("navigator.clipboard.readText()")
        with visit(browser, link, waits_for="p.opened") as other:
            expect(other.locator("p.opened")).to_contain_text("olga/pushed@v1")
            expect(other.locator(".headline")).to_contain_text("MiniLM tuned has the highest macro-F1")


def test_it_is_pushed_to_nobody_elses_and_by_nobody_unknown(
    browser: Browser, online: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_comparison().save(tmp_path)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with page_with(results=tmp_path) as url, visit(browser, url) as page:
        push_comparison(page, "olga/never")
        expect(page.locator("#comparison-told .alert")).to_contain_text("Nobody is signed in on this computer;")
        monkeypatch.setenv("HF_TOKEN", online.user("bob"))
        push_comparison(page, "olga/never")
        expect(page.locator("#comparison-told .alert")).to_contain_text(
            "olga/never is not yours to write to as bob; use bob/...."
        )
        push_comparison(page, "not a name")
        expect(page.locator("#comparison-told .alert")).to_contain_text("'not a name' is not a repository id;")
    assert not [asked for asked in online.requests if "/never" in asked.path and asked.method == "POST"]
