"""Every command of `hub`, and what else reads the Hub: on a Hub that lacks something, hangs, or has no address."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hub_server import HubServer
from huggingface_hub import HfApi
from support.fakes import SENTIMENT
from support.paths import DEMO
from support.terminal import Terminal, sentence

from classification.errors import InputError
from classification.lineup import contender_from_hub
from classification.network.hub_client import TIMEOUT_VARIABLE
from classification.runs.record import load_record
from hub.collect.collection import Item, collect
from hub.comparisons.datasets import fetch_comparison, pull_comparison
from hub.feedback.log import FeedbackLog, fetch_marks
from hub.jobs.plan import plan_job, price
from hub.push.runs import PushOptions, plan_run
from hub.shared.client import account_of
from hub.shared.publish import Plan, publish
from hub.space.plan import configure_space, plan_space

TASK = load_record(DEMO / "tfidf").task
UNEVALUATED = PushOptions(unevaluated=True)

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
    "lineup": ("/api/models/you/x", "cannot pull you/x", lambda _, __: contender_from_hub("a", "you/x", TASK)),
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
