"""Options of our own, which every script adds to those of TRL and transformers; read without a model library."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from classification.data.reading.sources import ReadOptions
from classification.errors import InputError


@dataclass
class TaskArguments:
    """What to learn from which rows."""

    task: str | None = field(default=None, metadata={"help": "Task file (YAML), such as tasks/sms-spam.yaml."})
    data: str | None = field(
        default=None,
        metadata={
            "help": "Labelled rows: a file, a folder of train/validation/test files, or a Hub dataset id. "
            "By default the task's own dataset."
        },
    )
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
        default=None, metadata={"help": "Stop after so many evaluations without a better metric_for_best_model."}
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


@dataclass
class ChatArguments:
    """What is particular to a chat model."""

    describe_labels: bool = field(
        default=False, metadata={"help": "Also tell the model what each label means, at every prompt."}
    )
    lora_layers: int | None = field(
        default=None,
        metadata={"help": "Adapt the last so many layers only: a quarter less time a step when a third is left out."},
    )
    share_prefix: bool = field(
        default=True, metadata={"help": "Compute the start that all prompts share once a batch, without padding."}
    )


@dataclass
class EncoderArguments:
    """What is particular to an encoder."""

    method: Literal["full", "head", "lora"] = field(
        default="full", metadata={"help": "Train every weight, the classification head only, or LoRA and the head."}
    )
    max_length: int | None = field(
        default=None, metadata={"help": "Tokens of a text; longer ones are cut. By default what the encoder reads."}
    )
    pooling: Literal["auto", "first", "mean", "cls"] = field(
        default="auto",
        metadata={
            "help": "The head: transformers' own on the first token (first), or one over the mean of all tokens or the "
            "first of them (mean, cls); auto is mean or cls for encoders that say so in 1_Pooling, else first."
        },
    )
    head_learning_rate: float | None = field(
        default=None, metadata={"help": "Of a mean or cls head; by default five times that of the rest."}
    )


@dataclass
class SentenceEncoderArguments:
    """Which sentence encoder to stand on, and how it is read."""

    model_name_or_path: str | None = field(default=None, metadata={"help": "The encoder: a Hub id or a folder."})
    model_revision: str | None = field(default=None, metadata={"help": "A branch, tag or commit of it on the Hub."})
    pooling: Literal["auto", "mean", "cls"] = field(
        default="auto",
        metadata={"help": "How tokens become one vector: their mean, or the first; auto is what the model says."},
    )
    max_length: int | None = field(
        default=None, metadata={"help": "Tokens of a text; longer ones are cut. By default what the encoder reads."}
    )


@dataclass
class BaselineArguments:
    """Where the baseline goes, and the seed that chooses its rows."""

    output_dir: str | None = field(default=None, metadata={"help": "The run folder."})
    seed: int = field(default=42, metadata={"help": "Chooses rows for splits and samples."})
    push_to_hub: bool = field(default=False, metadata={"help": "Publish the run folder on the Hub when it is done."})
    hub_model_id: str | None = field(default=None, metadata={"help": "Where to, as owner/name; by default its name."})
    hub_private_repo: bool | None = field(default=None, metadata={"help": "False makes a new repository public."})
