"""Faults that a test asks the Hub server for: cut, slow, refused, lost, hanging and changed answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from hub_server import HubServer
from support.hub_clients import (
    ADAPTER,
    CARRIES,
    Transfer,
    both,
    call,
    contents,
)


def client_transfers(folder: str, repo: str) -> dict[str, Any]:
    from huggingface_hub import HfApi, snapshot_download

    api = HfApi()
    api.create_repo(repo, exist_ok=True)
    failures = {}
    for name, action in {
        "push": lambda: api.upload_folder(repo_id=repo, folder_path=folder, commit_message="Push"),
        "pull": lambda: snapshot_download(repo),
    }.items():
        try:
            result = action()
        except Exception as error:
            failures[name] = getattr(getattr(error, "response", None), "status_code", type(error).__name__)
    return failures | {"pulled": None if "pull" in failures else str(result)}


def transfer_adapter(server: HubServer, repo: str, home: Path, transfer: Transfer) -> dict[str, Any]:
    return call(server, home, client_transfers, ADAPTER, repo, transfer=transfer)


@both
@pytest.mark.parametrize("way", ["up", "down"])
def test_a_transfer_that_is_cut_once_is_resumed(
    server: HubServer, repo: str, tmp_path: Path, transfer: Transfer, way: str
) -> None:
    fault = server.faults.add(*CARRIES[way, transfer], cut_after=100_000)
    seen = transfer_adapter(server, repo, tmp_path, transfer)
    assert fault.happened == 1
    assert contents(seen["pulled"]) == contents(ADAPTER)


@both
def test_an_upload_that_is_cut_every_time_leaves_nothing_and_can_be_completed(
    server: HubServer, repo: str, tmp_path: Path, transfer: Transfer
) -> None:
    before = len(list(server.hub.blobs.folder.iterdir()))
    # The client retries LFS for half a minute, so the connection is cut twice there, and then refused.
    fault = server.faults.add(*CARRIES["up", transfer], cut_after=100_000, times=1 if transfer == "lfs" else None)
    server.faults.add("PUT", "^/lfs/", status=403)
    seen = transfer_adapter(server, repo, tmp_path / "first", transfer)
    assert fault.happened >= 1
    assert "push" in seen
    found = server.hub.find("models", repo)
    assert found is not None
    assert [commit.title for commit in found.commits.values()] == ["initial commit"]
    assert not [path for path in server.hub.blobs.folder.iterdir() if path.suffix == ".partial"]
    assert len(list(server.hub.blobs.folder.iterdir())) <= before + 1
    server.faults.clear()
    assert contents(transfer_adapter(server, repo, tmp_path / "again", transfer)["pulled"]) == contents(ADAPTER)


def client_commits_in_vain(repo: str, times: int) -> list[int]:
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    api, statuses = HfApi(), []
    api.create_repo(repo)
    for _ in range(times):
        try:
            api.upload_file(repo_id=repo, path_or_fileobj=b"x", path_in_repo="x.txt")
        except HfHubHTTPError as error:
            statuses.append(error.response.status_code)
    return statuses


def test_a_refused_commit_is_not_made(server: HubServer, repo: str, tmp_path: Path) -> None:
    statuses = [401, 402, 403, 404, 409, 412, 413, 429, 500, 503]
    for status in statuses:
        server.faults.add("POST", "/commit/main$", status=status)
    assert call(server, tmp_path, client_commits_in_vain, repo, len(statuses)) == statuses
    found = server.hub.find("models", repo)
    assert found is not None
    assert set(found.head().files) == {".gitattributes"}


def client_waits(repo: str) -> dict[str, Any]:
    import time

    from huggingface_hub import HfApi
    from huggingface_hub.utils import http_backoff

    api, slept = HfApi(), []
    api.create_repo(repo)
    address = f"{api.endpoint}/api/models/{repo}"
    time.sleep = slept.append
    answers = [http_backoff("GET", address, base_wait_time=0.05).status_code for _ in range(2)]
    return {"slept": slept, "answers": answers, "missing": api.file_exists(repo, "README.md")}


def test_answers_are_slow_limited_and_unavailable_on_request(server: HubServer, repo: str, tmp_path: Path) -> None:
    slow = server.faults.add("POST", "/api/repos/create", delay=0.1)
    server.faults.add("GET", f"/api/models/{repo}$", status=429, retry_after=7)
    server.faults.add("GET", f"/api/models/{repo}$", status=503, times=2)
    before = len(server.requests)
    seen = call(server, tmp_path, client_waits, repo)
    assert slow.happened == 1
    # The client waits for as long as it was told to and a second more, and where nothing was told, longer each time.
    assert seen["slept"] == [8.0, pytest.approx(0.1), pytest.approx(0.2)]
    assert seen["answers"] == [200, 200]
    assert seen["missing"] is False
    statuses = [request.status for request in server.requests[before:] if request.path == f"/api/models/{repo}"]
    assert statuses == [429, 503, 503, 200, 200]


def test_a_hub_hangs_until_the_client_has_had_enough(server: HubServer, repo: str) -> None:
    hanging = server.faults.add("GET", "^/api/jobs/hardware$", hang=True)
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{server.url}/api/jobs/hardware", timeout=0.05)
    assert hanging.happened == 1
    assert httpx.get(f"{server.url}/api/jobs/hardware").status_code == 200


def test_answers_are_other_ones_on_request(server: HubServer) -> None:
    server.faults.add("GET", "^/api/jobs/hardware$", status=501, body={"detail": "no machines here"})
    server.faults.add("GET", "^/api/jobs/hardware$", change=lambda machines: machines[:1])
    refused = httpx.get(f"{server.url}/api/jobs/hardware")
    assert (refused.status_code, refused.json()) == (501, {"detail": "no machines here"})
    assert [machine["name"] for machine in httpx.get(f"{server.url}/api/jobs/hardware").json()] == ["cpu-basic"]


def test_a_fault_waits_for_its_turn_and_happens_so_often(server: HubServer) -> None:
    server.faults.add("GET", "^/api/jobs/hardware$", status=500, after=1, times=2)
    seen = [httpx.get(f"{server.url}/api/jobs/hardware").status_code for _ in range(5)]
    assert seen == [200, 500, 500, 200, 200]


def test_an_answer_is_lost_after_its_work_is_done(server: HubServer, repo: str) -> None:
    server.faults.add("POST", "/api/repos/create", lose_answer=True)
    signed_in = {"Authorization": f"Bearer {server.user('alice')}"}
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.post(f"{server.url}/api/repos/create", json={"name": repo.partition("/")[2]}, headers=signed_in)
    assert server.hub.find("models", repo) is not None
