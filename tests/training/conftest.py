"""Every training in a test prepares its rows in a cache of its own, on the CPU."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _own_caches(own_caches: None) -> None:
    pass
