"""The page in a real browser. `visit` also checks that no request leaves, and nothing is logged as an error."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from playwright.sync_api import Browser, Page, expect
from support.browser import DESKTOP, PHONE, browser, served, shoot, visit
from support.fakes import EMOTIONS, FakeContender, fake_comparison, fake_lineup

from classification.errors import InputError
from ui.page import build_page

__all__ = ["browser"]  # a fixture

HEADLINE = "Chipmaker lifts its full-year forecast after record data-centre orders"
EVIL = "<img src=x onerror=alert(1)> ${1+1} {{value}} <script>alert(2)</script>"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(build_page(fake_lineup(), None, comparison=fake_comparison())) as address:
        yield address


@contextmanager
def page_of(browser: Browser, contenders: list[FakeContender] | None = None, **lineup: object) -> Iterator[Page]:
    made = fake_lineup(**lineup)  # type: ignore[arg-type]
    with served(build_page(made, None)) as address, visit(browser, address) as page:
        yield page


def ask(page: Page, text: str = HEADLINE, count: int = 7) -> None:
    page.locator("#text textarea").fill(text)
    page.get_by_role("button", name="Ask all").click()
    expect(page.locator("#answers .summary")).to_contain_text(f"{count} of 7 answered")


def card(page: Page, name: str) -> object:
    return page.locator("#answers").get_by_role("article", name=name, exact=True)


# --- Compare


def test_one_press_asks_every_contender(browser: Browser, url: str) -> None:
    with visit(browser, url) as page:
        ask(page)
        lanes = page.locator("#answers .lane h2").all_inner_texts()
        assert lanes == ["Baseline", "Zero-shot", "Few-shot", "Fine-tuned"]
        tuned = card(page, "SmolLM2 tuned")
        expect(tuned).to_contain_text("Bullish")
        expect(tuned).to_contain_text("97.0%")
        expect(tuned).to_contain_text("220 ms")
        expect(tuned).to_contain_text("68 prompt + 9 answer tokens")
        expect(card(page, "SmolLM2 zero-shot")).to_contain_text("1.8% of its probability is on the labels")
        expect(page.locator("#answers .lanes")).to_have_attribute("aria-busy", "false")


def test_contenders_against_the_majority_are_marked(browser: Browser, url: str) -> None:
    with visit(browser, url) as page:
        ask(page)
        expect(page.locator(".badge.differs")).to_have_count(2)
        expect(card(page, "Majority")).to_contain_text("differs")
        expect(card(page, "SmolLM2 zero-shot")).to_contain_text("differs")
        expect(page.locator("#answers .summary")).to_contain_text("majority says Bullish, 2 differ")


def test_an_example_fills_the_box_and_asks(browser: Browser, url: str) -> None:
    with visit(browser, url) as page:
        page.get_by_role("button", name=HEADLINE).click()
        expect(page.locator("#answers .summary")).to_contain_text("7 of 7 answered")
        expect(page.locator("#text textarea")).to_have_value(HEADLINE)


@pytest.mark.parametrize("keys", ["Control+Enter", "Meta+Enter"])
def test_the_keyboard_is_enough(browser: Browser, url: str, keys: str) -> None:
    with visit(browser, url) as page:
        page.locator("#text textarea").focus()
        page.keyboard.type("Shares fall")
        page.keyboard.press(keys)
        expect(page.locator("#answers .summary")).to_contain_text("7 of 7 answered")
        page.keyboard.press("Tab")
        expect(page.locator("#ask")).to_be_focused()
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"
        page.locator("#answers .prompt summary").first.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#answers .prompt pre").first).to_contain_text("Shares fall")


def test_the_exact_prompt_is_shown_on_demand_and_markup_stays_text(browser: Browser, url: str) -> None:
    with visit(browser, url) as page:
        page.on("dialog", lambda dialog: pytest.fail("a script ran"))
        ask(page, EVIL)
        expect(page.locator("#answers pre").first).to_be_hidden()
        page.locator("#answers .prompt summary").first.click()
        expect(page.locator("#answers pre").first).to_contain_text(EVIL)
        assert page.locator("#answers img").count() == 0


def test_answers_arrive_while_others_load_and_what_is_open_stays_open(browser: Browser) -> None:
    gate = threading.Event()

    def last_is_slow(contenders: list[FakeContender]) -> None:
        contenders[6].gate = gate

    with page_of(browser, change=last_is_slow) as page:
        expect(page.locator("#waiting .summary")).to_contain_text("6 of 7 contenders are ready; loading MiniLM tuned…")
        ask(page, count=6)
        expect(card(page, "MiniLM tuned")).to_contain_text("loading all-MiniLM-L6-v2, LoRA…")
        page.locator("#answers .prompt summary").first.click()
        gate.set()
        expect(page.locator("#answers .summary")).to_contain_text("7 of 7 answered")
        expect(page.locator("#answers .prompt pre").first).to_be_visible()


def test_one_that_fails_and_one_that_is_invalid_do_not_stop_the_others(browser: Browser) -> None:
    def broken(contenders: list[FakeContender]) -> None:
        contenders[1].classifier.error = InputError("The fitted words are for another task; fit it again.")
        contenders[2].classifier.probabilities = None
        contenders[2].classifier.said = "I <b>like</b> it"
        contenders[3].error = InputError("runs/x: no run.json; train it first.")

    with page_of(browser, change=broken) as page:
        ask(page, count=5)
        expect(card(page, "TF-IDF")).to_contain_text("The fitted words are for another task; fit it again.")
        expect(card(page, "SmolLM2 zero-shot")).to_contain_text("invalid")
        expect(card(page, "SmolLM2 zero-shot")).to_contain_text("I <b>like</b> it")
        expect(card(page, "SmolLM2 1-shot")).to_contain_text("runs/x: no run.json; train it first.")
        expect(card(page, "MiniLM tuned")).to_contain_text("93.0%")
        expect(page.locator("#answers .summary")).to_contain_text("1 invalid · 2 failed")
        shoot(page, "compare-failures")


def test_a_text_that_cannot_be_asked_gets_a_sentence(browser: Browser, url: str) -> None:
    sentence = "There is no text to classify; type one, or pick an example."
    with visit(browser, url) as page:
        page.locator("#text textarea").fill("   ")
        page.locator("#ask").click()
        expect(page.get_by_role("alert").filter(has_text=sentence)).to_be_visible()
        ask(page)  # and it can be asked again


def test_a_text_that_is_too_long_is_cut_and_said_to_be(browser: Browser, url: str) -> None:
    with visit(browser, url) as page:
        page.locator("#text textarea").fill("a" * 5001)
        page.locator("#ask").click()
        expect(page.locator("#answers .summary")).to_contain_text("7 of 7 answered")
        expect(page.locator("#answers .notice")).to_have_text(
            "The text is too long: every contender reads the first 5,000 of its 5,001 characters."
        )
        ask(page)
        expect(page.locator("#answers .notice")).to_have_count(0)


def test_half_a_character_gets_a_sentence_on_the_page(browser: Browser, url: str) -> None:
    with visit(browser, url) as page:
        page.locator("#text textarea").evaluate(
            "box => { box.value = 'half \\ud83d'; box.dispatchEvent(new Event('input', {bubbles: true})); }"
        )
        page.locator("#ask").click()
        expect(page.get_by_role("alert").first).to_contain_text("half a character in it (the surrogate U+D83D")


def test_many_labels_fit_a_card(browser: Browser) -> None:
    def answers(contenders: list[FakeContender]) -> None:
        for contender in contenders:
            contender.classifier.probabilities = [0.9 if i in (3, 9) else 0.01 for i in range(28)]

    with page_of(browser, task=EMOTIONS, change=answers) as page:
        ask(page)
        expect(card(page, "TF-IDF").locator(".given")).to_have_text(["emotion 3", "emotion 9"])
        card(page, "TF-IDF").get_by_text("25 more labels").click()
        expect(card(page, "TF-IDF").locator("li")).to_have_count(28)


# --- how it fits and looks


def test_text_and_every_answer_fit_one_desktop_screen(browser: Browser, url: str) -> None:
    with visit(browser, url, viewport=DESKTOP) as page:
        ask(page)
        places = [*page.locator("#answers .card").all(), page.locator("#text"), page.locator("#ask")]
        assert len(places) == 9
        for place in places:
            box = place.bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["y"] >= 0
            assert box["x"] + box["width"] <= DESKTOP["width"]
            assert box["y"] + box["height"] <= DESKTOP["height"]
        assert page.evaluate("document.documentElement.scrollHeight") <= DESKTOP["height"]


@pytest.mark.parametrize("tab", ["Compare", "Results"])
def test_a_phone_reads_one_column_without_scrolling_sideways(browser: Browser, url: str, tab: str) -> None:
    with visit(browser, url, viewport=PHONE, has_touch=True) as page:
        ask(page)
        lefts = {round(box["x"]) for c in page.locator("#answers .card").all() if (box := c.bounding_box())}
        assert len(lefts) == 1
        page.get_by_role("tab", name=tab).click()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(("name", "viewport"), [("desktop", DESKTOP), ("phone", PHONE)])
def test_light_and_dark_follow_the_system(
    browser: Browser, url: str, dark: bool, name: str, viewport: dict[str, int]
) -> None:
    with visit(browser, url, dark=dark, viewport=viewport) as page:
        assert page.evaluate("document.body.classList.contains('dark')") is dark
        page.get_by_role("button", name=HEADLINE).click()
        expect(page.locator("#answers .summary")).to_contain_text("7 of 7 answered")
        shade = page.locator("#answers .card").first.evaluate("e => getComputedStyle(e).backgroundColor")
        assert shade == ("rgb(23, 27, 33)" if dark else "rgb(255, 255, 255)")
        scheme = "dark" if dark else "light"
        shoot(page, f"compare-{name}-{scheme}", whole=name == "phone")
        page.get_by_role("tab", name="Results").click()
        expect(page.locator(".scatter:visible")).to_have_count(1)
        shoot(page, f"results-{name}-{scheme}", whole=True)


def test_light_or_dark_can_be_chosen_and_is_remembered(browser: Browser, url: str) -> None:
    with visit(browser, url) as page:
        page.get_by_role("button", name="Dark").click()
        expect(page.get_by_role("button", name="Light")).to_be_visible()
        page.reload()
        expect(page.get_by_role("button", name="Light")).to_be_visible()
        assert page.evaluate("document.body.classList.contains('dark')")


# --- Results


def test_results_sort_by_any_column(browser: Browser, url: str) -> None:
    with visit(browser, url) as page:
        page.get_by_role("tab", name="Results").click()
        names = page.locator("table.results tbody th")
        page.get_by_role("button", name="Macro-F1").click()
        assert names.first.get_attribute("data-value") == "MiniLM tuned"
        assert names.last.get_attribute("data-value") == "Qwen tuned"  # it has no scores
        page.get_by_role("button", name="Macro-F1").click()
        assert names.first.get_attribute("data-value") == "SmolLM2 zero-shot"
        assert names.last.get_attribute("data-value") == "Qwen tuned"
        expect(page.get_by_role("columnheader", name="Macro-F1")).to_have_attribute("aria-sort", "ascending")
        page.get_by_role("button", name="Contender").focus()
        page.keyboard.press("Enter")
        assert names.first.get_attribute("data-value") == "Majority"


def test_a_confusion_matrix_can_be_chosen(browser: Browser, url: str) -> None:
    with visit(browser, url) as page:
        page.get_by_role("tab", name="Results").click()
        expect(page.locator("#matrix")).to_contain_text("What MiniLM tuned answered")
        page.get_by_label("Confusion matrix of").click()
        page.get_by_role("option", name="TF-IDF").click()
        expect(page.locator("#matrix")).to_contain_text("What TF-IDF answered for each true label")


def test_without_results_the_tab_says_how_to_make_them(browser: Browser) -> None:
    with page_of(browser) as page:
        page.get_by_role("tab", name="Results").click()
        expect(page.get_by_text("No results yet")).to_be_visible()
        expect(page.get_by_text("python -m comparison run")).to_be_visible()


# --- for programs


def test_the_same_functions_are_callable_by_name(url: str) -> None:
    client = Client(url, verbose=False, analytics_enabled=False)
    found = client.predict(HEADLINE, api_name="/compare")
    assert [c["name"] for c in found["contenders"]] == [c.name for c in fake_lineup().contenders]
    assert found["contenders"][5]["label"] == "Bullish"
    json.dumps(found)
    assert {c["status"] for c in client.predict(api_name="/contenders")} == {"ready"}
    assert client.predict(api_name="/results")[1]["macro_f1"] == 0.754


def test_programs_get_the_same_sentence_for_a_bad_text(url: str, capfd: pytest.CaptureFixture[str]) -> None:
    client = Client(url, verbose=False, analytics_enabled=False)
    with pytest.raises(AppError, match="There is no text to classify; type one, or pick an example"):
        client.predict("", api_name="/compare")
    assert "Traceback" not in capfd.readouterr().err
