"""An adapter on disk, held against its base before it touches it: a failed attachment would leave the base changed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from .errors import InputError, shown

ADAPTER_WEIGHTS, ADAPTER_CONFIG = "adapter_model.safetensors", "adapter_config.json"
LORA_A = re.compile(r"base_model\.model\.(?P<module>.+)\.lora_A(?:\.\w+)?\.weight")


def check_fit(folder: Path, model: Any, model_id: str) -> None:
    """Refuse an adapter that was made for another base model.

    Args:
        folder: holds the adapter as safetensors.
        model: the base, a torch module whose layers carry their names; it is only looked at.
        model_id: what the base is called, for the sentence.

    Raises:
        InputError: no readable safetensors, or weights whose places or shapes the base does not have.
    """
    if not (folder / ADAPTER_WEIGHTS).is_file():
        raise InputError(f"{folder}: no {ADAPTER_WEIGHTS}; only safetensors are read, never pickles.")
    modules = dict(model.named_modules())
    for name, (_, width) in _lora_shapes(folder).items():
        found = getattr(modules.get(name), "in_features", None)
        if found is None:
            raise InputError(f"{_which(folder)} does not fit {model_id}, which has no layer {shown(name)}; {_OTHER}.")
        if found != width:
            raise InputError(
                f"{_which(folder)} does not fit {model_id}: its layer {shown(name)} reads {found:,} values, "
                f"and the adapter's {width:,}; {_OTHER}."
            )


_OTHER = "it was made for another base model, so name that one"


def _which(folder: Path) -> str:
    try:
        named = json.loads((folder / ADAPTER_CONFIG).read_bytes()).get("base_model_name_or_path")
    except (OSError, ValueError, AttributeError):
        raise InputError(f"{folder}: no readable {ADAPTER_CONFIG}; give the whole run folder.") from None
    return f"the adapter for {shown(named)}"


def _lora_shapes(folder: Path) -> dict[str, tuple[int, int]]:
    """Rank and input width of each layer that the adapter changes, from the header of its file."""
    try:
        with safe_open(folder / ADAPTER_WEIGHTS, framework="np") as file:
            shapes = {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()}  # noqa: SIM118  not a mapping
    except (SafetensorError, OSError):
        raise InputError(f"{folder}: {ADAPTER_WEIGHTS} is not a readable safetensors file; fetch it again.") from None
    found = {}
    for key, shape in shapes.items():
        match = LORA_A.fullmatch(key)
        if match and len(shape) == 2:
            found[match["module"]] = (shape[0], shape[1])
    return found
