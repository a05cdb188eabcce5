"""Runs published on a real Hub server by the command that a user types: honest, hostile and interrupted."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from hub_server import HubServer
from huggingface_hub import HfApi, ModelCard, hf_hub_download, snapshot_download
from support.paths import ROOT
from support.terminal import Terminal, sentence

from classification.errors import InputError
from classification.network.hub_client import TIMEOUT_VARIABLE
from classification.runs.record import load_record
from hub.push.run_files import run_uploads, without_paths
from hub.push.runs import PushOptions, plan_run
from hub.shared.client import account_of, check_owner, checked_repo_id, connect
from hub.shared.publish import Plan, Upload, publish, size

DEMO = ROOT / "demo"
RESULTS = DEMO / "results"
PUBLISHED = {
    "README.md", ".gitattributes", "run.json", "adapter_config.json", "adapter_model.safetensors", "text_hashes.txt",
}  # fmt: skip


@pytest.fixture
def terminal(hub_server: HubServer, tmp_path: Path) -> Terminal:
    hub_server.faults.clear()
    return Terminal(hub_server, hub_server.user("you", orgs=("acme",)), tmp_path / "home")


@pytest.fixture
def api(online: HubServer) -> HfApi:
    return connect(online.user("you", orgs=("acme",)))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client waits seconds between its own tries; the tests do not."""
    monkeypatch.setattr("time.sleep", lambda _: None)


def small_plan(repo_id: str, **more: Any) -> Plan:
    # Of each repository's own, since a Hub that has some content already does not ask for it again.
    weights = hashlib.sha256(repo_id.encode()).digest() * 32_000
    uploads = (Upload("README.md", b"---\ntags: [a]\n---\n# A\n"), Upload("model.safetensors", weights))
    return Plan(repo_id, uploads, "Publish", **more)


def files_of(api: HfApi, repo_id: str, revision: str | None = None) -> set[str]:
    return set(api.list_repo_files(repo_id, revision=revision))


@pytest.mark.parametrize("transfer", ["xet", "lfs"])
def test_a_run_is_published_whole_and_comes_back_byte_by_byte(
    terminal: Terminal, tmp_path: Path, transfer: str
) -> None:
    terminal.more = {"HF_HUB_DISABLE_XET": str(int(transfer == "lfs"))}
    repo_id = f"you/minilm-{transfer}"
    found = terminal.run("-m", "hub.push", "demo/minilm-lora", "--repo_id", repo_id, "--comparison", "demo/results")
    assert found.stdout.splitlines() == [f"{terminal.server.url}/{repo_id}", f"In a lineup: run: {repo_id}@v1"]
    script = (
        "import sys, json, huggingface_hub as h\n"
        "repo = sys.argv[1]\n"
        "h.ModelCard.load(repo).validate()\n"
        "info = h.model_info(repo, revision='v1')\n"
        "print(json.dumps([h.snapshot_download(repo, revision='v1'), info.private, info.card_data.base_model,\n"
        "    [m.id for m in h.list_models(author='you', filter='peft')]]))\n"
    )
    folder, private, base, listed = json.loads(terminal.run("-c", script, repo_id).stdout)
    assert private
    assert base == "sentence-transformers/all-MiniLM-L6-v2"
    assert repo_id in listed
    assert {path.name for path in Path(folder).iterdir()} == PUBLISHED
    for name in ("run.json", "adapter_config.json", "adapter_model.safetensors", "text_hashes.txt"):
        assert (Path(folder) / name).read_bytes() == (DEMO / "minilm-lora" / name).read_bytes()


def test_the_hf_command_downloads_what_was_pushed(terminal: Terminal, tmp_path: Path) -> None:
    terminal.run("-m", "hub.push", "demo/tfidf", "--repo_id", "you/floor", "--comparison", "demo/results")
    terminal.run("-m", "huggingface_hub.cli.hf", "download", "you/floor", "--local-dir", tmp_path / "there")
    for name in ("baseline.json", "model.safetensors", "run.json", "vocabulary.txt"):
        assert (tmp_path / "there" / name).read_bytes() == (DEMO / "tfidf" / name).read_bytes()


def test_a_dry_run_shows_everything_and_sends_nothing(terminal: Terminal) -> None:
    before = len(terminal.server.requests)
    words = ["-m", "hub.push", "demo/smollm2-lora", "--repo_id", "you/dry", "--comparison", "demo/results"]
    shown = terminal.run(*words, "--dry_run").stdout
    assert "model repository you/dry (private if it is new)" in shown
    assert re.search(r"adapter_model\.safetensors +3\.3 MB\n", shown)
    assert "base_model: HuggingFaceTB/SmolLM2-135M-Instruct" in shown
    assert "python -m hub.push demo/smollm2-lora --repo_id you/dry --comparison demo/results\n" in shown
    assert "Nothing was sent" in shown
    assert {request.method for request in terminal.server.requests[before:]} <= {"GET", "HEAD"}


def test_a_dry_run_needs_neither_a_hub_nor_a_login(tmp_path: Path, hub_server: HubServer) -> None:
    alone = Terminal(hub_server, None, tmp_path / "home", {"HF_ENDPOINT": "http://127.0.0.1:9"})
    alone.more["HF_HUB_OFFLINE"] = "1"
    # `hub_environment` names the server; whoever works without one names none.
    shown = alone.run(
        "-m", "hub.push", "demo/tfidf", "--repo_id", "you/dry", "--comparison", "demo/results", "--dry_run"
    )
    assert "Nothing was sent" in shown.stdout


def test_only_what_a_run_consists_of_is_published(tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(DEMO / "minilm-lora", run)
    (run / "checkpoint-10").mkdir()
    for name in (
        "training_args.bin", "optimizer.pt", "scheduler.pt", "trainer_state.json", "rng_state.pth", ".env", "README.md",
        "notes.txt", "events.out.tfevents", "model.pkl", "rows.csv", "checkpoint-10/adapter_model.safetensors",
        "modeling_mine.py",
    ):  # fmt: skip
        (run / name).write_bytes(b"not for the world")
    (run / "tokenizer_config.json").write_text(
        json.dumps({"name_or_path": "/home/me/models/base", "model_max_length": 5})
    )
    config = json.loads((run / "adapter_config.json").read_text())
    (run / "adapter_config.json").write_text(json.dumps(config | {"base_model_name_or_path": "/home/me/models/base"}))
    uploads = {upload.path: upload for upload in run_uploads(run, load_record(run))}
    assert set(uploads) == {
        "adapter_config.json", "adapter_model.safetensors", "run.json", "tokenizer_config.json", "text_hashes.txt",
    }  # fmt: skip
    everything = b"".join(upload.read() for upload in uploads.values())
    assert b"/home/me" not in everything
    assert b"not for the world" not in everything
    assert json.loads(uploads["adapter_config.json"].read())["base_model_name_or_path"] == load_record(run).base.id
    assert json.loads(uploads["tokenizer_config.json"].read())["name_or_path"] == "base"


def test_paths_lose_all_but_their_last_part_and_other_texts_nothing() -> None:
    before = {
        "a": "/srv/x/y",
        "b": ["C:\\Users\\me\\z", "~/w", "./v/"],
        "c": "owner/name",
        "d": "</s>",
        "e": "/",
        "f": 1,
    }
    assert without_paths(before) == {"a": "y", "b": ["z", "w", "v"], "c": "owner/name", "d": "</s>", "e": "/", "f": 1}


def test_a_token_in_a_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    shutil.copytree(DEMO / "tfidf", tmp_path / "run")
    file = tmp_path / "run" / "run.json"
    file.write_text(
        file.read_text().replace('"seed": 42', '"seed": 42, "hyperparameters": {"x": "hf_abcdefghijklmnopqrst"}', 1)
    )
    record = load_record(DEMO / "tfidf")
    with pytest.raises(InputError, match="run.json holds what looks like a token; take it out, revoke") as caught:
        run_uploads(tmp_path / "run", record)
    assert "hf_abc" not in str(caught.value)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--repo_id", "nobody"], "'nobody' is not a repository id; write owner/name with letters"),
        (["--repo_id", "you/--x"], "is not a repository id"),
        (["--repo_id", "other/x"], "other/x is not yours to write to as you; use you/... or acme/..."),
        (["--repo_id", "you/x", "--contender", "Nobody"], "Nobody"),
    ],
)
def test_a_wrong_target_gets_one_sentence(terminal: Terminal, words: list[str], said: str) -> None:
    found = terminal.run("-m", "hub.push", "demo/tfidf", "--comparison", "demo/results", *words, status=2)
    assert said in sentence(found)
    assert found.stdout == ""


def test_a_run_that_nobody_measured_is_published_only_when_told(terminal: Terminal, tmp_path: Path) -> None:
    shutil.copytree(DEMO / "tfidf", tmp_path / "run")
    load_record(DEMO / "tfidf").model_copy(update={"evaluation": None}).save(tmp_path / "run")
    words = ["-m", "hub.push", tmp_path / "run", "--repo_id", "you/unmeasured"]
    assert "nobody has measured how good this run is; give --comparison FOLDER" in sentence(
        terminal.run(*words, status=2)
    )
    terminal.run(*words, "--unevaluated")


def test_a_repository_with_another_base_is_left_alone(terminal: Terminal) -> None:
    common = ["--repo_id", "acme/one", "--comparison", "demo/results"]
    terminal.run("-m", "hub.push", "demo/minilm-lora", *common)
    said = sentence(terminal.run("-m", "hub.push", "demo/smollm2-lora", *common, status=2))
    assert "acme/one holds a model that stands on 'sentence-transformers/all-MiniLM-L6-v2'" in said
    assert said.endswith("choose another repository.")


def test_whoever_cannot_write_is_told_before_anything_is_sent(terminal: Terminal, tmp_path: Path) -> None:
    words = ["-m", "hub.push", "demo/tfidf", "--repo_id", "you/x", "--comparison", "demo/results"]
    server = terminal.server
    reader = Terminal(server, server.user("you", role="read"), tmp_path / "reader")
    assert "the token of you can only read; make one with write access" in sentence(reader.run(*words, status=2))
    nobody = Terminal(server, None, tmp_path / "nobody")
    assert (
        sentence(nobody.run(*words, status=2))
        == "nobody is signed in to the Hub; run `hf auth login`, or set HF_TOKEN."
    )
    wrong = Terminal(server, "hf_thistokenisnotknownanywhere", tmp_path / "wrong")
    assert "the Hub does not know this token; sign in with `hf auth login`" in sentence(wrong.run(*words, status=2))
    assert "hf_thistoken" not in "".join(wrong.seen)


def test_without_a_hub_a_push_ends_with_one_sentence(hub_server: HubServer, tmp_path: Path) -> None:
    alone = Terminal(hub_server, "hf_some_token_here_1234", tmp_path / "home")
    alone.more = {"HF_HUB_OFFLINE": "1"}
    found = alone.run("-m", "hub.push", "demo/tfidf", "--repo_id", "you/x", "--comparison", "demo/results", status=2)
    assert "cannot sign in to the Hub: the Hub cannot be reached; check the connection" in sentence(found)


# One atomic commit, or nothing.

FAULTS = [
    ("POST", r"/api/repos/create", {"status": 503}, "the Hub failed \\(503\\)"),
    ("POST", r"/preupload/", {"status": 500}, "the Hub failed \\(500\\)"),
    ("POST", r"/preupload/", {"status": 429, "retry_after": 0}, "the Hub asks to slow down \\(429\\)"),
    ("POST", r"/preupload/", {"status": 403}, "this token may not do that"),
    ("POST", r"/preupload/", {"status": 401}, "the Hub does not know this token|it is not on the Hub"),
    ("POST", r"/commit/main", {"status": 409}, "it changed or came to be meanwhile \\(409\\)"),
    ("POST", r"/commit/main", {"status": 412}, "somebody else committed meanwhile \\(412\\)"),
    ("POST", r"/commit/main", {"status": 404}, "it is not on the Hub, or it is private"),
    ("POST", r"/commit/main", {"status": 503}, "the Hub failed \\(503\\); run the same command again"),
    ("PUT", r"^/lfs/", {"cut_after": 1000}, "the transfer was cut off; run the same command again"),
    ("PUT", r"^/lfs/", {"status": 500}, "the Hub failed \\(500\\)|the transfer was cut off"),
]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("method", "path", "fault", "said"), FAULTS)
def test_a_push_that_fails_shows_nothing_and_is_completed_by_running_it_again(
    online: HubServer, api: HfApi, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest,
    method: str, path: str, fault: dict[str, Any], said: str,
) -> None:  # fmt: skip
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    repo_id = f"you/fault-{abs(hash(request.node.name))}"
    plan = small_plan(repo_id, private=False)
    online.faults.add(method, path, times=None, **fault)
    with pytest.raises(InputError, match=f"cannot push to {repo_id}: ({said})") as caught:
        publish(plan, api, pause=0)
    assert "\n" not in str(caught.value)
    online.faults.clear()
    if api.repo_exists(repo_id):
        assert files_of(api, repo_id) == {".gitattributes"}
        assert api.model_info(repo_id).private  # public was asked for, and is not granted to half a repository
    done = publish(plan, api, pause=0)
    assert files_of(api, repo_id) == {".gitattributes", "README.md", "model.safetensors"}
    assert (done.tag, api.model_info(repo_id).private) == ("v1", False)


@pytest.mark.usefixtures("quick")
def test_over_xet_a_cut_upload_is_completed_by_running_it_again(online: HubServer, api: HfApi) -> None:
    plan = small_plan("you/cut-over-xet")
    online.faults.add("POST", r"^/v1/xorbs/", cut_after=500, times=None)
    online.faults.add("POST", r"^/v1/xorbs/", status=500, times=None)
    with pytest.raises(InputError, match="cannot push to you/cut-over-xet: the transfer was cut off; run the same"):
        publish(plan, api, pause=0)
    assert files_of(api, "you/cut-over-xet") == {".gitattributes"}
    online.faults.clear()
    publish(plan, api, pause=0)
    file = hf_hub_download("you/cut-over-xet", "model.safetensors", token=api.token)
    assert Path(file).read_bytes() == plan.uploads[1].content


@pytest.mark.usefixtures("quick")
def test_trouble_that_passes_is_waited_out_and_said(online: HubServer, api: HfApi) -> None:
    said: list[str] = []
    online.faults.add("POST", r"/commit/main", status=409, times=1)
    publish(small_plan("you/patient"), api, progress=said.append, pause=0)
    assert said == [
        "looking at the repository",
        "sending 2 files, 1.0 MB",
        "trouble that may pass, trying once more",
        "looking for every file in the commit",
        "published",
    ]


def test_a_commit_whose_answer_was_lost_is_not_made_twice(
    online: HubServer, api: HfApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    online.faults.add("POST", r"/commit/main", lose_answer=True, times=1)
    publish(small_plan("you/lost"), api, pause=0)
    assert [commit.title for commit in api.list_repo_commits("you/lost")] == ["Publish", "initial commit"]


def test_versions_count_up_and_never_move(api: HfApi) -> None:
    plan = small_plan("you/versions")
    first = publish(plan, api)
    assert (first.tag, publish(plan, api)) == ("v1", first)  # nothing changed, so nothing is new
    changed = Plan(plan.repo_id, (*plan.uploads, Upload("config.json", b"{}")), "More")
    assert publish(changed, api).tag == "v2"
    assert files_of(api, "you/versions", "v1") == {".gitattributes", "README.md", "model.safetensors"}
    with pytest.raises(InputError, match="you/versions has a version v1 already, and versions never move"):
        publish(Plan(plan.repo_id, changed.uploads, "x", version="v1"), api)


def test_what_an_earlier_push_left_goes_and_what_people_added_stays(api: HfApi) -> None:
    mine = ("*.bin", "adapter_model.safetensors", "model.safetensors", "config.json")
    publish(small_plan("you/tidy"), api)
    for name in ("photo.png", "pytorch_model.bin", "notes.md", "theirs/data.bin"):
        api.upload_file(path_or_fileobj=b"x", path_in_repo=name, repo_id="you/tidy")
    publish(Plan("you/tidy", (Upload("adapter_model.safetensors", b"y" * 100),), "New", replaces=mine), api)
    assert files_of(api, "you/tidy") == {
        ".gitattributes", "README.md", "adapter_model.safetensors", "photo.png", "notes.md", "theirs/data.bin",
    }  # fmt: skip


def test_a_branch_and_a_pull_request(online: HubServer, api: HfApi) -> None:
    publish(small_plan("you/branches"), api)
    more = (Upload("config.json", b"{}"),)
    publish(Plan("you/branches", more, "On a branch", revision="trial"), api)
    assert "config.json" in files_of(api, "you/branches", "trial")
    assert "config.json" not in files_of(api, "you/branches")
    theirs = connect(online.user("somebody"))
    api.update_repo_settings("you/branches", private=False)
    asked = publish(Plan("you/branches", more, "Please take it", create_pr=True), theirs)
    assert asked.pull_request
    assert asked.tag is None
    assert asked.url.endswith("/discussions/1")
    assert "config.json" not in files_of(api, "you/branches")


def test_somebody_elses_repository_is_refused_by_the_hub_as_well(online: HubServer, api: HfApi) -> None:
    publish(small_plan("you/mine", private=False), api)
    with pytest.raises(InputError, match="cannot push to you/mine: this token may not do that"):
        publish(small_plan("you/mine"), connect(online.user("somebody")), pause=0)


def test_names_owners_and_sizes() -> None:
    assert checked_repo_id(" you/a.b-c_d ") == "you/a.b-c_d"
    for text in ("a", "a/b/c", "/b", "a/", "a b/c", "a/-b", "a/b..c", "a/" + "b" * 97, "ä/b", "a/b\n/c"):
        with pytest.raises(InputError, match="is not a repository id; write owner/name"):
            checked_repo_id(text)
    assert [size(n) for n in (999, 1000, 3_292_480, 5_000_000_000)] == ["999 bytes", "1.0 kB", "3.3 MB", "5.0 GB"]


def test_an_account_knows_what_it_owns(api: HfApi) -> None:
    account = account_of(api)
    assert account.owns("you/x")
    assert account.owns("acme/x")
    assert not account.owns("yours/x")
    check_owner(account, "acme/x")


def test_a_marked_token_appears_nowhere(online: HubServer, tmp_path: Path) -> None:
    """In no output, file, card or record, when all goes well and under every fault."""
    token = online.user("marked")
    terminal = Terminal(online, token, tmp_path / "home", {"HF_HUB_DISABLE_XET": "1"})
    words = ["-m", "hub.push", "demo/tfidf", "--repo_id", "marked/run", "--comparison", "demo/results"]
    for status in (401, 403, 404, 412):
        online.faults.add("POST", r"/commit/main", times=1, status=status, message=f"no, {token}")
        terminal.run(*words, status=2)
        online.faults.clear()
    terminal.run(*words)
    terminal.run(*words, "--dry_run", HF_HUB_VERBOSITY="info")
    assert token not in "".join(terminal.seen)
    assert "[token]" in "".join(terminal.seen)  # the Hub's own words repeated it, and it was blotted out
    folder = snapshot_download("marked/run", token=token)
    for path in Path(folder).rglob("*"):
        assert not path.is_file() or token.encode() not in path.read_bytes()
    assert token not in "".join(str(request) for request in online.requests if "commit" in request.path)


def test_a_card_is_made_of_the_run_and_the_comparison(api: HfApi) -> None:
    plan = plan_run(
        DEMO / "minilm-lora", "you/card", PushOptions(comparison=RESULTS, title="My title", licence="mit"), api=api
    )
    card = ModelCard(plan.card)
    assert card.data.license == "mit"
    assert card.data.base_model_relation == "adapter"
    assert "# My title" in plan.card
    assert card.data.eval_results


def test_an_upload_over_xet_is_given_up(online: HubServer, tmp_path: Path) -> None:
    terminal = Terminal(online, online.user("you"), tmp_path / "home", {TIMEOUT_VARIABLE: "0.5"})
    words = ["-m", "hub.push", "demo/tfidf", "--repo_id", "you/hangs-over-xet", "--comparison", "demo/results"]
    hanging = online.faults.add("POST", r"^/v1/xorbs/|^/v1/shards", hang=True, times=None)
    found = sentence(terminal.run(*words, status=2))
    assert "the transfer was cut off, or the Hub gave no answer for 0.5 seconds; run the same command again" in found
    assert hanging.happened > 0
