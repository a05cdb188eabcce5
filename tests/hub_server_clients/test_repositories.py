"""Who may see and change a repository on the Hub server, and how it is closed and moved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hub_server import HubServer
from support.hub_clients import call


def client_tries(tokens: dict[str, str], private: str, gated: str, public: str) -> dict[str, str]:
    from huggingface_hub import HfApi, create_repo, hf_hub_download, model_info
    from huggingface_hub.errors import HfHubHTTPError

    def outcome(action: Any, *arguments: Any, token: str | bool, **options: Any) -> str:
        try:
            action(*arguments, token=tokens.get(str(token), token), **options)
            return "allowed"
        except HfHubHTTPError as error:
            return f"{type(error).__name__} {error.response.status_code}"

    def upload(repo: str, token: str | bool, **options: Any) -> None:
        HfApi(token=token).upload_file(path_or_fileobj=b"x", path_in_repo="x.txt", repo_id=repo, **options)

    return {
        "owner sees the private": outcome(model_info, private, token="alice"),
        "reader sees the private": outcome(model_info, private, token="alice-read"),
        "another does not": outcome(model_info, private, token="bob"),
        "nobody does not": outcome(model_info, private, token=False),
        "another is kept out by the gate": outcome(hf_hub_download, gated, "config.json", token="bob"),
        "nobody is kept out by the gate": outcome(hf_hub_download, gated, "config.json", token=False),
        "carol was let in": outcome(hf_hub_download, gated, "config.json", token="carol"),
        "the gated is known of": outcome(model_info, gated, token="bob"),
        "reader may not write": outcome(upload, public, token="alice-read"),
        "another may not write": outcome(upload, public, token="bob"),
        "another may propose": outcome(upload, public, token="bob", create_pr=True),
        "nobody may write": outcome(upload, public, token=False),
        "a member may write": outcome(upload, public, token="carol"),
        "wrong token": outcome(model_info, public, token="hf_wrong"),
        "no such revision": outcome(model_info, public, token="alice", revision="v9"),
        "no such file": outcome(hf_hub_download, public, "nope.txt", token="alice"),
        "another's namespace": outcome(create_repo, "alice/by-bob", token="bob"),
        "reader may not create": outcome(create_repo, "alice/by-reader", token="alice-read"),
        "a bad name": outcome(create_repo, "alice/thing.ipynb", token="alice"),
    }


def test_each_token_may_do_what_it_is_for(server: HubServer, tmp_path: Path, encoder_folder: Path) -> None:
    server.seed("alice/secret", encoder_folder, private=True)
    server.seed("acme/guarded", encoder_folder, gated="manual").admitted.add("dora")
    server.seed("acme/open", encoder_folder)
    tokens = {"alice": server.user("alice"), "alice-read": server.user("alice", role="read")}
    tokens |= {"bob": server.user("bob"), "carol": server.user("carol", orgs=("acme",))}
    seen = call(server, tmp_path, client_tries, tokens, "alice/secret", "acme/guarded", "acme/open")
    assert seen == {
        "owner sees the private": "allowed",
        "reader sees the private": "allowed",
        "another does not": "RepositoryNotFoundError 404",
        "nobody does not": "RepositoryNotFoundError 401",
        "another is kept out by the gate": "GatedRepoError 403",
        "nobody is kept out by the gate": "GatedRepoError 401",
        "carol was let in": "allowed",
        "the gated is known of": "allowed",
        "reader may not write": "HfHubHTTPError 403",
        "another may not write": "HfHubHTTPError 403",
        "another may propose": "allowed",
        "nobody may write": "HfHubHTTPError 401",
        "a member may write": "allowed",
        "wrong token": "HfHubHTTPError 401",
        "no such revision": "RevisionNotFoundError 404",
        "no such file": "RemoteEntryNotFoundError 404",
        "another's namespace": "HfHubHTTPError 403",
        "reader may not create": "HfHubHTTPError 403",
        "a bad name": "BadRequestError 400",
    }


def client_manages(repo: str, bundle_lineup: str) -> dict[str, Any]:
    from huggingface_hub import HfApi

    api = HfApi()
    api.create_repo(repo)
    api.update_repo_settings(repo, private=True, gated="auto")
    settings = api.model_info(repo)
    api.update_repo_settings(repo, gated=False)
    api.move_repo(repo, bundle_lineup)
    return {"private": settings.private, "gated": settings.gated, "led": api.model_info(repo).id}


def test_repositories_are_closed_and_moved(server: HubServer, repo: str, tmp_path: Path) -> None:
    seen = call(server, tmp_path, client_manages, repo, f"{repo}-moved")
    assert (seen["private"], seen["gated"]) == (True, "auto")
    assert seen["led"] == f"{repo}-moved", "the old name leads to the new one"
