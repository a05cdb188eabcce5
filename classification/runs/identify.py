"""What a run is: its record where it has one, else what its configuration says; checked, not trusted.

Repositories on the Hub and folders that `save_pretrained` wrote come the same way. Nothing here loads weights. A run
is refused, in one sentence, when it would need its own code, when its parts contradict each other, or when its labels
are not those of the task.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..errors import InputError, one_of, shown
from ..families import FAMILIES, Family
from ..files.reading import read_json
from ..task import Task
from .checks import FoundRun, check_base, check_code, check_labels, check_prompt_words, check_vocabulary, named, outputs
from .label_map import mapped_labels
from .record import RUN_FILE, BaseRecord, DataRecord, RunRecord, load_record
from .remote import LONGEST_DESCRIPTION, Reference, RemoteRun

#: What transformers calls outputs that nobody named.
UNNAMED = re.compile(r"LABEL_\d+")
ASKED_IN_WORDS = "it is asked in the task's own words"


def record_of(
    run: FoundRun, task: Task, *, trust_code: bool = False, label_map: Mapping[str, str] | None = None
) -> RunRecord:
    """The record of a run, or one made from its configuration.

    Args:
        run: in a folder, or pulled.
        task: what it has to decide.
        trust_code: whether a configuration may ask for code of its own; never that of a pulled run.
        label_map: for a classifier without a record, its labels, or the numbers of its outputs, to the task's labels.

    Raises:
        InputError: it contradicts itself or the task, or would need its own code.
    """
    config = _read(run, "config.json")
    adapter = _read(run, "adapter_config.json")
    if isinstance(run, RemoteRun) or not trust_code:
        check_code(run, config, adapter)
    if (run.folder / RUN_FILE).is_file():
        record = _own_record(run)
        _refuse_map(run, label_map, f"{RUN_FILE} says which output is which label")
        check_labels(run, record, config)
    elif adapter is not None:
        record = _adapter_record(run, adapter, task, label_map)
    elif config is not None:
        record = _model_record(run, config, task, label_map)
    else:
        raise InputError(f"{run}: neither run.json nor config.json says what it is; use a {run.what} that has one.")
    check_base(run, record, adapter)
    check_vocabulary(run, record)
    if isinstance(run, RemoteRun):
        check_prompt_words(run, record.task)
    return record


def _own_record(run: FoundRun) -> RunRecord:
    try:
        return load_record(run.folder)
    except InputError as error:
        raise InputError(str(error).replace(str(run.folder), str(run))) from None


def _adapter_record(
    run: FoundRun, adapter: Mapping[str, Any], task: Task, label_map: Mapping[str, str] | None
) -> RunRecord:
    usable = [one for one in FAMILIES.values() if one.task_type]
    kind = next((one for one in usable if one.task_type == adapter.get("task_type")), None)
    if kind is None:
        raise InputError(
            f"{run}: an adapter whose task_type is {shown(adapter.get('task_type'))}; without {RUN_FILE}, only those "
            f"for {one_of(dict.fromkeys(str(one.task_type) for one in usable))} can be used."
        )
    if kind.labels_in_config and not label_map:
        raise InputError(
            f"{run}: an adapter for {shown(adapter.get('task_type'))} without run.json does not say which output "
            f"is which label; say it in the lineup, with label_map: {{0: {task.label_names[0]}, "
            f"1: {task.label_names[1]}, ...}}, or merge the adapter into its base with PEFT's merge_and_unload and "
            "save the whole model, whose config.json says so."
        )
    if kind.labels_in_config and label_map:
        unnamed = [f"LABEL_{column}" for column in range(len(label_map))]
        task = _in_order_of(run, task, mapped_labels(run, label_map, unnamed, task))
    else:
        _refuse_map(run, label_map, ASKED_IN_WORDS)
    base, revision = str(adapter.get("base_model_name_or_path") or ""), adapter.get("revision")
    if not isinstance(revision, str | None):
        raise InputError(f"{run}: the revision {shown(revision)} in adapter_config.json is no name of one.")
    weights = "hub" if Reference.parse(base) else "path"
    return _made_up(run, kind, "lora", task, BaseRecord(id=base, revision=revision, weights=weights))


def _model_record(
    run: FoundRun, config: Mapping[str, Any], task: Task, label_map: Mapping[str, str] | None
) -> RunRecord:
    listed = config.get("architectures")
    architectures = " ".join(map(str, listed))[:200] if isinstance(listed, list) else ""
    readable = [one for one in FAMILIES.values() if one.architecture]
    kind = next((one for one in readable if str(one.architecture) in architectures), None)
    if kind is None:
        raise InputError(
            f"{run}: its architecture {shown(architectures)} neither classifies texts nor writes them; use a "
            f"{one_of(f'...{one.architecture}' for one in readable)} model."
        )
    if not kind.labels_in_config:
        _refuse_map(run, label_map, ASKED_IN_WORDS)
        return _made_up(run, kind, "full", task)
    columns = outputs(run, config)
    if label_map:
        columns = mapped_labels(run, label_map, columns, task)
    return _made_up(run, kind, "full", _in_order_of(run, task, columns))


def _refuse_map(run: FoundRun, label_map: Mapping[str, str] | None, why: str) -> None:
    if label_map:
        raise InputError(f"{run}: {why}, so there is nothing for label_map to say; leave it out.")


def _made_up(run: FoundRun, kind: Family, method: str, task: Task, base: BaseRecord | None = None) -> RunRecord:
    """A record for a model that has none; its empty date says so."""
    onnx = "model.safetensors" not in run.names and "onnx/model.onnx" in run.names
    return RunRecord(
        name=run.name,
        created="",
        family=kind.name,
        method=method,
        task=task,
        base=base,
        data=DataRecord(source="", fingerprint="", rows={}),
        export="onnx" if onnx else None,
    )


def _in_order_of(run: FoundRun, task: Task, columns: list[str]) -> Task:
    """The task with its labels in the order of a model's outputs, which may be spelled in other letter cases."""
    by_name = {label.name.casefold(): label for label in task.labels}
    folded = [name.casefold() for name in columns]
    if sorted(folded) != sorted(by_name):
        remedy = "use a model for these labels"
        if len(set(folded)) == len(by_name):  # as many, under other names
            remedy = "say which is which in the lineup, with label_map, or use a model for these labels"
        if all(UNNAMED.fullmatch(name) for name in columns):
            remedy = (
                "say in the lineup which is which, in the order in which the model was taught them, with label_map: "
                f"{{0: {task.label_names[0]}, 1: {task.label_names[1]}, ...}}"
            )
        raise InputError(
            f"{run}: its {len(columns):,} labels are {named(columns)}, and the task {task.name} has "
            f"{named(task.label_names)}; {remedy}."
        )
    # Not `model_copy`, which would keep what the task has worked out from the old order.
    parts = {name: getattr(task, name) for name in Task.model_fields}
    return Task(**(parts | {"labels": tuple(by_name[name] for name in folded)}))


def _read(run: FoundRun, name: str) -> dict[str, Any] | None:
    file = run.folder / name
    if not file.is_file():
        return None
    try:
        found = read_json(file, what="configuration", limit=LONGEST_DESCRIPTION)
    except InputError as error:
        raise InputError(str(error).replace(str(file), f"{run}: {name}")) from None
    except (OSError, ValueError):
        whose = "ask its owner to publish it again" if isinstance(run, RemoteRun) else "save it again"
        raise InputError(f"{run}: {name} is not JSON; {whose}.") from None
    if not isinstance(found, dict):
        raise InputError(f"{run}: {name} holds {shown(found)} where a configuration belongs.")
    return found
