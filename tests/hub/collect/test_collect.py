from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hub_server import HubServer
from support.paths import ROOT
from support.terminal import Terminal, sentence

from classification.errors import InputError
from classification.lineup import load_lineup
from hub.collect.collection import Item, collect, items_of
from hub.shared.client import connect


def test_a_lineup_becomes_space_results_runs_bases_and_rows(online: HubServer, tmp_path: Path) -> None:
    online.seed("you/minilm", ROOT / "demo" / "minilm-lora")
    file = tmp_path / "lineup.yaml"
    file.write_text(
        f"task: {ROOT}/tasks/financial-sentiment.yaml\ncontenders:\n"
        "  - {name: Tuned, approach: fine-tuned, run: you/minilm}\n"
        "  - {name: Zero, approach: zero-shot, model: HuggingFaceTB/SmolLM2-135M-Instruct}\n"
    )
    items = items_of(load_lineup(file), space="you/space", comparison="you/numbers")
    assert [(item.kind, item.repo_id) for item in items] == [
        ("space", "you/space"),
        ("dataset", "you/numbers"),
        ("model", "you/minilm"),
        ("model", "sentence-transformers/all-MiniLM-L6-v2"),
        ("model", "HuggingFaceTB/SmolLM2-135M-Instruct"),
        ("dataset", "zeroshot/twitter-financial-news-sentiment"),
    ]


def test_running_it_again_completes_the_collection(online: HubServer, tmp_path: Path) -> None:
    api = connect(online.user("you"))
    online.seed("you/a", ROOT / "demo" / "tfidf")
    items = [Item("model", "you/a", "One"), Item("model", "you/b")]
    url, missing = collect(items, title="All of it", api=api)
    assert missing == ("you/b is not on the Hub, or not visible to you; it was left out.",)
    online.seed("you/b", ROOT / "demo" / "tfidf")
    again, missing = collect(items, title="All of it", api=api)
    assert (again, missing) == (url, ())
    found = api.get_collection(url.rpartition("/collections/")[2])
    assert [item.item_id for item in found.items] == ["you/a", "you/b"]
    assert found.private


def test_a_title_has_a_length(online: HubServer) -> None:
    for title in ("", " ", "x" * 60):
        with pytest.raises(InputError, match="a collection's title has 1 to 59 characters"):
            collect([], title=title, api=connect(online.user("you")))


def test_the_command_says_what_it_left_out_and_who_has_to_sign_in(hub_server: HubServer, tmp_path: Path) -> None:
    hub_server.faults.clear()
    words = ["-m", "hub.collect", "--lineup", "demo/lineup.yaml", "--title", "Demo"]
    nobody = Terminal(hub_server, None, tmp_path / "nobody")
    assert "nobody is signed in to the Hub" in sentence(nobody.run(*words, status=2))
    found = Terminal(hub_server, hub_server.user("you"), tmp_path / "you").run(*words)
    assert found.stdout.startswith(f"{hub_server.url}/collections/you/demo-")
    assert "zeroshot/twitter-financial-news-sentiment is not on the Hub, or not visible to you" in found.stderr


def test_a_model_in_a_folder_of_this_machine_is_no_item(tmp_path: Path, chat_folder: Path) -> None:
    file = tmp_path / "lineup.yaml"
    file.write_text(
        f"task: {ROOT}/tasks/sms-spam.yaml\ncontenders:\n"
        f"  - {{name: a, approach: zero-shot, model: {chat_folder}}}\n"
        "  - {name: b, approach: zero-shot, model: owner/chat}\n"
    )
    assert [item.repo_id for item in items_of(load_lineup(file)) if item.kind == "model"] == ["owner/chat"]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"status": 401}, "the Hub does not know this token|it is not on the Hub"),
        ({"status": 403}, "this token may not do that"),
        ({"status": 412}, "somebody else committed meanwhile"),
        ({"status": 429, "retry_after": 0}, "the Hub asks to slow down"),
        ({"status": 503}, "the Hub failed"),
        ({"lose_answer": True}, "the transfer was cut off; run the same command again"),
    ],
)
def test_a_collection_that_broke_off_is_completed_by_running_it_again(
    online: HubServer, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any], said: str
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    api, title = connect(online.user("you")), f"Fault {fault}"
    online.seed("you/item", ROOT / "demo" / "tfidf")
    online.faults.add("POST", "/items", times=None, **fault)
    with pytest.raises(InputError, match=f"cannot make the collection .*({said})") as caught:
        collect([Item("model", "you/item")], title=title, api=api)
    assert "\n" not in str(caught.value)
    online.faults.clear()
    url, missing = collect([Item("model", "you/item")], title=title, api=api)
    assert missing == ()
    assert len(api.get_collection(url.rpartition("/collections/")[2]).items) == 1
