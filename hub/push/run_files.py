"""Which files of a run folder are published, and how paths of this machine are removed from them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from classification.errors import InputError, shown
from classification.files.reading import LONGEST_RECORD, read_limited
from classification.runs.record import HASHES_FILE, RunRecord, run_files
from classification.runs.seen import TextHashes

from ..shared.public import without_secrets
from ..shared.publish import Upload
from ..shared.tokens import check_no_token

#: Weights, in whichever form: a run without any is no run.
WEIGHTS = (
    "adapter_model.safetensors",
    "model.safetensors",
    "model-*-of-*.safetensors",
    "head.safetensors",
    "onnx/model.onnx",
)
SHARDS, INDEX = "model-*-of-*.safetensors", "model.safetensors.index.json"
#: JSON that libraries write, in which they leave the place where a base model was.
CONFIGURATIONS = ("run.json", "config.json", "adapter_config.json", "tokenizer_config.json", "generation_config.json")
#: Parts of a run's record that name places; its other texts are words of the task and stay as they are.
PLACES = ("base", "data", "hyperparameters", "command")
LOCAL_PATH = re.compile(r"(?:[A-Za-z]:[\\/]|file:|~?/|\.{1,2}/).*", re.DOTALL)
#: From the beginning of an absolute path to its last slash, spaces and all.
PLACE = re.compile(r"(?<![\w/.:~<])(?:file:/+|~?/|[A-Za-z]:[\\/])[^:;\"'`<>|\n]*[/\\]")
ROWS_BELOW = re.compile(r"(?<![\w:/])(?:[^\s:;\"'`<>|/]+/)+([^\s:;\"'`<>|/]+\.(?:csv|tsv|jsonl?|parquet|txt|ya?ml)\b)")


def run_uploads(folder: Path, record: RunRecord) -> tuple[Upload, ...]:
    """The files of a run folder that are published: those on the list of what a run consists of, nothing else.

    Raises:
        InputError: there are no weights, or not all; a file is a link out of the folder, is damaged, or holds what
            looks like a token.
    """
    files = sorted(path for pattern in ("*", "onnx/*") for path in folder.glob(pattern) if path.is_file())
    chosen = [name for path in files if _matches_any(name := path.relative_to(folder).as_posix(), run_files())]
    if not any(_matches_any(name, WEIGHTS) for name in chosen):
        raise InputError(
            f"{folder}: no weights as safetensors or ONNX are in this run folder; finish its training first."
        )
    for name in chosen:
        if not (folder / name).resolve().is_relative_to(folder.resolve()):
            raise InputError(f"{folder / name} is a link out of the run folder; put the file itself there.")
    _check_whole(folder, chosen, record)
    return tuple(Upload(name, _content(folder / name, record)) for name in chosen)


def without_paths(value: object) -> object:
    """JSON values in which only the last part is kept of every text that looks like a path of this machine."""
    if isinstance(value, dict):
        return {key: without_paths(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_paths(item) for item in value]
    if isinstance(value, str) and len(value) > 1 and "\n" not in value and LOCAL_PATH.fullmatch(value):
        return re.split(r"[\\/]", value.rstrip("\\/"))[-1]
    return value


def public_reason(text: str) -> str:
    """Why a contender failed, without secrets, and of each file that the reason names only the last part.

    More is removed than by `without_secrets`, since little of a reason is needed: folders with spaces in their names,
    and those of a file of rows that is named by a relative path.
    """
    return without_secrets(ROWS_BELOW.sub(r"\1", PLACE.sub("", text))) or "no reason given"


def result_file(file: Path) -> Path | bytes:
    """A file of a comparison as it is published: configurations and reasons of failures without local paths.

    Raises:
        InputError: it cannot be read.
    """

    def clean(found: dict[str, Any]) -> dict[str, Any]:
        for contender in (*found.get("contenders", ()), *([found["contender"]] if "contender" in found else ())):
            contender["configuration"] = without_paths(contender["configuration"])
            if contender.get("error"):
                contender["error"] = public_reason(contender["error"])
        return found

    return _clean_json(file, clean)


def _matches_any(name: str, patterns: tuple[str, ...]) -> bool:
    # `*` of a pattern must not reach into folders, such as those of checkpoints.
    return any(fnmatchcase(name, pattern) and name.count("/") == pattern.count("/") for pattern in patterns)


def _check_whole(folder: Path, names: Sequence[str], record: RunRecord) -> None:
    """An adapter needs its configuration, and weights in parts need their index and every part that it names."""
    needed = ["adapter_config.json"] if record.is_adapter else []
    if "model.safetensors" not in names and any(fnmatchcase(name, SHARDS) for name in names):
        needed.append(INDEX)
        if INDEX in names:
            places = _object(folder / INDEX).get("weight_map")
            needed += sorted(set(map(str, places.values()))) if isinstance(places, dict) else []
    missing = next((name for name in needed if name not in names), None)
    if missing:
        raise InputError(
            f"{folder}: {missing} is missing, without which its weights cannot be loaded; save them again."
        )


def _content(file: Path, record: RunRecord) -> Path | bytes:
    if file.name == HASHES_FILE:
        TextHashes.load(file)  # a file with anything but hashes is not published
    if file.name not in CONFIGURATIONS:
        return file

    def clean(found: dict[str, Any]) -> dict[str, Any]:
        if file.name == "run.json":
            return _record_without_places(found)
        if file.name == "adapter_config.json" and record.base is not None:
            found["base_model_name_or_path"] = record.base.id
        found.pop("_name_or_path", None)
        return {key: without_paths(value) for key, value in found.items()}

    return _clean_json(file, clean)


def _record_without_places(found: dict[str, Any]) -> dict[str, Any]:
    clean = found | {key: without_paths(found[key]) for key in PLACES if key in found}
    task = found.get("task", {})
    return clean | {"task": task | {"dataset": without_paths(task["dataset"])}} if task.get("dataset") else clean


def _clean_json(file: Path, clean: Callable[[dict[str, Any]], dict[str, Any]]) -> Path | bytes:
    """A JSON file as it is where nothing in it has to change, else its new content."""
    found = clean(_object(file))
    return file if found == _object(file) else (json.dumps(found, indent=2, ensure_ascii=False) + "\n").encode()


def _object(file: Path) -> dict[str, Any]:
    try:
        text = read_limited(file, LONGEST_RECORD, what="configuration or record").decode("utf-8")
        check_no_token(file.name, text)
        found = json.loads(text)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise InputError(f"{file}: no readable JSON in UTF-8; write it again, without a byte order mark.") from None
    if not isinstance(found, dict):
        raise InputError(f"{file}: found {shown(found)} where a configuration belongs; write it again.")
    return found
