"""A server for each test, and a repository name of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hub_server import HubServer, serving


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubServer]:
    """A Hub for one test: what an earlier one was sent would not be sent again."""
    with serving(tmp_path_factory.mktemp("hub")) as running:
        yield running


@pytest.fixture
def repo(request: pytest.FixtureRequest) -> str:
    """A repository name of the test's own."""
    return "alice/" + re.sub(r"\W+", "-", request.node.name).strip("-")[:90]
