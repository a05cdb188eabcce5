"""Rows of a dataset on a Hub that hangs."""

from __future__ import annotations

import pytest
from hub_server import HubServer
from support.paths import DEMO

from classification.data.dataset import load_rows
from classification.errors import InputError
from classification.runs.record import load_record

TASK = load_record(DEMO / "tfidf").task


@pytest.mark.usefixtures("impatient")
def test_a_dataset_on_a_hub_that_hangs_is_given_up(online: HubServer) -> None:
    online.faults.add("*", "/datasets/erin/rows", hang=True, times=None)
    with pytest.raises(InputError, match=r"cannot read 'erin/rows': the Hub gave no answer for 0\.3 seconds"):
        load_rows("erin/rows", TASK)
