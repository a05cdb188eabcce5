"""Publishing on Hubs that refuse a request in words of their own, or hang in the middle of a push."""

from __future__ import annotations

import pytest
from hub_server import HubServer
from huggingface_hub import HfApi, constants
from support.hub_faults import names_at

from classification.errors import InputError
from hub.shared.publish import Plan, publish

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
