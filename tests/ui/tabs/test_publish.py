"""The *Publish* tab in a real browser, against a real Hub server, for whoever is signed in on this computer."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import gradio as gr
import httpx
import pytest
from hub_server import HubServer
from hub_server.metadata import LICENSES
from playwright.sync_api import Browser, expect
from support.browser import DESKTOP, PHONE, browser, served, shoot
from support.paths import ROOT
from support.publish_tab import publishing

from classification.lineup import Lineup
from ui.page import build_page
from ui.session.runtime import Runtime
from ui.tabs.publish import LICENCES

__all__ = ["browser"]  # a fixture

SIGN_IN = "Nobody is signed in on this computer; run `hf auth login` in a terminal, then open this page again."


def readme(server: HubServer, repo_id: str, token: str) -> str:
    answer = httpx.get(f"{server.url}/{repo_id}/resolve/main/README.md", headers={"authorization": f"Bearer {token}"})
    answer.raise_for_status()
    return answer.text


# --- before anything is sent


def test_every_licence_that_can_be_chosen_is_one_that_the_hub_takes() -> None:
    assert set(LICENCES) <= set(LICENSES)


def test_it_says_who_is_signed_in_and_shows_the_card_as_it_will_be(browser: Browser, olga: str, demo: Lineup) -> None:
    with publishing(browser, demo) as page:
        expect(page.locator("#account")).to_have_text("Signed in as olga, may publish to olga/…, acme/…")
        expect(page.locator("#repo input")).to_have_value("olga/tfidf")
        expect(page.locator("#card h1")).to_have_text("Financial sentiment with TF-IDF")
        expect(page.locator("#matter")).to_contain_text("6 files")
        expect(page.locator("#matter tr", has_text="model-index")).to_contain_text("accuracy 0.8279, macro-F1 0.7542")
        expect(page.locator("#matter tr", has_text="license")).to_contain_text("unknown")


def test_title_and_licence_can_be_edited_before_it_goes(browser: Browser, olga: str, demo: Lineup) -> None:
    with publishing(browser, demo) as page:
        page.locator("#title input").fill("Headlines, <b>judged</b>")
        page.locator("#title input").blur()
        expect(page.locator("#card h1")).to_have_text("Headlines, <b>judged</b>")
        page.locator("#licence input").click()
        page.locator("#licence input").fill("cc-by-4")
        page.get_by_role("option", name="cc-by-4.0", exact=True).click()
        expect(page.locator("#matter tr", has_text="license")).to_contain_text("cc-by-4.0")
        page.locator("#public input").check()
        expect(page.locator("#matter .files")).to_contain_text("(public if it is new)")


def test_what_was_typed_is_there_when_the_visitor_comes_back(browser: Browser, olga: str, demo: Lineup) -> None:
    with publishing(browser, demo) as page:
        expect(page.locator("#card h1")).to_have_text("Financial sentiment with TF-IDF")
        page.locator("#repo input").fill("olga/own-words")
        page.locator("#title input").fill("A title of hers")
        page.get_by_role("tab", name="Compare").click()
        page.get_by_role("tab", name="Publish").click()
        expect(page.locator("#card h1")).to_have_text("A title of hers")
        expect(page.locator("#card")).to_contain_text("olga/own-words")
        expect(page.locator("#repo input")).to_have_value("olga/own-words")


def test_without_a_login_the_card_is_shown_and_a_sentence_says_how_to_sign_in(
    browser: Browser, online: HubServer, demo: Lineup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with publishing(browser, demo) as page:
        expect(page.locator("#account")).to_have_text(SIGN_IN)
        expect(page.locator("#card h1")).to_have_text("Financial sentiment with TF-IDF")
        page.locator("#repo input").fill("olga/never")
        page.locator("#push").click()
        expect(page.locator("#told .alert")).to_have_text(SIGN_IN)


def test_without_the_hub_the_card_is_shown_as_far_as_it_is_known(
    browser: Browser, demo: Lineup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_unreachable00000000")
    with publishing(browser, demo) as page:
        expect(page.locator("#account")).to_contain_text("cannot sign in to the Hub: the Hub cannot be reached;")
        expect(page.locator("#matter .alert")).to_contain_text(
            "The Hub cannot be reached, so this is the card as far as"
        )
        expect(page.locator("#card h1")).to_have_text("Financial sentiment with TF-IDF")
        page.locator("#push").click()
        expect(page.locator("#told .alert")).to_contain_text("Cannot sign in to the Hub: the Hub cannot be reached;")
        page.get_by_role("tab", name="Compare").click()  # which needs none
        page.locator("#text textarea").fill("Profit warning")
        page.locator("#ask").click()
        expect(page.locator("#answers .summary")).to_contain_text("2 of 2 answered")


# --- sending it


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(("name", "viewport"), [("desktop", DESKTOP), ("phone", PHONE)])
def test_a_run_is_published_step_by_step(
    browser: Browser, online: HubServer, olga: str, demo: Lineup, dark: bool, name: str, viewport: dict[str, int]
) -> None:
    repo = f"olga/steps-{name}-{dark}".lower()
    with publishing(browser, demo, dark=dark, viewport=viewport) as page:
        page.locator("#repo input").fill(repo)
        page.locator("#repo input").blur()
        expect(page.locator("#matter .files")).to_contain_text(repo)
        title = page.locator("#card h1").inner_text()
        page.locator("#push").click()
        expect(page.locator("#told .published")).to_contain_text(
            f"Published as v1: {online.url}/{repo}", timeout=30_000
        )
        expect(page.locator("#told .published")).to_contain_text(f"In a lineup: run: {repo}@v1")
        shown = page.locator("#told .steps li").all_inner_texts()
        assert [re.sub(r"\d+\.\d kB", "N kB", step) for step in shown] == [
            "checking who is signed in", "putting the card together", "looking at the repository",
            "sending 6 files, N kB", "looking for every file in the commit", "published",
        ]  # fmt: skip
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        shoot(page, f"publish-{name}-{'dark' if dark else 'light'}", whole=True)
        assert olga not in page.content()
    there = online.hub.find("models", repo)
    assert there.private
    assert set(there.head().files) >= {"README.md", "run.json", "model.safetensors", "vocabulary.txt"}
    assert f"# {title}" in readme(online, repo, olga)


def test_a_public_one_is_public(browser: Browser, online: HubServer, olga: str, demo: Lineup) -> None:
    with publishing(browser, demo) as page:
        page.locator("#repo input").fill("acme/for-everybody")  # an organisation's, of which olga is a member
        page.locator("#public input").check()
        page.locator("#push").click()
        expect(page.locator("#told .published")).to_contain_text("Published as v1", timeout=30_000)
    assert not online.hub.find("models", "acme/for-everybody").private


@pytest.mark.parametrize(
    ("repo", "expected"),
    [
        ("bob/theirs", "bob/theirs is not yours to write to as olga; use olga/... or acme/...."),
        ("no name", "'no name' is not a repository id; write owner/name with letters,"),
        ("", "'' is not a repository id;"),
    ],
)
def test_what_is_not_the_visitors_own_is_refused(
    browser: Browser, online: HubServer, olga: str, demo: Lineup, repo: str, expected: str
) -> None:
    with publishing(browser, demo) as page:
        page.locator("#repo input").fill(repo)
        page.locator("#push").click()
        expect(page.locator("#told .alert")).to_contain_text(expected)
    assert not [asked for asked in online.requests if asked.method == "POST" and "theirs" in asked.path]


def test_a_token_that_can_only_read_is_refused(
    browser: Browser, online: HubServer, demo: Lineup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", online.user("rita", role="read"))
    with publishing(browser, demo) as page:
        expect(page.locator("#account")).to_have_text("Signed in as rita, has a token that can only read")
        page.locator("#push").click()
        expect(page.locator("#told .alert")).to_contain_text("The token of rita can only read; make one with write")


def test_somebody_else_can_be_asked_to_take_it(browser: Browser, online: HubServer, olga: str, demo: Lineup) -> None:
    online.user("bob")
    online.seed("bob/open", demo.path.parent / "tfidf")
    with publishing(browser, demo) as page:
        page.locator("#repo input").fill("bob/open")
        page.locator("#pull-request input").check()
        page.locator("#push").click()
        expect(page.locator("#told .published")).to_contain_text("Asked for. Its owner decides:", timeout=30_000)
        expect(page.locator("#pull-reference input")).to_have_value("")  # there is nothing to pull yet


def test_another_runs_repository_is_not_written_over(
    browser: Browser, online: HubServer, olga: str, demo: Lineup, tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "demo" / "minilm-lora", tmp_path / "runs" / "minilm")
    (tmp_path / "taken").mkdir()
    card = "---\nbase_model: some/other-model\nlicense: mit\n---\n# Taken\n"
    (tmp_path / "taken" / "README.md").write_text(card, encoding="utf-8")
    online.seed("olga/minilm", tmp_path / "taken")
    with publishing(browser, demo) as page:
        expect(page.locator("#repo input")).to_have_value("olga/minilm")  # the newest run is on the desk
        expect(page.locator("#matter .alert")).to_contain_text(
            "olga/minilm holds a model that stands on 'some/other-model'"
        )
        expect(page.locator("#card h1")).to_be_visible()
        page.locator("#push").click()
        expect(page.locator("#told .alert")).to_contain_text("olga/minilm holds a model that stands on")


def test_a_run_that_nobody_measured_has_to_be_ticked(
    browser: Browser, online: HubServer, olga: str, demo: Lineup, tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "demo" / "tfidf", tmp_path / "runs" / "fresh")
    record = tmp_path / "runs" / "fresh" / "run.json"
    text = re.sub(r'"fingerprint": "\w+"', f'"fingerprint": "{"0" * 64}"', record.read_text(encoding="utf-8"))
    # trained on other rows, it is another run than the one in the demo's results
    record.write_text(re.sub(r'"evaluation": \{.*?\n  \},\n', "", text, flags=re.DOTALL), encoding="utf-8")
    with publishing(browser, demo) as page:
        expect(page.locator("#matter .alert")).to_contain_text("Nobody has measured how good this run is:")
        page.locator("#push").click()
        expect(page.locator("#told .alert")).to_contain_text("Nobody has measured how good this run is:")
        page.locator("#unevaluated input").check()
        expect(page.locator("#card h1")).to_be_visible()
        page.locator("#push").click()
        expect(page.locator("#told .published")).to_contain_text("Published as v1", timeout=30_000)


def test_what_breaks_off_is_completed_by_pressing_again(
    browser: Browser, online: HubServer, olga: str, demo: Lineup
) -> None:
    online.faults.add("POST", r"/api/models/olga/broken/commit/main$", status=403, times=1)
    with publishing(browser, demo) as page:
        page.locator("#repo input").fill("olga/broken")
        page.locator("#push").click()
        expect(page.locator("#told .alert")).to_contain_text("Cannot push to olga/broken: ", timeout=30_000)
        expect(page.locator("#told .broke")).to_have_count(1)
        assert set(online.hub.find("models", "olga/broken").head().files) <= {".gitattributes"}
        page.locator("#push").click()
        expect(page.locator("#told .published")).to_contain_text("Published as v1", timeout=30_000)


# --- a server that others can reach


def test_on_a_shared_server_publishing_is_off(browser: Browser, olga: str, demo: Lineup) -> None:
    with publishing(browser, demo, Runtime(shared=True)) as page:
        expect(page.locator("#account")).to_contain_text("Publishing is off here: this server can be reached by others")
        expect(page.locator("#push")).to_have_count(0)
        expect(page.locator("#pull")).to_have_count(0)


ACTS_FOR_A_VISITOR = {"_publish", "_push", "_pull", "_collect", "_make_space", "_preview", "_open"}


def test_nobody_gets_around_that_by_calling_the_pages_own_functions(online: HubServer, olga: str, demo: Lineup) -> None:
    """Every function of the page can be called by whoever can reach it; what they send is theirs to make up."""
    page = build_page(demo, demo.pool(), runtime=Runtime(shared=True))
    before, tried = len(online.requests), set()
    with served(page) as url:
        for number, function in page.fns.items():
            name = getattr(function.fn, "__name__", "")
            if name in ACTS_FOR_A_VISITOR:
                tried.add(name)
                given = [forged(part) for part in function.inputs]
                answer = raw_call(url, number, given)
                assert "Publishing is off here" in answer, name
                assert "tfidf" not in answer, name
    assert tried == ACTS_FOR_A_VISITOR
    asked = [request for request in online.requests[before:] if "forged" in request.path or request.method == "POST"]
    assert asked == []


def forged(part: object) -> object:
    if isinstance(part, gr.State):
        return None
    return part.value if isinstance(part, gr.Dropdown) else "olga/forged"  # of a list, only what is in it is taken


def raw_call(url: str, number: int, data: list[object]) -> str:
    """Call an event of the page as its own JavaScript does."""
    session = {"session_hash": f"raw{number}"}
    with httpx.Client(base_url=url, timeout=30) as client:
        client.post("gradio_api/queue/join", json={"data": data, "fn_index": number, **session}).raise_for_status()
        return client.get("gradio_api/queue/data", params=session).text


def test_a_foreign_name_for_this_computer_is_a_stranger(online: HubServer, olga: str, demo: Lineup) -> None:
    page = build_page(demo, demo.pool())
    (number,) = (n for n, fn in page.fns.items() if getattr(fn.fn, "__name__", "") == "_open")
    with served(page) as url, httpx.Client(base_url=url, headers={"host": "evil.example"}) as client:
        session = {"session_hash": "rebound"}
        client.post("gradio_api/queue/join", json={"data": [None, "", None], "fn_index": number, **session})
        answer = client.get("gradio_api/queue/data", params=session).text
    assert "Publishing is off here" in answer
    assert "Signed in as" not in answer


# --- the whole way


def test_a_run_that_a_training_script_just_made_is_pushed_pulled_and_compared(
    browser: Browser, online: HubServer, olga: str, demo: Lineup, tmp_path: Path, rows_csv: Path
) -> None:
    with publishing(browser, demo) as page:
        task = tmp_path / "tasks" / "financial-sentiment.yaml"
        words = ["--task", task, "--data", rows_csv, "--output_dir", "runs/just-trained"]
        subprocess.run(
            [sys.executable, "-m", "training.baseline", *words],
            cwd=tmp_path,
            env=path_to(ROOT),
            check=True,
            timeout=200,
        )
        page.get_by_role("tab", name="Compare").click()
        page.get_by_role("tab", name="Publish").click()  # which looks again
        expect(page.locator("#repo input")).to_have_value("olga/just-trained")
        expect(page.locator("#card")).to_contain_text("for training, 4 for validation, from rows.csv")
        page.locator("#push").click()
        expect(page.locator("#pull-reference input")).to_have_value("olga/just-trained@v1", timeout=30_000)
        page.locator("#pull-name input").fill("Just trained")
        page.locator("#pull").click()
        expect(page.locator("#pulled")).to_contain_text("Just trained joined the lineup")
        page.get_by_role("tab", name="Compare").click()
        page.locator("#text textarea").fill("Company 3 rises today")
        page.locator("#ask").click()
        card = page.locator("#answers").get_by_role("article", name="Just trained", exact=True)
        expect(card.locator(".given")).to_have_text("Bullish")
        shoot(page, "just-trained", whole=True)


def path_to(root: Path) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(root), "HF_HUB_OFFLINE": "1"}
