"""The Hub server, seen by the clients that it is for: unmodified, in processes of their own, over Xet and over LFS.

Functions called `client_...` run in such a process: they import what they need, and return what JSON can say.
"""

from __future__ import annotations

import inspect
import json
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from hub_server import HubServer, serving
from hub_server.changes import checked_path
from hub_server.errors import HubError
from hub_server.metadata import problems, tags_of
from hub_server.xet import merged
from joserfc import jwt
from joserfc.jwk import KeySet
from support.environment import hub_environment
from support.paths import ROOT
from support.tiny_models import encoder_model
from transformers import PreTrainedTokenizerFast

ADAPTER = ROOT / "demo" / "smollm2-lora"
WEIGHTS = "adapter_model.safetensors"
Transfer = Literal["xet", "lfs"]
both = pytest.mark.parametrize("transfer", ["xet", "lfs"])
#: The requests that carry a large file, by direction and way of transfer.
CARRIES = {
    ("up", "xet"): ("POST", r"^/v1/xorbs/"),
    ("up", "lfs"): ("PUT", r"^/lfs/\w+$"),
    ("down", "xet"): ("GET", r"^/xorbs/"),
    ("down", "lfs"): ("GET", r"/resolve/.*\.safetensors$"),
}


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubServer]:
    """A Hub for one test: what an earlier one was sent would not be sent again."""
    with serving(tmp_path_factory.mktemp("hub")) as running:
        yield running


@pytest.fixture
def repo(request: pytest.FixtureRequest) -> str:
    """A repository name of the test's own."""
    return "alice/" + re.sub(r"\W+", "-", request.node.name).strip("-")[:90]


def alice(server: HubServer) -> str:
    """The token of a user who belongs to an organisation."""
    return server.user("alice", orgs=("acme",))


def environment(server: HubServer, home: Path, transfer: Transfer, token: str | None) -> dict[str, str]:
    return hub_environment(
        server, token, home, HF_HUB_DISABLE_XET="1" if transfer == "lfs" else "0", PYTHONWARNINGS="ignore"
    )


def call(
    server: HubServer, home: Path, client: Callable[..., Any], *arguments: object,
    transfer: Transfer = "xet", token: str | None = None,
) -> Any:  # fmt: skip
    """Run a `client_...` function in a process of its own, as alice unless told otherwise."""
    token = token or alice(server)
    source = f"from __future__ import annotations\n{textwrap.dedent(inspect.getsource(client))}"
    source += f"\nimport json, sys\nprint(json.dumps({client.__name__}(*json.loads(sys.argv[1]))))"
    ran = subprocess.run(
        [sys.executable, "-c", source, json.dumps(arguments, default=str)],
        env=environment(server, home, transfer, token), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-3000:]
    return json.loads(ran.stdout.splitlines()[-1])


def hf(server: HubServer, home: Path, *arguments: object, transfer: Transfer = "xet") -> str:
    """What the `hf` command prints."""
    command = [str(Path(sys.executable).with_name("hf")), *map(str, arguments)]
    env = environment(server, home, transfer, alice(server))
    ran = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr[-3000:]
    return ran.stdout


def contents(folder: Path | str) -> dict[str, str]:
    """The hash of each file below a folder that is not hidden."""
    root = Path(folder)
    files = [path for path in sorted(root.rglob("*")) if path.is_file() and not path.name.startswith(".")]
    return {
        path.relative_to(root).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in files
        if ".cache" not in path.parts
    }


def carried(server: HubServer, way: str, transfer: Transfer, since: int = 0) -> int:
    """How many requests carried a large file that way."""
    method, path = CARRIES[way, transfer]
    return sum(1 for request in server.requests[since:] if request.method == method and re.search(path, request.path))


# Push and pull


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


# The libraries that load by repository id


def client_loads(base: str, full: str, dataset: str, rows: str) -> dict[str, Any]:
    import torch
    from datasets import load_dataset
    from huggingface_hub import HfApi, ModelCard
    from peft import PeftModel
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    api = HfApi()
    api.create_repo(dataset, repo_type="dataset")
    api.upload_folder(repo_id=dataset, repo_type="dataset", folder_path=rows)
    tokenizer = AutoTokenizer.from_pretrained(full)
    model = AutoModelForSequenceClassification.from_pretrained(full)
    adapted = PeftModel.from_pretrained(AutoModelForSequenceClassification.from_pretrained(base), full + "-adapter")
    with torch.no_grad():
        logits = model(**tokenizer("Shares fall", return_tensors="pt")).logits
    card = ModelCard.load(full)
    card.validate()
    loaded = load_dataset(dataset, "predictions", split="test")
    streamed = next(iter(load_dataset(dataset, "metrics", split="train", streaming=True)))
    return {
        "logits": logits[0].tolist(), "labels": model.config.id2label, "adapters": list(adapted.peft_config),
        "licence": card.data.license, "rows": list(loaded["text"]), "streamed": streamed,
        "tags": api.dataset_info(dataset).tags,
    }  # fmt: skip


def rows_repository(folder: Path) -> Path:
    """A dataset of two configurations in Parquet, as a comparison is published."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir()
    pq.write_table(pa.table({"text": ["a", "b"], "label": ["x", "y"]}), folder / "predictions.parquet")
    pq.write_table(pa.table({"accuracy": [0.5]}), folder / "metrics.parquet")
    (folder / "README.md").write_text(
        "---\nlicense: mit\ntags: [comparison]\nconfigs:\n"
        "- config_name: predictions\n  data_files: [{split: test, path: predictions.parquet}]\n"
        "- config_name: metrics\n  data_files: [{split: train, path: metrics.parquet}]\n---\n# Rows\n"
    )
    return folder


def adapter_on(base: Path, folder: Path) -> Path:
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForSequenceClassification

    model = AutoModelForSequenceClassification.from_pretrained(base)
    get_peft_model(model, LoraConfig(task_type="SEQ_CLS", r=2, target_modules=["query"])).save_pretrained(folder)
    (folder / "README.md").unlink()
    return folder


@both
def test_libraries_load_by_repository_id(
    server: HubServer, tmp_path: Path, encoder_folder: Path, tokenizer: PreTrainedTokenizerFast, transfer: Transfer
) -> None:
    full, rows = tmp_path / "full", rows_repository(tmp_path / "rows")
    model = encoder_model()
    model.save_pretrained(full)
    tokenizer.save_pretrained(full)
    (full / "README.md").write_text("---\nlicense: mit\nlibrary_name: transformers\n---\n# A model\n")
    server.seed("acme/base", encoder_folder)
    server.seed(f"acme/full-{transfer}-adapter", adapter_on(encoder_folder, tmp_path / "adapter"))
    hf(server, tmp_path / "home", "upload", f"acme/full-{transfer}", full, transfer=transfer)
    names = ("acme/base", f"acme/full-{transfer}", f"acme/rows-{transfer}")
    seen = call(server, tmp_path, client_loads, *names, rows, transfer=transfer)
    expected = model(**tokenizer("Shares fall", return_tensors="pt")).logits[0].tolist()
    assert seen["logits"] == pytest.approx(expected, abs=1e-5)
    assert (seen["adapters"], seen["licence"]) == (["default"], "mit")
    assert (seen["rows"], seen["streamed"]) == (["a", "b"], {"accuracy": 0.5})
    assert {"comparison", "license:mit"} <= set(seen["tags"])


# Who may do what


def client_tries(tokens: dict[str, str], private: str, gated: str, public: str) -> dict[str, str]:
    from huggingface_hub import HfApi, create_repo, hf_hub_download, model_info
    from huggingface_hub.errors import HfHubHTTPError

    def outcome(action: Any, *arguments: Any, token: str | bool, **options: Any) -> str:
        try:
            action(*arguments, token=tokens.get(str(token), token), **options)
            return "allowed"
        except HfHubHTTPError as error:
            return f"{type(error).__name__} {error.response.status_code}"

    def upload(repo: str, token: str | bool, **options: Any) -> None:
        HfApi(token=token).upload_file(path_or_fileobj=b"x", path_in_repo="x.txt", repo_id=repo, **options)

    return {
        "owner sees the private": outcome(model_info, private, token="alice"),
        "reader sees the private": outcome(model_info, private, token="alice-read"),
        "another does not": outcome(model_info, private, token="bob"),
        "nobody does not": outcome(model_info, private, token=False),
        "another is kept out by the gate": outcome(hf_hub_download, gated, "config.json", token="bob"),
        "nobody is kept out by the gate": outcome(hf_hub_download, gated, "config.json", token=False),
        "carol was let in": outcome(hf_hub_download, gated, "config.json", token="carol"),
        "the gated is known of": outcome(model_info, gated, token="bob"),
        "reader may not write": outcome(upload, public, token="alice-read"),
        "another may not write": outcome(upload, public, token="bob"),
        "another may propose": outcome(upload, public, token="bob", create_pr=True),
        "nobody may write": outcome(upload, public, token=False),
        "a member may write": outcome(upload, public, token="carol"),
        "wrong token": outcome(model_info, public, token="hf_wrong"),
        "no such revision": outcome(model_info, public, token="alice", revision="v9"),
        "no such file": outcome(hf_hub_download, public, "nope.txt", token="alice"),
        "another's namespace": outcome(create_repo, "alice/by-bob", token="bob"),
        "reader may not create": outcome(create_repo, "alice/by-reader", token="alice-read"),
        "a bad name": outcome(create_repo, "alice/thing.ipynb", token="alice"),
    }


def test_each_token_may_do_what_it_is_for(server: HubServer, tmp_path: Path, encoder_folder: Path) -> None:
    server.seed("alice/secret", encoder_folder, private=True)
    server.seed("acme/guarded", encoder_folder, gated="manual").admitted.add("dora")
    server.seed("acme/open", encoder_folder)
    tokens = {"alice": server.user("alice"), "alice-read": server.user("alice", role="read")}
    tokens |= {"bob": server.user("bob"), "carol": server.user("carol", orgs=("acme",))}
    seen = call(server, tmp_path, client_tries, tokens, "alice/secret", "acme/guarded", "acme/open")
    assert seen == {
        "owner sees the private": "allowed",
        "reader sees the private": "allowed",
        "another does not": "RepositoryNotFoundError 404",
        "nobody does not": "RepositoryNotFoundError 401",
        "another is kept out by the gate": "GatedRepoError 403",
        "nobody is kept out by the gate": "GatedRepoError 401",
        "carol was let in": "allowed",
        "the gated is known of": "allowed",
        "reader may not write": "HfHubHTTPError 403",
        "another may not write": "HfHubHTTPError 403",
        "another may propose": "allowed",
        "nobody may write": "HfHubHTTPError 401",
        "a member may write": "allowed",
        "wrong token": "HfHubHTTPError 401",
        "no such revision": "RevisionNotFoundError 404",
        "no such file": "RemoteEntryNotFoundError 404",
        "another's namespace": "HfHubHTTPError 403",
        "reader may not create": "HfHubHTTPError 403",
        "a bad name": "BadRequestError 400",
    }


def client_manages(repo: str, bundle_lineup: str) -> dict[str, Any]:
    from huggingface_hub import HfApi

    api = HfApi()
    api.create_repo(repo)
    api.update_repo_settings(repo, private=True, gated="auto")
    settings = api.model_info(repo)
    api.update_repo_settings(repo, gated=False)
    api.move_repo(repo, bundle_lineup)
    return {"private": settings.private, "gated": settings.gated, "led": api.model_info(repo).id}


def test_repositories_are_closed_and_moved(server: HubServer, repo: str, tmp_path: Path) -> None:
    seen = call(server, tmp_path, client_manages, repo, f"{repo}-moved")
    assert (seen["private"], seen["gated"]) == (True, "auto")
    assert seen["led"] == f"{repo}-moved", "the old name leads to the new one"


# Spaces, collections, jobs


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


def client_collects(repo: str) -> dict[str, Any]:
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    api = HfApi()
    api.create_repo(repo)
    made = api.create_collection("Sentiment, four ways", description="One task", private=True)
    same = api.create_collection("Sentiment, four ways", exists_ok=True)
    api.add_collection_item(made.slug, repo, "model", note="the best")
    api.add_collection_item(made.slug, repo, "model", exists_ok=True)
    statuses = []
    for item in (repo, "alice/not-there"):
        try:
            api.add_collection_item(made.slug, item, "model")
        except HfHubHTTPError as error:
            statuses.append(error.response.status_code)
    items = [[item.item_id, item.item_type, item.note] for item in api.get_collection(made.slug).items]
    return {"same": made.slug == same.slug, "statuses": statuses, "items": items}


def test_a_collection_holds_each_repository_once(server: HubServer, repo: str, tmp_path: Path) -> None:
    assert call(server, tmp_path, client_collects, repo) == {
        "same": True, "statuses": [409, 404], "items": [[repo, "model", "the best"]],
    }  # fmt: skip


def client_asks_for_jobs() -> dict[str, Any]:
    from huggingface_hub import HfApi

    api = HfApi()
    job = api.run_job(image="python:3.12", command=["python", "-V"], flavor="t4-small", timeout="2h",
                      secrets={"HF_TOKEN": "hf_job_secret"}, env={"A": "b"})  # fmt: skip
    return {
        "id": job.id, "stage": job.status.stage, "secrets": job.secrets,
        "jobs": [item.docker_image for item in api.list_jobs()],
        "price": next(item.unit_cost_usd for item in api.list_jobs_hardware() if item.name == "t4-small"),
    }  # fmt: skip


def test_a_job_is_kept_as_it_was_asked_for(server: HubServer, tmp_path: Path) -> None:
    seen = call(server, tmp_path, client_asks_for_jobs)
    assert (seen["stage"], seen["secrets"], seen["jobs"]) == ("SCHEDULING", {"HF_TOKEN": None}, ["python:3.12"])
    assert seen["price"] == pytest.approx(0.40 / 60, abs=1e-6)
    asked = server.hub.jobs[seen["id"]].request
    assert (asked["flavor"], asked["timeoutSeconds"], asked["environment"]) == ("t4-small", 7200, {"A": "b"})
    assert asked["secrets"] == {"HF_TOKEN": "hf_job_secret"}
    assert asked["command"] == ["python", "-V"]


# Faults


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


def test_commits_have_ids_of_as_many_digits_as_was_asked_for(server: HubServer, repo: str) -> None:
    assert len(server.hub.create("models", f"{repo}-git", "alice").head().id) == 40
    server.hub.id_digits = 64
    assert len(server.hub.create("models", repo, "alice").head().id) == 64


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


# What a request could get wrong


@pytest.mark.parametrize(
    "path", ["../out.txt", "/etc/passwd", "a/../../b", "a//b", ".git/config", "a/.GIT/x", "a\\b", "a\nb", "", "a/."]
)
def test_a_path_that_could_lead_elsewhere_is_refused(path: str) -> None:
    with pytest.raises(HubError, match="Invalid file path"):
        checked_path(path)


def commit(server: HubServer, repo: str, *lines: dict[str, Any], token: str | None = None) -> httpx.Response:
    header = {"key": "header", "value": {"summary": "Try"}}
    body = "\n".join(json.dumps(line) for line in (header, *lines))
    signed_in = {"Authorization": f"Bearer {token or alice(server)}"}
    return httpx.post(f"{server.url}/api/models/{repo}/commit/main", content=body, headers=signed_in)


def small(path: str, content: str = "aGVsbG8=") -> dict[str, Any]:
    return {"key": "file", "value": {"path": path, "content": content, "encoding": "base64"}}


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


# Signing in


def authorize(server: HubServer, **changes: str) -> dict[str, str]:
    """What the provider answers to an app, by way of the browser."""
    asked = {"client_id": "app", "redirect_uri": "http://app/callback", "scope": "openid profile read-repos"}
    answer = httpx.get(f"{server.url}/oauth/authorize", params=asked | changes | {"state": "s", "nonce": "n"})
    assert answer.status_code == 302
    return {key: values[0] for key, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def exchange(server: HubServer, code: str, **changes: str) -> httpx.Response:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": "http://app/callback"}
    return httpx.post(f"{server.url}/oauth/token", data=form | changes, auth=("app", "secret"))


def test_signing_in_gives_a_token_with_the_granted_scopes(server: HubServer, encoder_folder: Path) -> None:
    server.hub.oauth.user = "olga"
    server.seed("olga/secret", encoder_folder, private=True)
    back = authorize(server)
    assert back["state"] == "s"
    tokens = exchange(server, back["code"]).json()
    configuration = httpx.get(f"{server.url}/.well-known/openid-configuration").json()
    keys = KeySet.import_key_set(httpx.get(configuration["jwks_uri"]).json())
    claims = jwt.decode(tokens["id_token"], keys, ["RS256"]).claims
    assert (claims["iss"], claims["aud"], claims["nonce"]) == (server.url, "app", "n")
    assert claims["preferred_username"] == "olga"
    signed_in = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert httpx.get(f"{server.url}/api/whoami-v2", headers=signed_in).json()["name"] == "olga"
    assert httpx.get(f"{server.url}/api/models/olga/secret", headers=signed_in).status_code == 200
    refused = httpx.post(f"{server.url}/api/repos/create", json={"name": "new"}, headers=signed_in)
    assert refused.status_code == 403, "manage-repos was not granted"
    assert exchange(server, back["code"]).json()["error"] == "invalid_grant", "a code is good once"


def test_an_app_that_may_contribute_writes_to_what_it_has_made_alone(server: HubServer, encoder_folder: Path) -> None:
    server.hub.oauth.user = "olga"
    server.seed("olga/older", encoder_folder)
    token = exchange(server, authorize(server, scope="openid profile contribute-repos")["code"]).json()["access_token"]
    signed_in = {"Authorization": f"Bearer {token}"}
    made = httpx.post(f"{server.url}/api/repos/create", json={"name": "new", "private": True}, headers=signed_in)
    assert made.status_code == 200
    assert commit(server, "olga/new", small("a.txt"), token=token).status_code == 200
    assert commit(server, "olga/older", small("a.txt"), token=token).status_code == 403


def test_signing_in_can_be_refused(server: HubServer) -> None:
    server.hub.oauth.user = None
    assert authorize(server)["error"] == "access_denied"
    server.hub.oauth.user = "olga"
    assert authorize(server, scope="openid everything")["error"] == "invalid_scope"
    code = authorize(server, code_challenge="not-its-hash")["code"]
    assert exchange(server, code, code_verifier="something").json()["error"] == "invalid_grant"


def client_signs_in_on_a_space() -> dict[str, Any]:
    """A page with a sign-in button, and a browser's part of signing in to it."""
    import gradio as gr
    import httpx
    from gradio_client import Client

    def about(profile: gr.OAuthProfile | None, token: gr.OAuthToken | None) -> str:
        return f"{profile.username} {token.scope} {token.token[:9]}" if profile and token else "nobody"

    globals()["gr"] = gr  # annotations are looked up in the module
    with gr.Blocks() as page:
        gr.LoginButton()
        gr.Button().click(about, None, gr.Textbox(), api_name="about")
    _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1")
    cookies: dict[str, str] = {}
    address, visited = f"{url}login/huggingface", []
    for _ in range(4):  # the cookie is marked for HTTPS alone, so a client on HTTP has to be told to keep it
        cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        answer = httpx.get(address, headers={"Cookie": cookie} if address.startswith(url) else {})
        cookies |= dict(answer.cookies)
        if not answer.has_redirect_location:
            break
        address = str(answer.next_request.url) if answer.next_request else ""
        visited.append(address.partition("?")[0].removeprefix(url))
    session = "; ".join(f"{name}={value}" for name, value in cookies.items())
    seen = [
        Client(url, headers=headers, verbose=False).predict(api_name="/about") for headers in ({}, {"cookie": session})
    ]
    page.close(verbose=False)
    return {"visited": visited, "seen": seen}


def test_gradios_login_button_signs_in_with_it(server: HubServer, tmp_path: Path) -> None:
    server.hub.oauth.user = "olga"
    server.hub.oauth.register("space-client", "space-secret")
    try:
        seen = call_on_a_space(server, tmp_path)
    finally:
        server.hub.oauth.clients.clear()
    assert seen["visited"][:2] == [f"{server.url}/oauth/authorize", "login/callback"]
    assert seen["seen"] == ["nobody", "olga openid profile read-repos hf_oauth_"]


def call_on_a_space(server: HubServer, home: Path) -> Any:
    """Run the page as a Space would run it."""
    space = {
        "SYSTEM": "spaces", "SPACE_ID": "olga/space", "OAUTH_CLIENT_ID": "space-client",
        "OAUTH_CLIENT_SECRET": "space-secret", "OAUTH_SCOPES": "openid profile read-repos",
        "OPENID_PROVIDER_URL": server.url, "GRADIO_ANALYTICS_ENABLED": "False",
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        for name, value in space.items():
            patch.setenv(name, value)
        return call(server, home, client_signs_in_on_a_space)


# Ways to reach it


def test_the_fixture_lets_this_process_reach_the_hub(online: HubServer, encoder_folder: Path) -> None:
    from huggingface_hub import HfApi

    online.seed("acme/seeded", encoder_folder)
    api = HfApi(token=online.user("alice"))
    assert api.whoami()["name"] == "alice"
    assert api.file_exists("acme/seeded", "config.json")


def test_without_the_fixture_this_process_stays_offline() -> None:
    from huggingface_hub import HfApi
    from huggingface_hub.errors import OfflineModeIsEnabled

    with pytest.raises(OfflineModeIsEnabled):
        HfApi().model_info("acme/seeded")


def test_its_page_shows_names_as_text(server: HubServer, repo: str) -> None:
    server.hub.create("models", repo, "alice")
    page = httpx.get(server.url)
    assert (page.status_code, f"<li>model {repo}</li>" in page.text) == (200, True)


def test_people_can_serve_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hub_server", "--data", str(tmp_path), "--user", "ada", "bert"]
    with subprocess.Popen(command, cwd=ROOT / "tests", stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            printed = [process.stdout.readline() for _ in range(2)]
            url, token = (re.split(r"[= ]", line.strip())[2] for line in printed)
            answer = httpx.get(f"{url}/api/whoami-v2", headers={"Authorization": f"Bearer {token}"})
            assert answer.json()["name"] == "ada"
        finally:
            process.send_signal(signal.SIGINT)
            try:
                assert process.wait(timeout=20) == 0
            finally:
                process.kill()  # else the test would wait for it without end
