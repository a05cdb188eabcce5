"""The demo as it is shipped: its committed adapters on the real models, through the real page."""

from __future__ import annotations

import numpy as np
import pytest
from gradio_client import Client
from support.browser import served
from support.paths import DATA, ROOT, needs_data, needs_e5, needs_packages

import app
from classification.data.dataset import load_rows
from classification.lineup import load_lineup
from comparison.comparison import Comparison

LINEUP = ROOT / "demo" / "lineup.yaml"
pytestmark = [needs_packages, pytest.mark.packaged]


def test_one_base_carries_every_chat_contender_and_tuning_helps() -> None:
    lineup = load_lineup(LINEUP)
    pool = lineup.pool()
    loaded = {contender.name: contender.load(pool) for contender in lineup.contenders}
    chats = [classifier for name, classifier in loaded.items() if name.startswith("SmolLM2")]
    bases = {id(one.answers.classifier.base if hasattr(one, "answers") else one.base) for one in chats}
    assert len(bases) == 1
    rows = load_rows(ROOT / "demo" / "headlines.csv", lineup.task)
    rows = rows.select(np.random.default_rng(0).permutation(len(rows))[:40])
    targets = rows.targets(lineup.task)
    right = {name: float((loaded[name].predict(rows.texts).best == targets).mean()) for name in loaded}
    assert right["SmolLM2 fine-tuned"] > right["SmolLM2 zero-shot"] + 0.2
    assert right["MiniLM fine-tuned"] > right["Majority class"] + 0.2


@needs_data
def test_the_committed_figures_come_back_on_a_sample_of_the_real_rows() -> None:
    """The best two contenders, on every eighth row: within what a sample of that size can differ."""
    lineup = load_lineup(LINEUP)
    pool, committed = lineup.pool(), {c.name: c for c in Comparison.load(ROOT / "demo" / "results").measured}
    rows = load_rows(DATA / "tfns", lineup.task, split="test")
    rows = rows.select(np.arange(0, len(rows), 8))
    for contender in lineup.contenders:
        if contender.approach == "fine-tuned":
            accuracy = (contender.load(pool).predict(rows.texts).best == rows.targets(lineup.task)).mean()
            assert accuracy == pytest.approx(committed[contender.name].accuracy, abs=0.06)


def test_the_fine_tuned_models_hold_what_the_readme_claims() -> None:
    found = {contender.name: contender for contender in Comparison.load(ROOT / "demo" / "results").measured}
    assert found["SmolLM2 fine-tuned"].macro_f1 >= 0.82
    assert found["MiniLM fine-tuned"].macro_f1 >= 0.82
    assert found["TF-IDF + logistic regression"].macro_f1 == pytest.approx(0.754, abs=0.005)


def test_the_adapters_are_small_and_complete() -> None:
    for name in ("smollm2-lora", "minilm-lora"):
        folder = ROOT / "demo" / name
        assert sum(file.stat().st_size for file in folder.iterdir()) < 6_000_000
        assert (folder / "run.json").is_file()


def test_the_page_answers_with_the_real_models() -> None:
    with served(app.create_page()) as url:
        found = Client(url, verbose=False).predict("Retailer warns that sales will miss estimates", api_name="/compare")
    contenders = {contender["name"]: contender for contender in found["contenders"]}
    assert len(contenders) == 7
    assert not any(contender["error"] for contender in contenders.values())
    assert contenders["SmolLM2 fine-tuned"]["label"] == "Bearish"
    assert contenders["SmolLM2 5-shot"]["prompt_tokens"] > 200


@needs_e5
def test_the_chinese_demo_learned_its_own_titles_and_carries_its_results() -> None:
    lineup = load_lineup(ROOT / "demo" / "zh" / "lineup.yaml")
    pool = lineup.pool()
    rows = load_rows(ROOT / "demo" / "zh" / "titles" / "test.csv", lineup.task)
    chosen = {c.name: c.load(pool) for c in lineup.contenders if not c.name.startswith("SmolLM2")}
    targets = rows.targets(lineup.task)
    right = {name: float((found.predict(rows.texts).best == targets).mean()) for name, found in chosen.items()}
    assert right["e5 fine-tuned"] >= 0.8 > right["Majority class"] + 0.5
    measured = {c.name: c for c in Comparison.load(ROOT / "demo" / "zh" / "results").measured}
    assert measured["e5 fine-tuned"].macro_f1 > measured["TF-IDF + logistic regression"].macro_f1 + 0.2


def test_the_chinese_titles_are_ours_and_as_many_as_are_told() -> None:
    """Two hundred to learn from, and none of them among the titles of the data set that results are measured on."""
    task = load_lineup(ROOT / "demo" / "zh" / "lineup.yaml").task
    own = load_rows(ROOT / "demo" / "zh" / "titles" / "train.csv", task)
    assert len(own) == 200
    if DATA.is_dir():
        there = {text.strip() for split in ("train", "validation", "test")
                 for text in load_rows(DATA / "thucnews_title", task, split=split).texts}  # fmt: skip
        assert not there & set(own.texts)
