"""Check that an adapter on disk fits its base before it is attached: a failed attachment would change the base."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from ..errors import InputError, shown
from .adapter_settings import own_modules, rank_of, read_settings, which

ADAPTER_WEIGHTS = "adapter_model.safetensors"
PREFIX = "base_model.model."
LORA = re.compile(r"(?P<module>.+)\.lora_(?:embedding_)?(?P<part>A|B|magnitude_vector)(?:\.\w+)?")
OTHER = "it was made for another base model, so name that one"
Shape = tuple[int, ...]


def check_fit(folder: Path, model: Any, model_id: str) -> None:
    """Refuse an adapter that was made for another base model, or that would write over a part of this one.

    Args:
        folder: holds the adapter as safetensors.
        model: the base, a torch module whose layers carry their names; it is only looked at.
        model_id: what the base is called, for the sentence.

    Raises:
        InputError: no readable safetensors, or weights whose places or shapes the base does not have.
    """
    if not (folder / ADAPTER_WEIGHTS).is_file():
        raise InputError(f"{folder}: no {ADAPTER_WEIGHTS}; only safetensors are read, never pickles.")
    shapes, settings = _shapes(folder), read_settings(folder)
    modules = dict(model.named_modules())
    own = _own_shapes(modules, own_modules(settings))
    complaint = next(chain(_layer_complaints(shapes, settings, modules), _own_complaints(shapes, own)), None)
    if complaint:
        raise InputError(f"{which(settings)} does not fit {model_id}{complaint}; {OTHER}.")


def head_outputs(folder: Path) -> int | None:
    """How many outputs the head has that a classifier's adapter brings; ``None`` where it brings none.

    Raises:
        InputError: no readable safetensors or configuration.
    """
    ends = tuple(f".{name}." for name in own_modules(read_settings(folder)))
    sizes = [shape[0] for key, shape in _shapes(folder).items() if len(shape) == 2 and _is_in(key, ends)]
    return min(sizes, default=None)  # layers before the last are as wide as the model


def not_brought(folder: Path, missing: Iterable[str]) -> str | None:
    """The first of the weights that a base lacks which an adapter does not bring either; ``None`` where there is none.

    Raises:
        InputError: the adapter's configuration cannot be read.
    """
    ends = tuple(f".{name}." for name in own_modules(read_settings(folder)))
    return next((name for name in missing if not _is_in(name, ends)), None)


def _is_in(key: str, ends: tuple[str, ...]) -> bool:
    """Whether a weight belongs to one of these modules, which are given between full stops."""
    return LORA.fullmatch(key) is None and any(end in f".{key}" for end in ends)


def _layer_complaints(shapes: Mapping[str, Shape], settings: Mapping[str, Any], modules: Any) -> Iterator[str]:
    """What is wrong with the matrices that are added to layers."""
    for key, shape in shapes.items():
        match = LORA.fullmatch(key)
        if match is None:
            continue
        name, part = match["module"], match["part"]
        size = _size(modules.get(name))
        if size is None:
            yield f", which has no layer {shown(name)}"
            continue
        (width, height), rank = size, rank_of(settings, name)
        if part == "A" and len(shape) == 2 and shape[1] != width:
            yield f": its layer {shown(name)} reads {width:,} values, and the adapter's {shape[1]:,}"
        expected = {"A": (rank, width), "B": (height, rank), "magnitude_vector": (height,)}[part]
        if shape != expected:
            yield f": for its layer {shown(name)} the weights have the shape {shape}, where {expected} is needed"


def _own_complaints(shapes: Mapping[str, Shape], own: Mapping[str, Shape]) -> Iterator[str]:
    """What is wrong with the modules that the adapter brings whole."""
    for key, shape in shapes.items():
        if LORA.fullmatch(key):
            continue
        if key not in own:
            yield f": it would write over {shown(key)}, which other contenders share"
        elif shape != own[key]:
            yield f": its {shown(key)} has the shape {own[key]}, and the adapter's {shape}"
    missing = next((key for key in own if key not in shapes), None)
    if missing:
        yield f": it lacks {shown(missing)}, which it says that it brings"


def _own_shapes(modules: Mapping[str, Any], ends: tuple[str, ...]) -> dict[str, Shape]:
    """Each weight of the modules that an adapter replaces by its own, and the shape that it has in the base."""
    found: dict[str, Shape] = {}
    for name, module in modules.items():
        if name and name.endswith(ends):
            bare = getattr(module, "original_module", module)  # PEFT's wrapper, once another adapter stands here
            found |= {f"{name}.{key}": tuple(weight.shape) for key, weight in bare.state_dict().items()}
    return found


def _size(module: Any) -> tuple[int, int] | None:
    """How many values a layer reads and gives; ``None`` for what is no layer that an adapter can change."""
    for reads, gives in (("in_features", "out_features"), ("num_embeddings", "embedding_dim"), ("nx", "nf")):
        if hasattr(module, reads) and hasattr(module, gives):
            return getattr(module, reads), getattr(module, gives)
    return None


def _shapes(folder: Path) -> dict[str, Shape]:
    """Each weight of an adapter by its place in the base, from the header of its file."""
    try:
        with safe_open(folder / ADAPTER_WEIGHTS, framework="np") as file:
            shapes = {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()}  # noqa: SIM118  not a mapping
    except (SafetensorError, OSError):
        raise InputError(f"{folder}: {ADAPTER_WEIGHTS} is not a readable safetensors file; fetch it again.") from None
    return {_place(key): shape for key, shape in shapes.items()}


def _place(key: str) -> str:
    key = key.removeprefix(PREFIX)
    return key.removesuffix(".weight") if ".lora_" in key else key
