"""The commands that made a run and that measure it, rebuilt from its record: what was said, and nothing that was not.

A record holds every hyperparameter, said or not. ``training_defaults.json`` holds those of a training to which
nothing was said (a test compares it with the training scripts), so the difference is what somebody typed.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from classification.runs.record import RunRecord
from classification.task import Task

from .evidence import EvaluatedRows
from .public import UNSEEN_IN_LINES, hub_id, public, source_name, without_secrets

DEFAULTS = Path(__file__).with_name("training_defaults.json")
SCRIPTS = {"chat": "training.sft", "encoder": "training.encoder", "tfidf": "training.baseline"}
BASELINE_SEED = 42

#: Settings that bear on where and how a training ran, and not on what comes of it; and those that name an account.
QUIET = re.compile(
    r"^(?:dataloader_|ddp_|debug$|disable_tqdm|do_|eval_on_start|eval_use_gather|include_|local_rank|log_|logging_"
    r"|remove_unused|report_to|restore_callback|save_on_each|save_only|save_total|skip_memory|torch_compile|use_cpu"
    r"|activation_checkpointing|gradient_checkpointing|use_cache|per_device_eval|lora_task_type|trackio)"
)
PRIVATE = re.compile(r"token|secret|password|_dir$|_path$|^hub_|^push_|^run_name$|^project$")
#: What a setting may be called: a name with anything else in it would be run by whoever copies the command.
SETTING = re.compile(r"[A-Za-z]\w*", re.ASCII)
WIDTH, LONGEST_NAME = 100, 60


def training_command(record: RunRecord, data: str | None = None) -> str:
    """The command that trains such a run, over several lines where it is long.

    Args:
        record: of the run.
        data: a Hub id for the rows, where the record knows only a folder's name.
    """
    said: list[tuple[str, object]] = [
        ("task", task_file(record.task)),
        ("data", data or source_name(record.data.source)),
        ("output_dir", f"runs/{source_name(record.name)}"),
    ]
    if record.base is not None:
        said.append(("model_name_or_path", source_name(record.base.id)))
    if record.family in ("chat", "encoder"):
        said += _changed(record)
    elif record.seed != BASELINE_SEED:
        said.append(("seed", record.seed))
    return _wrapped(["python", "-m", SCRIPTS.get(record.family, SCRIPTS["tfidf"])], (_flag(*one) for one in said))


def evaluation_command(rows: EvaluatedRows, data: str | None = None) -> str:
    """The command that measures the contenders of ``lineup.yaml`` on the rows of an evaluation."""
    said: list[tuple[str, object]] = [("lineup", "lineup.yaml"), ("data", data or source_name(rows.source))]
    if rows.split:
        said.append(("split", rows.split))
    if rows.seed is not None:
        said += [("limit", rows.count), ("seed", rows.seed)]
    return _wrapped(["python", "-m", "comparison", "run"], (_flag(*one) for one in [*said, ("output", "results")]))


def task_file(task: Task) -> str:
    """What a task's file is called."""
    name = re.sub(r"[^a-z0-9.]+", "-", public(task.name).lower())[:LONGEST_NAME]
    return f"{name.strip('-.') or 'task'}.yaml"


def task_yaml(task: Task) -> str:
    """A task as a file, without a dataset that is on nobody else's machine."""
    found = task.model_dump(mode="json", exclude_defaults=True)
    if task.dataset and not hub_id(task.dataset.path):
        del found["dataset"]
    examples = {"examples": found.pop("examples")} if task.examples else None
    return as_yaml(found) + (as_yaml(examples, each_on_its_line=True) if examples else "")


def as_yaml(value: object, *, each_on_its_line: bool = False) -> str:
    """Plain values as a person would write them, with what holds no further lists on one line."""
    style = False if each_on_its_line else None
    text: str = yaml.safe_dump(
        _shown(value), sort_keys=False, allow_unicode=True, width=WIDTH + 20, default_flow_style=style
    )
    return text


def _changed(record: RunRecord) -> Iterator[tuple[str, object]]:
    """The settings of a training that differ from those of one to which nothing was said."""
    defaults, found = _defaults(SCRIPTS[record.family]), record.hyperparameters
    adapted = record.method == "lora"
    for name, value in found.items():
        if not SETTING.fullmatch(name) or QUIET.search(name) or PRIVATE.search(name):
            continue
        if name in defaults and defaults[name] == value:
            continue
        if name.startswith("lora_") and not adapted:
            continue
        if public(value) == " ".join(str(value).split()):
            yield name, value


@cache
def _defaults(script: str) -> Mapping[str, Any]:
    found: dict[str, dict[str, Any]] = json.loads(DEFAULTS.read_text(encoding="utf-8"))
    return found["both"] | found[script]


def _flag(name: str, value: object) -> str:
    if value is True:
        return f"--{name}"
    if isinstance(value, list):
        return " ".join([f"--{name}", *(shlex.quote(str(item)) for item in value)])
    text = f"{value:g}" if isinstance(value, float) else str(value)
    if isinstance(value, dict | bool):
        text = json.dumps(value)
    return f"--{name} {shlex.quote(text)}"


def _wrapped(words: Iterable[str], flags: Iterable[str]) -> str:
    """A command over as few lines as fit, each but the last ending in a backslash."""
    lines = [" ".join(words)]
    for flag in flags:
        if len(lines[-1]) + len(flag) < WIDTH:
            lines[-1] += f" {flag}"
        else:
            lines.append(f"  {flag}")
    return " \\\n".join(lines)


def _shown(value: object) -> object:
    if isinstance(value, str):
        return UNSEEN_IN_LINES.sub(" ", without_secrets(value))
    if isinstance(value, Mapping):
        return {_shown(key): _shown(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(item) for item in value]
    return value
