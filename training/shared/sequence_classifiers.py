"""Training a model with a sequence-classification head: what `training.encoder` and `training.decoder` share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from peft import LoraConfig, get_peft_model
from transformers import DataCollatorWithPadding, EvalPrediction, Trainer, TrainingArguments
from trl import ModelConfig

from classification.classifiers.encoder import probabilities
from classification.data.dataset import Rows
from classification.errors import InputError
from classification.models.pool import LoadedModel
from classification.predictions import decide
from classification.task import Task
from comparison.prediction_table import target_matrix
from comparison.scores import accuracy_and_macro_f1

from .arguments import callbacks
from .checkpoints import WholeCheckpoints
from .data import tell_cut
from .flags import check_targets, named_layers
from .options import ComparisonDefaults
from .pooled import head_parameters, split_head
from .quantized import ready_for_lora
from .setup import TrainingSetup

#: Names that a classification head, and the pooling before it, has across transformers' models.
HEADS = ("classifier", "score", "pooler", "pre_classifier", "head", "classification_head")


@dataclass
class ClassifierTrainingArguments(ComparisonDefaults, TrainingArguments):
    """The Trainer's arguments with the defaults that a comparison needs: validation, best checkpoint, warm-up."""

    per_device_train_batch_size: int = field(default=16, metadata={"help": "Rows of a training batch."})
    per_device_eval_batch_size: int = field(default=64, metadata={"help": "Rows of a validation batch."})
    warmup_steps: float = field(default=0.06, metadata={"help": "Steps of warm-up, or below 1 a share of all steps."})


class ClassifierTrainer(WholeCheckpoints, Trainer):
    """transformers' `Trainer` with whole checkpoints, and a learning rate of its own for a pooled head."""

    head_rate: float | None = None

    def create_optimizer(self, *args: Any, **kwargs: Any) -> torch.optim.Optimizer:
        """The optimizer, made once; the scheduler takes each group's rate as its peak."""
        made_before = self.optimizer is not None
        optimizer: torch.optim.Optimizer = super().create_optimizer(*args, **kwargs)
        if self.head_rate is not None and not made_before:
            split_head(optimizer, self.model, self.head_rate)
        return optimizer


def build_trainer(setup: TrainingSetup, base: LoadedModel, *, method: str, max_length: int | None) -> ClassifierTrainer:
    """A trainer over the rows of a setup; ``base.model`` becomes the model that is trained."""
    task = setup.task
    config = base.model.config
    config.id2label = dict(enumerate(task.label_names))
    config.label2id = {name: column for column, name in enumerate(task.label_names)}
    config.problem_type = "multi_label_classification" if task.multi_label else "single_label_classification"
    if method == "lora":
        ready_for_lora(base, gradient_checkpointing=setup.args.gradient_checkpointing)
        base.model = get_peft_model(base.model, lora_config(base.model, setup.model_args))
    elif method == "head":
        for name, parameter in base.model.named_parameters():
            parameter.requires_grad = any(part in HEADS for part in name.split("."))
    return ClassifierTrainer(
        model=base.model,
        args=setup.args,
        train_dataset=tokenized(setup.train, task, base, max_length),
        eval_dataset=tokenized(setup.held_out, task, base, max_length),
        processing_class=base.tokenizer,
        data_collator=DataCollatorWithPadding(base.tokenizer),
        compute_metrics=lambda found: metrics(found, task),
        callbacks=callbacks(setup.options),
    )


def tokenized(rows: Rows, task: Task, base: LoadedModel, max_length: int | None) -> Dataset:
    """Token ids and labels of each row, in the rows' order; how many texts had to be cut is logged.

    ``labels`` is the column of the row's label, or for a multi-label task 0.0 or 1.0 for each label.
    """
    encoded = base.tokenizer(list(rows.texts), truncation=True, max_length=max_length)
    full = [text for text, ids in zip(rows.texts, encoded["input_ids"], strict=True) if len(ids) == max_length]
    lengths = map(len, base.tokenizer(full)["input_ids"]) if full and max_length else ()
    tell_cut(sum(length > (max_length or 0) for length in lengths), len(rows), max_length)
    held = target_matrix(rows, task)
    labels = held.astype(np.float32) if task.multi_label else held.argmax(axis=1)
    return Dataset.from_dict({**encoded, "labels": labels.tolist()})


def metrics(found: EvalPrediction, task: Task) -> dict[str, float]:
    """Macro-F1 and accuracy from the labels that came back with the logits, whatever order rows were read in."""
    shares = probabilities(np.asarray(found.predictions), multi_label=task.multi_label)
    labels = np.asarray(found.label_ids)
    targets = labels > 0 if task.multi_label else np.eye(len(task.labels), dtype=np.bool_)[labels]
    valid = np.ones(len(shares), dtype=np.bool_)
    return accuracy_and_macro_f1(targets, decide(shares, valid, multi_label=task.multi_label), valid)


def lora_config(model: torch.nn.Module, model_args: ModelConfig) -> LoraConfig:
    """LoRA on every linear layer of the blocks; the head, which starts from nothing, is trained whole."""
    check_targets(model, model_args)
    heads = sorted({part for name, _ in model.named_modules() for part in name.split(".") if part in HEADS})
    return LoraConfig(
        task_type=None if head_parameters(model) else "SEQ_CLS",
        r=model_args.lora_r,
        lora_alpha=model_args.lora_alpha,
        lora_dropout=model_args.lora_dropout,
        use_rslora=model_args.use_rslora,
        use_dora=model_args.use_dora,
        target_modules=named_layers(model, model_args.lora_target_modules) or _linear_outside_heads(model, heads),
        modules_to_save=model_args.lora_modules_to_save or (["head"] if head_parameters(model) else heads),
    )


def _linear_outside_heads(model: torch.nn.Module, heads: list[str]) -> str:
    """A pattern for the linear layers inside the model's blocks; ``all-linear`` would take the heads as well."""
    names: set[str] = set()
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Linear) and not set(name.split(".")) & set(heads):
            names.add(name)
    if not names:
        raise InputError("this model has no linear layers that LoRA could adapt; use --method full.")
    return rf"({'|'.join(sorted(name.replace('.', '[.]') for name in names))})"
