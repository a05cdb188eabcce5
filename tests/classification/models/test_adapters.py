from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from support.paths import ROOT, needs_packages

from classification.errors import InputError
from classification.models.adapter_settings import own_modules, rank_of
from classification.models.adapters import check_fit
from classification.models.pool import ModelPool

RUN = ROOT / "demo" / "minilm-lora"


def a_base(width: int = 384, layers: int = 6) -> torch.nn.Module:
    """Layers with the names and shapes of MiniLM's, without its weights, and a head for three labels."""
    shapes = {"bert.pooler.dense": (width, width), "classifier": (width, 3)}
    for name in (f"bert.encoder.layer.{n}" for n in range(layers)):
        for part in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
            shapes[f"{name}.{part}"] = (width, width)
        shapes[f"{name}.intermediate.dense"] = (width, 4 * width)
        shapes[f"{name}.output.dense"] = (4 * width, width)
    base = torch.nn.Module()
    for path, (wide, high) in shapes.items():
        place = base
        *folders, last = path.split(".")
        for folder in folders:
            if not hasattr(place, folder):
                place.add_module(folder, torch.nn.Module())
            place = getattr(place, folder)
        place.add_module(last, torch.nn.Linear(wide, high, device="meta"))
    return base


def changed(folder: Path, weights: dict[str, torch.Tensor | None] | None = None, **settings: Any) -> Path:
    """The demo's adapter with other settings, and with weights added, changed or (None) taken away."""
    shutil.copytree(RUN, folder)
    file = folder / "adapter_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | settings))
    found = load_file(folder / "adapter_model.safetensors") | (weights or {})
    save_file({k: v for k, v in found.items() if v is not None}, folder / "adapter_model.safetensors")
    return folder


def test_an_adapter_fits_the_base_that_it_was_made_for() -> None:
    check_fit(RUN, a_base(), "a/base")


def test_other_shapes_and_other_layers_are_told_apart() -> None:
    with pytest.raises(
        InputError, match=r"does not fit a/base: its layer 'bert.* reads 768 values, and the adapter's 384"
    ):
        check_fit(RUN, a_base(width=768), "a/base")
    with pytest.raises(
        InputError, match="the adapter for 'sentence-transformers/all-MiniLM-L6-v2' does not fit a/base, which has no"
    ):
        check_fit(RUN, a_base(layers=3), "a/base")


def test_a_folder_that_is_not_whole_gets_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no adapter_model.safetensors; only safetensors are read, never pickles"):
        check_fit(tmp_path, a_base(), "a/base")
    (tmp_path / "adapter_model.safetensors").write_bytes(b"\x80\x04 no safetensors")
    with pytest.raises(InputError, match="is not a readable safetensors file; fetch it again"):
        check_fit(tmp_path, a_base(), "a/base")
    shutil.copy(RUN / "adapter_model.safetensors", tmp_path)
    with pytest.raises(InputError, match=r"no readable adapter_config.json; give the whole run folder"):
        check_fit(tmp_path, a_base(width=2), "a/base")
    (tmp_path / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": "<script>"}))
    with pytest.raises(InputError, match="the adapter for '<script>' does not fit"):
        check_fit(tmp_path, a_base(width=2), "a/base")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"init_lora_weights": "pissa"}, "init_lora_weights 'pissa' rewrites the base model, which other contenders"),
        ({"init_lora_weights": ["olora"]}, r"init_lora_weights \['olora'\] rewrites the base model"),
        ({"layer_replication": [[0, 3]]}, "layer_replication rebuilds the base model"),
        ({"bias": "all"}, "bias 'all' changes the base model"),
        ({"target_modules": "(b+)+z"}, r"its pattern '\(b\+\)\+z' could take for ever to match; allowed are up to 4"),
        ({"target_modules": "b?" * 40 + "b" * 40}, "could take for ever to match"),
        ({"exclude_modules": "(" * 5000}, "could take for ever to match"),
        ({"layers_pattern": ["(.*)*x"]}, "could take for ever to match"),
        ({"rank_pattern": {"(a|a)*b": 4}}, "could take for ever to match"),
        ({"rank_pattern": [1]}, "rank_pattern and alpha_pattern are no mappings"),
        ({"r": 10**9}, r"the weights have the shape \(32, 384\), where \(1000000000, 384\) is needed"),
        ({"rank_pattern": {"query": 4}}, r"where \(4, 384\) is needed"),
        ({"modules_to_save": ["classifier"]}, "it would write over 'bert.pooler.dense.bias', which other contenders"),
        ({"modules_to_save": "pooler"}, "modules_to_save is no list"),
        ({"modules_to_save": ["pooler", "query"]}, "it lacks 'bert.encoder.layer.0.attention.self.query.weight'"),
    ],
)
def test_settings_that_would_hang_or_change_the_base_are_refused(
    tmp_path: Path, settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said) as caught:
        check_fit(changed(tmp_path / "r", **settings), a_base(), "a/base")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "shape", "said"),
    [
        (
            "classifier.weight",
            (7, 384),
            r"its 'classifier.weight' has the shape \(3, 384\), and the adapter's \(7, 384",
        ),
        ("classifier.weight", None, "it lacks 'classifier.weight', which it says that it brings"),
        ("bert.encoder.layer.0.output.dense.weight", (384, 1536), "it would write over 'bert.encoder.layer.0.output"),
        ("bert.encoder.layer.0.output.dense.lora_B.weight", (7, 32), r"the weights have the shape \(7, 32\), where"),
    ],
)
def test_weights_that_belong_to_nothing_of_the_adapter_are_refused(
    tmp_path: Path, key: str, shape: tuple[int, ...] | None, said: str
) -> None:
    weights = {f"base_model.model.{key}": None if shape is None else torch.zeros(shape)}
    with pytest.raises(InputError, match=said):
        check_fit(changed(tmp_path / "r", weights), a_base(), "a/base")


def test_ordinary_patterns_and_settings_are_taken(tmp_path: Path) -> None:
    for place, settings in enumerate((
        {"target_modules": r".*encoder.*\.(query|key|value)$"}, {"target_modules": "all-linear"},
        {"init_lora_weights": "gaussian"}, {"target_modules": ["query", "key"], "rank_pattern": {"output.dense": 32}},
    )):  # fmt: skip
        check_fit(changed(tmp_path / str(place), **settings), a_base(), "a/base")


@needs_packages
def test_a_base_is_as_it_was_after_each_refusal(tmp_path: Path) -> None:
    base = ModelPool().sequence_classifier("sentence-transformers/all-MiniLM-L6-v2", 3)
    before = {name: weight.clone() for name, weight in base.model.state_dict().items()}
    evil = {"base_model.model.bert.encoder.layer.0.output.dense.weight": torch.zeros(384, 1536)}
    for folder in (changed(tmp_path / "over", evil), changed(tmp_path / "start", init_lora_weights="pissa")):
        with pytest.raises(InputError):
            base.attach(folder)
    assert base.model.state_dict().keys() == before.keys()
    assert all(torch.equal(weight, before[name]) for name, weight in base.model.state_dict().items())
    assert [base.attach(RUN), base.attach(changed(tmp_path / "same"))] == ["adapter0", "adapter1"]


def test_ranks_and_modules_of_its_own_are_those_that_peft_will_use() -> None:
    settings = {"r": 8, "rank_pattern": {"query": 4}, "task_type": "SEQ_CLS", "modules_to_save": ["pooler"]}
    assert [rank_of(settings, name) for name in ("a.query", "a.key", "a.no_query")] == [4, 8, 8]
    assert own_modules(settings) == ("pooler", "classifier", "score")
