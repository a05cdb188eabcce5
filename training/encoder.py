"""Fine-tune an encoder with transformers' `Trainer`: every weight, the head only, or LoRA.

    python -m training.encoder --task tasks/sms-spam.yaml --data rows.csv --output_dir runs/sms-minilm \
        --model_name_or_path sentence-transformers/all-MiniLM-L6-v2 --method lora --lora_r 16 --learning_rate 1e-3

Every flag of `TrainingArguments` and the LoRA flags of TRL's `ModelConfig` work, and ``--config file.yaml``
holds any of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from datasets import Dataset
from peft import LoraConfig, get_peft_model
from sklearn.metrics import accuracy_score, f1_score
from transformers import DataCollatorWithPadding, EvalPrediction, Trainer, TrainingArguments, set_seed
from trl import ModelConfig, TrlParser

from classification.classifiers.encoder import EncoderClassifier, context_length
from classification.dataset import Rows
from classification.errors import InputError
from classification.models import Base, ModelPool
from classification.task import Task, load_task

from .arguments import ComparisonDefaults, TaskArguments, asked_model, callbacks, command_words, resume_point
from .data import at_most, training_splits
from .finish import Outcome, command_line, finish
from .publishing import fulfil, wished

#: Names that a classification head, and the pooling before it, has across transformers' encoders.
HEADS = ("classifier", "score", "pooler", "pre_classifier", "head", "classification_head")


@dataclass
class EncoderArguments:
    """What is particular to an encoder."""

    method: Literal["full", "head", "lora"] = field(
        default="full", metadata={"help": "Train every weight, the classification head only, or LoRA and the head."}
    )
    max_length: int | None = field(
        default=None, metadata={"help": "Tokens of a text; longer ones are cut. By default what the encoder reads."}
    )


@dataclass
class EncoderTrainingArguments(ComparisonDefaults, TrainingArguments):
    """The Trainer's arguments with the defaults that a comparison needs: validation, best checkpoint, warm-up."""

    per_device_train_batch_size: int = field(default=16, metadata={"help": "Rows of a training batch."})
    per_device_eval_batch_size: int = field(default=64, metadata={"help": "Rows of a validation batch."})
    warmup_steps: float = field(default=0.06, metadata={"help": "Steps of warm-up, or below 1 a share of all steps."})


def main(argv: list[str] | None = None) -> None:
    """Train, and write the run folder."""
    parser = TrlParser(
        (TaskArguments, EncoderArguments, EncoderTrainingArguments, ModelConfig), prog="python -m training.encoder"
    )
    wanted, encoder, args, model_args = parser.parse_args_and_config(command_words(argv))
    task = load_task(wanted.required_task())
    if not model_args.model_name_or_path or not args.output_dir:
        raise InputError("--model_name_or_path and --output_dir are needed: which model to train, and where it goes.")
    wish = wished(args)
    splits, train, validation = training_splits(task, wanted.data, args.seed)
    set_seed(args.seed)  # before the head gets its first weights
    model_id, revision = asked_model(model_args)
    base = ModelPool().encoder(model_id, len(task.labels), revision)
    encoder.max_length = encoder.max_length or context_length(base)
    trainer = build_trainer(task, train, validation, base, wanted, encoder, args, model_args)
    result = trainer.train(resume_from_checkpoint=resume_point(args))
    classifier = EncoderClassifier(
        "trained", task, base, adapter="default" if encoder.method == "lora" else None, max_length=encoder.max_length
    )
    outcome = Outcome("encoder", encoder.method, task, splits, base.weights, result, trainer, classifier)
    finish(outcome, args, (wanted, encoder, model_args), {"max_length": encoder.max_length})
    fulfil(wish, Path(args.output_dir))


def build_trainer(
    task: Task, train: Rows, validation: Rows, base: Base,
    wanted: TaskArguments, encoder: EncoderArguments, args: TrainingArguments, model_args: ModelConfig,
) -> Trainer:  # fmt: skip
    """A trainer over these rows; ``base.model`` becomes the model that is trained."""
    base.model.config.id2label = dict(enumerate(task.label_names))
    base.model.config.label2id = {name: column for column, name in enumerate(task.label_names)}
    if encoder.method == "lora":
        base.model = get_peft_model(base.model, _lora(base.model, model_args))
    elif encoder.method == "head":
        for name, parameter in base.model.named_parameters():
            parameter.requires_grad = any(part in HEADS for part in name.split("."))
    return Trainer(
        model=base.model,
        args=args,
        train_dataset=tokenized(at_most(train, wanted.train_limit, args.seed), task, base, encoder.max_length),
        eval_dataset=tokenized(at_most(validation, wanted.eval_limit, args.seed), task, base, encoder.max_length),
        processing_class=base.tokenizer,
        data_collator=DataCollatorWithPadding(base.tokenizer),
        compute_metrics=lambda found: metrics(found, len(task.labels)),
        callbacks=callbacks(wanted),
    )


def tokenized(rows: Rows, task: Task, base: Base, max_length: int | None) -> Dataset:
    """Token ids and label column of each row, in the rows' order."""
    encoded = base.tokenizer(list(rows.texts), truncation=True, max_length=max_length)
    return Dataset.from_dict({**encoded, "labels": rows.targets(task).tolist()})


def metrics(found: EvalPrediction, labels: int) -> dict[str, float]:
    """Macro-F1 and accuracy from the labels that came back with the logits, whatever order rows were read in."""
    best, targets = np.argmax(found.predictions, axis=-1), found.label_ids
    macro_f1 = f1_score(targets, best, labels=list(range(labels)), average="macro", zero_division=0)
    return {"macro_f1": float(macro_f1), "accuracy": float(accuracy_score(targets, best))}


def _lora(model: torch.nn.Module, model_args: ModelConfig) -> LoraConfig:
    """LoRA on every linear layer of the encoder; the head, which starts from nothing, is trained whole."""
    heads = sorted({part for name, _ in model.named_modules() for part in name.split(".") if part in HEADS})
    return LoraConfig(
        task_type="SEQ_CLS",
        r=model_args.lora_r,
        lora_alpha=model_args.lora_alpha,
        lora_dropout=model_args.lora_dropout,
        use_rslora=model_args.use_rslora,
        use_dora=model_args.use_dora,
        target_modules=model_args.lora_target_modules or _linear_outside_heads(model, heads),
        modules_to_save=model_args.lora_modules_to_save or heads,
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
