"""Hubs that others wrote: they offer less, say it in other places, count commits otherwise, hang, or lose files."""

from __future__ import annotations

import hashlib
import json
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from hub_server import HubServer
from huggingface_hub import HfApi, constants
from support.fakes import SENTIMENT
from support.paths import ROOT
from support.terminal import Terminal, sentence

from classification.data.dataset import load_rows
from classification.errors import InputError
from classification.lineup import pulled
from classification.network import hub_client
from classification.network.hub_client import (
    TIMEOUT_VARIABLE,
    check_endpoint,
    prepare_client,
    seconds_to_wait,
    xet_seconds,
)
from classification.network.hub_errors import explain, explained
from classification.runs.record import load_run
from classification.runs.remote import Reference, find
from classification.runs.seen import hashes_in
from hub.collect.collection import Item, collect
from hub.comparisons.datasets import fetch_comparison, plan_comparison, pull_comparison
from hub.feedback.log import FeedbackLog, fetch_marks
from hub.jobs.plan import plan_job, price, start
from hub.push.runs import PushOptions, plan_run
from hub.shared.client import account_of, connect, reachable
from hub.shared.publish import Plan, Upload, publish, same_commit
from hub.shared.repositories import front_matter, kinds_of
from hub.space.plan import configure_space, plan_space

DEMO = ROOT / "demo"
TASK = load_run(DEMO / "tfidf").task
UNEVALUATED = PushOptions(unevaluated=True)


@pytest.fixture
def api(online: HubServer) -> HfApi:
    return connect(online.user("you"))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> float:
    """A Hub that hangs is given up at once, or all but."""
    monkeypatch.setenv(TIMEOUT_VARIABLE, "0.3")
    return 0.3


@pytest.fixture
def other_ids(online: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commits of new repositories have ids of 64 digits, as where they are made by lakeFS."""
    monkeypatch.setattr(online.hub, "id_digits", 64)


@pytest.fixture
def plan(request: pytest.FixtureRequest) -> Plan:
    """A card, a configuration and weights, for a repository of the test's own."""
    repo_id = f"you/{hashlib.sha256(request.node.name.encode()).hexdigest()[:20]}"
    weights = hashlib.sha256(repo_id.encode()).digest() * 1000
    uploads = (
        Upload("README.md", b"---\ntags: [a]\n---\n# A\n"),
        Upload("config.json", b"{}"),
        Upload("model.safetensors", weights),
    )
    return Plan(repo_id, uploads, "Publish")


def names_at(api: HfApi, repo_id: str) -> set[str]:
    return set(api.list_repo_files(repo_id))


# --- what a Hub does not offer


SAID = "pull requests are not offered here"
REFUSALS = {
    "as huggingface.co says it": {"message": SAID},
    "as FastAPI says it": {"body": {"detail": SAID}},
    "as KohakuHub says it": {"body": {"detail": {"error": "not_implemented", "message": SAID}}},
    "as text": {"body": SAID},
}


@pytest.mark.parametrize("how", REFUSALS)
def test_what_a_hub_cannot_do_is_told_in_its_own_words_and_asked_for_once(
    online: HubServer, api: HfApi, plan: Plan, how: str
) -> None:
    refusal = online.faults.add("POST", "/commit/main", status=501, times=None, **REFUSALS[how])
    with pytest.raises(InputError) as caught:
        publish(plan, api, pause=0)
    assert str(caught.value) == f"cannot push to {plan.repo_id}: this Hub cannot do that (501); the Hub said '{SAID}'."
    assert refusal.happened == 1
    assert names_at(api, plan.repo_id) == {".gitattributes"}


def test_a_hub_that_says_nothing_of_why_is_quoted_with_nothing(online: HubServer, api: HfApi, plan: Plan) -> None:
    online.faults.add("POST", "/repos/create", status=501, body={"detail": ["a list"]})
    online.faults.add("POST", "/repos/create", status=405, body="<html>", times=1)
    with pytest.raises(InputError, match=r": this Hub cannot do that \(501\)\.$"):
        publish(plan, api, pause=0)


#: What each command asks of a Hub that may not have it, and what its sentence begins with.
COMMANDS: dict[str, tuple[str, str, Callable[[HfApi, Path], object]]] = {
    "push": ("/repos/create", "cannot push to you/x", lambda api, _: publish(Plan("you/x", (), "x"), api, pause=0)),
    "look": ("/api/models/you/x", "cannot look at you/x", lambda api, _: plan_run(DEMO / "tfidf", "you/x", UNEVALUATED,
                                                                                  api=api)),
    "comparison": ("/api/datasets/", "cannot pull the comparison you/x", lambda api, out: pull_comparison("you/x", out,
                                                                                                          api=api)),
    "page": ("paths-info", "cannot open the comparison you/x", lambda _, __: fetch_comparison("you/x", token="")),
    "space": ("/api/spaces/", "cannot look at the Space you/x", lambda api, _: plan_space(DEMO / "lineup.yaml", "you/x",
                                                                                          api=api)),
    "hardware": ("/hardware", "cannot set up the Space you/x",
                 lambda api, _: configure_space("you/x", api, variables={}, secrets={}, hardware="t4-small")),
    "collect": ("/api/collections", "cannot make the collection 'T'", lambda api, _: collect([Item("model", "you/x")],
                                                                                             title="T", api=api)),
    "jobs": ("/api/jobs", "cannot look up the price of a job", lambda api, _: price(plan_job(
        "training.baseline", [], "you/x", "you", flavor="t4-small", timeout="1h"), api)),
    "feedback": ("/api/datasets/", "cannot read the feedback in you/x", lambda api, _: fetch_marks("you/x", SENTIMENT,
                                                                                                   api)),
    "collecting": ("/repos/create", "cannot collect feedback in you/x", lambda api, _: FeedbackLog("you/x", SENTIMENT,
                                                                                                   api)),
    "lineup": ("/api/models/you/x", "cannot pull you/x", lambda _, __: pulled("a", "you/x", TASK)),
    "sign in": ("whoami", "cannot sign in to the Hub", lambda api, _: account_of(api)),
}  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_tells_what_a_hub_cannot_do(online: HubServer, api: HfApi, tmp_path: Path, name: str) -> None:
    path, begins, do = COMMANDS[name]
    refusal = online.faults.add("*", path, status=501, body={"detail": "not here"}, times=None)
    with pytest.raises(InputError) as caught:
        do(api, tmp_path / "out")
    assert str(caught.value) == f"{begins}: this Hub cannot do that (501); the Hub said 'not here'."
    assert refusal.happened <= 2  # the client itself asks twice for some things
    assert not (tmp_path / "out").exists()


# --- a Hub that hangs


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_gives_up_a_hub_that_hangs(online: HubServer, api: HfApi, tmp_path: Path, name: str) -> None:
    path, begins, do = COMMANDS[name]
    hanging = online.faults.add("*", path, hang=True, times=None)
    with pytest.raises(InputError) as caught:
        do(api, tmp_path / "out")
    assert str(caught.value).startswith(f"{begins}: the Hub gave no answer for 0.3 seconds; run the same command again")
    assert f"or set {TIMEOUT_VARIABLE} to wait longer" in str(caught.value)
    assert hanging.happened == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "validate-yaml"), ("POST", "/preupload/"), ("POST", r"\.git/info/lfs"), ("PUT", "^/lfs/"),
     ("POST", "/commit/main"), ("GET", "/tree/"), ("GET", "/refs"), ("POST", "/tag/")],
)  # fmt: skip
def test_a_push_is_given_up_wherever_the_hub_hangs(
    online: HubServer, api: HfApi, plan: Plan, monkeypatch: pytest.MonkeyPatch, method: str, path: str
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    hanging = online.faults.add(method, path, hang=True, times=None)
    with pytest.raises(InputError, match=f"cannot push to {plan.repo_id}: the Hub gave no answer for 0.3 seconds"):
        publish(plan, api, pause=0)
    assert hanging.happened == 1
    online.faults.clear()
    publish(plan, api, pause=0)
    assert names_at(api, plan.repo_id) == {".gitattributes", "README.md", "config.json", "model.safetensors"}


@pytest.mark.parametrize(
    ("transfer", "path"),
    [("xet", r"^/xorbs/"), ("xet", "reconstructions"), ("lfs", r"/resolve/.*parquet"), ("xet", "xet-read-token")],
)
def test_a_download_is_given_up_over_xet_and_over_lfs(
    online: HubServer, api: HfApi, tmp_path: Path, transfer: str, path: str
) -> None:
    publish(plan_comparison(DEMO / "results", "you/hangs"), api)
    terminal = Terminal(online, str(api.token), tmp_path / "home", {TIMEOUT_VARIABLE: "0.5"})
    terminal.more["HF_HUB_DISABLE_XET"] = str(int(transfer == "lfs"))
    words = ["-m", "hub.comparisons", "pull", "you/hangs", "--output", tmp_path / "there"]
    cut = {"cut_after": 100} if transfer == "lfs" else {}
    hanging = online.faults.add("GET", path, hang=True, times=None, **cut)
    found = sentence(terminal.run(*words, status=2))
    assert hanging.happened > 0
    assert "the Hub gave no answer for 0.5 seconds; run the same command again, or set PROMPT_OR_TUNE_HUB" in found
    assert not (tmp_path / "there").exists()


def test_an_upload_over_xet_is_given_up(online: HubServer, tmp_path: Path) -> None:
    terminal = Terminal(online, online.user("you"), tmp_path / "home", {TIMEOUT_VARIABLE: "0.5"})
    words = ["-m", "hub.push", "demo/tfidf", "--repo_id", "you/hangs-over-xet", "--comparison", "demo/results"]
    hanging = online.faults.add("POST", r"^/v1/xorbs/|^/v1/shards", hang=True, times=None)
    found = sentence(terminal.run(*words, status=2))
    assert "the transfer was cut off, or the Hub gave no answer for 0.5 seconds; run the same command again" in found
    assert hanging.happened > 0


@pytest.mark.usefixtures("impatient")
def test_a_run_in_the_cache_is_used_where_the_hub_hangs(online: HubServer, caplog: pytest.LogCaptureFixture) -> None:
    online.seed("erin/hangs", DEMO / "tfidf")
    before = find(Reference("erin/hangs"))
    before.download()
    online.faults.add("*", "erin/hangs", hang=True, times=None)
    again = find(Reference("erin/hangs"))
    assert (again.from_cache, again.commit) == (True, before.commit)
    assert "the Hub gave no answer for 0.3 seconds" in caplog.text
    online.faults.add("*", "erin/never-seen", hang=True, times=None)
    with pytest.raises(InputError, match=r"no answer for 0\.3 seconds; .* to wait longer; no copy is in the cache\.$"):
        find(Reference("erin/never-seen"))


@pytest.mark.usefixtures("impatient")
def test_a_dataset_on_a_hub_that_hangs_is_given_up(online: HubServer) -> None:
    online.faults.add("*", "/datasets/erin/rows", hang=True, times=None)
    with pytest.raises(InputError, match=r"cannot read 'erin/rows': the Hub gave no answer for 0\.3 seconds"):
        load_rows("erin/rows", TASK)


def test_a_hub_whose_address_answers_nothing_at_all_is_given_up(
    impatient: float, monkeypatch: pytest.MonkeyPatch, online: HubServer
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:  # takes connections, and says nothing
        silent = HfApi(endpoint="http://127.0.0.1:{1}".format(*listening.getsockname()), token="hf_x")
        assert not reachable(silent)
        with pytest.raises(InputError, match=r"cannot sign in to the Hub: the Hub gave no answer for 0\.3 seconds"):
            account_of(silent)


@pytest.mark.parametrize("text", ["abc", "0", "-1", "inf", "nan", "1e9"])
def test_a_time_to_wait_is_a_number_of_seconds(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(TIMEOUT_VARIABLE, text)
    with pytest.raises(InputError) as caught:
        connect()
    assert str(caught.value) == (
        f"PROMPT_OR_TUNE_HUB_TIMEOUT='{text}' is no time to wait for the Hub; write seconds, more than 0 and at most "
        "86400, such as 60."
    )


def test_how_long_is_waited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TIMEOUT_VARIABLE, raising=False)
    assert (seconds_to_wait(), xet_seconds()) == (60.0, 120.0)  # a slow line needs its time for a part of 64 MB
    monkeypatch.setenv(TIMEOUT_VARIABLE, "5")
    assert (seconds_to_wait(), xet_seconds()) == (5.0, 5.0)
    for name in ("HF_XET_CLIENT_CONNECT_TIMEOUT", "HF_XET_CLIENT_READ_TIMEOUT", "HF_XET_CLIENT_RETRY_MAX_ATTEMPTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_XET_CLIENT_READ_TIMEOUT", "7s")
    prepare_client()
    assert os.environ.pop("HF_XET_CLIENT_CONNECT_TIMEOUT") == "5000ms"
    assert os.environ["HF_XET_CLIENT_READ_TIMEOUT"] == "7s"  # somebody's own setting stays
    assert os.environ.pop("HF_XET_CLIENT_RETRY_MAX_ATTEMPTS") == "2"


def test_offline_stays_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    prepare_client()
    with pytest.raises(InputError, match="the Hub cannot be reached"), explained("look"):
        HfApi().model_info("you/x")


def test_a_full_disk_and_a_silent_hub_are_told_apart_in_what_hf_xet_says() -> None:
    assert "the disk is full" in str(explain(RuntimeError("Data processing error: No space left on device (os error)")))
    assert "the Hub gave no answer" in str(explain(RuntimeError("CAS Client Error: operation timed out")))
    assert "was cut off; run" in str(explain(RuntimeError("CAS Client Error: x")))
    assert "was cut off, or the Hub gave no answer for 120" in str(explain(RuntimeError("CAS Client Error: x"), 400))


# --- an address that is none


@pytest.mark.parametrize(
    "address",
    ["", "localhost:8080", "htp://x", "not an address", "http://", "http://x y", "http://x ", " http://x", "http://[x",
     "http://x:port", "http://x:0", "http://x?y", "http://x#y", "//x", "http://x\n"],
)  # fmt: skip
def test_an_address_that_is_none_is_told(address: str) -> None:
    with pytest.raises(InputError) as caught:
        check_endpoint(address)
    assert str(caught.value) == (
        f"HF_ENDPOINT={address!r} is not the address of a Hub; write such as https://huggingface.co or "
        "http://localhost:8080, or unset it to use huggingface.co."
    )


def test_an_address_may_have_a_path_and_its_password_is_not_repeated() -> None:
    for address in ("https://huggingface.co", "http://localhost:8080", "https://mirror.example/artifactory/api/hf"):
        check_endpoint(address)
    with pytest.raises(InputError) as caught:
        check_endpoint("ftp://me:secret@host/x")
    assert "'ftp://host/x'" in str(caught.value)
    assert "secret" not in str(caught.value)


BY_COMMAND = {
    "hub.push": ("localhost:8080", "demo/tfidf --repo_id you/x --comparison demo/results"),
    "hub.comparisons": ("htp://x", "pull you/x --output runs/never"),
    "hub.space": ("not an address", "--repo_id you/x --lineup demo/lineup.yaml"),
    "hub.collect": ("", "--lineup demo/lineup.yaml --title T"),
    "hub.jobs": ("http://x ", "training.baseline --repo_id you/x -- --task tasks/sms-spam.yaml --data x/y"),
    "hub.feedback": ("localhost", "you/x --task tasks/sms-spam.yaml --output never.csv"),
}


@pytest.mark.parametrize("module", BY_COMMAND)
def test_every_command_tells_an_address_that_is_none(hub_server: HubServer, tmp_path: Path, module: str) -> None:
    address, words = BY_COMMAND[module]
    terminal = Terminal(hub_server, "hf_x", tmp_path / "home")
    found = terminal.run("-m", module, *words.split(), status=2, HF_ENDPOINT=address)
    assert sentence(found).startswith(f"HF_ENDPOINT={address!r} is not the address of a Hub; write such as")
    assert len(found.stderr.strip().splitlines()) == 1


def test_a_lineup_tells_it_of_the_run_that_is_on_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "localhost:8080")
    with pytest.raises(InputError, match="HF_ENDPOINT='localhost:8080' is not the address of a Hub"):
        find(Reference("you/x"))


@pytest.mark.parametrize("page", ["a page", {"status": "ok"}], ids=["text", "json"])
def test_an_address_where_something_else_answers_is_told(online: HubServer, api: HfApi, page: object) -> None:
    online.faults.add("GET", "whoami", status=200, body=page)
    with pytest.raises(InputError, match="cannot sign in to the Hub: what answers there is no Hub; check HF_ENDPOINT"):
        account_of(api)
    online.faults.add("GET", "whoami", status=404, body="nothing here")
    with pytest.raises(InputError, match="cannot sign in to the Hub: what answers there is no Hub; check HF_ENDPOINT"):
        account_of(api)


# --- one repository, one kind


@pytest.fixture(params=["floor over adapter", "adapter over floor"])
def both(request: pytest.FixtureRequest, online: HubServer) -> Iterator[tuple[Path, str, str]]:
    first, second = ("minilm-lora", "tfidf") if request.param == "floor over adapter" else ("tfidf", "minilm-lora")
    repo_id = f"you/{first}-first"
    publish(plan_run(DEMO / first, repo_id, UNEVALUATED, api=connect(online.user("you"))), connect(online.user("you")))
    yield DEMO / second, repo_id, request.param


def test_a_floor_and_an_adapter_do_not_replace_each_other(
    online: HubServer, api: HfApi, both: tuple[Path, str, str]
) -> None:
    run, repo_id, which = both
    before = names_at(api, repo_id)
    theirs, ours = "an adapter", "a TF-IDF floor"
    if which == "adapter over floor":
        theirs, ours = ours, theirs
    for more in ({}, {"revision": "new"}, {"create_pr": True}):
        options = PushOptions(unevaluated=True, **more)
        with pytest.raises(InputError) as caught:
            plan_run(run, repo_id, options, api=api)
        assert str(caught.value) == (
            f"{repo_id} holds {theirs}, whose place {ours} would take; choose another repository with --repo_id."
        )
    assert names_at(api, repo_id) == before


def test_another_version_of_the_same_kind_is_welcome(online: HubServer, api: HfApi, tmp_path: Path) -> None:
    for run in ("minilm-lora", "tfidf"):
        publish(plan_run(DEMO / run, f"you/again-{run}", UNEVALUATED, api=api), api)
        changed = plan_run(DEMO / run, f"you/again-{run}", PushOptions(unevaluated=True, title="Again"), api=api)
        assert publish(changed, api).tag == "v2"


@pytest.mark.parametrize(
    ("names", "kinds"),
    [
        (["README.md", "training_args.bin", "notes/model.safetensors"], ()),
        (["baseline.json", "model.safetensors"], ("a TF-IDF floor",)),
        (["adapter_model.safetensors"], ("an adapter",)),
        (["config.json", "model-00001-of-00002.safetensors"], ("a whole model",)),
        (["pytorch_model.bin"], ("a whole model",)),
        (["model.Q4_1.gguf"], ("a whole model",)),
        (["onnx/model.onnx", "model.safetensors"], ("an ONNX export", "a whole model")),
    ],
)
def test_kinds_are_told_by_files(names: list[str], kinds: tuple[str, ...]) -> None:
    assert kinds_of(names) == kinds


def test_a_whole_model_and_an_adapter_do_not_replace_each_other(
    online: HubServer, api: HfApi, encoder_folder: Path
) -> None:
    online.seed("you/whole", encoder_folder)
    with pytest.raises(InputError, match="you/whole holds a whole model, whose place an adapter would take; choose"):
        plan_run(DEMO / "minilm-lora", "you/whole", UNEVALUATED, api=api)


# --- cards that the API does not give


def without_card(about: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in about.items() if key not in ("cardData", "tags")}


def test_the_readme_is_read_where_the_api_gives_no_card(online: HubServer, api: HfApi, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("---\nbase_model: somebody/else\nlicense: mit\n---\n# Theirs\n")
    online.seed("you/other-base", tmp_path)
    online.faults.add("GET", "/api/models/", change=without_card, times=None)
    with pytest.raises(InputError, match="you/other-base holds a model that stands on 'somebody/else', and this run"):
        plan_run(DEMO / "minilm-lora", "you/other-base", UNEVALUATED, api=api)


def test_a_base_models_licence_is_read_from_its_readme(online: HubServer, api: HfApi, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("---\nlicense: cc-by-nc-4.0\n---\n# A base\n")
    online.seed("sentence-transformers/all-MiniLM-L6-v2", tmp_path)
    online.faults.add("GET", "/api/models/sentence-transformers", change=without_card, times=None)
    assert "license: cc-by-nc-4.0" in plan_run(DEMO / "minilm-lora", "you/licensed", UNEVALUATED, api=api).card


def test_a_space_of_ours_is_known_by_its_readme(online: HubServer, api: HfApi, tmp_path: Path) -> None:
    lineup = floor_lineup(tmp_path)
    publish(plan_space(lineup, "you/known", api=api), api)
    online.faults.add("GET", "/api/spaces/", change=without_card, times=None)
    assert plan_space(lineup, "you/known", api=api).repo_id == "you/known"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "README.md").write_text("---\nsdk: gradio\ntags: [theirs]\n---\n")
    (tmp_path / "other" / "app.py").write_text("")
    online.seed("you/other-app", tmp_path / "other", repo_type="space")
    with pytest.raises(InputError, match="the Space you/other-app holds another app"):
        plan_space(lineup, "you/other-app", api=api)


def test_a_card_that_cannot_be_read_says_nothing(online: HubServer, api: HfApi, tmp_path: Path) -> None:
    assert front_matter("---\ntags: [a\n---\n") == {}
    assert front_matter("---\n- a\n---\n") == {}
    assert front_matter("# no card") == {}
    (tmp_path / "README.md").write_bytes(b"---\nbase_model: a/b\n---\n" + b"x" * 1_000_001)
    online.seed("you/long-card", tmp_path)
    online.faults.add("GET", "/api/models/", change=without_card, times=None)
    assert plan_run(DEMO / "minilm-lora", "you/long-card", UNEVALUATED, api=api)


# --- commits with other ids


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


# --- a commit that lacks something


def dropped(name: str) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    return lambda files: [file for file in files if file["path"] != name]


def changed(name: str, **to: Any) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    return lambda files: [file | to if file["path"] == name else file for file in files]


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
        "again, and if it says so again, tell whoever runs that Hub."
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
    assert not online.hub.jobs


def floor_lineup(tmp_path: Path, *more: str, demonstrations: Path | None = None) -> Path:
    file = tmp_path / "lineup.yaml"
    rows = f"demonstrations: {json.dumps(str(demonstrations))}\n" if demonstrations else ""
    entries = [
        f"  - {{name: floor, approach: baseline, run: {DEMO}/tfidf}}\n",
        *(f"  - {{{entry}}}\n" for entry in more),
    ]
    file.write_text(f"task: {ROOT}/tasks/financial-sentiment.yaml\n{rows}contenders:\n" + "".join(entries))
    return file


# --- a pull needs the Hub


def test_a_pull_without_the_hub_leaves_nothing_although_a_part_is_in_the_cache(
    online: HubServer, api: HfApi, tmp_path: Path
) -> None:
    publish(plan_comparison(DEMO / "results", "you/part", private=False), api)
    terminal = Terminal(online, str(api.token), tmp_path / "home")
    look = "from hub.comparisons.datasets import fetch_comparison as f; print(f('you/part').task.name)"
    terminal.run("-c", look)  # leaves comparison.json in the cache, and nothing else
    words = ["-m", "hub.comparisons", "pull", "you/part", "--output", tmp_path / "a" / "there"]
    found = terminal.run(*words, status=2, HF_HUB_OFFLINE="1")
    assert sentence(found).startswith("cannot pull the comparison you/part: the Hub cannot be reached; check the")
    assert found.stdout == ""
    assert not (tmp_path / "a").exists()
    terminal.run(*words)
    assert (tmp_path / "a" / "there" / "scores.parquet").is_file()


def test_a_pull_from_a_hub_that_is_gone_or_fails_leaves_nothing(online: HubServer, api: HfApi, tmp_path: Path) -> None:
    publish(plan_comparison(DEMO / "results", "you/gone", private=False), api)
    pull_comparison("you/gone", tmp_path / "first", api=api)  # all of it is in the cache
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nowhere = HfApi(endpoint="http://127.0.0.1:{1}".format(*closed.getsockname()), token=api.token)
    with pytest.raises(InputError, match="cannot pull the comparison you/gone: the Hub cannot be reached"):
        pull_comparison("you/gone", tmp_path / "a" / "there", api=nowhere)
    online.faults.add("GET", "/api/datasets/", status=503, times=None)
    with pytest.raises(InputError, match=r"cannot pull the comparison you/gone: the Hub failed \(503\)"):
        pull_comparison("you/gone", tmp_path / "a" / "there", api=api)
    assert [path.name for path in tmp_path.iterdir()] == ["first"]


def test_a_file_that_does_not_arrive_is_told(
    online: HubServer, api: HfApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(plan_comparison(DEMO / "results", "you/arrives"), api)

    def forgetful(*args: Any, **options: Any) -> str:
        folder = huggingface_hub.snapshot_download(*args, **options)
        (Path(folder) / "table.csv").unlink()
        return folder

    monkeypatch.setattr("hub.comparisons.datasets.snapshot_download", forgetful)
    with pytest.raises(InputError, match="cannot pull the comparison you/arrives: table.csv did not arrive; run the"):
        pull_comparison("you/arrives", tmp_path / "there", api=api)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (28, "the disk is full; make room and run the same command again, or name a folder on another disk"),
        (30, "read-only file system; name a folder that can be written to"),
        (13, "permission denied; name a folder that can be written to"),
    ],
)
def test_a_disk_that_takes_no_more_keeps_what_was_there(
    online: HubServer, api: HfApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    publish(plan_comparison(DEMO / "results", "you/full"), api)
    pull_comparison("you/full", tmp_path / "old", api=api)
    before = {path: path.read_bytes() for path in (tmp_path / "old").rglob("*") if path.is_file()}

    def refuse(_: Path, target: Path) -> None:
        target.write_bytes(b"half")
        raise OSError(number, os.strerror(number), str(target))

    monkeypatch.setattr("shutil.copyfile", refuse)
    with pytest.raises(InputError) as caught:
        pull_comparison("you/full", tmp_path / "b" / "new", api=api)
    assert str(caught.value) == f"{tmp_path}/b/new: {said} with --output."
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


def test_a_file_in_the_way_of_a_pull_is_told_and_left(online: HubServer, api: HfApi, tmp_path: Path) -> None:
    publish(plan_comparison(DEMO / "results", "you/way"), api)
    (tmp_path / "file").write_text("mine")
    for place in ("file", "file/below", "file/further/below"):
        with pytest.raises(InputError, match=rf"^{tmp_path / place}.* name a .*folder .*with --output\.$"):
            pull_comparison("you/way", tmp_path / place, api=api)
    assert [path.read_text() for path in tmp_path.rglob("*")] == ["mine"]


def test_a_file_in_the_place_of_the_cache_is_told(online: HubServer, api: HfApi, tmp_path: Path) -> None:
    publish(plan_comparison(DEMO / "results", "you/no-cache"), api)
    (tmp_path / "file").write_text("mine")
    terminal = Terminal(online, str(api.token), tmp_path / "file")
    words = ["-m", "hub.comparisons", "pull", "you/no-cache", "--output", tmp_path / "there"]
    found = sentence(terminal.run(*words, status=2))
    assert found.startswith("cannot pull the comparison you/no-cache: ")
    assert "is no folder; let HF_HOME name one" in found
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


# --- where rows are on this machine stays here


def published_text(uploads: tuple[Upload, ...]) -> bytes:
    own = ("classification/", "comparison/", "hub/", "ui/", "app.py", "requirements.txt")
    return b"\n".join(upload.read() for upload in uploads if not upload.path.startswith(own))


@pytest.mark.parametrize(
    "entry",
    ["name: majority, approach: baseline, family: majority, run: {run}",
     "name: asked, approach: zero-shot, model: HuggingFaceTB/SmolLM2-135M-Instruct",
     "name: shown, approach: few-shot, shots: 1, model: HuggingFaceTB/SmolLM2-135M-Instruct"],
    ids=["nobody", "zero-shot", "few-shot"],
)  # fmt: skip
@pytest.mark.parametrize("there", [True, False])
def test_where_demonstrations_are_reaches_no_space(tmp_path: Path, entry: str, there: bool) -> None:
    private = tmp_path / "my private customers" / "rows.csv"
    private.parent.mkdir()
    if there:
        private.write_bytes((DEMO / "headlines.csv").read_bytes())
    file = floor_lineup(tmp_path, entry.format(run=DEMO / "tfidf"), demonstrations=private)
    if "few-shot" in entry and not there:
        with pytest.raises(InputError, match="the demonstrations of a Space are one file; name it in the lineup"):
            plan_space(file, "you/space")
        return
    plan = plan_space(file, "you/space")
    assert b"private customers" not in published_text(plan.uploads)
    assert str(tmp_path).encode() not in published_text(plan.uploads)
    assert ("rows.csv" in {upload.path for upload in plan.uploads}) == ("few-shot" in entry)
    lineup = next(upload for upload in plan.uploads if upload.path == "lineup.yaml").read().decode()
    assert ("demonstrations: rows.csv" in lineup) == ("demonstrations" in lineup) == ("few-shot" in entry)


def test_demonstrations_on_the_hub_stay_a_dataset_there(tmp_path: Path) -> None:
    entry = "name: shown, approach: few-shot, shots: 1, model: HuggingFaceTB/SmolLM2-135M-Instruct"
    file = floor_lineup(tmp_path, entry)
    file.write_text(f"demonstrations: owner/rows\n{file.read_text()}")
    plan = plan_space(file, "you/space")
    lineup = next(upload for upload in plan.uploads if upload.path == "lineup.yaml").read().decode()
    assert "demonstrations: owner/rows\n" in lineup


@pytest.mark.parametrize("entry", [
    "name: shown, approach: few-shot, shots: 1, model: HuggingFaceTB/SmolLM2-135M-Instruct",
    "name: majority, approach: baseline, family: majority, run: {run}",
])  # fmt: skip
def test_where_demonstrations_are_reaches_no_comparison(tmp_path: Path, entry: str) -> None:
    from comparison.__main__ import main

    private = tmp_path / "my private customers" / "rows.csv"  # they are not there, so who shows them fails
    file = floor_lineup(tmp_path, entry.format(run=DEMO / "tfidf"), demonstrations=private)
    out = tmp_path / "results"
    assert main(["run", "--lineup", str(file), "--data", str(DEMO / "headlines.csv"), "--limit", "12", "--output",
                 str(out)]) == 0  # fmt: skip
    if "few-shot" in entry:
        assert "private customers" in (out / "comparison.json").read_text()  # here it helps whoever reads it
    plan = plan_comparison(out, "you/x")
    everything = published_text(plan.uploads)
    assert b"private customers" not in everything
    assert str(tmp_path).encode() not in everything


def test_the_wait_is_one_for_all_requests() -> None:
    """What is asked for in an address of its own ends in the same place: the client that all libraries share."""
    prepare_client()
    assert isinstance(huggingface_hub.get_session(), hub_client._Client)
