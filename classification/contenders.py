"""One contender: what a lineup says of it, and the only place where that becomes a classifier."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .errors import InputError, shown
from .models import ModelPool
from .predictions import Classifier
from .pull import Reference, RemoteRun
from .run import Family, RunRecord
from .task import Task

Approach = Literal["baseline", "zero-shot", "few-shot", "fine-tuned"]
APPROACHES: tuple[Approach, ...] = get_args(Approach)


class ContenderEntry(BaseModel):
    """One contender as the file describes it: a prompt on a model, or a run folder."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=80)]
    approach: Approach
    family: Family | None = Field(default=None, description="by default the run's own; chat for a prompt")
    model: str | None = Field(default=None, description="a chat model to prompt, or a run's base in another place")
    revision: str | None = Field(default=None, description="of the model; a run on the Hub has its own, behind an @")
    run: str | None = Field(
        default=None,
        description="baseline and fine-tuned: a folder, relative to the lineup, or owner/name@revision",
    )
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
        if self.revision and not self.model:
            raise ValueError(
                f"contender {self.name!r}: 'revision' is that of 'model'; for a run write run: owner/name@REVISION"
            )
        return self


@dataclass(frozen=True)
class Contender:
    """One contender, not yet loaded.

    Attributes:
        entry: what the lineup says of it.
        task: what it decides.
        record: its run's, where it has one.
        run: where that run is: a folder, or a repository on the Hub.
        demonstrations: labelled rows that a prompt may show.
        trouble: why it cannot be had at all, as one sentence; else empty.
    """

    entry: ContenderEntry
    task: Task
    record: RunRecord | None = None
    run: Path | RemoteRun | None = None
    demonstrations: Path | None = None
    trouble: str = ""

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
        """One line for people: the model, what was done with it, and for a run on the Hub where it came from."""
        if isinstance(self.run, RemoteRun):
            kept = ", from the cache: the Hub cannot be reached" if self.run.from_cache else ""
            return f"{self._describe()}, {self.run}{kept}"
        return self._describe()

    def _describe(self) -> str:
        if self.trouble:
            return str(self.entry.run)
        if self.record is None:
            shots = f", {self.entry.shots} demonstrations a label" if self.entry.shots else ""
            return f"{_short(str(self.entry.model))}{shots}"
        if not self.record.created:
            return "published without a record of its training"
        rows = f"{self.record.data.rows.get('train', 0):,} rows of {self.record.data.source}"
        if self.record.base is None:
            return f"fitted on {rows}"
        how = {"lora": "LoRA", "full": "all weights", "head": "head only"}.get(self.record.method, self.record.method)
        how = f"{how} as ONNX" if self.record.export else how
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
                **({"export": self.record.export} if self.record.export else {}),
            }
        if isinstance(self.run, RemoteRun):
            found |= {"repository": self.run.reference.repo_id, "commit": self.run.commit}
        return found

    def load(self, pool: ModelPool) -> Classifier:
        """Load what it needs through the pool, which shares base models.

        Raises:
            InputError: weights or rows that it needs cannot be had; the sentence says which.
        """
        if self.trouble:
            raise InputError(self.trouble)
        if self.record is None:
            return _load_prompted(self, pool)
        try:
            return _load_run(self, self.record, pool)
        except InputError:
            raise
        except Exception as error:  # files of strangers make the libraries fail in any of their ways
            if not isinstance(self.run, RemoteRun):
                raise
            reason = shown(str(error).strip().partition("\n")[0], 150)
            raise InputError(f"{self.run}: cannot be loaded ({type(error).__name__}: {reason}).") from error


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


def _load_run(contender: Contender, record: RunRecord, pool: ModelPool) -> Classifier:
    onnx = record.export == "onnx"
    folder = contender.run.download(onnx=onnx) if isinstance(contender.run, RemoteRun) else Path(str(contender.run))
    if contender.family in ("majority", "tfidf"):
        from .classifiers.baseline import load_baseline

        return load_baseline(folder, contender.family, contender.name, contender.task)
    if onnx:
        from .classifiers.onnx import OnnxClassifier

        return OnnxClassifier(contender.name, contender.task, folder, record)
    return _load_fine_tuned(contender, record, folder, pool)


def _load_fine_tuned(contender: Contender, record: RunRecord, folder: Path, pool: ModelPool) -> Classifier:
    from .classifiers.chat import ChatClassifier
    from .classifiers.encoder import EncoderClassifier

    entry, task = contender.entry, contender.task
    adapted = record.method == "lora"
    model_id, revision = _base_of(entry, record, folder) if adapted else (str(folder), None)
    if record.family == "chat":
        base = pool.chat(model_id, revision)
        _check_whole(contender, base.missing if not adapted else ())
        adapter = base.attach(folder) if adapted else None
        # Prompts are the run's own task in its own words: what it was taught with.
        return ChatClassifier(
            entry.name, record.task, base,
            adapter=adapter, describe_labels=record.describe_labels, decode=entry.decode,
        )  # fmt: skip
    base = pool.encoder(model_id, len(task.labels), revision)
    _check_whole(contender, base.missing if not adapted else ())
    adapter = base.attach(folder) if adapted else None
    columns = [record.task.index(name) for name in task.label_names]
    return EncoderClassifier(entry.name, task, base, adapter=adapter, max_length=record.max_length, columns=columns)


def _check_whole(contender: Contender, missing: tuple[str, ...]) -> None:
    """A whole model that lacks weights would answer by chance: the library draws what it does not find."""
    if missing:
        raise InputError(
            f"{contender.run}: its files lack the weights {shown(missing[0])}, without which it would answer by "
            "chance; publish or save the whole model again."
        )


def _base_of(entry: ContenderEntry, record: RunRecord, folder: Path) -> tuple[str, str | None]:
    """Where an adapter's base model is: where the lineup says, else its Hub id and revision."""
    named = record.base.id if record.base else "no base model"
    elsewhere = entry.model and Reference.parse(entry.model) and not Path(entry.model).is_dir()
    if elsewhere and entry.model != named:
        raise InputError(f"{entry.name}: the adapter stands on {named}, not on {entry.model}; leave 'model' out.")
    if entry.model:
        return entry.model, entry.revision
    if record.base is None or record.base.from_folder:
        name = f"the base model {record.base.id!r} came from a folder" if record.base else "no base model is recorded"
        raise InputError(f"{folder}: {name}; say in the lineup where it is, with 'model: FOLDER'.")
    return record.base.id, record.base.revision


def _short(model_id: str) -> str:
    return model_id.rstrip("/").rpartition("/")[2]
