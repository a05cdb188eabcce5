"""YAML to contenders: a lineup names a task and who is to be compared on it.

Reading one loads no model; each contender loads its own when asked, so a page can answer with the light
ones meanwhile. A run on the Hub that cannot be had is that contender's trouble and nobody else's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .contenders import Approach, Contender, ContenderEntry
from .errors import InputError, one_of, shown
from .models.pool import ModelPool
from .runs.identify import record_of
from .runs.local import LocalRun
from .runs.record import RUN_FILE, RunRecord, load_record
from .runs.remote import Reference, RemoteRun, find
from .task import Task, load_model, load_task


class LineupFile(BaseModel):
    """The file as it is written; paths are relative to it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    task: str
    demonstrations: str | None = Field(default=None, description="labelled rows that few-shot prompts may show")
    results: str | None = Field(default=None, description="folder of a saved comparison, for the page")
    trust_remote_code: bool = False
    contenders: tuple[ContenderEntry, ...] = Field(min_length=1, max_length=64)

    @model_validator(mode="after")
    def _names_differ(self) -> LineupFile:
        names = [entry.name for entry in self.contenders]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise ValueError(f"two contenders are called {twice!r}; give each a name of its own")
        return self


@dataclass(frozen=True)
class Lineup:
    """A task and its contenders, in the file's order."""

    path: Path
    task: Task
    contenders: tuple[Contender, ...]
    results: Path | None = None
    trust_remote_code: bool = False

    def pool(self) -> ModelPool:
        """A pool of base models with this lineup's settings."""
        return ModelPool(trust_remote_code=self.trust_remote_code)


def load_lineup(path: str | Path) -> Lineup:
    """Read a lineup, its task and the records of its runs. Loads no model.

    Raises:
        InputError: a file is missing or wrong, or a run is for other labels than the task's.
    """
    file = Path(path)
    found = load_model(file, LineupFile, what="lineup file")
    folder = file.parent
    task = load_task(folder / found.task)
    demonstrations = _pool(folder, found.demonstrations) if found.demonstrations else None
    trust = found.trust_remote_code
    contenders = tuple(_contender(entry, task, file, demonstrations, trust_code=trust) for entry in found.contenders)
    results = folder / found.results if found.results else None
    return Lineup(file, task, contenders, results, trust)


def contender_of_run(
    name: str,
    run: str,
    task: Task | None = None,
    *,
    model: str | None = None,
    label_map: Mapping[str, str] | None = None,
) -> Contender:
    """The contender that a run makes, outside of any lineup file.

    Args:
        name: what it is to be called.
        run: a folder, or a repository as ``owner/name`` or ``owner/name@revision``.
        task: what it has to decide; by default what its record says.
        model: where the base model of an adapter is, if not where its record says.
        label_map: for a classifier without a record, its labels to those of the task.

    Raises:
        InputError: it is not there, cannot be reached, has no record and no task is given, or is not for this task.
    """
    folder, reference = Path(run), Reference.parse(run)
    found = LocalRun.at(folder) if folder.exists() or reference is None else find(reference)
    return _of_run(name, run, found, task or _own_task(found), model, label_map)


def contender_from_hub(name: str, reference: str, task: Task) -> Contender:
    """`contender_of_run` for a repository alone: never a run in a folder of this machine.

    Raises:
        InputError: this names no repository, or the run cannot be used.
    """
    found = Reference.parse(reference)
    if found is None:
        raise InputError(f"{shown(reference)} is not a repository; write owner/name, or owner/name@revision.")
    return _of_run(name, reference, find(found), task)


def _of_run(
    name: str,
    run: str,
    found: LocalRun | RemoteRun,
    task: Task,
    model: str | None = None,
    label_map: Mapping[str, str] | None = None,
) -> Contender:
    record = record_of(found, task, label_map=label_map)
    approach: Approach = "baseline" if record.kind.fitted else "fine-tuned"
    given = dict(label_map) if label_map else None
    entry = ContenderEntry(name=name[:80], approach=approach, run=run, model=model, label_map=given)
    _check_run(record, task, run, entry)
    return Contender(entry, task, record, found.folder if isinstance(found, LocalRun) else found)


def _own_task(run: LocalRun | RemoteRun) -> Task:
    if not (run.folder / RUN_FILE).is_file():
        raise InputError(f"{run}: it has no {RUN_FILE}, which would say what it decides; give the task as well.")
    return load_record(run.folder).task


def _pool(folder: Path, named: str) -> Path:
    """Where demonstrations come from: a file or folder beside the lineup, else a dataset on the Hub."""
    beside = folder / named
    reference = None if beside.exists() or Path(named).suffix else Reference.parse(named)
    return beside if reference is None else Path(named)


def _contender(
    entry: ContenderEntry, task: Task, file: Path, demonstrations: Path | None, *, trust_code: bool
) -> Contender:
    if entry.needs_rows and demonstrations is None:
        does = "shows demonstrations" if entry.shots else "is calibrated on labelled rows"
        raise InputError(f"{file}: {entry.name!r} {does}; name their rows with 'demonstrations: FILE'.")
    if not entry.run:
        return Contender(entry, task, demonstrations=demonstrations)
    local, reference = file.parent / entry.run, Reference.parse(entry.run)
    if local.exists() or reference is None:
        record = record_of(LocalRun.at(local), task, trust_code=trust_code, label_map=entry.label_map)
        _check_run(record, task, file, entry)
        return Contender(entry, task, record, local)
    try:
        remote = find(reference)
        record = record_of(remote, task, label_map=entry.label_map)
        _check_run(record, task, file, entry)
    except InputError as error:
        # What others publish may be gone or changed tomorrow; that must not take down a page that has other contenders.
        return Contender(entry, task, error=f"{error} (There is no folder {entry.run} beside the lineup either.)")
    return Contender(entry, task, record, remote)


def _check_run(record: RunRecord, task: Task, file: Path | str, entry: ContenderEntry) -> None:
    allowed = (record.family, *record.kind.serves_as)
    if entry.family and entry.family not in allowed:
        raise InputError(
            f"{file}: {entry.name!r} asks for the family {entry.family}, and its run is {one_of(allowed)}."
        )
    known, wanted = record.task.label_names, task.label_names
    # The outputs of a model without a record of ours are put in the task's order when it is loaded.
    same = known == wanted if record.created else sorted(known) == sorted(wanted)
    if not same or record.task.multi_label != task.multi_label:
        raise InputError(
            f"{file}: the run of {entry.name!r} knows the labels {shown(one_of(known))} in that "
            f"order, the task {task.name} has {shown(one_of(wanted))}; use a run for this task."
        )
