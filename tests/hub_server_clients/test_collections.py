"""Collections on the Hub server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hub_server import HubServer
from support.hub_clients import call


def client_collects(repo: str) -> dict[str, Any]:
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    api = HfApi()
    api.create_repo(repo)
    made = api.create_collection("Sentiment, four ways", description="One task", private=True)
    same = api.create_collection("Sentiment, four ways", exists_ok=True)
    api.add_collection_item(made.slug, repo, "model", note="the best")
    api.add_collection_item(made.slug, repo, "model", exists_ok=True)
    statuses = []
    for item in (repo, "alice/not-there"):
        try:
            api.add_collection_item(made.slug, item, "model")
        except HfHubHTTPError as error:
            statuses.append(error.response.status_code)
    items = [[item.item_id, item.item_type, item.note] for item in api.get_collection(made.slug).items]
    return {"same": made.slug == same.slug, "statuses": statuses, "items": items}


def test_a_collection_holds_each_repository_once(server: HubServer, repo: str, tmp_path: Path) -> None:
    assert call(server, tmp_path, client_collects, repo) == {
        "same": True, "statuses": [409, 404], "items": [[repo, "model", "the best"]],
    }  # fmt: skip
