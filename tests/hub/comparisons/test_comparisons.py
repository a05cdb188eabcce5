"""Comparisons as datasets on a real Hub server: pushed, shown, loaded, pulled, and refused where they are wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml
from hub_server import HubServer
from huggingface_hub import HfApi
from support.comparisons import compared, evaluated
from support.paths import ROOT
from support.terminal import Terminal, sentence

from classification.errors import InputError
from comparison.comparison import Comparison, compare
from comparison.plots.svg_file import quality_plot, shots_plot
from comparison.report.tables import as_csv
from hub.comparisons.datasets import fetch_comparison, plan_comparison, pull_comparison
from hub.comparisons.files import predictions_table, scores_table
from hub.shared.client import connect
from hub.shared.publish import publish

TARGETS = "ABC" * 20


@pytest.fixture
def api(online: HubServer) -> HfApi:
    return connect(online.user("you"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What `python -m comparison run` leaves behind: the comparison, and a pair of files for each contender."""
    evaluations = [
        evaluated("majority", "A" * 60, TARGETS, "baseline"),
        evaluated("tuned", "ABC" * 19 + "AB?", TARGETS, "fine-tuned"),
        evaluated("broken", "", TARGETS, error=RuntimeError("out of memory")),
    ]
    for evaluation in evaluations:
        evaluation.save(tmp_path / "results" / "contenders")
    compare(evaluations).save(tmp_path / "results")
    return tmp_path / "results"


def test_a_published_comparison_is_what_the_dataset_viewer_and_load_dataset_read(
    folder: Path, online: HubServer, tmp_path: Path
) -> None:
    terminal = Terminal(online, online.user("you"), tmp_path / "home")
    shown = terminal.run("-m", "hub.comparisons", "push", folder, "--repo_id", "you/letters").stdout
    assert shown.splitlines()[-1] == "On any page: ?comparison=you/letters@v1"
    script = (
        "import sys, json, datasets\n"
        "names = datasets.get_dataset_config_names('you/letters')\n"
        "rows = {name: len(next(iter(datasets.load_dataset('you/letters', name).values()))) for name in names}\n"
        "table = next(iter(datasets.load_dataset('you/letters', 'predictions').values()))\n"
        "print(json.dumps([rows, table.column_names, table[59]]))\n"
    )
    rows, columns, last = json.loads(terminal.run("-c", script).stdout.splitlines()[-1])
    assert rows["scores"] == 3
    assert rows["predictions"] == 60
    assert columns == ["text_sha1", "text", "label", "majority", "tuned"]
    assert (last["label"], last["majority"], last["tuned"]) == ("C", "A", None)  # an invalid answer is no label


def test_it_comes_back_as_the_folder_that_it_was(folder: Path, api: HfApi, tmp_path: Path) -> None:
    publish(plan_comparison(folder, "you/back"), api)
    there = pull_comparison("you/back@v1", tmp_path / "theirs", api=api)
    assert there == Comparison.load(folder)
    for path in folder.rglob("*.*"):
        assert (tmp_path / "theirs" / path.relative_to(folder)).read_bytes() == path.read_bytes()
    with pytest.raises(InputError, match="theirs is not empty; name a new folder with --output"):
        pull_comparison("you/back", tmp_path / "theirs", api=api)


def test_only_the_record_is_fetched_for_a_page(folder: Path, online: HubServer, api: HfApi) -> None:
    publish(plan_comparison(folder, "you/page", private=False), api)
    before = len(online.requests)
    assert fetch_comparison("you/page", token="") == Comparison.load(folder)
    read = {request.path.rpartition("/")[2] for request in online.requests[before:] if "/resolve/" in request.path}
    assert read == {"comparison.json"}


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("nonsense", "'nonsense' is not a dataset on the Hub; write owner/name, or owner/name@revision"),
        ("you/<script>", "is not a dataset on the Hub"),
        ("nobody/nothing", "cannot open the comparison nobody/nothing: it is not on the Hub, or it is private"),
    ],
)
def test_what_cannot_be_opened_gets_one_sentence(online: HubServer, reference: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        fetch_comparison(reference, token="")


def test_private_ones_are_opened_by_their_owner_only(folder: Path, online: HubServer, api: HfApi) -> None:
    publish(plan_comparison(folder, "you/secret"), api)
    with pytest.raises(InputError, match="or it is private and this token may not see it"):
        fetch_comparison("you/secret", token="")
    assert fetch_comparison("you/secret", token=str(api.token)).task.name == Comparison.load(folder).task.name


def test_a_dataset_that_is_no_comparison_is_refused(online: HubServer, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "rows.csv").write_text("text,label\n")
    online.seed("mallory/rows", tmp_path / "other", repo_type="dataset")
    with pytest.raises(InputError, match=r"mallory/rows is a dataset without comparison.json; name one that was"):
        fetch_comparison("mallory/rows", token="")
    (tmp_path / "other" / "comparison.json").write_text('{"contenders": "<script>alert(1)</script>"}')
    online.seed("mallory/wrong", tmp_path / "other", repo_type="dataset")
    with pytest.raises(InputError, match=r"mallory/wrong/comparison.json") as caught:
        fetch_comparison("mallory/wrong", token="")
    assert str(tmp_path) not in str(caught.value)
    (tmp_path / "other" / "comparison.json").write_bytes(b" " * 20_000_001)
    online.seed("mallory/large", tmp_path / "other", repo_type="dataset")
    with pytest.raises(InputError, match=r"mallory/large: its comparison.json is larger than 20 MB"):
        fetch_comparison("mallory/large", token="")


def test_answers_to_other_rows_are_not_published_with_it(folder: Path) -> None:
    evaluated("tuned", "ABC" * 10, "ABC" * 10, "fine-tuned").save(folder / "contenders")
    with pytest.raises(InputError, match=r"the answers of 'tuned' are to other rows than those of comparison.json"):
        plan_comparison(folder, "you/x")


def test_a_comparison_without_answers_is_published_with_its_numbers(tmp_path: Path) -> None:
    plan = plan_comparison(ROOT / "demo" / "results", "you/numbers")
    assert {upload.path for upload in plan.uploads} == {
        "README.md", "comparison.json", "table.csv", "scores.parquet", "quality-against-speed.svg",
        "quality-against-demonstrations.svg",
    }  # fmt: skip
    front = yaml.safe_load(plan.card.split("---")[1])
    assert [config["config_name"] for config in front["configs"]] == ["scores"]


def test_a_dry_run_and_a_wrong_folder(hub_server: HubServer, tmp_path: Path) -> None:
    terminal = Terminal(hub_server, None, tmp_path / "home")
    push = ["-m", "hub.comparisons", "push", "demo/results", "--repo_id", "you/x"]
    shown = terminal.run(*push, "--dry_run").stdout
    assert "dataset repository you/x (private if it is new)" in shown
    assert "hf download you/x --repo-type dataset" in shown
    assert "nobody is signed in to the Hub" in sentence(terminal.run(*push, status=2))
    wrong = terminal.run("-m", "hub.comparisons", "push", tmp_path, "--repo_id", "you/x", "--dry_run", status=2)
    assert "give the folder that a comparison was written to" in sentence(wrong)


def test_tables_hold_the_numbers_as_they_are() -> None:
    comparison = compared()
    scores = scores_table(comparison)
    assert list(scores["name"]) == [contender.name for contender in comparison.contenders]
    assert scores.loc[1, "macro_f1"] == comparison.measured[1].macro_f1
    assert pd.isna(scores.loc[3, "macro_f1"])
    assert len(as_csv(comparison).splitlines()) == 5
    first = evaluated("a", "ABB", "ABC")
    assert predictions_table([first]).to_dict("list")["a"] == ["A", "B", "B"]


def test_the_plot_is_a_file_of_its_own_with_both_shades(tmp_path: Path) -> None:
    drawn = quality_plot(Comparison.load(ROOT / "demo" / "results"))
    assert drawn.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert "prefers-color-scheme:dark" in drawn
    assert "var(--card)" not in drawn
    assert "SmolLM2 fine-tuned" in drawn
    swept = shots_plot(Comparison.load(ROOT / "demo" / "results"))
    assert swept is not None
    assert swept.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert ".sweep{stroke:var(--approach)" in swept
    assert shots_plot(compared()) is None


def test_only_what_belongs_to_the_comparison_is_published(folder: Path, tmp_path: Path) -> None:
    evaluated("stale", "A" * 60, TARGETS).save(folder / "contenders")
    (folder / "contenders" / "notes.json").write_text("{}")
    names = {upload.path for upload in plan_comparison(folder, "you/x").uploads}
    assert {name for name in names if name.startswith("contenders/")} == {
        "contenders/majority.json", "contenders/majority.parquet", "contenders/tuned.json", "contenders/tuned.parquet",
        "contenders/broken.json",
    }  # fmt: skip


def test_other_scores_links_and_tokens_are_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "private.html").write_text("x")
    (folder / "notes.html").write_text("somebody's own")
    assert "notes.html" not in {upload.path for upload in plan_comparison(folder, "you/x").uploads}
    (folder / "report.html").symlink_to(tmp_path / "private.html")
    with pytest.raises(InputError, match=r"report.html is a link out of the folder; put the file itself there"):
        plan_comparison(folder, "you/x")
    evaluated("tuned", "A" * 60, TARGETS, "fine-tuned").save(folder / "contenders")
    with pytest.raises(InputError, match=r"the scores of 'tuned' are not those in comparison.json; run the comparison"):
        plan_comparison(folder, "you/x")
    with pytest.raises(InputError, match="is not a repository id"):
        plan_comparison(ROOT / "demo" / "results", "you/x", space="nonsense")


def test_a_contender_called_like_a_column_takes_no_column() -> None:
    table = predictions_table([evaluated("label", "AAA", "ABC"), evaluated("text", "ABC", "ABC")])
    assert list(table["label"]) == ["A", "B", "C"]
    assert {"label (contender)", "text (contender)"} <= set(table.columns)


def test_a_pull_into_anything_but_a_new_folder_is_refused(folder: Path, api: HfApi, tmp_path: Path) -> None:
    publish(plan_comparison(folder, "you/into"), api)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="file is not empty; name a new folder with --output"):
        pull_comparison("you/into", tmp_path / "file", api=api)
    assert (tmp_path / "file").read_text() == "mine"
    pull_comparison("you/into", tmp_path / "new", api=api)
    assert not [path for path in (tmp_path / "new").rglob("*") if path.is_symlink()]
