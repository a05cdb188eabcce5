from __future__ import annotations

import json

import pytest
import yaml
from hub_server.metadata import problems
from huggingface_hub import DatasetCard
from support.cards import Seen, expected
from support.comparisons import TAGS, compared, evaluated
from support.paths import ROOT

from classification.errors import InputError
from comparison.comparison import Comparison, compare
from hub.cards.comparison import comparison_card
from hub.cards.metadata import language_name, task_title

FILES = (
    "comparison.json", "table.csv", "scores.parquet", "predictions.parquet", "quality-against-speed.svg", "report.html",
    "contenders/majority.json", "contenders/majority.parquet", "contenders/tuned.json", "contenders/tuned.parquet",
)  # fmt: skip
EVIL = "<script>alert(1)</script> | [x](javascript:alert(1)) `b` https://evil.example \n# H"


def test_the_demos_comparison_has_the_card_that_is_expected() -> None:
    card = comparison_card(
        Comparison.load(ROOT / "demo" / "results"),
        repo_id="you/financial-sentiment-comparison",
        files=FILES,
        space="you/prompt-or-tune",
        dataset="zeroshot/twitter-financial-news-sentiment",
    )
    assert card == expected("comparison.md", card)
    assert problems("datasets", card) == ([], [])


def test_the_viewer_gets_a_subset_for_each_table_with_all_answers_first() -> None:
    card = comparison_card(compared(), repo_id="you/abc", files=FILES)
    data = DatasetCard(card).data.to_dict()
    assert [config["config_name"] for config in data["configs"]] == ["predictions", "scores", "majority", "tuned"]
    assert data["configs"][0]["default"] is True
    assert data["configs"][2]["data_files"] == [{"split": "test", "path": "contenders/majority.parquet"}]
    assert (data["license"], data["task_categories"]) == ("apache-2.0", ["text-classification"])
    assert 'load_dataset("you/abc", "predictions", split="test")' in card


def test_a_comparison_without_answers_has_no_program_and_no_subsets() -> None:
    card = comparison_card(compared(), repo_id="you/abc", files=["comparison.json"])
    assert "configs" not in DatasetCard(card).data
    assert "load_dataset" not in card
    assert "- `comparison.json`: every contender" in card


def test_verdict_floor_failures_and_differences_are_told() -> None:
    card = comparison_card(compared(), repo_id="you/abc", files=FILES, title="Letters", licence="cc-by-4.0")
    assert "# Letters\n" in card
    assert "> tuned has the highest macro-F1" in card
    assert "| majority (floor) | baseline |" in card
    assert "- **broken** failed: RuntimeError: out of memory" in card
    assert "| bad | +0." in card
    assert "| majority | +0." in card
    assert "corrected for the 3 pairs" in card
    assert "60 rows of `letters.csv`" in card
    assert "![Quality against speed](quality-against-speed.svg)" in card


def test_differences_are_those_of_the_best_whichever_stands_first_in_a_pair() -> None:
    ahead = compare([evaluated("good", "ABC" * 20, "ABC" * 20), evaluated("bad", "BCA" * 20, "ABC" * 20)])
    behind = compare([evaluated("bad", "BCA" * 20, "ABC" * 20), evaluated("good", "ABC" * 20, "ABC" * 20)])
    lines = [
        next(line for line in comparison_card(one, repo_id="you/abc", files=FILES).splitlines() if "| bad | +" in line)
        for one in (ahead, behind)
    ]
    assert lines[0].startswith("| bad | +1.000 | +1.000 to +1.000 |")
    assert lines[1].startswith("| bad | +1.000 | +1.000 to +1.000 |")


def test_several_labels_a_text_are_said() -> None:
    found = compared()
    several = found.model_copy(update={"task": found.task.model_copy(update={"multi_label": TAGS.multi_label})})
    assert "Every label that applies, of **A**, **B**, **C**." in comparison_card(several, repo_id="you/abc", files=())


def test_a_sample_is_called_one() -> None:
    found = compared()
    rows = found.rows.model_copy(update={"source": "owner/letters (test), a sample with seed 7"})
    card = comparison_card(found.model_copy(update={"rows": rows}), repo_id="you/abc", files=())
    link = "[owner/letters](https://huggingface.co/datasets/owner/letters)"
    assert f"A sample, drawn with seed 7, of 60 test rows of {link}" in card


def test_markup_and_paths_in_a_comparison_are_only_shown() -> None:
    text = (
        compared().model_dump_json().replace('"bad"', json.dumps(EVIL)).replace("letters.csv", "/home/ann/x/rows.csv")
    )
    text = text.replace("out of memory", "/home/ann/model: not there").replace(
        "Choose a letter.", json.dumps(EVIL)[1:-1]
    )
    card = comparison_card(Comparison.model_validate_json(text), repo_id="you/abc", files=FILES)
    seen = Seen(card)
    assert "script" not in seen.tags
    assert seen.tags["h1"] == 1
    assert seen.addresses == ["quality-against-speed.svg"]
    assert "<script>alert(1)</script>" in seen.words
    assert "ann" not in card.replace("annot", "")
    assert "`rows.csv`" in card


def test_no_file_name_becomes_markup() -> None:
    names = ["a](javascript:x).svg", "<b>.parquet", "contenders/x y.parquet", "scores.parquet", "other/scores.parquet"]
    card = comparison_card(compared(), repo_id="you/abc", files=names)
    seen = Seen(card)
    assert "b" not in seen.tags
    assert "img" not in seen.tags
    configs = yaml.safe_load(card.split("---\n")[1])["configs"]
    assert len({config["config_name"] for config in configs}) == 4


def test_an_unknown_dataset_id_is_refused() -> None:
    with pytest.raises(InputError, match="'rows' is not the id of a dataset on the Hub"):
        comparison_card(compared(), repo_id="you/abc", files=(), dataset="rows")


@pytest.mark.parametrize(
    ("name", "language", "title"),
    [("news-topics-zh", "zh", "News topics"), ("sms-spam", "en", "Sms spam"), ("zh", "zh", "Zh"), ("-en", "en", "-en")],
)
def test_a_task_has_a_title_in_words(name: str, language: str, title: str) -> None:
    assert task_title(name, language) == title
    assert language_name("xx") == "xx"
