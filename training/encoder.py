r"""Fine-tune an encoder with transformers' `Trainer`: every weight, the head only, or LoRA.

    python -m training.encoder --task tasks/sms-spam.yaml --data rows.csv --output_dir runs/sms-minilm \
        --model_name_or_path sentence-transformers/all-MiniLM-L6-v2 --method lora --lora_r 16 --learning_rate 1e-3

Flags of `TrainingArguments` and the LoRA flags of TRL's `ModelConfig` work, or are refused with the reason;
``--config file.yaml`` holds any of them.
"""
# ruff: noqa: E402  the question for help is answered before the heavy imports

from __future__ import annotations

if __name__ == "__main__":  # before the libraries below are imported, which takes seconds
    from classification.network.endpoint import end_without_address

    from .shared.quick_help import answer_help

    answer_help("encoder", __doc__)
    end_without_address()


from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from peft import LoraConfig, get_peft_model
from transformers import DataCollatorWithPadding, EvalPrediction, Trainer, TrainingArguments, set_seed
from trl import ModelConfig, TrlParser

from classification.classifiers.encoder import EncoderClassifier, context_length, probabilities
from classification.data.dataset import Rows
from classification.errors import InputError
from classification.files.writing import made
from classification.models.embeddings import PoolingKind
from classification.models.pool import LoadedModel, ModelPool, locate
from classification.predictions import decide
from classification.runs.folder import check_place
from classification.task import Task, load_task
from comparison.scores import accuracy_and_macro_f1

from .shared.arguments import asked_model, callbacks, hyperparameters_of
from .shared.checkpoints import WholeCheckpoints, resume_point
from .shared.command import recorded_command
from .shared.data import at_most, tell_cut, training_splits
from .shared.finish import TrainingResult, base_record, command_line, finish, save_weights
from .shared.flags import check_flags, check_length, check_targets, parse_arguments
from .shared.options import ComparisonDefaults, EncoderArguments, TaskArguments
from .shared.pooled import head_parameters, head_rate, pooling_for, save_pooled, split_head, with_pooled_head
from .shared.publishing import push_run, requested_push
from .shared.record import Training
from .shared.seen import hashes_of_training

#: Names that a classification head, and the pooling before it, has across transformers' encoders.
HEADS = ("classifier", "score", "pooler", "pre_classifier", "head", "classification_head")


@dataclass
class EncoderTrainingArguments(ComparisonDefaults, TrainingArguments):
    """The Trainer's arguments with the defaults that a comparison needs: validation, best checkpoint, warm-up."""

    per_device_train_batch_size: int = field(default=16, metadata={"help": "Rows of a training batch."})
    per_device_eval_batch_size: int = field(default=64, metadata={"help": "Rows of a validation batch."})
    warmup_steps: float = field(default=0.06, metadata={"help": "Steps of warm-up, or below 1 a share of all steps."})


class EncoderTrainer(WholeCheckpoints, Trainer):
    """transformers' `Trainer` with whole checkpoints, and a learning rate of its own for a pooled head."""

    head_rate: float | None = None

    def create_optimizer(self, *args: Any, **kwargs: Any) -> torch.optim.Optimizer:
        """The optimizer, made once; the scheduler takes each group's rate as its peak."""
        made_before = self.optimizer is not None
        optimizer: torch.optim.Optimizer = super().create_optimizer(*args, **kwargs)
        if self.head_rate is not None and not made_before:
            split_head(optimizer, self.model, self.head_rate)
        return optimizer


def main(argv: list[str] | None = None) -> None:
    """Train, and write the run folder."""
    parser = TrlParser(
        (TaskArguments, EncoderArguments, EncoderTrainingArguments, ModelConfig), prog="python -m training.encoder"
    )
    options, encoder, args, model_args = parse_arguments(parser, argv)
    check_flags(args, options, encoder, model_args)
    command = recorded_command("training.encoder", argv)
    task = load_task(options.required_task())
    if not model_args.model_name_or_path or not args.output_dir:
        raise InputError("--model_name_or_path and --output_dir are needed: which model to train, and where it goes.")
    check_place(Path(args.output_dir))
    push_request = requested_push(args)
    splits, train, validation = training_splits(task, options.data, args.seed, options.read_options())
    train, held_out = (
        at_most(train, options.train_limit, args.seed),
        at_most(validation, options.eval_limit, args.seed),
    )
    check_length(args, len(train))
    set_seed(args.seed)  # before the head gets its first weights
    model_id, revision = asked_model(model_args)
    base, kind = _untrained(task, model_id, revision, encoder.pooling)
    encoder.max_length = encoder.max_length or context_length(base)
    settings = hyperparameters_of(args, encoder, model_args)
    training = Training.of(task, train, held_out, base_record(base.weights), encoder.method, settings)
    checkpoint, training = resume_point(args, training)
    with made(Path(args.output_dir), "--output_dir"):
        trainer = build_trainer(task, train, held_out, base, options, encoder, args, model_args)
        trainer.training, trainer.seen = training, hashes_of_training(train, validation, base=base.weights)
        trainer.train_whole(checkpoint)
        adapter = "default" if encoder.method == "lora" else None
        classifier = EncoderClassifier("trained", task, base, adapter=adapter, max_length=encoder.max_length)
        result = TrainingResult(
            "encoder", encoder.method, task, splits, train, base.weights, trainer, classifier, trainer.seen,
            save_weights=save_pooled if kind else save_weights,
        )  # fmt: skip
        fields = {"max_length": encoder.max_length, "command": command, "pooling": kind}
        finish(result, args, (options, encoder, model_args), fields)
    push_run(push_request, Path(args.output_dir))


def _untrained(task: Task, model_id: str, revision: str | None, pooling: str) -> tuple[LoadedModel, PoolingKind | None]:
    """The encoder with a new head; how its hidden states are pooled, ``None`` for transformers' own head."""
    pool = ModelPool()
    kind = pooling_for(locate(model_id, revision), pooling)
    if kind is None:
        return pool.encoder(model_id, len(task.labels), revision), None
    base = pool.bare_encoder(model_id, revision)
    base.model = with_pooled_head(base, task, kind)  # type: ignore[assignment]
    return base, kind


def build_trainer(
    task: Task, train: Rows, held_out: Rows, base: LoadedModel,
    options: TaskArguments, encoder: EncoderArguments, args: TrainingArguments, model_args: ModelConfig,
) -> EncoderTrainer:  # fmt: skip
    """A trainer over these rows; ``base.model`` becomes the model that is trained."""
    base.model.config.id2label = dict(enumerate(task.label_names))
    base.model.config.label2id = {name: column for column, name in enumerate(task.label_names)}
    if encoder.method == "lora":
        base.model = get_peft_model(base.model, _lora(base.model, model_args))
    elif encoder.method == "head":
        for name, parameter in base.model.named_parameters():
            parameter.requires_grad = any(part in HEADS for part in name.split("."))
    trainer = EncoderTrainer(
        model=base.model,
        args=args,
        train_dataset=tokenized(train, task, base, encoder.max_length),
        eval_dataset=tokenized(held_out, task, base, encoder.max_length),
        processing_class=base.tokenizer,
        data_collator=DataCollatorWithPadding(base.tokenizer),
        compute_metrics=lambda found: metrics(found, len(task.labels)),
        callbacks=callbacks(options),
    )
    if head_parameters(base.model):
        trainer.head_rate = head_rate(encoder, args.learning_rate)
    return trainer


def tokenized(rows: Rows, task: Task, base: LoadedModel, max_length: int | None) -> Dataset:
    """Token ids and label column of each row, in the rows' order; how many texts had to be cut is logged."""
    encoded = base.tokenizer(list(rows.texts), truncation=True, max_length=max_length)
    full = [text for text, ids in zip(rows.texts, encoded["input_ids"], strict=True) if len(ids) == max_length]
    lengths = map(len, base.tokenizer(full)["input_ids"]) if full and max_length else ()
    tell_cut(sum(length > (max_length or 0) for length in lengths), len(rows), max_length)
    return Dataset.from_dict({**encoded, "labels": rows.targets(task).tolist()})


def metrics(found: EvalPrediction, labels: int) -> dict[str, float]:
    """Macro-F1 and accuracy from the labels that came back with the logits, whatever order rows were read in."""
    shares = probabilities(np.asarray(found.predictions), multi_label=False)
    targets = np.eye(labels, dtype=np.bool_)[np.asarray(found.label_ids)]
    valid = np.ones(len(shares), dtype=np.bool_)
    return accuracy_and_macro_f1(targets, decide(shares, valid, multi_label=False), valid)


def _lora(model: torch.nn.Module, model_args: ModelConfig) -> LoraConfig:
    """LoRA on every linear layer of the encoder; the head, which starts from nothing, is trained whole."""
    check_targets(model, model_args)
    heads = sorted({part for name, _ in model.named_modules() for part in name.split(".") if part in HEADS})
    return LoraConfig(
        task_type=None if head_parameters(model) else "SEQ_CLS",
        r=model_args.lora_r,
        lora_alpha=model_args.lora_alpha,
        lora_dropout=model_args.lora_dropout,
        use_rslora=model_args.use_rslora,
        use_dora=model_args.use_dora,
        target_modules=model_args.lora_target_modules or _linear_outside_heads(model, heads),
        modules_to_save=model_args.lora_modules_to_save or (["head"] if head_parameters(model) else heads),
    )


def _linear_outside_heads(model: torch.nn.Module, heads: list[str]) -> str:
    """A pattern for the linear layers inside the encoder's blocks; ``all-linear`` would take the heads as well."""
    names: set[str] = set()
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Linear) and not set(name.split(".")) & set(heads):
            names.add(name)
    if not names:
        raise InputError("this encoder has no linear layers that LoRA could adapt; use --method full.")
    return rf"({'|'.join(sorted(name.replace('.', '[.]') for name in names))})"


if __name__ == "__main__":
    command_line(main)
