"""YAML to classifiers: the only place where configuration meets classes.

A lineup names a task and the contenders that are to be compared on it. Reading one loads no model;
each contender loads its own when asked, so a page can answer with the light ones meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from .errors import InputError, one_of, shown
from .models import ModelPool
from .predictions import Classifier
from .run import Family, RunRecord, load_run
from .task import Task, explain, load_task, read_yaml

Approach = Literal["baseline", "zero-shot", "few-shot", "fine-tuned"]
APPROACHES: tuple[Approach, ...] = get_args(Approach)


class ContenderEntry(BaseModel):
    """One contender as the file describes it: a prompt on a model, or a run folder."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=80)]
    approach: Approach
    family: Family | None = Field(default=None, description="by default the run's own; chat for a prompt")
    model: str | None = Field(default=None, description="a chat model to prompt, or a run's base in another place")
    revision: str | None = None
    run: str | None = Field(default=None, description="baseline and fine-tuned: run folder, relative to the lineup")
    shots: int | None = Field(default=None, ge=1, le=64, description="few-shot: demonstrations a label")
    seed: int = Field(default=0, ge=0, description="few-shot: which rows are shown")
    decode: Literal["score", "generate"] = "score"
    describe_labels: bool = False

    @model_validator(mode="after")
    def _keys_fit_the_approach(self) -> ContenderEntry:
        prompted = self.approach in ("zero-shot", "few-shot")
        given, needed = ("run", "model") if prompted else ("model", "run")
        if not getattr(self, needed):
            raise ValueError(f"contender {self.name!r}: approach {self.approach} needs the key {needed!r}; add it")
        if getattr(self, given) and self.approach != "fine-tuned":
            raise ValueError(f"contender {self.name!r}: approach {self.approach} takes no {given!r}; remove it")
        if (self.shots is None) == (self.approach == "few-shot"):
            what = "needs the key 'shots'; add it" if self.shots is None else "takes no 'shots'; remove it"
            raise ValueError(f"contender {self.name!r}: approach {self.approach} {what}")
        return self


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
class Contender:
    """One contender, not yet loaded."""

    entry: ContenderEntry
    task: Task
    folder: Path
    demonstrations: Path | None
    record: RunRecord | None

    @property
    def name(self) -> str:
        """What it is called on every page and table."""
        return self.entry.name

    @property
    def approach(self) -> Approach:
        """How it came by its answers."""
        return self.entry.approach

    @property
    def family(self) -> str:
        """What kind of model answers: chat, encoder, majority or tfidf."""
        return self.entry.family or (self.record.family if self.record else "chat")

    def describe(self) -> str:
        """One line for people: the model, and what was done with it."""
        if self.record is None:
            shots = f", {self.entry.shots} demonstrations a label" if self.entry.shots else ""
            return f"{_short(str(self.entry.model))}{shots}"
        rows = f"{self.record.data.rows.get('train', 0):,} rows of {self.record.data.source}"
        if self.record.base is None:
            return f"fitted on {rows}"
        how = {"lora": "LoRA", "full": "all weights", "head": "head only"}.get(self.record.method, self.record.method)
        return f"{_short(self.record.base.id)}, {how}, {rows}"

    def configuration(self) -> dict[str, object]:
        """Everything that decides its answers, as JSON values, for the record of an evaluation."""
        found: dict[str, object] = self.entry.model_dump(exclude_none=True, exclude={"name", "run"})
        if self.record:
            found |= {
                "base": self.record.base.model_dump(exclude_none=True) if self.record.base else None,
                "method": self.record.method,
                "data": self.record.data.model_dump(),
                "training_seconds": self.record.seconds,
            }
        return found

    def load(self, pool: ModelPool) -> Classifier:
        """Load what it needs through the pool, which shares base models.

        Raises:
            InputError: weights or rows that it needs cannot be had; the sentence says which.
        """
        return _load_run_folder(self, pool) if self.record else _load_prompted(self, pool)


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
    try:
        found = LineupFile.model_validate(read_yaml(file, what="lineup file"))
    except ValidationError as error:
        raise InputError(explain(error, file, LineupFile)) from None
    folder = file.parent
    task = load_task(folder / found.task)
    demonstrations = folder / found.demonstrations if found.demonstrations else None
    contenders = []
    for entry in found.contenders:
        if entry.shots and demonstrations is None:
            raise InputError(
                f"{file}: {entry.name!r} shows demonstrations; name their rows with 'demonstrations: FILE'."
            )
        record = load_run(folder / entry.run) if entry.run else None
        if record:
            _check_run(record, task, file, entry)
        contenders.append(Contender(entry, task, folder, demonstrations, record))
    results = folder / found.results if found.results else None
    return Lineup(file, task, tuple(contenders), results, found.trust_remote_code)


def _check_run(record: RunRecord, task: Task, file: Path, entry: ContenderEntry) -> None:
    # A TF-IDF run keeps the class counts too, so it serves the majority baseline as well.
    allowed = ("tfidf", "majority") if record.family == "tfidf" else (record.family,)
    if entry.family and entry.family not in allowed:
        raise InputError(
            f"{file}: {entry.name!r} asks for the family {entry.family}, and its run is {one_of(allowed)}."
        )
    if record.task.label_names != task.label_names or record.task.multi_label != task.multi_label:
        raise InputError(
            f"{file}: the run of {entry.name!r} knows the labels {shown(one_of(record.task.label_names))} in that "
            f"order, the task {task.name} has {shown(one_of(task.label_names))}; use a run for this task."
        )


def _load_prompted(contender: Contender, pool: ModelPool) -> Classifier:
    from .classifiers.chat import ChatClassifier, chat_demonstrations
    from .dataset import load_rows

    entry, chosen = contender.entry, []
    if entry.shots and contender.demonstrations:
        rows = load_rows(contender.demonstrations, contender.task)
        if contender.task.multi_label:
            raise InputError(
                f"{entry.name}: demonstrations are balanced over single labels, and this task has several."
            )
        pairs = [(text, names[0]) for text, names in zip(rows.texts, rows.labels, strict=True)]
        chosen = chat_demonstrations(pairs, contender.task, entry.shots, entry.seed)
    base = pool.chat(str(entry.model), entry.revision)
    return ChatClassifier(
        entry.name, contender.task, base,
        demonstrations=chosen, describe_labels=entry.describe_labels, decode=entry.decode,
    )  # fmt: skip


def _load_run_folder(contender: Contender, pool: ModelPool) -> Classifier:
    entry, record = contender.entry, contender.record
    folder = contender.folder / str(entry.run)
    assert record is not None  # noqa: S101  `load` has looked
    if contender.family in ("majority", "tfidf"):
        from .classifiers.baseline import load_baseline

        return load_baseline(folder, contender.family, entry.name, contender.task)
    return _load_fine_tuned(entry, record, folder, contender.task, pool)


def _load_fine_tuned(entry: ContenderEntry, record: RunRecord, folder: Path, task: Task, pool: ModelPool) -> Classifier:
    from .classifiers.chat import ChatClassifier
    from .classifiers.encoder import EncoderClassifier

    adapted = record.method == "lora"
    model_id, revision = _base_of(entry, record, folder) if adapted else (str(folder), None)
    if record.family == "chat":
        base = pool.chat(model_id, revision)
        adapter = base.attach(folder) if adapted else None
        # Prompts are the run's own task in its own words: what it was taught with.
        return ChatClassifier(
            entry.name, record.task, base,
            adapter=adapter, describe_labels=record.describe_labels, decode=entry.decode,
        )  # fmt: skip
    base = pool.encoder(model_id, len(task.labels), revision)
    adapter = base.attach(folder) if adapted else None
    return EncoderClassifier(entry.name, task, base, adapter=adapter, max_length=record.max_length)


def _base_of(entry: ContenderEntry, record: RunRecord, folder: Path) -> tuple[str, str | None]:
    """Where an adapter's base model is: where the lineup says, else its Hub id and revision."""
    if entry.model:
        return entry.model, entry.revision
    if record.base is None or record.base.weights == "path":
        name = f"the base model {record.base.id!r} came from a folder" if record.base else "no base model is recorded"
        raise InputError(f"{folder}: {name}; say in the lineup where it is, with 'model: FOLDER'.")
    return record.base.id, record.base.revision


def _short(model_id: str) -> str:
    return model_id.rstrip("/").rpartition("/")[2]
