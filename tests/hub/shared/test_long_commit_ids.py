"""Hubs whose commits have ids of 64 digits, or that shorten the ids in some of their answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hub_server import HubServer
from huggingface_hub import HfApi, constants
from support.paths import DEMO

from classification.errors import InputError
from classification.runs.remote import Reference, find
from classification.runs.seen import hashes_in
from hub.comparisons.datasets import plan_comparison, pull_comparison
from hub.shared.publish import Plan, Upload, publish, same_commit


@pytest.fixture
def other_ids(online: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commits of new repositories have ids of 64 digits, as where they are made by lakeFS."""
    monkeypatch.setattr(online.hub, "id_digits", 64)


@pytest.mark.usefixtures("other_ids")
def test_a_push_to_a_hub_with_long_commit_ids(online: HubServer, api: HfApi, plan: Plan) -> None:
    first = publish(plan, api)
    assert (len(first.commit), first.tag) == (64, "v1")
    assert publish(plan, api) == first
    changed = Plan(plan.repo_id, (*plan.uploads, Upload("vocab.txt", b"x")), "More")
    assert publish(changed, api).tag == "v2"
    more = (*plan.uploads, Upload("merges.txt", b"x"))
    assert publish(Plan(plan.repo_id, more, "x", create_pr=True), api).pull_request


@pytest.mark.usefixtures("other_ids")
def test_ids_that_a_hub_shortens_in_some_answers_are_one_commit(online: HubServer, api: HfApi, plan: Plan) -> None:
    def shortened(about: dict[str, Any]) -> dict[str, Any]:
        return about | {"sha": about["sha"][:40]}

    online.faults.add("GET", r"/api/models/you/[\w-]+(?:/revision/\w+)?$", change=shortened, times=None)
    named = Plan(plan.repo_id, plan.uploads, "x", version="first")
    assert publish(named, api).tag == "first"
    assert publish(named, api).tag == "first"
    assert not same_commit("", "abc")
    assert same_commit("abcdef", "abc")


@pytest.mark.usefixtures("other_ids")
def test_a_run_and_a_comparison_come_from_a_hub_with_long_commit_ids(
    online: HubServer, api: HfApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(plan_comparison(DEMO / "results", "you/long"), api)
    assert pull_comparison("you/long@v1", tmp_path / "there", api=api).contenders
    online.seed("erin/long", DEMO / "tfidf")
    run = find(Reference("erin/long"))
    assert len(run.commit) == 64
    online_folder = run.download()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    for reference in (Reference("erin/long"), Reference("erin/long", run.commit)):
        kept = find(reference)
        assert (kept.from_cache, kept.commit, kept.download()) == (True, run.commit, online_folder)
        assert hashes_in(kept.hashes_folder()) is not None


@pytest.mark.usefixtures("other_ids")
def test_of_a_commit_with_a_long_id_the_weights_are_missed_in_the_cache(
    online: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    online.seed("erin/half", DEMO / "tfidf")
    commit = find(Reference("erin/half")).commit
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match="cannot pull erin/half@.*: .*no copy is in the cache"):
        find(Reference("erin/half", commit)).download()
