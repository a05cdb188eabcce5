"""Check an adapter's configuration: nothing in it may hang, or change the base model that other contenders share."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import InputError, one_of, shown
from ..files.reading import read_json

ADAPTER_CONFIG = "adapter_config.json"
#: Values of ``init_lora_weights`` that leave the base unchanged; others (PiSSA, OLoRA, LoftQ, ...) rewrite its weights.
HARMLESS_STARTS = (None, True, False, "gaussian", "orthogonal")
#: Modules that PEFT always saves with a classifier's adapter, even where the configuration does not list them.
HEADS = ("classifier", "score")
#: Repetitions in a pattern that layers' names are matched against; more, or one of a group, may take for ever.
MOST_REPETITIONS = 4
REPETITION = re.compile(r"(?<!\()[*+?]|\{\d")
REPEATED_GROUP = re.compile(r"\)[*+?{]")


def read_settings(folder: Path) -> dict[str, Any]:
    """An adapter's configuration, checked for what PEFT would do with it.

    Raises:
        InputError: it cannot be read, or has a setting that is not supported; the sentence says which.
    """
    try:
        found = read_json(folder / ADAPTER_CONFIG, what="adapter's configuration")
    except InputError:
        raise
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise InputError(f"{folder}: no readable {ADAPTER_CONFIG}; give the whole run folder.")
    complaint = next(_complaints(found), None)
    if complaint:
        raise InputError(f"{which(found)} is not loaded: {complaint}.")
    return found


def which(settings: Mapping[str, Any]) -> str:
    """The name of an adapter in sentences."""
    return f"the adapter for {shown(settings.get('base_model_name_or_path'))}"


def rank_of(settings: Mapping[str, Any], module: str) -> object:
    """The rank that PEFT will give a layer."""
    for pattern, rank in (settings.get("rank_pattern") or {}).items():
        if re.match(rf"(.*\.)?({pattern})$", module):
            return rank
    return settings.get("r", 8)


def own_modules(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Ends of the names of modules that the adapter brings whole, such as a classifier's head."""
    named = settings.get("modules_to_save") or ()
    return (*map(str, named), *(HEADS if settings.get("task_type") == "SEQ_CLS" else ()))


def _complaints(settings: Mapping[str, Any]) -> Iterator[str]:
    start = settings.get("init_lora_weights", True)
    if isinstance(start, list | dict) or start not in HARMLESS_STARTS:
        yield f"init_lora_weights {shown(start)} rewrites the base model, which other contenders share"
    if settings.get("layer_replication"):
        yield "layer_replication rebuilds the base model, which other contenders share"
    if settings.get("bias", "none") != "none":
        yield f"bias {shown(settings['bias'])} changes the base model, which other contenders share"
    ranks = settings.get("rank_pattern") or {}
    if not isinstance(ranks, dict) or not isinstance(settings.get("alpha_pattern") or {}, dict):
        yield "rank_pattern and alpha_pattern are no mappings; it was made by another program than PEFT"
        return
    if not isinstance(settings.get("modules_to_save") or [], list):
        yield "modules_to_save is no list; it was made by another program than PEFT"
    wild = next((pattern for pattern in _patterns(settings) if not _is_tame(pattern)), None)
    if wild is not None:
        allowed = one_of((f"up to {MOST_REPETITIONS} of * + ?", "none behind a bracket"))
        yield f"its pattern {shown(wild)} could take for ever to match; allowed are {allowed}"


def _patterns(settings: Mapping[str, Any]) -> Iterator[str]:
    """Every value that PEFT uses as a regular expression."""
    for key in ("target_modules", "exclude_modules", "layers_pattern"):
        if isinstance(settings.get(key), str):
            yield settings[key]
    yield from (str(pattern) for pattern in settings.get("layers_pattern") or ())
    for key in ("rank_pattern", "alpha_pattern"):
        yield from settings.get(key) or {}


def _is_tame(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return False
    return not REPEATED_GROUP.search(pattern) and len(REPETITION.findall(pattern)) <= MOST_REPETITIONS
