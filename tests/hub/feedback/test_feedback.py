"""What visitors mark as right: kept in a private dataset, by rows that say nothing of who marked them."""

from __future__ import annotations

import csv
import json
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hub_server import HubServer
from playwright.sync_api import Browser, Page, expect
from support.browser import DESKTOP, PHONE, browser, served, shoot, visit
from support.fakes import EMOTIONS, SENTIMENT, fake_lineup
from support.paths import ROOT
from support.terminal import Terminal

from classification.data.dataset import load_rows
from classification.errors import InputError
from hub.feedback import log as feedback
from hub.feedback.log import (
    VARIABLE,
    FeedbackLog,
    checked_mark,
    feedback_from_environment,
    fetch_marks,
    write_training_set,
)
from hub.shared.client import connect
from ui.context import FeedbackConfig, feedback_config
from ui.page import build_page
from ui.session.runtime import Runtime
from ui.tabs.feedback import MOST_OF_ONE, FeedbackPanel, notice

__all__ = ["browser"]  # a fixture

NEWS = 'Chipmaker lifts its forecast, "again"\nand a second line'


@pytest.fixture
def olga(online: HubServer, monkeypatch: pytest.MonkeyPatch) -> str:
    token = online.user("olga")
    monkeypatch.setenv("HF_TOKEN", token)
    return token


@pytest.fixture
def log(olga: str, request: pytest.FixtureRequest) -> Iterator[FeedbackLog]:
    """A log in a dataset of the test's own; it commits when it is told to."""
    name = request.node.name.partition("[")[0].replace("_", "-")[:80].strip("-")
    found = FeedbackLog(f"olga/{name}", SENTIMENT, connect(), minutes=60)
    yield found
    found.close()


def stored(server: HubServer, repo_id: str) -> list[dict[str, str]]:
    """Every row of a dataset, as it is on the Hub."""
    headers = {"authorization": f"Bearer {server.user('olga')}"}
    rows = []
    for name in sorted(server.hub.find("datasets", repo_id).head().files):
        if name.startswith("data/"):
            address = f"{server.url}/datasets/{repo_id}/resolve/main/{name}"
            rows += [json.loads(line) for line in httpx.get(address, headers=headers).text.splitlines()]
    return rows


# --- off, unless it is asked for


def test_by_default_nothing_is_collected() -> None:
    assert feedback_from_environment({}, SENTIMENT) is None
    assert feedback_from_environment({VARIABLE: " "}, SENTIMENT) is None
    assert feedback_config({}, SENTIMENT) is None


def test_without_the_hub_it_is_off_with_a_sentence(browser: Browser) -> None:
    found = feedback_config({VARIABLE: "olga/marks"}, SENTIMENT)
    assert found is not None
    assert found.log is None
    assert found.error.startswith("cannot collect feedback in olga/marks: the Hub cannot be reached;")
    with served(build_page(fake_lineup(), None, feedback=found)) as url, visit(browser, url) as page:
        expect(page.locator(".notice").first).to_contain_text("Feedback is off: cannot collect feedback in olga/marks")
        expect(page.locator("#mark")).to_have_count(0)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("no name", "'no name' is not a repository id;"),
        ("bob/theirs", "cannot collect feedback in bob/theirs: this token may not do that"),
    ],
)
def test_a_dataset_that_cannot_be_written_to_is_a_sentence(
    online: HubServer, olga: str, name: str, expected: str
) -> None:
    online.user("bob")
    found = feedback_config({VARIABLE: name}, SENTIMENT)
    assert found is not None
    assert found.error.startswith(expected)


# --- what is kept


def test_a_mark_is_the_text_and_its_label_and_nothing_else(online: HubServer, log: FeedbackLog) -> None:
    log.add(f" {NEWS} ", ["Bullish"])
    log.add("Shares fall", ("Bearish",))
    log.flush()
    there = online.hub.find("datasets", log.repo_id)
    assert there.private
    assert log.private
    assert stored(online, log.repo_id) == [
        {"text": NEWS, "label": "Bullish"},
        {"text": "Shares fall", "label": "Bearish"},
    ]
    assert "README.md" in there.head().files


@pytest.mark.parametrize(
    ("text", "labels", "expected"),
    [
        (" ", ["Bullish"], "Ask about a text first; then its right label can be marked."),
        (None, ["Bullish"], "Ask about a text first; then its right label can be marked."),
        ("a" * 5001, ["Bullish"], "The text has 5,001 characters; at most 5,000 can be kept."),
        ("a", [], "Choose one label that is right: Bearish, Bullish or Neutral."),
        ("a", ["Bullish", "Neutral"], "Choose one label that is right: Bearish, Bullish or Neutral."),
        ("a", ["Bulish"], "'Bulish' is not a label of the task financial-sentiment (did you mean 'Bullish'?);"),
        ("a", "Bullish", "Choose what is right: Bearish, Bullish or Neutral."),
        ("a", [["Bullish"]], "Choose what is right: Bearish, Bullish or Neutral."),
    ],
)
def test_what_is_no_mark_is_refused(text: object, labels: object, expected: str) -> None:
    with pytest.raises(InputError) as refused:
        checked_mark(SENTIMENT, text, labels)
    assert str(refused.value).startswith(expected)


def test_several_labels_or_none_where_the_task_allows_them() -> None:
    assert checked_mark(EMOTIONS, "a", ["emotion 9", "emotion 3"])["label"] == "emotion 3|emotion 9"
    assert checked_mark(EMOTIONS, "a", [])["label"] == ""


def test_a_page_takes_only_so_many(log: FeedbackLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feedback, "MOST_ROWS", 2)
    log.add("a", ["Bullish"])
    log.add("b", ["Bullish"])
    with pytest.raises(InputError, match=r"^This page has taken as many marks as it can; thank you all the same\.$"):
        log.add("c", ["Bullish"])


def test_many_visitors_at_once_lose_nothing(online: HubServer, log: FeedbackLog) -> None:
    def mark(who: int) -> None:
        for number in range(25):
            log.add(f"text {who} {number}", ["Neutral"])

    threads = [threading.Thread(target=mark, args=(who,)) for who in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.flush()
    assert len({row["text"] for row in stored(online, log.repo_id)}) == 200


def test_what_cannot_be_sent_now_is_sent_with_the_next(
    online: HubServer, olga: str, log: FeedbackLog, caplog: pytest.LogCaptureFixture
) -> None:
    online.faults.add("POST", f"/api/datasets/{log.repo_id}/commit/main", status=403, times=1)
    log.add("a", ["Bullish"])
    with caplog.at_level(logging.WARNING):
        log.flush()
    assert f"cannot send feedback to {log.repo_id}: this token may not do that" in caplog.text
    assert olga not in caplog.text
    log.flush()
    assert stored(online, log.repo_id) == [{"text": "a", "label": "Bullish"}]


def test_two_pages_never_write_to_the_same_file(online: HubServer, log: FeedbackLog) -> None:
    other = FeedbackLog(log.repo_id, SENTIMENT, connect(), minutes=60)
    log.add("a", ["Bullish"])
    other.add("b", ["Bearish"])
    log.flush()
    other.close()
    assert {row["text"] for row in stored(online, log.repo_id)} == {"a", "b"}


# --- and read back


def test_what_was_marked_is_a_training_set(log: FeedbackLog, tmp_path: Path) -> None:
    log.add(NEWS, ["Neutral"])
    log.add("Shares fall", ["Bearish"])
    log.add(NEWS, ["Bullish"])  # what is said last of a text counts
    log.flush()
    rows, strange = fetch_marks(log.repo_id, SENTIMENT, connect())
    assert strange == 0
    file = tmp_path / "marks.csv"
    write_training_set(rows, file)
    assert load_rows(file, SENTIMENT) == rows
    assert dict(zip(rows.texts, rows.labels, strict=True)) == {NEWS: ("Bullish",), "Shares fall": ("Bearish",)}


def test_lines_that_are_no_marks_are_left_out(online: HubServer, olga: str, tmp_path: Path) -> None:
    lines = ['{"text": "a", "label": "Bullish"}', "no json", "[1]", '{"text": 3, "label": "Bullish"}', "[" * 5000,
             '{"text": "b", "label": "Joy"}', '{"label": "Bullish"}', '"text"']  # fmt: skip
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x.jsonl").write_text("\n".join(lines), encoding="utf-8")
    online.seed("olga/strange-marks", tmp_path, repo_type="dataset")
    rows, strange = fetch_marks("olga/strange-marks", SENTIMENT, connect())
    assert (rows.texts, strange) == (("a",), 7)


def test_nothing_marked_and_nothing_to_be_seen_are_sentences(online: HubServer, log: FeedbackLog) -> None:
    with pytest.raises(InputError, match=r": nothing is marked yet with labels of the task financial-sentiment\.$"):
        fetch_marks(log.repo_id, SENTIMENT, connect())
    for token in (online.user("bob"), ""):
        with pytest.raises(InputError, match=rf"^cannot read the feedback in {log.repo_id}: "):
            fetch_marks(log.repo_id, SENTIMENT, connect(token))


def test_the_command_writes_what_every_training_script_reads(
    online: HubServer, olga: str, log: FeedbackLog, tmp_path: Path
) -> None:
    for number in range(6):
        log.add(f"Company {number} rises", ["Bullish"])
        log.add(f"Company {number} falls", ["Bearish"])
    log.flush()
    terminal = Terminal(online, olga, tmp_path / "home")
    task = ROOT / "tasks" / "financial-sentiment.yaml"
    file = tmp_path / "feedback.csv"
    found = terminal.run("-m", "hub.feedback", log.repo_id, "--task", task, "--output", file)
    assert found.stdout == f"{file}: 12 texts (Bearish 6, Bullish 6)\n"
    terminal.run(
        "-m", "training.baseline", "--task", task, "--data", file, "--output_dir", tmp_path / "run", cwd=tmp_path
    )
    assert (tmp_path / "run" / "run.json").is_file()
    nobody = Terminal(online, None, tmp_path / "nobody")
    refused = nobody.run("-m", "hub.feedback", log.repo_id, "--task", task, "--output", file, status=2)
    assert refused.stderr.startswith(f"cannot read the feedback in {log.repo_id}: ")
    assert olga not in "".join([*terminal.seen, *nobody.seen])


# --- on the page


def ask(page: Page, text: str) -> None:
    page.locator("#text textarea").fill(text)
    page.locator("#ask").click()
    expect(page.locator("#answers .summary")).to_contain_text("7 of 7 answered")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(("name", "viewport"), [("desktop", DESKTOP), ("phone", PHONE)])
def test_a_visitor_marks_what_is_right(
    browser: Browser, online: HubServer, log: FeedbackLog, dark: bool, name: str, viewport: dict[str, int]
) -> None:
    with (
        served(build_page(fake_lineup(), None, feedback=FeedbackConfig(log))) as url,
        visit(browser, url, dark=dark, viewport=viewport) as page,
    ):
        expect(page.locator("#mark")).to_have_count(0)  # nothing was asked yet
        ask(page, NEWS)
        expect(page.locator("#feedback")).to_contain_text(
            f"What you mark is kept with its text in the private dataset {log.repo_id} on the Hub"
        )
        page.locator("#mark").click()
        expect(page.locator("#marked .alert")).to_have_text(
            "Choose one label that is right: Bearish, Bullish or Neutral."
        )
        page.locator("#right").get_by_text("Bearish", exact=True).click()
        page.locator("#mark").click()
        expect(page.locator("#marked")).to_have_text("Kept as Bearish. Thank you.")
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        shoot(page, f"feedback-{name}-{'dark' if dark else 'light'}", whole=True)
        ask(page, "Another text")
        expect(page.locator("#marked")).to_have_text("")
        expect(page.locator("#right input:checked")).to_have_count(0)
        page.locator("#text textarea").fill("typed, and never asked")
        page.locator("#right").get_by_text("Neutral", exact=True).click()
        page.locator("#mark").click()
        expect(page.locator("#marked")).to_have_text("Kept as Neutral. Thank you.")
    log.flush()
    kept = {row["text"]: row["label"] for row in stored(online, log.repo_id)}
    assert kept[NEWS] == "Bearish"
    assert kept["Another text"] == "Neutral"
    assert set(kept) == {NEWS, "Another text"}


def test_the_owner_downloads_it_and_the_visitor_of_a_space_does_not(
    browser: Browser, online: HubServer, log: FeedbackLog, tmp_path: Path
) -> None:
    log.add(NEWS, ["Bullish"])
    collected = FeedbackConfig(log)
    with (
        served(build_page(fake_lineup(), None, feedback=collected)) as url,
        visit(browser, url, "?tab=publish", waits_for=".account") as page,
    ):
        page.locator("#fetch-marks").click()
        with page.expect_download() as download:
            page.get_by_role("button", name="Download 1 row (CSV)").click()
        with Path(download.value.path()).open(encoding="utf-8", newline="") as file:
            assert list(csv.DictReader(file)) == [{"text": NEWS, "label": "Bullish"}]
        assert download.value.suggested_filename == "feedback.csv"
    on_a_space = Runtime("olga/space", shared=True)  # whose secret may read it all
    with (
        served(build_page(fake_lineup(), None, feedback=collected, runtime=on_a_space)) as url,
        visit(browser, url, "?tab=publish", waits_for=".account") as page,
    ):
        page.locator("#fetch-marks").click()
        expect(page.locator("#fetched .alert")).to_contain_text("Nobody can sign in here:")
        expect(page.locator("#download-marks")).to_have_count(0)


def test_one_visitor_cannot_fill_it(log: FeedbackLog) -> None:
    panel = FeedbackPanel.__new__(FeedbackPanel)
    panel._log = log
    shown, marked = panel._mark("Bullish", "a text", MOST_OF_ONE)
    assert "200 marks are enough from one visitor; thank you." in shown
    assert marked == MOST_OF_ONE


def test_a_public_dataset_is_not_called_private(online: HubServer, olga: str) -> None:
    connect().create_repo("olga/open-marks", repo_type="dataset", private=False)
    found = FeedbackLog("olga/open-marks", SENTIMENT, connect(), minutes=60)
    assert "in the public dataset olga/open-marks" in notice(found)
    found.close()
