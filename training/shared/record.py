"""What is being trained (task, rows, base model, settings): kept in every checkpoint, and compared on resumption."""

from __future__ import annotations

import hashlib
import re
import uuid
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from classification.data.rows import Rows
from classification.errors import InputError, one_of, shown
from classification.files.reading import LONGEST_RECORD, read_limited
from classification.runs.record import BaseRecord
from classification.task import Task

RECORD = "training.json"
#: Settings that may change on resumption: the length of the training, logging, and use of the machine.
MAY_DIFFER = re.compile(
    r"num_train_epochs|max_steps|early_stopping_patience|(logging|log|eval|save|ddp|include|do)_.*|report_to|"
    r"disable_tqdm|dataloader_(?!drop_last).*|per_device_eval_batch_size|torch_(?!compile).*|use_cpu|"
    r"skip_memory_metrics|load_best_model_at_end|(train|eval)_limit|(text|label)_column|use_label_values|debug|"
    r"ignore_data_skip|restore_callback_states_from_checkpoint|local_rank|enable_jit_checkpoint|trackio_.*|"
    r"model_name_or_path|model_revision|method|use_peft"
)


class Training(BaseModel):
    """Which training a checkpoint belongs to."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str = Field(default_factory=lambda: uuid.uuid4().hex, description="the same from its start to its end")
    task: str
    labels: tuple[str, ...]
    words: str = Field(description="sha256 of what the task says to a model: instruction, names, verbalizers")
    patterns: tuple[str, ...] = Field(default=(), description="of a cloze; other trainings do not read them")
    train: str = Field(description="fingerprint of the training rows")
    validation: str = Field(description="fingerprint of the rows that choose the checkpoint")
    base: str = Field(description="base model, its revision, and which copy of its weights")
    method: str
    settings: dict[str, Any] = Field(default_factory=dict)

    @classmethod
    def of(
        cls,
        task: Task,
        train: Rows,
        validation: Rows,
        base: BaseRecord,
        method: str,
        settings: dict[str, Any],
        *,
        patterns: tuple[str, ...] = (),
    ) -> Training:
        """The training that these arguments ask for.

        Args:
            task: what is learned.
            train: the rows that are trained on, and no others.
            validation: the rows that the checkpoint is chosen by.
            base: the model that is trained.
            method: full, head or lora.
            settings: hyperparameters, as the run's record has them.
            patterns: those of the task, where the training reads them.
        """
        said = task.model_dump_json(exclude={"examples", "dataset", "patterns"})
        return cls(
            task=task.name,
            labels=tuple(task.label_names),
            words=hashlib.sha256(said.encode("utf-8")).hexdigest(),
            patterns=patterns,
            train=train.fingerprint,
            validation=validation.fingerprint,
            base=" ".join(filter(None, (base.id, base.revision, f"({base.weights})"))),
            method=method,
            settings={key: value for key, value in settings.items() if not MAY_DIFFER.fullmatch(key)},
        )

    def save(self, folder: Path) -> None:
        """Write it into a checkpoint or a run folder, whole or not at all."""
        unfinished = folder / f".{RECORD}"
        unfinished.write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")
        unfinished.replace(folder / RECORD)

    @classmethod
    def of_checkpoint(cls, folder: Path) -> Training | None:
        """The record in a checkpoint or a run folder; ``None`` where there is none that can be read."""
        try:
            return cls.model_validate_json(read_limited(folder / RECORD, LONGEST_RECORD, what="record of a training"))
        except (OSError, ValidationError, InputError):
            return None

    def check_same(self, other: Training, checkpoint: Path) -> None:
        """Refuse to resume a checkpoint with other settings than its own.

        Raises:
            InputError: another task, labels, rows, base model, method or setting is asked for; the sentence says which.
        """
        differs = self._difference(other)
        if differs:
            raise InputError(
                f"{checkpoint} cannot be resumed: {differs}; give the options that it was started with, or leave "
                "--resume_from_checkpoint out to start anew."
            )

    def _difference(self, other: Training) -> str | None:
        if sorted(self.labels) != sorted(other.labels):
            return f"its labels are {_quoted(self.labels)}, and now {_quoted(other.labels)} are given"
        if self.labels != other.labels:
            return f"its labels are in the order {_quoted(self.labels)}, and now in the order {_quoted(other.labels)}"
        for what in ("task", "base", "method"):
            before, now = getattr(self, what), getattr(other, what)
            if before != now:
                return f"its {what} is {shown(before)}, and now {shown(now)} is given"
        if (self.words, self.patterns) != (other.words, other.patterns):
            what = "instruction or the words" if self.words != other.words else "patterns"
            return f"the {what} of the task {self.task} have changed since it was started"
        if self.train != other.train:
            return "its training rows differ from those that are given now"
        if self.validation != other.validation:
            return "its validation rows differ from those that are given now"
        for name in sorted(self.settings.keys() & other.settings.keys()):
            if self.settings[name] != other.settings[name]:
                return f"--{name} was {shown(self.settings[name])}, and is {shown(other.settings[name])} now"
        return None


def _quoted(labels: tuple[str, ...]) -> str:
    shortened = [shown(name, 30) for name in labels[:5]]
    return one_of([*shortened, "more"]) if len(labels) > len(shortened) else ", ".join(shortened)
