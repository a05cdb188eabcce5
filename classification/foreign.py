"""What a pulled repository is: its run record where it has one, else what its configuration says; checked, not trusted.

Nothing here loads weights. A repository is refused, in one sentence, when it would need its own code, when its
parts contradict each other, or when its labels are not those of the task.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .errors import InputError, one_of, shown
from .pull import Reference, RemoteRun
from .run import RUN_FILE, BaseRecord, DataRecord, Family, Method, RunRecord, load_run
from .task import Task

#: How many of a repository's labels a sentence names.
LABELS_NAMED = 5
#: What PEFT calls the task of each family.
TASK_TYPES = {"chat": "CAUSAL_LM", "encoder": "SEQ_CLS"}
#: Longest words of a stranger's that become part of prompts, in characters.
LONGEST_INSTRUCTION, LONGEST_WORD, LONGEST_DESCRIPTION = 4000, 200, 1000


def record_of(remote: RemoteRun, task: Task) -> RunRecord:
    """The record of a pulled run, or one made from its configuration.

    Raises:
        InputError: it contradicts itself or the task, or would need its own code.
    """
    config = _read(remote, "config.json")
    adapter = _read(remote, "adapter_config.json")
    _check_code(remote, config, adapter)
    if (remote.folder / RUN_FILE).is_file():
        record = _own_record(remote)
    elif adapter is not None:
        record = _adapter_record(remote, adapter, task)
    elif config is not None:
        record = _model_record(remote, config, task)
    else:
        raise InputError(f"{remote}: neither run.json nor config.json says what it is; use a repository that has one.")
    _check_base(remote, record, adapter)
    _check_labels(remote, record, config)
    _check_words(remote, record.task)
    return record


def _own_record(remote: RemoteRun) -> RunRecord:
    try:
        return load_run(remote.folder)
    except InputError as error:
        raise InputError(str(error).replace(str(remote.folder), str(remote))) from None


def _adapter_record(remote: RemoteRun, adapter: Mapping[str, Any], task: Task) -> RunRecord:
    if adapter.get("task_type") != "CAUSAL_LM":
        raise InputError(
            f"{remote}: an adapter for {shown(adapter.get('task_type'))} without run.json does not say which output "
            "is which label; publish the run with python -m hub.push, or use a full model."
        )
    base, revision = str(adapter.get("base_model_name_or_path") or ""), adapter.get("revision")
    if not isinstance(revision, str | None):
        raise InputError(f"{remote}: the revision {shown(revision)} in adapter_config.json is no name of one.")
    return _foreign(remote, "chat", "lora", task, BaseRecord(id=base, revision=revision, weights="hub"))


def _model_record(remote: RemoteRun, config: Mapping[str, Any], task: Task) -> RunRecord:
    architectures = " ".join(map(str, config.get("architectures") or ()))[:200]
    if "ForSequenceClassification" in architectures:
        return _foreign(remote, "encoder", "full", _in_order_of(remote, task, _outputs(remote, config)))
    if "ForCausalLM" in architectures:
        return _foreign(remote, "chat", "full", task)
    raise InputError(
        f"{remote}: its architecture {shown(architectures)} neither classifies texts nor writes them; use a "
        "...ForSequenceClassification or ...ForCausalLM model."
    )


def _foreign(
    remote: RemoteRun, family: Family, method: Method, task: Task, base: BaseRecord | None = None
) -> RunRecord:
    onnx = "model.safetensors" not in remote.names and "onnx/model.onnx" in remote.names
    return RunRecord(
        name=remote.reference.repo_id.partition("/")[2],
        created="",
        family=family,
        method=method,
        task=task,
        base=base,
        data=DataRecord(source="", fingerprint="", rows={}),
        export="onnx" if onnx else None,
    )


def _outputs(remote: RemoteRun, config: Mapping[str, Any]) -> list[str]:
    """Names of a classifier's outputs, in their order."""
    found = config.get("id2label")
    if not isinstance(found, Mapping) or not found:
        raise InputError(f"{remote}: config.json has no id2label, so nobody knows which output is which label.")
    try:
        columns = sorted(found, key=int)
    except ValueError:
        raise InputError(f"{remote}: the keys of id2label in config.json are not numbers.") from None
    if [int(key) for key in columns] != list(range(len(columns))):
        raise InputError(f"{remote}: the keys of id2label in config.json do not count from 0, one for each output.")
    return [str(found[key]) for key in columns]


def _in_order_of(remote: RemoteRun, task: Task, outputs: list[str]) -> Task:
    """The task with its labels in the order of a model's outputs, which may be spelled in other letter cases."""
    by_name = {label.name.casefold(): label for label in task.labels}
    folded = [name.casefold() for name in outputs]
    if sorted(folded) != sorted(by_name):
        raise InputError(
            f"{remote}: its {len(outputs):,} labels are {_named(outputs)}, and the task {task.name} has "
            f"{_named(task.label_names)}; use a model for these labels."
        )
    # Not `model_copy`, which would keep what the task has worked out from the old order.
    parts = {name: getattr(task, name) for name in Task.model_fields}
    return Task(**(parts | {"labels": tuple(by_name[name] for name in folded)}))


def _check_labels(remote: RemoteRun, record: RunRecord, config: Mapping[str, Any] | None) -> None:
    """Hold the outputs of a whole classifier against its own record."""
    merged = record.method != "lora" or record.export is not None
    if record.family != "encoder" or not merged or config is None:
        return
    outputs = _outputs(remote, config)
    if tuple(name.casefold() for name in outputs) != tuple(name.casefold() for name in record.task.label_names):
        raise InputError(
            f"{remote}: id2label in config.json says {_named(outputs)}, and its run.json says "
            f"{_named(record.task.label_names)}; one of them is wrong, so neither is believed."
        )


def _check_words(remote: RemoteRun, task: Task) -> None:
    """A run is asked in the words that it was taught with, and these are a stranger's: not without end."""
    words = [("instruction", task.instruction, LONGEST_INSTRUCTION)]
    words += [("verbalizer", word, LONGEST_WORD) for word in task.words]
    words += [("description", label.description, LONGEST_DESCRIPTION) for label in task.labels]
    for what, text, limit in words:
        if len(text) > limit:
            raise InputError(
                f"{remote}: the {what} {shown(text)} in its run.json has {len(text):,} characters, and at most "
                f"{limit:,} are shown to a model; use another run."
            )


def _check_base(remote: RemoteRun, record: RunRecord, adapter: Mapping[str, Any] | None) -> None:
    if adapter is None:
        if record.method == "lora" and record.export is None:
            raise InputError(f"{remote}: run.json says that it is an adapter, and adapter_config.json is missing.")
        return
    kind, base = adapter.get("peft_type"), str(adapter.get("base_model_name_or_path") or "")
    if kind != "LORA":
        raise InputError(f"{remote}: an adapter of the kind {shown(kind)}; only LORA adapters are loaded.")
    if record.export is None and adapter.get("task_type") != TASK_TYPES.get(record.family):
        raise InputError(
            f"{remote}: the adapter is for {shown(adapter.get('task_type'))}, and run.json says {record.family}; "
            "one of them is wrong, so neither is believed."
        )
    if record.base is None or record.base.id != base:
        said = shown(record.base.id) if record.base else "no base model"
        raise InputError(
            f"{remote}: the adapter is for the base model {shown(base)}, and its run.json names {said}; "
            "one of them is wrong, so neither is believed."
        )
    if not record.base.from_folder and Reference.parse(base) is None:
        raise InputError(f"{remote}: its base model {shown(base)} is not a Hub id; it cannot be found from here.")


def _check_code(remote: RemoteRun, config: Mapping[str, Any] | None, adapter: Mapping[str, Any] | None) -> None:
    """Refuse what would have code imported that a stranger names."""
    for file, found in (("config.json", config), ("adapter_config.json", adapter)):
        key = next((key for key in ("auto_map", "auto_mapping", "megatron_config") if (found or {}).get(key)), None)
        if key:
            raise InputError(
                f"{remote}: {file} asks for code of its own to be run ({key}); no code of a pulled repository is ever "
                "run, so use one of an architecture that transformers knows."
            )


def _read(remote: RemoteRun, name: str) -> dict[str, Any] | None:
    file = remote.folder / name
    if not file.is_file():
        return None
    try:
        found = json.loads(file.read_bytes())
    except (ValueError, RecursionError):
        raise InputError(f"{remote}: {name} is not JSON; ask its owner to publish it again.") from None
    if not isinstance(found, dict):
        raise InputError(f"{remote}: {name} holds {shown(found)} where a configuration belongs.")
    return found


def _named(labels: list[str] | tuple[str, ...]) -> str:
    """The first few labels, cut, for a sentence."""
    rest = len(labels) - LABELS_NAMED
    first = one_of(shown(name, 30) for name in labels[:LABELS_NAMED])
    return f"{first} and {rest:,} more" if rest > 0 else first
