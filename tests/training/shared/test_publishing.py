"""What ``--push_to_hub`` asks for, settled before the training begins; the pushes are in test_push_to_hub.py."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hub_server import HubServer

from classification.errors import InputError
from training.shared.publishing import push_run, requested_push


def arguments(token: str | None, **more: Any) -> SimpleNamespace:
    given = {"push_to_hub": True, "hub_token": token, "hub_model_id": None, "hub_private_repo": None}
    return SimpleNamespace(**given | {"output_dir": "runs/floor", "trackio_static_space_id": "you/log"} | more)


def test_a_repository_is_named_after_the_run_folder_and_private(online: HubServer) -> None:
    args = arguments(online.user("trainer"))
    found = requested_push(args)
    assert found is not None
    assert (found.repo_id, found.private, found.revision) == ("trainer/floor", True, None)
    assert not args.push_to_hub, "the trainer's own push writes another card"
    assert not args.trackio_static_space_id, "and trackio a Space"


def test_a_repository_may_be_named_and_public(online: HubServer) -> None:
    token = online.user("trainer", orgs=("acme",))
    found = requested_push(arguments(token, hub_model_id="acme/x", hub_private_repo=False, hub_revision="next"))
    assert found is not None
    assert (found.repo_id, found.private, found.revision) == ("acme/x", False, "next")
    assert requested_push(arguments(token, hub_model_id="mine")).repo_id == "trainer/mine"


def test_a_push_that_cannot_be_is_refused_before_the_training(online: HubServer) -> None:
    with pytest.raises(InputError, match="somebody/x"):
        requested_push(arguments(online.user("trainer"), hub_model_id="somebody/x"))
    with pytest.raises(InputError, match="token|sign"):
        requested_push(arguments("hf_wrong"))


def test_without_the_flag_nothing_is_asked_for_or_pushed(tmp_path) -> None:
    assert requested_push(arguments(None, push_to_hub=False)) is None
    assert push_run(None, tmp_path) is None
