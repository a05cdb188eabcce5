"""The few arguments that training adds to those of TRL and transformers."""

from __future__ import annotations

import dataclasses
import re
import sys
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainingArguments
from trl import ModelConfig

from .clock import Clock, Patience
from .options import TaskArguments

#: Arguments that say where or on whose account a run happened; a run folder may be published, so they stay out.
PRIVATE = re.compile(r"token|_dir$|^output|^run_name$|^hub_|^push_|^resume|^project$|_path$|accelerator|deepspeed|fsdp")
#: Arguments that are paths, and that the record has in places of their own.
ELSEWHERE = ("task", "data")


def command_words(argv: list[str] | None) -> list[str]:
    """The command line, with ``true`` put behind a ``--resume_from_checkpoint`` that names no folder."""
    words = list(sys.argv[1:] if argv is None else argv)
    for place, word in enumerate(words):
        if word == "--resume_from_checkpoint" and (place + 1 == len(words) or words[place + 1].startswith("--")):
            return [*words[: place + 1], "true", *words[place + 1 :]]
    return words


def callbacks(options: TaskArguments) -> list[TrainerCallback]:
    """The trainer's callbacks: the clock and, with ``--early_stopping_patience``, early stopping."""
    patience = options.early_stopping_patience
    return [Clock(), *([Patience(patience)] if patience else [])]


def asked_model(arguments: ModelConfig) -> tuple[str, str | None]:
    """Id and revision of the model to train; ``None`` leaves the copy to `classification.models.pool.locate`."""
    defaults = ModelConfig()
    revision = arguments.model_revision if arguments.model_revision != defaults.model_revision else None
    return str(arguments.model_name_or_path), revision


def hyperparameters_of(arguments: TrainingArguments, *more: object) -> dict[str, Any]:
    """Every hyperparameter as plain JSON values, without paths, accounts and tokens."""
    found: dict[str, Any] = {}
    for source in (arguments, *more):
        found |= {entry.name: getattr(source, entry.name) for entry in dataclasses.fields(source)}  # type: ignore[arg-type]
    kept = {key: value for key, value in sorted(found.items()) if value is not None and not PRIVATE.search(key)}
    return {key: _plain(value) for key, value in kept.items() if key not in ELSEWHERE}


def _plain(value: object) -> object:
    if isinstance(value, str | int | float | bool):
        return getattr(value, "value", value)
    if isinstance(value, list | tuple | set):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return str(value)


def public_source(source: str) -> str:
    """A dataset's name for the record: a Hub id as it is, of a local path only the last part."""
    path = Path(source)
    return path.resolve().name if path.exists() else source
