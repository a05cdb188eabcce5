"""Prompts that a visitor picks, and the plot of demonstrations, in a real browser; the chat model is a tiny one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from support.browser import DESKTOP, PHONE, browser, served, shoot, visit
from support.fakes import SENTIMENT, FakeClassifier, FakeContender, FakeLineup, fake_comparison, fake_lineup
from support.paths import ROOT
from support.tiny_models import chat_model, encoder_model, make_tokenizer

from classification.lineup import load_lineup
from comparison.comparison import Comparison
from ui.page import build_page

__all__ = ["browser"]  # a fixture

TEXT = "Company 3 rises today"
WORDS = {"Bearish": "falls", "Bullish": "rises", "Neutral": "meets"}
SIZES = [("desktop", DESKTOP), ("phone", PHONE)]
SHADES = pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])


def write_lineup(folder: Path, *, rows: bool = True) -> Path:
    """A lineup with one prompt on a tiny chat model, which finds similar rows with a tiny encoder."""
    tokenizer = make_tokenizer()
    for name, model in (("chat", chat_model()), ("encoder", encoder_model())):
        model.save_pretrained(folder / name)
        tokenizer.save_pretrained(folder / name)
    labels = "\n".join(f"  - {{name: {name}, verbalizer: {name.lower()}}}" for name in WORDS)
    (folder / "task.yaml").write_text(f"name: tiny\nlanguage: en\ninstruction: Decide.\nlabels:\n{labels}\n")
    lines = [f"Company {n} {word} today,{label}" for n in range(12) for label, word in WORDS.items()]
    (folder / "rows.csv").write_text("text,label\n" + "\n".join(lines) + "\n")
    shown = f"approach: few-shot, shots: 1, selection: semantic, encoder: {folder / 'encoder'}"
    how = shown if rows else "approach: zero-shot"
    (folder / "lineup.yaml").write_text(
        f"task: task.yaml\n{'demonstrations: rows.csv' if rows else ''}\n"
        f"contenders:\n  - {{name: Tiny, model: {folder / 'chat'}, {how}}}\n"
    )
    return folder / "lineup.yaml"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    lineup = load_lineup(write_lineup(tmp_path_factory.mktemp("tiny")))
    comparison = Comparison.load(ROOT / "demo" / "results")
    with served(build_page(lineup, lineup.pool(), comparison=comparison)) as address:
        yield address


def pick(page: Page, **choices: str) -> None:
    if not page.get_by_label("Demonstrations", exact=True).is_visible():
        page.get_by_role("button", name="Change the prompts").click()
    for label, choice in choices.items():
        box = page.locator("#picks").get_by_label(label, exact=True)
        box.click()
        page.get_by_role("option", name=choice, exact=True).click()
        expect(box).to_have_value(choice)


def ask(page: Page, text: str = TEXT) -> None:
    page.locator("#text textarea").fill(text)
    page.get_by_role("button", name="Ask with these prompts").click()


def fits(page: Page, width: int) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for box in [place.bounding_box() for place in page.locator("#picks input, #picks button").all()]:
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


@SHADES
@pytest.mark.parametrize(("name", "viewport"), SIZES)
def test_a_picked_prompt_answers_beside_the_lineups_own(
    browser: Browser, url: str, dark: bool, name: str, viewport: dict[str, int]
) -> None:
    with visit(browser, url, dark=dark, viewport=viewport) as page:
        expect(page.get_by_label("Demonstrations", exact=True)).to_be_hidden()
        pick(page, Demonstrations="2", Selection="diverse", Calibration="batch")
        ask(page)
        expect(page.locator("#answers .summary")).to_contain_text("2 of 2 answered", timeout=60_000)
        card = page.locator("#answers").get_by_role("article", name="chat, as picked", exact=True)
        expect(card).to_contain_text("chat, 2 diverse demonstrations a label, batch calibration on 32 rows")
        expect(card).to_contain_text("without calibration:")
        card.get_by_text("6 demonstrations").click()
        expect(card.locator(".shown li")).to_have_count(6)
        expect(card.locator(".shown li", has_text="similarity ")).to_have_count(6)
        assert sorted(card.locator(".shown strong").all_inner_texts()) == sorted(2 * [*WORDS])
        expect(page.locator("#answers").get_by_role("article", name="Tiny", exact=True)).to_contain_text(
            "3 demonstrations"
        )
        fits(page, viewport["width"])
        shoot(page, f"picks-{name}-{'dark' if dark else 'light'}", whole=True)


@pytest.mark.parametrize(("name", "viewport"), SIZES)
def test_the_name_of_a_picked_prompt_and_its_marks_stay_inside_its_card(
    browser: Browser, name: str, viewport: dict[str, int]
) -> None:
    with served(build_page(fake_lineup(), None)) as address, visit(browser, address, viewport=viewport) as page:  # type: ignore[arg-type]
        pick(page, Demonstrations="2", Counted="in total")
        ask(page)
        expect(page.locator("#answers .summary")).to_contain_text("8 of 8 answered")
        card = page.get_by_role("article", name="SmolLM2-135M-Instruct, as picked", exact=True)
        expect(card.locator(".badge")).to_have_text("differs")
        for one in page.locator("#answers .card").all():
            assert one.evaluate("card => card.scrollWidth <= card.clientWidth + 1")
        shoot(page, f"picks-beside-{name}", whole=True)


def test_what_is_about_demonstrations_can_be_picked_where_there_are_some(browser: Browser, url: str) -> None:
    with visit(browser, url) as page:
        page.get_by_role("button", name="Change the prompts").click()
        expect(page.get_by_label("Selection", exact=True)).to_be_disabled()
        pick(page, Demonstrations="1")
        expect(page.get_by_label("Selection", exact=True)).to_be_enabled()
        pick(page, Demonstrations="0")
        expect(page.get_by_label("Counted", exact=True)).to_be_disabled()


def test_back_to_the_lineups_prompts_asks_these_alone_again(browser: Browser, url: str) -> None:
    with visit(browser, url) as page:
        pick(page, Demonstrations="1", Style="letters A, B, C …")
        ask(page)
        expect(page.locator(".card.picked")).to_contain_text("style letters", timeout=60_000)
        page.get_by_role("button", name="Back to the lineup's prompts").click()
        expect(page.locator("#answers .summary")).to_contain_text("1 of 1 answered")
        expect(page.locator(".card.picked")).to_have_count(0)
        expect(page.get_by_label("Demonstrations", exact=True)).to_have_value("0")
        expect(page.get_by_label("Style", exact=True)).to_have_value("direct")


def test_reasons_are_on_the_card(browser: Browser, url: str) -> None:
    with visit(browser, url) as page:
        pick(page, Style="chain of thought")
        ask(page)
        card = page.locator(".card.picked")
        card.get_by_text("Reasoning").click(timeout=60_000)
        expect(card.locator(".reasoning pre")).to_be_visible()


def test_what_would_take_too_long_gets_a_sentence_and_another_can_be_asked(browser: Browser, url: str) -> None:
    with visit(browser, url) as page:
        pick(page, Style="CARP", Calibration="fitted")
        ask(page)
        expect(page.get_by_role("alert").filter(visible=True)).to_contain_text(
            "With the style carp the model writes before it answers, and fitted calibration on 32 rows would take too"
        )
        pick(page, Style="direct", Calibration="none")
        ask(page)
        expect(page.locator("#answers .summary")).to_contain_text("2 of 2 answered", timeout=60_000)


@pytest.mark.parametrize(("name", "viewport"), SIZES)
def test_without_rows_none_can_be_shown_and_the_page_says_so(
    browser: Browser, tmp_path: Path, name: str, viewport: dict[str, int]
) -> None:
    lineup = load_lineup(write_lineup(tmp_path, rows=False))
    with served(build_page(lineup, lineup.pool())) as address, visit(browser, address, viewport=viewport) as page:
        pick(page, Demonstrations="2")
        ask(page)
        expect(page.get_by_role("alert").filter(visible=True)).to_have_text(
            "The lineup has no 'demonstrations:', rows to show and to calibrate on; pick 0 demonstrations, and of the "
            "calibrations none or contextual."
        )
        fits(page, viewport["width"])
        shoot(page, f"picks-refused-{name}", whole=True)
        pick(page, Demonstrations="0", Calibration="contextual")
        ask(page)
        expect(page.locator(".card.picked")).to_contain_text("without calibration:", timeout=60_000)


def test_a_lineup_without_prompts_offers_no_picks(browser: Browser) -> None:
    lineup = FakeLineup(SENTIMENT, [FakeContender(FakeClassifier("TF-IDF"), "baseline", "tfidf")])
    with served(build_page(lineup, None)) as address, visit(browser, address) as page:  # type: ignore[arg-type]
        expect(page.get_by_role("button", name="Ask all")).to_be_visible()
        expect(page.get_by_text("Change the prompts")).to_have_count(0)


@SHADES
@pytest.mark.parametrize(("name", "viewport"), SIZES)
def test_results_show_quality_against_demonstrations(
    browser: Browser, url: str, dark: bool, name: str, viewport: dict[str, int]
) -> None:
    with visit(browser, url, "?tab=results", dark=dark, viewport=viewport, waits_for="#sweeps") as page:
        expect(page.locator("#sweeps svg:visible")).to_have_count(1)
        expect(page.locator("#sweeps")).to_contain_text("Quality against demonstrations")
        expect(page.locator("#sweeps td")).to_have_text(
            ["0", "0.255", "0.237 to 0.273", "1", "0.231", "0.216 to 0.247", "5", "0.111", "0.103 to 0.118"]
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        shoot(page, f"sweeps-{name}-{'dark' if dark else 'light'}", whole=True)


def test_results_without_several_numbers_of_demonstrations_show_no_plot_of_them(browser: Browser) -> None:
    made = build_page(fake_lineup(), None, comparison=fake_comparison())  # type: ignore[arg-type]
    with served(made) as address, visit(browser, address, "?tab=results", waits_for=".scatter:visible") as page:
        expect(page.locator("#sweeps:visible")).to_have_count(0)
