from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from conftest import ROOT

from classification.adapters import check_fit
from classification.errors import InputError

RUN = ROOT / "demo" / "minilm-lora"


def a_base(width: int = 384, layers: int = 6) -> torch.nn.Module:
    """Layers with the names and widths of MiniLM's, without its weights."""
    base = torch.nn.Module()
    for name in (f"bert.encoder.layer.{n}" for n in range(layers)):
        for part, wide in (
            ("attention.self.query", width), ("attention.self.key", width), ("attention.self.value", width),
            ("attention.output.dense", width), ("intermediate.dense", width), ("output.dense", 4 * width),
        ):  # fmt: skip
            place = base
            *folders, last = f"{name}.{part}".split(".")
            for folder in folders:
                if not hasattr(place, folder):
                    place.add_module(folder, torch.nn.Module())
                place = getattr(place, folder)
            place.add_module(last, torch.nn.Linear(wide, 8, device="meta"))
    return base


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
