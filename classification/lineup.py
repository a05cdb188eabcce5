"""YAML to contenders: a lineup names a task and who is to be compared on it.

Reading one loads no model; each contender loads its own when asked, so a page can answer with the light
ones meanwhile. A run on the Hub that cannot be had is that contender's trouble and nobody else's.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .contenders import Approach, Contender, ContenderEntry
from .errors import InputError, one_of, shown
from .models.pool import ModelPool
from .runs.identify import record_of
from .runs.local import LocalRun
from .runs.record import RunRecord
from .runs.remote import Reference, find
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


def pulled(name: str, reference: str, task: Task) -> Contender:
    """A fine-tuned contender from a run on the Hub, outside of any lineup file.

    Args:
        name: what it is to be called.
        reference: ``owner/name`` or ``owner/name@revision``.
        task: what it has to decide.

    Raises:
        InputError: it is not there, cannot be reached, or is not for this task.
    """
    found = Reference.parse(reference)
    if found is None:
        raise InputError(f"{shown(reference)} is not a repository; write owner/name, or owner/name@revision.")
    remote = find(found)
    record = record_of(remote, task)
    approach: Approach = "baseline" if record.method == "fit" else "fine-tuned"
    entry = ContenderEntry(name=name, approach=approach, run=reference)
    _check_run(record, task, reference, entry)
    return Contender(entry, task, record, remote)


def _pool(folder: Path, named: str) -> Path:
    """Where demonstrations come from: a file or folder beside the lineup, else a dataset on the Hub."""
    beside = folder / named
    reference = None if beside.exists() or Path(named).suffix else Reference.parse(named)
    return beside if reference is None else Path(named)


def _contender(
    entry: ContenderEntry, task: Task, file: Path, demonstrations: Path | None, *, trust_code: bool
) -> Contender:
    if entry.shots and demonstrations is None:
        raise InputError(f"{file}: {entry.name!r} shows demonstrations; name their rows with 'demonstrations: FILE'.")
    if not entry.run:
        return Contender(entry, task, demonstrations=demonstrations)
    local, reference = file.parent / entry.run, Reference.parse(entry.run)
    if local.exists() or reference is None:
        record = record_of(LocalRun.at(local), task, trust_code=trust_code)
        _check_run(record, task, file, entry)
        return Contender(entry, task, record, local)
    try:
        remote = find(reference)
        record = record_of(remote, task)
        _check_run(record, task, file, entry)
    except InputError as error:
        # What others publish may be gone or changed tomorrow; that must not take down a page that has other contenders.
        return Contender(entry, task, error=f"{error} (There is no folder {entry.run} beside the lineup either.)")
    return Contender(entry, task, record, remote)


def _check_run(record: RunRecord, task: Task, file: Path | str, entry: ContenderEntry) -> None:
    # A TF-IDF run keeps the class counts too, so it serves the majority baseline as well.
    allowed = ("tfidf", "majority") if record.family == "tfidf" else (record.family,)
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
