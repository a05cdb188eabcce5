"""The command line of a training for ``run.json``, without tokens, accounts and local paths."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from classification.network.hub_errors import without_tokens

from .arguments import PRIVATE, command_words

#: Flags whose paths are kept by their last part; other flags with paths are left out.
PLACES = ("task", "data", "output_dir", "model_name_or_path")
#: How local paths begin; other values are local paths if they exist.
LOCAL = re.compile(r"~|/|\.{1,2}[\\/]|[A-Za-z]:[\\/]|\\\\|file:")


def recorded_command(script: str, argv: list[str] | None) -> tuple[str, ...]:
    """The words of a command, with the content of a ``--config`` file in the file's place.

    Args:
        script: the module that was run, such as ``training.sft``.
        argv: its arguments; by default those of this process.
    """
    words = ["python", "-m", script]
    for name, values in _flags(command_words(argv)):
        private = PRIVATE.search(name) and name not in PLACES
        if not private and all(without_tokens(value) == value for value in values):
            words += [f"--{name}", *(_without_place(name, value) for value in values)]
    return tuple(words)


def _flags(words: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Name and values of each flag, those of a ``--config`` file first: the command line overrides them."""
    found: list[tuple[str, list[str]]] = []
    for word in words:
        if word.startswith("--"):
            name, is_set, value = word[2:].partition("=")
            found.append((name.replace("-", "_"), [value] if is_set else []))
        elif found:
            found[-1][1].append(word)
    for name, values in found:
        if name == "config" and values:
            yield from _file_flags(values[0])
    yield from ((name, values) for name, values in found if name != "config")


def _file_flags(file: str) -> Iterator[tuple[str, list[str]]]:
    settings = yaml.safe_load(Path(file).read_text(encoding="utf-8"))  # as TRL's parser has just read it
    for name, value in settings.items() if isinstance(settings, dict) else ():
        if value is not None and name != "env":  # environment variables may be secrets
            yield str(name), [_text(item) for item in (value if isinstance(value, list) else [value])]


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _without_place(name: str, value: str) -> str:
    """A value, of a path on this machine the last part."""
    try:
        path = Path(value.removeprefix("file:")).expanduser()
        local = name == "output_dir" or LOCAL.match(value) or path.exists()
        return path.resolve().name if local else value
    except (OSError, RuntimeError, ValueError):  # too long for a path, or the home of an unknown user
        return value
