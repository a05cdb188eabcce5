"""What the page does on the Hub: with the visitor's own token, and from a Space only to what is the visitor's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.paths import ROOT

from classification.errors import InputError
from classification.runs.record import load_record
from hub.shared.client import Account
from ui.session import hub_actions
from ui.session.account import NO_LOGIN, SIGN_IN, Visitor
from ui.session.hub_actions import UNMEASURED, HubActions, PublishRequest
from ui.session.runs import Run
from ui.session.runtime import Runtime
from ui.session.session import Session

SPACE = Runtime("you/space", signs_in=True, shared=True)
OLGA = Visitor("hf_olga0000000000000")


def run(*, measured: bool = True) -> Run:
    folder = ROOT / "demo" / "tfidf"
    return Run(folder, load_record(folder), None, measured)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Steps of a push; olga is signed in, and nothing may be sent."""

    def refuse(*arguments: object, **more: object) -> None:
        raise AssertionError("something was sent")

    monkeypatch.setattr(hub_actions, "account_of", lambda api: Account("olga", ()))
    monkeypatch.setattr(hub_actions, "publish", refuse)
    return []


@pytest.mark.parametrize(("runtime", "reason"), [(SPACE, SIGN_IN), (Runtime(), NO_LOGIN)])
def test_for_nobody_it_does_nothing_and_says_why(runtime: Runtime, reason: str, steps: list[str]) -> None:
    hub = HubActions(Session(runtime, Visitor(reason=reason)))
    assert not hub.api.token
    for act in (
        hub.account,
        lambda: hub.push(run(), PublishRequest("olga/x"), steps.append),
        lambda: hub.push_comparison(Path("nowhere"), "olga/x", public=False, say=steps.append),
        lambda: hub.make_space(Path("nowhere"), "olga/x", public=False, hardware="", say=steps.append),
        lambda: hub.collect(Path("nowhere"), "title", (), public=False),
    ):
        with pytest.raises(InputError) as refused:
            act()
        assert str(refused.value) == reason


def test_it_acts_with_the_visitors_token() -> None:
    assert HubActions(Session(SPACE, OLGA)).api.token == OLGA.token


@pytest.mark.parametrize("pull_request", [False, True])
def test_from_a_space_nothing_of_others_is_touched_not_even_by_a_pull_request(
    pull_request: bool, steps: list[str]
) -> None:
    asked = PublishRequest("bob/theirs", pull_request=pull_request)
    with pytest.raises(InputError, match=r"^bob/theirs is not yours to write to as olga;"):
        HubActions(Session(SPACE, OLGA)).push(run(), asked, steps.append)
    assert steps == ["checking who is signed in"]


def test_a_run_that_nobody_measured_has_to_be_allowed() -> None:
    hub = HubActions(Session(Runtime(), OLGA))
    with pytest.raises(InputError) as refused:
        hub.plan(run(measured=False), PublishRequest("olga/x"), look=False)
    assert str(refused.value) == UNMEASURED
    assert hub.plan(run(), PublishRequest("olga/x", unevaluated=True), look=False).repo_id == "olga/x"
