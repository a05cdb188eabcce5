"""A run on the Hub and its copy in the cache, where the Hub hangs or its address is none."""

from __future__ import annotations

from support.paths import DEMO

import pytest
from hub_server import HubServer
from huggingface_hub import constants

from classification.errors import InputError
from classification.runs.remote import Reference, find


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


def test_a_lineup_tells_it_of_the_run_that_is_on_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "localhost:8080")
    with pytest.raises(InputError, match="HF_ENDPOINT='localhost:8080' is not the address of a Hub"):
        find(Reference("you/x"))
