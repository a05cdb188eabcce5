"""The few arguments that training adds to those of TRL and transformers."""

from __future__ import annotations

import dataclasses
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainingArguments
from trl import ModelConfig

from classification.dataset import ReadOptions
from classification.errors import InputError

from .clock import Clock, Patience

#: Arguments that say where or on whose account a run happened; a run folder may be published, so they stay out.
PRIVATE = re.compile(r"token|_dir$|^output|^run_name$|^hub_|^push_|^resume|^project$|_path$|accelerator|deepspeed|fsdp")
#: Arguments that are paths, and that the record has in places of their own.
ELSEWHERE = ("task", "data")


@dataclass
class TaskArguments:
    """What to learn from which rows."""

    task: str | None = field(default=None, metadata={"help": "Task file (YAML), such as tasks/sms-spam.yaml."})
    data: str | None = field(
        default=None,
        metadata={"help": "Labelled rows: a file, a folder of train/validation/test files, or a Hub dataset id. "
                          "By default the task's own dataset."},
    )  # fmt: skip
    text_column: str | None = field(default=None, metadata={"help": "The column that holds the texts."})
    label_column: str | None = field(default=None, metadata={"help": "The column that holds the labels."})
    use_label_values: bool = field(
        default=False,
        metadata={"help": "Read labels through the task's label_values, also where --data is not the task's dataset."},
    )
    train_limit: int | None = field(
        default=None, metadata={"help": "Train on so many rows, chosen by the seed with the classes' shares kept."}
    )
    eval_limit: int | None = field(
        default=None, metadata={"help": "Validate on so many rows during training, chosen in the same way."}
    )
    early_stopping_patience: int | None = field(
        default=None, metadata={"help": "Stop after so many evaluations in a row without a better macro-F1."}
    )

    def read_options(self) -> ReadOptions:
        """How the rows are read."""
        return ReadOptions(self.text_column, self.label_column, self.use_label_values)

    def required_task(self) -> str:
        """The task file.

        Raises:
            InputError: none was given.
        """
        if not self.task:
            raise InputError("no task was given; name a task file with --task, such as tasks/sms-spam.yaml.")
        return self.task


@dataclass
class ComparisonDefaults:
    """Defaults of a trainer's own arguments that a comparison needs; put before the class that they are for."""

    output_dir: str | None = field(default=None, metadata={"help": "The run folder."})
    eval_strategy: str = field(default="epoch", metadata={"help": "When to validate: steps, epoch or no."})
    save_strategy: str = field(default="epoch", metadata={"help": "When to save a checkpoint: steps, epoch or no."})
    load_best_model_at_end: bool = field(default=True, metadata={"help": "Keep the best checkpoint, not the last."})
    metric_for_best_model: str = field(
        default="macro_f1", metadata={"help": "What makes a checkpoint the best: macro_f1, accuracy or loss."}
    )
    greater_is_better: bool | None = field(
        default=None, metadata={"help": "Whether more of that metric is better; follows from the metric."}
    )
    save_total_limit: int = field(default=2, metadata={"help": "Checkpoints to keep."})
    report_to: str = field(default="none", metadata={"help": "Where to log: none, trackio, tensorboard, wandb, ..."})


def command_words(argv: list[str] | None) -> list[str]:
    """The command line, with ``true`` put behind a ``--resume_from_checkpoint`` that names no folder."""
    words = list(sys.argv[1:] if argv is None else argv)
    for place, word in enumerate(words):
        if word == "--resume_from_checkpoint" and (place + 1 == len(words) or words[place + 1].startswith("--")):
            return [*words[: place + 1], "true", *words[place + 1 :]]
    return words


def callbacks(wanted: TaskArguments) -> list[TrainerCallback]:
    """What stands beside a training: the clock and, if that was asked for, who stops it when it gets no better."""
    patience = wanted.early_stopping_patience
    return [Clock(), *([Patience(patience)] if patience else [])]


def asked_model(arguments: ModelConfig) -> tuple[str, str | None]:
    """Id and revision of the model to train; no revision means whichever copy is nearest."""
    defaults = ModelConfig()
    revision = arguments.model_revision if arguments.model_revision != defaults.model_revision else None
    return str(arguments.model_name_or_path), revision


def recorded(arguments: TrainingArguments, *more: object) -> dict[str, Any]:
    """Every hyperparameter as plain JSON values, without paths, accounts and tokens."""
    found: dict[str, Any] = {}
    for source in (arguments, *more):
        found |= {entry.name: getattr(source, entry.name) for entry in dataclasses.fields(source)}  # type: ignore[arg-type]
    kept = {key: value for key, value in sorted(found.items()) if value is not None and not PRIVATE.search(key)}
    return {key: _plain(value) for key, value in kept.items() if key not in ELSEWHERE}


def _plain(value: object) -> object:
    if isinstance(value, str | int | float | bool):
        return getattr(value, "value", value)
    if isinstance(value, list | tuple | set):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return str(value)


def public_source(source: str) -> str:
    """A dataset's name for the record: a Hub id as it is, of a local path only the last part."""
    path = Path(source)
    return path.resolve().name if path.exists() else source
