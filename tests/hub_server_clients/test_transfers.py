"""Files pushed to the Hub server and pulled from it come back byte for byte, and repeated parts are sent once."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
from hub_server import HubServer
from hub_server.xet import merged
from support.hub_clients import (
    ADAPTER,
    WEIGHTS,
    Transfer,
    both,
    call,
    carried,
    contents,
    hf,
)


def client_pushes_and_pulls(folder: str, repo: str) -> dict[str, Any]:
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    api = HfApi()
    url = api.create_repo(repo, private=True)
    assert api.create_repo(repo, exist_ok=True) == url
    try:
        api.create_repo(repo)
        twice = 0
    except HfHubHTTPError as error:
        twice = error.response.status_code
    made = api.upload_folder(repo_id=repo, folder_path=folder, commit_message="Add the adapter")
    again = api.upload_folder(repo_id=repo, folder_path=folder, commit_message="Add it again")
    return {
        "user": api.whoami()["name"],
        "twice": twice,
        "oids": [made.oid, again.oid],
        "pulled": snapshot_download(repo),
        "listed": [model.id for model in api.list_models(author="alice", search=repo.partition("/")[2])],
        "sizes": {item.rfilename: item.size for item in api.model_info(repo, files_metadata=True).siblings},
    }


@both
def test_a_pushed_folder_comes_back_byte_for_byte(
    server: HubServer, repo: str, tmp_path: Path, transfer: Transfer
) -> None:
    before = len(server.requests)
    seen = call(server, tmp_path, client_pushes_and_pulls, ADAPTER, repo, transfer=transfer)
    assert contents(seen["pulled"]) == contents(ADAPTER)
    assert (seen["user"], seen["twice"], seen["listed"]) == ("alice", 409, [repo])
    assert seen["oids"][0] == seen["oids"][1], "an upload that changes nothing makes no commit"
    assert seen["sizes"][WEIGHTS] == (ADAPTER / WEIGHTS).stat().st_size
    other: Transfer = "lfs" if transfer == "xet" else "xet"
    for way in ("up", "down"):
        assert carried(server, way, transfer, before) > 0
        assert carried(server, way, other, before) == 0


def client_repeats_itself(folder: str, repo: str) -> str:
    from pathlib import Path

    import numpy as np
    from huggingface_hub import HfApi, snapshot_download

    random = np.random.default_rng(0)
    weights, noise = random.standard_normal(500_000).astype(np.float32).tobytes(), random.bytes(4_000_000)
    files = {"a.safetensors": weights + noise, "b.safetensors": noise[1_000:] + weights + noise[2_000_001:]}
    HfApi().create_repo(repo)
    for name, content in files.items():
        (Path(folder) / name).write_bytes(content)
        HfApi().upload_folder(repo_id=repo, folder_path=folder)
    return snapshot_download(repo)


def test_parts_that_repeat_are_sent_once_and_come_back(server: HubServer, repo: str, tmp_path: Path) -> None:
    folder = tmp_path / "large"
    folder.mkdir()
    pulled = call(server, tmp_path, client_repeats_itself, folder, repo)
    assert contents(pulled) == contents(folder)
    size = sum(path.stat().st_size for path in folder.iterdir())
    assert sum(path.stat().st_size for path in server.hub.xet.folder.iterdir()) < 0.6 * size


def test_a_file_is_served_whole_or_in_parts(server: HubServer, repo: str, tmp_path: Path) -> None:
    content = bytes(range(256)) * 8
    (tmp_path / "w.safetensors").write_bytes(content)
    (tmp_path / "page.html").write_text("<script>alert(1)</script>")
    server.seed(repo, tmp_path)
    address = f"{server.url}/{repo}/resolve/main/w.safetensors"
    head = httpx.head(address).headers
    assert head["x-linked-etag"] == head["etag"] == f'"{sha256(content).hexdigest()}"'
    assert head["content-length"] == head["x-linked-size"] == str(len(content))
    assert len(head["x-repo-commit"]) == 40
    part = httpx.get(address, headers={"Range": "bytes=100-299"})
    assert (part.status_code, part.content) == (206, content[100:300])
    assert httpx.get(address, headers={"Range": "bytes=9999-"}).status_code == 416
    page = httpx.get(address.replace("w.safetensors", "page.html"))
    assert page.headers["content-type"].startswith("text/plain"), "nothing published is run as a page"


@both
def test_the_hf_command_uploads_lists_and_downloads(
    server: HubServer, repo: str, tmp_path: Path, transfer: Transfer
) -> None:
    def run(*arguments: object) -> str:
        return hf(server, tmp_path / "home", *arguments, transfer=transfer)

    run("upload", repo, ADAPTER, "--private")
    run("download", repo, "--local-dir", tmp_path / "pulled")
    assert contents(tmp_path / "pulled") == contents(ADAPTER)
    assert repo in run("models", "ls", "--author", "alice", "--format", "json")
    assert WEIGHTS in run("models", "ls", repo)


def test_a_shard_that_names_what_was_never_uploaded_is_refused(server: HubServer) -> None:
    token, _ = server.hub.transfer_token(write=True)
    segment = b"\x01" * 32 + (0).to_bytes(4, "little") * 3 + (1).to_bytes(4, "little")
    file = b"\x02" * 32 + (0).to_bytes(4, "little") + (1).to_bytes(4, "little") + b"\0" * 8
    shard = b"\0" * 48 + file + segment + b"\xff" * 32 + b"\0" * 16
    headers = {"Authorization": f"Bearer {token}"}
    answer = httpx.post(f"{server.url}/v1/shards", content=shard, headers=headers)
    assert (answer.status_code, "were not uploaded" in answer.text) == (400, True)
    assert httpx.post(f"{server.url}/v1/shards", content=shard).status_code == 401
    damaged = httpx.post(f"{server.url}/v1/xorbs/default/{'0' * 64}", content=b"\0\xff\xff\xff", headers=headers)
    assert damaged.status_code == 400


def test_chunk_ranges_that_overlap_become_one() -> None:
    assert merged([(0, 2), (1, 4), (4, 5), (7, 9)]) == [(0, 5), (7, 9)]


def test_contents_that_are_not_what_their_name_says_are_refused(server: HubServer) -> None:
    answer = httpx.put(f"{server.url}/lfs/{'0' * 64}", content=b"something else")
    assert answer.status_code == 400
    assert not server.hub.blobs.has("0" * 64)
