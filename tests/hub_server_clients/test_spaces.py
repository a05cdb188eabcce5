"""Spaces on the Hub server: stages, hardware, variables, and secrets that no answer holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
from hub_server import HubServer
from support.hub_clients import call


def client_runs_a_space(space: str) -> dict[str, Any]:
    from huggingface_hub import HfApi

    api = HfApi()
    secrets = [{"key": "HF_TOKEN", "value": "hf_secret_value"}]
    api.create_repo(space, repo_type="space", space_sdk="gradio", space_secrets=secrets)
    stages = [api.get_space_runtime(space).stage]
    card = b"---\nsdk: gradio\ntitle: T\ncolorFrom: red\ncolorTo: blue\n---\n"
    api.upload_file(repo_id=space, repo_type="space", path_or_fileobj=card, path_in_repo="README.md")
    stages.append(api.wait_for_space(space, timeout=5).stage)
    machine = api.request_space_hardware(space, "t4-small", sleep_time=600)
    api.add_space_secret(space, "OTHER", "hf_other_value", description="the other")
    api.add_space_variable(space, "LINEUP", "lineup.yaml")
    return {
        "stages": stages, "machine": [machine.requested_hardware, machine.sleep_time],
        "variables": {key: variable.value for key, variable in api.get_space_variables(space).items()},
        "info": api.space_info(space).sdk,
    }  # fmt: skip


def test_a_space_is_made_and_configured(server: HubServer, repo: str, tmp_path: Path) -> None:
    seen = call(server, tmp_path, client_runs_a_space, repo)
    assert seen["stages"] == ["NO_APP_FILE", "RUNNING"]
    assert seen["machine"] == ["t4-small", 600]
    assert (seen["variables"], seen["info"]) == ({"LINEUP": "lineup.yaml"}, "gradio")
    space = server.hub.repositories["spaces", repo].space
    assert space is not None
    assert {key: secret.value for key, secret in space.secrets.items()} == {
        "HF_TOKEN": "hf_secret_value", "OTHER": "hf_other_value",
    }  # fmt: skip


def test_a_secret_never_leaves_the_server(server: HubServer, repo: str) -> None:
    signed_in = {"Authorization": f"Bearer {server.user('alice')}"}
    server.hub.create("spaces", repo, "alice")
    space = f"{server.url}/api/spaces/{repo}"
    answers = [httpx.post(f"{space}/secrets", json={"key": "K", "value": "hf_very_secret"}, headers=signed_in)]
    for below in ("", "/runtime", "/variables"):
        answers.append(httpx.get(space + below, headers=signed_in))
    assert all(answer.status_code == 200 for answer in answers)
    assert not any("hf_very_secret" in answer.text for answer in answers)
