"""Which files of a run folder are for the world, and what in them is not."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path

from classification.errors import InputError
from classification.hub_errors import TOKEN
from classification.run import RUN_FILES, RunRecord

from .publish import Upload

#: Weights, in whichever form: a run without any is no run.
WEIGHTS = ("adapter_model.safetensors", "model.safetensors", "model-*-of-*.safetensors", "onnx/model.onnx")
#: JSON that libraries write, in which they leave the place where a base model was.
CONFIGURATIONS = ("run.json", "config.json", "adapter_config.json", "tokenizer_config.json", "generation_config.json")
LOCAL_PATH = re.compile(r"(?:[A-Za-z]:[\\/]|file:|~?/|\.{1,2}/).*", re.DOTALL)


def run_uploads(folder: Path, record: RunRecord) -> tuple[Upload, ...]:
    """The files of a run folder that are published: those on the list of what a run consists of, nothing else.

    Raises:
        InputError: there are no weights, or a file holds what looks like a token.
    """
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    chosen = [name for name in names if _listed(name, RUN_FILES)]
    if not any(_listed(name, WEIGHTS) for name in chosen):
        raise InputError(
            f"{folder}: no weights as safetensors or ONNX are in this run folder; finish its training first."
        )
    return tuple(Upload(name, _content(folder / name, record)) for name in chosen)


def without_paths(value: object) -> object:
    """JSON values with the last part only of whatever looks like a path of this machine."""
    if isinstance(value, dict):
        return {key: without_paths(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_paths(item) for item in value]
    if isinstance(value, str) and len(value) > 1 and "\n" not in value and LOCAL_PATH.fullmatch(value):
        return re.split(r"[\\/]", value.rstrip("\\/"))[-1]
    return value


def check_no_token(name: str, text: str) -> None:
    """Refuse a text that holds what looks like a token of the Hub.

    Raises:
        InputError: it does; the token itself is not repeated.
    """
    if TOKEN.search(text):
        raise InputError(f"{name} holds what looks like a token; take it out, revoke that token, and push again.")


def _listed(name: str, patterns: tuple[str, ...]) -> bool:
    # `*` of a pattern must not reach into folders, such as those of checkpoints.
    return any(fnmatchcase(name, pattern) and name.count("/") == pattern.count("/") for pattern in patterns)


def _content(file: Path, record: RunRecord) -> Path | bytes:
    if file.name not in CONFIGURATIONS:
        return file
    text = file.read_text(encoding="utf-8")
    check_no_token(file.name, text)
    found = json.loads(text)
    if file.name == "adapter_config.json" and record.base is not None:
        found["base_model_name_or_path"] = record.base.id
    found.pop("_name_or_path", None)
    clean = found if file.name == "run.json" else without_paths(found)
    return file if clean == json.loads(text) else (json.dumps(clean, indent=2, ensure_ascii=False) + "\n").encode()
