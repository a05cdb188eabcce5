"""A commit that lacks a file that was sent, or holds another content: no version is made of it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from hub_server import HubServer
from huggingface_hub import HfApi
from support.hub_faults import changed, dropped
from support.paths import DEMO
from support.spaces import floor_lineup

from classification.errors import InputError
from hub.comparisons.datasets import plan_comparison
from hub.jobs.plan import plan_job, start
from hub.shared.publish import Plan, Upload, publish
from hub.shared.verify_commit import verify_commit
from hub.space.plan import plan_space

LOSSES = {
    "config.json is missing": dropped("config.json"),
    "model.safetensors is missing": dropped("model.safetensors"),
    "config.json has 3 bytes and not 2": changed("config.json", size=3),
    "model.safetensors has 7 bytes and not 32,000": changed("model.safetensors", lfs={"oid": "0" * 64, "size": 7,
                                                                                      "pointerSize": 130}),
}  # fmt: skip


@pytest.mark.parametrize("said", LOSSES)
def test_a_file_that_a_commit_lacks_is_told_and_no_version_is_made(
    online: HubServer, api: HfApi, plan: Plan, said: str
) -> None:
    online.faults.add("GET", "/tree/", change=LOSSES[said], times=None)
    public = Plan(plan.repo_id, plan.uploads, "Publish", private=False)
    with pytest.raises(InputError) as caught:
        publish(public, api, pause=0)
    assert str(caught.value) == (
        f"{plan.repo_id}: {said} in the commit that the Hub has made; no version was made; run the same command "
        "again, and if it fails again, report it to that Hub."
    )
    assert not api.list_repo_refs(plan.repo_id).tags
    assert api.model_info(plan.repo_id).private  # public was asked for, and is not granted to half a repository
    online.faults.clear()
    assert publish(public, api, pause=0).tag == "v1"


def test_other_content_of_the_same_size_is_told(online: HubServer, api: HfApi, plan: Plan) -> None:
    def mixed_up(line: dict[str, Any]) -> dict[str, Any]:
        found = online.hub.find("models", plan.repo_id)
        other = online.hub.blobs.add(b"[]")
        found.commit("refs/heads/main", {**found.head().files, "config.json": other}, "x", "you")
        return line | {"commitOid": found.head().id}

    online.faults.add("POST", "/commit/main", change=mixed_up)
    with pytest.raises(InputError, match=f"{plan.repo_id}: config.json is not what was sent in the commit that the"):
        publish(plan, api, pause=0)
    assert not api.list_repo_refs(plan.repo_id).tags


def test_a_hub_that_names_files_by_sha256_is_believed_and_by_anything_else_compared(
    online: HubServer, api: HfApi, plan: Plan
) -> None:
    before = len(online.requests)
    online.faults.add("GET", "/tree/", change=changed("config.json", oid=hashlib.sha256(b"{}").hexdigest()))
    publish(plan, api)
    assert not [request for request in online.requests[before:] if "/resolve/" in request.path]
    online.faults.add("GET", "/tree/", change=changed("config.json", oid="an-etag"))
    assert publish(plan, api).tag == "v1"
    assert [request for request in online.requests[before:] if "/resolve/" in request.path]


def test_comparisons_and_spaces_are_looked_for_as_well(online: HubServer, api: HfApi, tmp_path: Path) -> None:
    before = set(online.hub.jobs)
    online.faults.add("GET", "/tree/", change=dropped("table.csv"), times=None)
    with pytest.raises(InputError, match="you/loses: table.csv is missing in the commit"):
        publish(plan_comparison(DEMO / "results", "you/loses"), api, pause=0)
    online.faults.clear()
    online.faults.add("GET", "/tree/", change=dropped("app.py"), times=None)
    with pytest.raises(InputError, match="you/loses: app.py is missing in the commit"):
        publish(plan_space(floor_lineup(tmp_path), "you/loses"), api, pause=0)
    bundle = plan_job("training.baseline", [], "you/x", "you", flavor="t4-small", timeout="1h")
    online.faults.clear()
    online.faults.add("GET", "/tree/", change=dropped("requirements.txt"), times=None)
    with pytest.raises(InputError, match=r"requirements.txt is missing in the commit"):
        start(bundle, api, secrets={})
    assert set(online.hub.jobs) == before


def test_a_commit_of_what_was_sent_is_verified_and_another_revision_is_not(api: HfApi, plan: Plan) -> None:
    published = publish(plan, api)
    verify_commit(plan.uploads, plan.repo_id, published.commit, api, repo_type="model")
    sent = (*plan.uploads[1:], Upload("README.md", b"---\ntags: [b]\n---\n# A\n"))
    with pytest.raises(InputError, match=f"{plan.repo_id}: README.md is not what was sent in the commit"):
        verify_commit(sent, plan.repo_id, published.commit, api, repo_type="model")
