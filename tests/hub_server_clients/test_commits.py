"""Commits on the Hub server: branches, tags, pull requests and conflicts; whole or not made; their ids and cards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hub_server import HubServer
from hub_server.changes import checked_path
from hub_server.errors import HubError
from hub_server.metadata import problems, tags_of
from support.hub_clients import (
    ADAPTER,
    Transfer,
    both,
    call,
    commit,
    small,
)


def client_changes_history(repo: str, folder: str) -> dict[str, Any]:
    from huggingface_hub import CommitOperationAdd, CommitOperationCopy, HfApi
    from huggingface_hub.errors import HfHubHTTPError

    api = HfApi()
    api.create_repo(repo)
    first = api.upload_folder(repo_id=repo, folder_path=folder, commit_message="First").oid
    api.create_tag(repo, tag="v1", tag_message="the first")
    api.create_branch(repo, branch="dev")
    api.upload_file(repo_id=repo, path_or_fileobj=b"later", path_in_repo="later.txt", revision="dev")
    adapter = CommitOperationAdd("copy/weights.safetensors", f"{folder}/adapter_model.safetensors")
    pull = api.create_commit(repo, [adapter], commit_message="Propose", create_pr=True)
    before = api.list_repo_files(repo)
    proposed = api.list_repo_files(repo, revision=pull.pr_revision)
    try:
        addition = CommitOperationAdd("lost.txt", b"lost")
        api.upload_file(repo_id=repo, path_or_fileobj=b"x", path_in_repo="x.txt", commit_message="Meanwhile")
        api.create_commit(repo, [addition], commit_message="Too late", parent_commit=first)
        status = 0
    except HfHubHTTPError as error:
        status = error.response.status_code
    api.create_commit(repo, [CommitOperationCopy("run.json", "copy/run.json")], commit_message="Copy")
    api.create_commit(repo, [CommitOperationCopy("run.json", "again.json")], commit_message="Copy again")
    api.delete_folder("copy", repo, commit_message="Remove")
    refs = api.list_repo_refs(repo, include_pull_requests=True)
    return {
        "before": before, "proposed": proposed, "after": api.list_repo_files(repo), "status": status,
        "dev": api.list_repo_files(repo, revision="dev"), "v1": refs.tags[0].target_commit == first,
        "branches": [branch.name for branch in refs.branches], "pulls": [pull.ref for pull in refs.pull_requests],
        "titles": [commit.title for commit in api.list_repo_commits(repo)],
        "changed": api.get_paths_info(repo, ["run.json", "gone"], expand=True)[0].last_commit.title,
    }  # fmt: skip


@both
def test_branches_tags_pull_requests_and_conflicts(
    server: HubServer, repo: str, tmp_path: Path, transfer: Transfer
) -> None:
    seen = call(server, tmp_path, client_changes_history, repo, ADAPTER, transfer=transfer)
    names = {path.name for path in ADAPTER.iterdir()} | {".gitattributes"}
    assert set(seen["before"]) == names
    assert set(seen["proposed"]) == names | {"copy/weights.safetensors"}
    assert set(seen["after"]) == names | {"x.txt", "again.json"}, "412 leaves nothing behind, and the folder is gone"
    assert set(seen["dev"]) == names | {"later.txt"}
    assert (seen["status"], seen["v1"]) == (412, True)
    assert (seen["branches"], seen["pulls"]) == (["main", "dev"], ["refs/pr/1"])
    assert seen["titles"] == ["Remove", "Copy again", "Copy", "Meanwhile", "First", "initial commit"]
    assert seen["changed"] == "First"


def test_commits_have_ids_of_as_many_digits_as_was_asked_for(server: HubServer, repo: str) -> None:
    assert len(server.hub.create("models", f"{repo}-git", "alice").head().id) == 40
    server.hub.id_digits = 64
    assert len(server.hub.create("models", repo, "alice").head().id) == 64


@pytest.mark.parametrize(
    "path", ["../out.txt", "/etc/passwd", "a/../../b", "a//b", ".git/config", "a/.GIT/x", "a\\b", "a\nb", "", "a/."]
)
def test_a_path_that_could_lead_elsewhere_is_refused(path: str) -> None:
    with pytest.raises(HubError, match="Invalid file path"):
        checked_path(path)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (small("../x"), "Invalid file path"),
        (small("fine.txt/x"), "lies in what is a file"),
        (small("x", "not base64!"), "no base64"),
        ({"key": "lfsFile", "value": {"path": "x.bin", "oid": "0" * 64, "size": 1}}, "does not exist"),
        ({"key": "deletedFile", "value": {"path": "nope"}}, "Entry not found"),
        ({"key": "deletedFolder", "value": {"path": "nope"}}, "Entry not found"),
        ({"key": "nonsense", "value": {}}, "cannot be read"),
        (small("README.md", "LS0tCmxpY2Vuc2U6IG5vbmUKLS0tCg=="), "Invalid metadata in README.md"),
    ],
)
def test_a_commit_is_made_whole_or_not_at_all(
    server: HubServer, repo: str, line: dict[str, Any], sentence: str
) -> None:
    found = server.hub.create("models", repo, "alice")
    answer = commit(server, repo, small("fine.txt"), line)
    assert answer.status_code in (400, 404)
    assert sentence in answer.json()["error"]
    assert set(found.head().files) == {".gitattributes"}
    assert commit(server, repo, small("fine.txt")).status_code == 200
    assert set(found.head().files) == {".gitattributes", "fine.txt"}


@pytest.mark.parametrize(
    ("kind", "card", "sentence"),
    [
        ("models", "license: none", '"license" must be one of'),
        ("models", "base_model: /tmp/base", '"base_model" with value "/tmp/base" is not valid'),
        (
            "models",
            "model-index: [{name: a, results: [{task: t, dataset: d}]}]",
            '"model-index[0].results[0].metrics" is',
        ),
        ("models", "tags: [", "YAML parse error"),
        ("spaces", "title: T", '"sdk" must be one of'),
        ("spaces", "{sdk: gradio, colorFrom: teal}", '"colorFrom" must be one of'),
        ("spaces", "{sdk: gradio, sdk_version: 6.3}", '"sdk_version" must be a string'),
        ("spaces", f"{{sdk: gradio, short_description: {'x' * 61}}}", '"short_description" length'),
    ],
)
def test_front_matter_is_checked_as_the_hub_does(kind: Any, card: str, sentence: str) -> None:
    errors, _ = problems(kind, f"---\n{card}\n---\n# Card\n")
    assert len(errors) == 1
    assert sentence in errors[0]


def test_a_good_card_has_no_problems_and_gives_its_tags() -> None:
    card = {"license": "mit", "base_model": "a/b", "base_model_relation": "adapter", "datasets": ["c/d"], "tags": ["t"]}
    assert problems("models", f"---\n{json.dumps(card)}\n---\n") == ([], [])
    assert {"license:mit", "base_model:a/b", "base_model:adapter:a/b", "dataset:c/d", "t"} <= set(tags_of(card))
