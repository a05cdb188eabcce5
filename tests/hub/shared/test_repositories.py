"""What a repository holds, told by its files and by its README where the API gives no card."""

from __future__ import annotations

from pathlib import Path

import pytest
from hub_server import HubServer
from huggingface_hub import HfApi
from support.hub_faults import without_card
from support.paths import DEMO
from support.spaces import floor_lineup

from classification.errors import InputError
from hub.push.runs import PushOptions, plan_run
from hub.shared.publish import publish
from hub.shared.repositories import front_matter, kinds_of
from hub.space.plan import plan_space

UNEVALUATED = PushOptions(unevaluated=True)


@pytest.mark.parametrize(
    ("names", "kinds"),
    [
        (["README.md", "training_args.bin", "notes/model.safetensors"], ()),
        (["baseline.json", "model.safetensors"], ("a TF-IDF floor",)),
        (["adapter_model.safetensors"], ("an adapter",)),
        (["config.json", "model-00001-of-00002.safetensors"], ("a whole model",)),
        (["pytorch_model.bin"], ("a whole model",)),
        (["model.Q4_1.gguf"], ("a whole model",)),
        (["onnx/model.onnx", "model.safetensors"], ("an ONNX export", "a whole model")),
    ],
)
def test_kinds_are_told_by_files(names: list[str], kinds: tuple[str, ...]) -> None:
    assert kinds_of(names) == kinds


def test_the_readme_is_read_where_the_api_gives_no_card(online: HubServer, api: HfApi, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("---\nbase_model: somebody/else\nlicense: mit\n---\n# Theirs\n")
    online.seed("you/other-base", tmp_path)
    online.faults.add("GET", "/api/models/", change=without_card, times=None)
    with pytest.raises(InputError, match="you/other-base holds a model that stands on 'somebody/else', and this run"):
        plan_run(DEMO / "minilm-lora", "you/other-base", UNEVALUATED, api=api)


def test_a_base_models_licence_is_read_from_its_readme(online: HubServer, api: HfApi, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("---\nlicense: cc-by-nc-4.0\n---\n# A base\n")
    online.seed("sentence-transformers/all-MiniLM-L6-v2", tmp_path)
    online.faults.add("GET", "/api/models/sentence-transformers", change=without_card, times=None)
    assert "license: cc-by-nc-4.0" in plan_run(DEMO / "minilm-lora", "you/licensed", UNEVALUATED, api=api).card


def test_a_space_of_ours_is_known_by_its_readme(online: HubServer, api: HfApi, tmp_path: Path) -> None:
    lineup = floor_lineup(tmp_path)
    publish(plan_space(lineup, "you/known", api=api), api)
    online.faults.add("GET", "/api/spaces/", change=without_card, times=None)
    assert plan_space(lineup, "you/known", api=api).repo_id == "you/known"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "README.md").write_text("---\nsdk: gradio\ntags: [theirs]\n---\n")
    (tmp_path / "other" / "app.py").write_text("")
    online.seed("you/other-app", tmp_path / "other", repo_type="space")
    with pytest.raises(InputError, match="the Space you/other-app holds another app"):
        plan_space(lineup, "you/other-app", api=api)


def test_a_card_that_cannot_be_read_says_nothing(online: HubServer, api: HfApi, tmp_path: Path) -> None:
    assert front_matter("---\ntags: [a\n---\n") == {}
    assert front_matter("---\n- a\n---\n") == {}
    assert front_matter("# no card") == {}
    (tmp_path / "README.md").write_bytes(b"---\nbase_model: a/b\n---\n" + b"x" * 1_000_001)
    online.seed("you/long-card", tmp_path)
    online.faults.add("GET", "/api/models/", change=without_card, times=None)
    assert plan_run(DEMO / "minilm-lora", "you/long-card", UNEVALUATED, api=api)
