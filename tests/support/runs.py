"""Run folders as tests write, read and damage them."""

from __future__ import annotations

import shutil
from pathlib import Path

from safetensors.torch import load_file, save_file

from classification.runs.folder import whole_run
from support.paths import DEMO

TFIDF = DEMO / "tfidf"


def write(folder: Path, run: Path = TFIDF) -> None:
    """Another run in a folder, as a training ends."""
    with whole_run(folder) as unfinished:
        for file in run.iterdir():
            shutil.copy(file, unfinished / file.name)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def changed(run: Path) -> None:
    weights = load_file(run / "model.safetensors")
    name = next(iter(weights))
    save_file(weights | {name: weights[name] + 1}, run / "model.safetensors")
