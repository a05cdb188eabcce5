"""The Hub client: how long it waits, and what it says of an address where no Hub answers."""

from __future__ import annotations

import socket

import pytest
from hub_server import HubServer
from huggingface_hub import HfApi

from classification.errors import InputError
from classification.network.hub_client import TIMEOUT_VARIABLE
from hub.shared.client import account_of, connect, reachable


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


@pytest.mark.parametrize("page", ["a page", {"status": "ok"}], ids=["text", "json"])
def test_an_address_where_something_else_answers_is_told(online: HubServer, api: HfApi, page: object) -> None:
    online.faults.add("GET", "whoami", status=200, body=page)
    with pytest.raises(InputError, match="cannot sign in to the Hub: what answers there is no Hub; check HF_ENDPOINT"):
        account_of(api)
    online.faults.add("GET", "whoami", status=404, body="nothing here")
    with pytest.raises(InputError, match="cannot sign in to the Hub: what answers there is no Hub; check HF_ENDPOINT"):
        account_of(api)
