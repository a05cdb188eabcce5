"""The Hub as a signed-in user reaches it, and a small plan of files to publish."""

from __future__ import annotations

import hashlib

import pytest
from hub_server import HubServer
from huggingface_hub import HfApi

from hub.shared.client import connect
from hub.shared.publish import Plan, Upload


@pytest.fixture
def api(online: HubServer) -> HfApi:
    return connect(online.user("you"))


@pytest.fixture
def plan(request: pytest.FixtureRequest) -> Plan:
    """A card, a configuration and weights, for a repository of the test's own."""
    repo_id = f"you/{hashlib.sha256(request.node.name.encode()).hexdigest()[:20]}"
    weights = hashlib.sha256(repo_id.encode()).digest() * 1000
    uploads = (
        Upload("README.md", b"---\ntags: [a]\n---\n# A\n"),
        Upload("config.json", b"{}"),
        Upload("model.safetensors", weights),
    )
    return Plan(repo_id, uploads, "Publish")
