"""What a repository on the Hub holds: its front matter, and the kind of its weights."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml
from huggingface_hub import HfApi
from huggingface_hub.repocard import REGEX_YAML_BLOCK

from classification.network.hub_errors import explain

from .publish import README, RepoType

#: Largest README.md that is read, in bytes.
LONGEST_CARD = 1_000_000
FLOOR, FLOOR_FILE = "a TF-IDF floor", "baseline.json"
#: Kinds of weights, and the patterns of files by which each is recognised.
KINDS = {
    "an adapter": ("adapter_model.safetensors", "adapter_model.bin"),
    "an ONNX export": ("onnx/model.onnx",),
    "a whole model": ("model.safetensors", "model-*-of-*.safetensors", "pytorch_model*.bin", "tf_model.h5", "*.gguf"),
}


def kinds_of(names: Iterable[str]) -> tuple[str, ...]:
    """Of which kinds the weights among these files are, in words; usually of one."""
    listed = list(names)
    if FLOOR_FILE in listed:  # its weights are called like those of a whole model
        listed = [name for name in listed if name != "model.safetensors"]
    found = [kind for kind, patterns in KINDS.items() if any(_is_one(name, patterns) for name in listed)]
    return (*([FLOOR] if FLOOR_FILE in listed else []), *found)


def names_of(info: Any) -> set[str]:
    """The files of a repository, from what the client's ``..._info`` answered."""
    return {sibling.rfilename for sibling in info.siblings or ()}


def card_of(api: HfApi, info: Any, *, repo_type: RepoType = "model", revision: str | None = None) -> dict[str, Any]:
    """The front matter of a repository's card: as the API gives it, else as its README.md has it.

    Args:
        api: may read the repository.
        info: what the client's ``..._info`` answered.
        repo_type: model, dataset or space.
        revision: that of `info`, if it was asked for one.

    Returns:
        Nothing where there is no card, or none that can be read.
    """
    given: dict[str, Any] = info.card_data.to_dict() if info.card_data else {}
    if given or README not in names_of(info):
        return given
    try:
        sizes = api.get_paths_info(info.id, [README], revision=revision, repo_type=repo_type)
        if not sizes or getattr(sizes[0], "size", 0) > LONGEST_CARD:
            return {}
        file = api.hf_hub_download(info.id, README, revision=revision, repo_type=repo_type)
        return front_matter(Path(file).read_text(encoding="utf-8", errors="replace"))
    except Exception as error:
        if explain(error) is None:
            raise
        return {}


def front_matter(text: str) -> dict[str, Any]:
    """The YAML mapping at the beginning of a card; empty where there is none or it is not valid YAML."""
    block = REGEX_YAML_BLOCK.search(text)
    try:
        found = yaml.safe_load(block.group(2)) if block else None
    except (yaml.YAMLError, RecursionError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_one(name: str, patterns: Iterable[str]) -> bool:
    # `*` of a pattern must not reach into folders, such as those of checkpoints.
    return any(fnmatchcase(name, pattern) and name.count("/") == pattern.count("/") for pattern in patterns)
