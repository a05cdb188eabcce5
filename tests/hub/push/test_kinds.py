"""A repository holds one kind of model: a floor, an adapter and a whole model do not replace each other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_server import HubServer
from huggingface_hub import HfApi
from support.hub_faults import names_at
from support.paths import DEMO

from classification.errors import InputError
from hub.push.runs import PushOptions, plan_run
from hub.shared.client import connect
from hub.shared.publish import publish

UNEVALUATED = PushOptions(unevaluated=True)


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
            f"{repo_id} holds {theirs}, which {ours} would replace; choose another repository with --repo_id."
        )
    assert names_at(api, repo_id) == before


def test_another_version_of_the_same_kind_is_welcome(online: HubServer, api: HfApi, tmp_path: Path) -> None:
    for run in ("minilm-lora", "tfidf"):
        publish(plan_run(DEMO / run, f"you/again-{run}", UNEVALUATED, api=api), api)
        changed = plan_run(DEMO / run, f"you/again-{run}", PushOptions(unevaluated=True, title="Again"), api=api)
        assert publish(changed, api).tag == "v2"


def test_a_whole_model_and_an_adapter_do_not_replace_each_other(
    online: HubServer, api: HfApi, encoder_folder: Path
) -> None:
    online.seed("you/whole", encoder_folder)
    with pytest.raises(InputError, match="you/whole holds a whole model, which an adapter would replace; choose"):
        plan_run(DEMO / "minilm-lora", "you/whole", UNEVALUATED, api=api)
