from __future__ import annotations

from pathlib import Path

import pytest
import torch
from peft import LoraConfig, get_peft_model
from support.paths import needs_packages
from support.tiny_models import chat_model

from classification.errors import InputError
from classification.models.pool import ModelPool, locate


def adapter(folder: Path, seed: int) -> Path:
    """A LoRA adapter for the tiny model that changes its answers."""
    bare = chat_model()
    torch.manual_seed(seed)
    model = get_peft_model(bare, LoraConfig(r=2, target_modules=["q_proj"], init_lora_weights=False))
    model.save_pretrained(folder)
    return folder


def logits(model: torch.nn.Module) -> torch.Tensor:
    with torch.inference_mode():
        return model(input_ids=torch.tensor([[5, 6, 7]])).logits


def test_a_folder_comes_first(chat_folder: Path) -> None:
    assert locate(str(chat_folder)).kind == "path"


@needs_packages
def test_an_installed_package_comes_before_the_hub_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "sentence-transformers/all-MiniLM-L6-v2"
    assert locate(name).kind == "package"
    assert locate(name, revision="main").kind in ("cache", "hub")
    assert locate(name, source="hub").kind == "hub"
    monkeypatch.setenv("PROMPT_OR_TUNE_WEIGHTS", "hub")
    assert locate(name).kind == "hub"


def test_an_unpackaged_model_comes_from_the_hub() -> None:
    assert locate("owner/some-model").kind == "hub"


@pytest.mark.parametrize(
    ("model_id", "source", "sentence"),
    [
        ("no such/model/here", None, "is neither a folder nor a Hub id; give a folder or an id like 'owner/name'"),
        ("owner/some-model", "package", "no installed package holds owner/some-model"),
        ("owner/some-model", "cache", "owner/some-model is not in the Hub cache; download it first"),
        ("owner/some-model", "moon", "weights can come from auto, package, cache or hub, not from 'moon'"),
    ],
)
def test_what_cannot_be_had_is_said(model_id: str, source: str | None, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        locate(model_id, source=source)


def test_a_base_is_loaded_once(chat_folder: Path) -> None:
    pool = ModelPool()
    assert pool.chat(str(chat_folder)) is pool.chat(str(chat_folder))


def test_adapters_share_one_base_and_leave_it_as_it_was(chat_folder: Path, tmp_path: Path) -> None:
    base = ModelPool().chat(str(chat_folder))
    bare = logits(base.model)
    first = base.attach(adapter(tmp_path / "a", 1))
    second = base.attach(adapter(tmp_path / "b", 2))
    assert base.attach(tmp_path / "a") == first != second
    found = {}
    for name in (first, None, second, first):
        with base.using(name) as model:
            found.setdefault(name, logits(model))
            assert torch.equal(found[name], logits(model))
    assert torch.equal(found[None], bare)
    assert not torch.allclose(found[first], bare)
    assert not torch.allclose(found[first], found[second])
    own = {parameter.data_ptr() for name, parameter in base.model.named_parameters() if "lora" not in name}
    assert len(own) == len(list(chat_model().parameters()))


def test_pickled_adapters_are_refused(chat_folder: Path, tmp_path: Path) -> None:
    folder = adapter(tmp_path / "a", 1)
    (folder / "adapter_model.safetensors").rename(folder / "adapter_model.bin")
    with pytest.raises(InputError, match="no adapter_model.safetensors; only safetensors are read, never pickles"):
        ModelPool().chat(str(chat_folder)).attach(folder)


def test_pickled_models_are_refused(chat_folder: Path) -> None:
    torch.save({}, chat_folder / "pytorch_model.bin")
    (chat_folder / "model.safetensors").unlink()
    with pytest.raises(InputError, match="cannot load .* from path"):
        ModelPool().chat(str(chat_folder))


def test_a_folder_without_a_model_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot load"):
        ModelPool().chat(str(tmp_path))
