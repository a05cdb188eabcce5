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
    tune_thresholds: bool = field(
        default=True,
        metadata={
            "help": "Tasks with several labels: from which probability each label applies is chosen for the best F1 on "
            "the validation rows; false means from .5."
        },
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
    freeze_vocabulary: bool = field(
        default=False,
        metadata={"help": "Leave the vectors of the tokens as they are: four fifths of a small multilingual encoder."},
    )
    head_learning_rate: float | None = field(
        default=None, metadata={"help": "Of a mean or cls head; by default five times that of the rest."}
    )


@dataclass
class DecoderArguments:
    """What is particular to a decoder with a classification head."""

    method: Literal["full", "head", "lora"] = field(
        default="lora", metadata={"help": "Train LoRA and the head, the head only, or every weight."}
    )
    max_length: int | None = field(
        default=None, metadata={"help": "Tokens of a text; longer ones are cut. By default what the model reads."}
    )


@dataclass
class Seq2SeqArguments:
    """What is particular to an encoder-decoder."""

    method: Literal["full", "lora"] = field(default="lora", metadata={"help": "Train LoRA, or every weight."})
    max_length: int | None = field(
        default=None,
        metadata={"help": "Tokens of instruction and text; longer texts are cut. By default what the model reads."},
    )
    describe_labels: bool = field(default=False, metadata={"help": "Also tell the model what each label means."})


@dataclass
class ClozeArguments:
    """What is particular to a masked language model that fills the gap of a pattern."""

    method: Literal["full", "lora"] = field(default="full", metadata={"help": "Train every weight, or LoRA."})
    max_length: int | None = field(
        default=None,
        metadata={"help": "Tokens of pattern and text; longer texts are cut. By default what the model reads."},
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
class StaticArguments:
    """How static embeddings are distilled from a sentence encoder, and trained; model2vec's own names."""

    pca_dims: int = field(default=256, metadata={"help": "Length of a token's vector, by principal components."})
    sif_coefficient: float = field(
        default=1e-4,
        metadata={"help": "How much more rare tokens count: smooth inverse frequency, above 0 and below 1."},
    )
    learning_rate: float = field(default=1e-3, metadata={"help": "The learning rate of vectors and head."})
    batch_size: int | None = field(
        default=None, metadata={"help": "Rows of a batch; by default 32 to 512, more for more rows."}
    )
    max_epochs: int | None = field(
        default=None,
        metadata={"help": "How often every row is seen at most; by default until no evaluation is better."},
    )
    n_layers: int = field(default=1, metadata={"help": "Hidden layers of the head; 0 is one linear layer."})
    hidden_dim: int = field(default=512, metadata={"help": "Width of a hidden layer."})
    freeze: bool = field(default=False, metadata={"help": "Train the head only, and leave the vectors as distilled."})
    token_dropout: float = field(default=0.0, metadata={"help": "Share of tokens that training leaves out."})
    class_weight: Literal["none", "balanced"] = field(
        default="none", metadata={"help": "balanced lets each label count alike, however many rows it has."}
    )


@dataclass
class SetFitArguments:
    """How SetFit draws its rows and pairs, and trains on them; the library's own names."""

    rows_per_class: int | None = field(
        default=None, metadata={"help": "Train on so many rows of each label, chosen by the seed; by default on all."}
    )
    num_epochs: int = field(default=1, metadata={"help": "How often every pair is seen."})
    num_iterations: int | None = field(
        default=None,
        metadata={"help": "Pairs of like and of unlike texts for each row, in place of --sampling_strategy."},
    )
    sampling_strategy: Literal["oversampling", "undersampling", "unique"] = field(
        default="oversampling",
        metadata={
            "help": "Which pairs are drawn: all, with the rarer kind repeated (oversampling), as many of each kind as "
            "there are of the rarer (undersampling), or each pair once (unique)."
        },
    )
    max_steps: int = field(default=-1, metadata={"help": "Stop after so many batches of pairs; -1 is all pairs."})
    batch_size: int = field(default=16, metadata={"help": "Pairs of a batch."})
    body_learning_rate: float = field(default=2e-5, metadata={"help": "The peak learning rate of the encoder."})
    warmup_proportion: float = field(default=0.1, metadata={"help": "Share of the steps in which the rate rises."})
    l2_weight: float = field(default=0.01, metadata={"help": "Weight decay of the encoder."})


@dataclass
class BaselineArguments:
    """Where the baseline goes, and the seed that chooses its rows."""

    output_dir: str | None = field(default=None, metadata={"help": "The run folder."})
    seed: int = field(default=42, metadata={"help": "Chooses rows for splits and samples."})
    push_to_hub: bool = field(default=False, metadata={"help": "Publish the run folder on the Hub when it is done."})
    hub_model_id: str | None = field(default=None, metadata={"help": "Where to, as owner/name; by default its name."})
    hub_private_repo: bool | None = field(default=None, metadata={"help": "False makes a new repository public."})
