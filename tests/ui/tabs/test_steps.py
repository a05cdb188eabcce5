"""The parts of the *Publish* tab: runs by name, a card split for show, work that tells what it does."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from support.browser import browser, served, visit
from support.fakes import FakeLineup, fake_lineup

from classification.errors import InputError
from classification.lineup import Lineup
from hub.shared.client import Account
from ui.html import publish_form as view
from ui.page import build_page
from ui.session.runs import Runs
from ui.session.runtime import Runtime
from ui.tabs import steps

__all__ = ["browser"]  # a fixture


def test_runs_have_names_that_say_nothing_of_the_machine(demo: Lineup, tmp_path: Path) -> None:
    shutil.copytree(tmp_path / "demo" / "tfidf", tmp_path / "runs" / "tfidf")
    runs = Runs(demo, Runtime(), tmp_path / "runs")
    assert runs.names() == ["tfidf", "demo/tfidf"]
    assert runs.get("tfidf").folder == tmp_path / "runs" / "tfidf"
    assert runs.get("demo/tfidf").comparison == demo.results
    for unknown in ("../../etc", str(tmp_path / "runs" / "tfidf"), None, 3):
        with pytest.raises(InputError, match=r"^there is no run .*; choose one from the list, or train one into runs/"):
            runs.get(unknown)


def test_on_a_space_only_the_lineups_runs_are_there(demo: Lineup, tmp_path: Path) -> None:
    shutil.copytree(tmp_path / "demo" / "tfidf", tmp_path / "runs" / "private")
    assert Runs(demo, Runtime("you/space"), tmp_path / "runs").names() == ["tfidf"]
    assert Runs(fake_lineup(), Runtime("you/space")).names() == []


def test_a_page_without_runs_says_how_to_make_one(
    browser: Browser, olga: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lineup = fake_lineup()
    assert isinstance(lineup, FakeLineup)
    with served(build_page(lineup, None)) as url, visit(browser, url, "?tab=publish", waits_for=".account") as page:
        expect(page.locator("#matter .alert")).to_contain_text(
            "There is no run None; choose one from the list, or train"
        )
        expect(page.locator("#collect")).to_have_count(0)  # a lineup without a file has nothing to collect


def test_a_card_is_split_whatever_it_holds() -> None:
    matter, body = view.split_card("---\na: 1\n---\n# T\n---\nmore")
    assert (matter, body) == ({"a": 1}, "# T\n---\nmore")
    for broken in ("no front matter", "---\n: : :\n---\nx", "---\n- a\n---\nx", ""):
        assert view.split_card(broken)[0] == {}


def test_what_is_shown_of_a_card_is_escaped_and_bounded() -> None:
    evil = "<script>alert(1)</script>"
    html = view.front_matter_table({evil: evil * 100, "model-index": "no list", "tags": [evil], "deep": {"a": [evil]}})
    assert "<script>" not in html
    assert len(html) < 3000
    assert "<script>" not in view.account_line(Account(evil, (evil,))) + view.nobody_line(evil)
    assert "<script>" not in view.steps([evil], error=evil) + view.joined(evil, evil) + view.collected(evil, [evil])


def test_what_is_told_carries_no_token_and_a_defect_becomes_a_sentence(caplog: pytest.LogCaptureFixture) -> None:
    secret = "hf_secretsecretsecret"

    def work(say: steps.Say) -> None:
        say(f"sending with {secret}")
        raise RuntimeError(f"Bearer {secret}")

    heard = list(steps.steps_as_html(steps.run_in_steps(work), "model"))  # type: ignore[arg-type]
    shown = "".join(html for html, _ in heard)
    assert "This failed because of a defect (RuntimeError); the server&#x27;s log says more." in shown
    assert "RuntimeError" in caplog.text
    assert secret not in shown + caplog.text


def test_work_goes_on_when_nobody_listens_any_more() -> None:
    done = threading.Event()
    go = threading.Event()

    def work(say: steps.Say) -> int:
        say("first")
        go.wait(5)
        done.set()
        return 1

    listening = steps.run_in_steps(work)
    assert next(listening) == "first"
    listening.close()
    go.set()
    assert done.wait(5)
