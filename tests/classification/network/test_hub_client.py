"""The Hub client's settings: how long it waits, that offline stays offline, and what an address may look like."""

from __future__ import annotations

import os

import huggingface_hub
import pytest
from huggingface_hub import HfApi

from classification.errors import InputError
from classification.network import hub_client
from classification.network.hub_client import (
    TIMEOUT_VARIABLE,
    check_endpoint,
    prepare_client,
    seconds_to_wait,
    xet_seconds,
)
from classification.network.hub_errors import explained


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


def test_the_wait_is_one_for_all_requests() -> None:
    """What is asked for in an address of its own ends in the same place: the client that all libraries share."""
    prepare_client()
    assert isinstance(huggingface_hub.get_session(), hub_client._Client)
