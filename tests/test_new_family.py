"""A new approach is a classifier, a script and one entry: it trains, loads, is compared, pushed and on the page."""

from __future__ import annotations

from pathlib import Path

import pytest
from hub_server import HubServer
from huggingface_hub import HfApi
from playwright.sync_api import Browser, expect
from support.browser import browser, served, visit
from support.toy_family import TOY, main

from classification import load_classifier
from classification.errors import InputError
from classification.families import FAMILIES
from classification.lineup import load_lineup
from classification.runs.record import load_record
from comparison.running import ComparisonConfig, run
from hub.push.runs import PushOptions, plan_run
from hub.shared.publish import README, publish
from ui.page import build_page

__all__ = ["browser"]  # a fixture


@pytest.fixture
def trained(tmp_path: Path, task_file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(FAMILIES, "toy", TOY)
    rows = [f"{word * count},{label}" for label, count in (("Bearish", 2), ("Bullish", 6), ("Neutral", 12))
            for word in ("ab", "cd", "ef", "gh", "ij", "kl", "mn", "op", "qr", "st", "uv", "wx")]  # fmt: skip
    (tmp_path / "lengths.csv").write_text("text,label\n" + "\n".join(rows) + "\n")
    main(["--task", str(task_file), "--data", str(tmp_path / "lengths.csv"), "--output_dir", str(tmp_path / "toy")])
    return tmp_path / "toy"


@pytest.fixture
def lineup(trained: Path, task_file: Path) -> Path:
    file = trained.parent / "lineup.yaml"
    file.write_text(
        f"task: {task_file}\ncontenders:\n  - {{name: Lengths, approach: baseline, run: {trained}}}\n", encoding="utf-8"
    )
    return file


def test_its_run_says_what_it_is_and_answers(trained: Path) -> None:
    assert load_record(trained).kind is TOY
    classifier = load_classifier(trained)
    assert classifier.predict(["abab", "ab" * 12]).labels(classifier.task) == [("Bearish",), ("Neutral",)]


def test_without_its_entry_the_sentence_names_the_families(
    trained: Path, lineup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(FAMILIES, "toy")
    with pytest.raises(InputError, match="there is no family 'toy'; it is chat, encoder, .* or majority"):
        load_lineup(lineup)


def test_it_is_compared(lineup: Path, tmp_path: Path) -> None:
    comparison, finished = run(ComparisonConfig(lineup, str(tmp_path / "lengths.csv"), tmp_path / "results"))
    assert finished
    assert comparison is not None
    (measured,) = comparison.measured
    assert (measured.family, measured.accuracy) == ("toy", 1.0)


def test_it_is_pushed_with_a_card_and_answers_from_the_hub(trained: Path, online: HubServer) -> None:
    api = HfApi(token=online.user("olga"))
    plan = plan_run(trained, "olga/toy", PushOptions(private=False), api=api)
    assert {upload.path for upload in plan.uploads} >= {README, "model.safetensors", "run.json"}
    publish(plan, api)
    assert "Tiny" in plan.card
    classifier = load_classifier("olga/toy@v1")
    assert classifier.predict(["abab"]).labels(classifier.task) == [("Bearish",)]


def test_it_stands_on_the_page(browser: Browser, lineup: Path) -> None:
    found = load_lineup(lineup)
    with served(build_page(found, found.pool())) as url, visit(browser, url, waits_for=".card") as page:
        page.locator("#text textarea").fill("abab")
        page.locator("#ask").click()
        expect(page.locator(".card", has_text="Lengths")).to_contain_text("Bearish")
