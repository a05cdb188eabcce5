"""What is looked at before a run is believed: its parts against each other, and nothing of them run or loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from ..errors import InputError, one_of, shown
from ..families import VOCABULARIES
from .remote import Reference
from .record import RunRecord
from ..task import Task

#: How many of a repository's labels a sentence names.
LABELS_NAMED = 5
#: Longest words of a stranger's that become part of prompts, in characters.
LONGEST_INSTRUCTION, LONGEST_WORD, LONGEST_MEANING = 4000, 200, 1000

class FoundRun(Protocol):
    """A run in a folder or on the Hub, with its descriptions at hand."""

    @property
    def folder(self) -> Path:
        """Where its descriptions are."""

    @property
    def names(self) -> tuple[str, ...]:
        """All of its files."""

    @property
    def name(self) -> str:
        """What a record calls it."""

    @property
    def what(self) -> str:
        """A folder or a repository."""


def check_labels(run: FoundRun, record: RunRecord, config: Mapping[str, Any] | None) -> None:
    """Hold the outputs of a whole classifier against its own record."""
    if not record.kind.labels_in_config or record.needs_base or config is None:
        return
    found = outputs(run, config)
    if tuple(name.casefold() for name in found) != tuple(name.casefold() for name in record.task.label_names):
        raise InputError(
            f"{run}: id2label in config.json says {named(found)}, and its run.json says "
            f"{named(record.task.label_names)}; one of them is wrong, so neither is believed."
        )


def check_vocabulary(run: FoundRun, record: RunRecord) -> None:
    """A whole model reads texts with the tokenizer beside it."""
    if record.is_whole_model and not any(name in VOCABULARIES for name in run.names):
        raise InputError(
            f"{run}: no tokenizer is in this {run.what}; save it there too, with the tokenizer's save_pretrained."
        )


def check_prompt_words(run: FoundRun, task: Task) -> None:
    """A run is asked in the words that it was taught with, and these are a stranger's: not without end."""
    words = [("instruction", task.instruction, LONGEST_INSTRUCTION)]
    words += [("verbalizer", word, LONGEST_WORD) for word in task.words]
    words += [("pattern", pattern, LONGEST_INSTRUCTION) for pattern in task.patterns]
    words += [("description", label.description, LONGEST_MEANING) for label in task.labels]
    for what, text, limit in words:
        if len(text) > limit:
            raise InputError(
                f"{run}: the {what} {shown(text)} in its run.json has {len(text):,} characters, and at most "
                f"{limit:,} are shown to a model; use another run."
            )


def check_base(run: FoundRun, record: RunRecord, adapter: Mapping[str, Any] | None) -> None:
    """Hold what an adapter says of itself against its record."""
    if adapter is None:
        if record.is_adapter:
            raise InputError(f"{run}: run.json says that it is an adapter, and adapter_config.json is missing.")
        return
    kind, base = adapter.get("peft_type"), str(adapter.get("base_model_name_or_path") or "")
    if kind != "LORA":
        raise InputError(f"{run}: an adapter of the kind {shown(kind)}; only LORA adapters are loaded.")
    if record.export is None and adapter.get("task_type") != record.adapter_task:
        raise InputError(
            f"{run}: the adapter is for {shown(adapter.get('task_type'))}, and run.json says {record.family}; "
            "one of them is wrong, so neither is believed."
        )
    if record.base is None or record.base.id != base:
        said = shown(record.base.id) if record.base else "no base model"
        raise InputError(
            f"{run}: the adapter is for the base model {shown(base)}, and its run.json names {said}; "
            "one of them is wrong, so neither is believed."
        )
    if not record.base.from_folder and Reference.parse(base) is None:
        raise InputError(f"{run}: its base model {shown(base)} is not a Hub id; it cannot be found from here.")


def check_code(run: FoundRun, config: Mapping[str, Any] | None, adapter: Mapping[str, Any] | None) -> None:
    """Refuse what would have code imported that a stranger names."""
    for file, found in (("config.json", config), ("adapter_config.json", adapter)):
        key = next((key for key in ("auto_map", "auto_mapping", "megatron_config") if (found or {}).get(key)), None)
        if key:
            remedy = (
                "set trust_remote_code: true in the lineup if you know that code, or use a model"
                if run.what == "folder"
                else "no code of a pulled repository is ever run, so use one"
            )
            raise InputError(
                f"{run}: {file} asks for code of its own to be run ({key}); {remedy} of an architecture that "
                "transformers knows."
            )


def outputs(run: FoundRun, config: Mapping[str, Any]) -> list[str]:
    """Names of a classifier's outputs, in their order."""
    found = config.get("id2label")
    if not isinstance(found, Mapping) or not found:
        raise InputError(f"{run}: config.json has no id2label, so nobody knows which output is which label.")
    try:
        columns = sorted(found, key=int)
    except ValueError:
        raise InputError(f"{run}: the keys of id2label in config.json are not numbers.") from None
    if [int(key) for key in columns] != list(range(len(columns))):
        raise InputError(f"{run}: the keys of id2label in config.json do not count from 0, one for each output.")
    return [str(found[key]) for key in columns]


def named(labels: Sequence[str]) -> str:
    """The first few labels, cut, for a sentence."""
    rest = len(labels) - LABELS_NAMED
    first = one_of(shown(name, 30) for name in labels[:LABELS_NAMED])
    return f"{first} and {rest:,} more" if rest > 0 else first
