"""One contender: what a lineup says of it, what it has seen, and how it becomes a classifier."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, get_args

from pydantic import AfterValidator, Field, model_validator

from .classifiers.loading import PromptToLoad, RunToLoad, files_of, load_prompt, load_run
from .errors import InputError, shown
from .families import FAMILIES, PROMPTED, known_family
from .models.pool import ModelPool
from .predictions import Classifier
from .prompting.settings import PromptSettings
from .runs.hashes import texts_are_its_own
from .runs.record import HASHES_FILE, RunRecord
from .runs.remote import RemoteRun
from .task import Task

if (
    TYPE_CHECKING
):  # they import the libraries that rows are read with, which whoever only looks at a lineup does without
    from .prompting.demonstrations import ChosenDemonstrations
    from .runs.seen import Seen, TextHashes

logger = logging.getLogger(__name__)

Approach = Literal["baseline", "zero-shot", "few-shot", "fine-tuned"]
APPROACHES: tuple[Approach, ...] = get_args(Approach)


class ContenderEntry(PromptSettings):
    """One contender as the file describes it: a prompt on a model, or a run folder."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    approach: Approach
    family: Annotated[str, AfterValidator(known_family)] | None = Field(
        default=None, description="by default the run's own; chat for a prompt"
    )
    model: str | None = Field(default=None, description="a chat model to prompt, or a run's base in another place")
    revision: str | None = Field(default=None, description="of the model; a run on the Hub has its own, behind an @")
    run: str | None = Field(
        default=None,
        description="baseline and fine-tuned: a folder, relative to the lineup, or owner/name@revision",
    )
    label_map: dict[str, str] | None = Field(
        default=None,
        min_length=2,
        description="a classifier that others trained: its label, or an output's number from 0, to the task's label",
    )

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
        if self.label_map and self.approach != "fine-tuned":
            raise ValueError(f"contender {self.name!r}: approach {self.approach} takes no 'label_map'; remove it")
        if not prompted and self.prompt_keys():
            key = self.prompt_keys()[0]
            raise ValueError(f"contender {self.name!r}: approach {self.approach} takes no {key!r}; remove it")
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
        demonstrations: training rows that a prompt may show: a file, a folder, or a dataset on the Hub.
        error: why it cannot be had at all, as one sentence; else empty.
    """

    entry: ContenderEntry
    task: Task
    record: RunRecord | None = None
    run: Path | RemoteRun | None = None
    demonstrations: Path | None = None
    error: str = ""

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
        """What kind of model answers; see `classification.families`."""
        return self.entry.family or (self.record.family if self.record else PROMPTED)

    def describe(self) -> str:
        """One line for people: the model, what was done with it, and for a run on the Hub where it came from."""
        if isinstance(self.run, RemoteRun):
            kept = ", from the cache: the Hub cannot be reached" if self.run.from_cache else ""
            return f"{self._describe()}, {self.run}{kept}"
        return self._describe()

    def _describe(self) -> str:
        if self.error:
            return str(self.entry.run)
        if self.record is None:
            return ", ".join([_short(str(self.entry.model)), *self.entry.in_words()])
        if not self.record.created:
            how = "published" if isinstance(self.run, RemoteRun) else "saved"
            return f"{how} without a record of its training"
        rows = f"{self.record.data.rows.get('train', 0):,} rows of {self.record.data.source}"
        if self.record.base is None:
            return f"fitted on {rows}"
        return f"{_short(self.record.base.id)}, {self.record.how}, {rows}"

    def files_mark(self) -> list[tuple[str, int, int]]:
        """Names, sizes and times of change of the local files that it is loaded from."""
        folders = [Path(str(place)) for place in (self.run, self.entry.model) if isinstance(place, str | Path)]
        files = [file for folder in folders if folder.is_dir() for file in sorted(folder.iterdir()) if file.is_file()]
        return [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]

    def configuration(self, demonstrations: ChosenDemonstrations | None = None) -> dict[str, object]:
        """Everything that decides its answers, as JSON values, for the record of an evaluation.

        Args:
            demonstrations: the demonstrations that it was loaded with; of their texts only hashes are recorded.
        """
        found: dict[str, object] = self.entry.model_dump(exclude_none=True, exclude={"name", "run"})
        if self.entry.needs_rows and demonstrations is not None:
            found |= demonstrations.record()
        if self.record:
            found |= {
                "base": self.record.base.model_dump(exclude_none=True) if self.record.base else None,
                "method": self.record.method,
                "data": self.record.data.model_dump(),
                "training_seconds": self.record.seconds,
                **({"run_id": self.record.id} if self.record.id else {}),
                **({"export": self.record.export} if self.record.export else {}),
            }
        if isinstance(self.run, RemoteRun):
            found |= {"repository": self.run.reference.repo_id, "commit": self.run.commit}
        return found

    def choose_demonstrations(self, evaluated: Iterable[str] = ()) -> ChosenDemonstrations:
        """The rows that its prompt is going to show; none but for few-shot.

        Args:
            evaluated: texts that it is going to be evaluated on, none of which is shown.

        Raises:
            InputError: the rows cannot be had, are no training rows, or are too few; see `demonstrations.choose`.
        """
        from .prompting.demonstrations import ChosenDemonstrations, choose

        entry, pool = self.entry, self.demonstrations
        if pool is None or not entry.needs_rows:
            return ChosenDemonstrations()
        return choose(pool, self.task, entry, evaluated=evaluated, name=entry.name)

    def seen(self, texts: Sequence[str], demonstrations: ChosenDemonstrations | None = None) -> Seen | None:
        """How many of these texts it has seen before: in a training of this project, or in its own prompt.

        Args:
            texts: of the rows that it is evaluated on.
            demonstrations: the demonstrations that it was loaded with.

        Returns:
            ``None`` where that is not known: for an older run, or one whose maker kept no hashes of its texts.
            What a base model was pretrained on is known to nobody and is not counted.
        """
        known = _hashes(self)
        return None if known is None else known.count(texts, demonstrations.texts if demonstrations else ())

    def load(self, pool: ModelPool, demonstrations: ChosenDemonstrations | None = None) -> Classifier:
        """Load what it needs through the pool, which shares base models.

        Args:
            pool: of base models.
            demonstrations: the demonstrations to show; by default they are chosen here, with no row being evaluated.

        Raises:
            InputError: weights or rows that it needs cannot be had; the sentence says which.
        """
        if self.error:
            raise InputError(self.error)
        if self.record is None or self.run is None:
            return self._load_prompt(pool, demonstrations or self.choose_demonstrations())
        try:
            folder = files_of(self.run, self.record)
            run = RunToLoad(
                self.name,
                self.task,
                self.record,
                folder,
                str(self.run),
                pool,
                model=self.entry.model,
                revision=self.entry.revision,
                decode=self.entry.decode,
            )
            return load_run(run, self.family)
        except InputError:
            raise
        except Exception as error:  # files of strangers make the libraries fail in any of their ways
            if not isinstance(self.run, RemoteRun) and self.record.created:
                raise
            reason = shown(str(error).strip().partition("\n")[0], 150)
            raise InputError(f"{self.run}: cannot be loaded ({type(error).__name__}: {reason}).") from error

    def _load_prompt(self, pool: ModelPool, chosen: ChosenDemonstrations) -> Classifier:
        entry = self.entry
        prompt = PromptToLoad(
            entry.name,
            self.task,
            str(entry.model),
            entry.revision,
            pool,
            demonstrations=chosen.demonstrations,
            candidates=chosen.candidates,
            calibration=chosen.calibration,
            form=entry,
        )
        return load_prompt(prompt, self.family)


def reordered(contender: Contender) -> Contender | None:
    """A prompted contender whose prompt lists the labels in the opposite order; ``None`` where no prompt lists them."""
    if contender.record is not None or not FAMILIES[contender.family].is_chat or contender.error:
        return None
    order = "given" if contender.entry.label_order == "reversed" else "reversed"
    return replace(contender, entry=contender.entry.model_copy(update={"label_order": order}))


def _hashes(contender: Contender) -> TextHashes | None:
    """Of the texts that its model was trained on; ``None`` where nobody kept them."""
    from .runs.seen import TextHashes, hashes_in, hashes_of_base

    if contender.run is not None:
        folder = contender.run.hashes_folder() if isinstance(contender.run, RemoteRun) else contender.run
        found = None if folder is None else hashes_in(folder)
        if folder is None or found is None or contender.record is None:
            return found
        if texts_are_its_own(folder, contender.record):
            return found
        logger.warning(
            "%s: %s is not the file that its run.json describes, so nobody knows.", contender.run, HASHES_FILE
        )
        return None
    model = contender.entry.model
    return hashes_of_base(model) if model and Path(model).is_dir() else TextHashes()


def _short(model_id: str) -> str:
    return model_id.rstrip("/").rpartition("/")[2]
