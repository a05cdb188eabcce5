r"""Fine-tune a chat model to answer with a task's labels: TRL's `SFTTrainer`, LoRA or every weight.

    python -m training.sft --task tasks/sms-spam.yaml --data rows.csv --output_dir runs/sms-smollm2 \
        --model_name_or_path HuggingFaceTB/SmolLM2-135M-Instruct --use_peft --num_train_epochs 2

Flags of TRL's `SFTConfig` and `ModelConfig` work, or are refused with the reason; `--config file.yaml` holds any of
them.
"""
# ruff: noqa: E402  the question for help is answered before the heavy imports

from __future__ import annotations

if __name__ == "__main__":  # before the libraries below are imported, which takes seconds
    from classification.network.endpoint import end_without_address

    from .shared.quick_help import answer_help

    answer_help("sft", __doc__)
    end_without_address()


from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel
from transformers import TrainerControl
from trl import ModelConfig, SFTConfig, SFTTrainer, TrlParser, get_peft_config

from classification.classifiers.chat import ChatClassifier
from classification.data.dataset import Rows
from classification.errors import InputError
from classification.files.writing import made
from classification.models.pool import LoadedModel, ModelPool
from classification.models.scoring import can_branch
from classification.runs.folder import check_place
from classification.task import Task, load_task
from comparison.prediction_table import predict_rows
from comparison.scores import accuracy_and_macro_f1

from .shared.arguments import asked_model, callbacks, hyperparameters_of
from .shared.checkpoints import WholeCheckpoints, resume_point
from .shared.command import recorded_command
from .shared.data import IGNORED, TreeCollator, at_most, prompt_completion, training_splits
from .shared.finish import TrainingResult, base_record, command_line, finish
from .shared.flags import by_loss, check_flags, check_length, check_targets, parse_arguments
from .shared.options import ChatArguments, ComparisonDefaults, TaskArguments
from .shared.publishing import push_run, requested_push
from .shared.record import Training
from .shared.seen import hashes_of_training

#: Tokens that a batch of short texts comes to; a model that takes a tree of them takes any of ours.
TYPICAL_TREE = 4096


class LabelTrainer(WholeCheckpoints, SFTTrainer):
    """An `SFTTrainer` that validates as the model will be used: by scoring labels, not by token loss alone."""

    validation: Rows
    task: Task
    classifier: ChatClassifier
    control: TrainerControl

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Mean cross-entropy over the answer tokens, with logits computed at those places only.

        The trainer's own head computes them in chunks over the whole batch, which took most of a step here.
        A padded batch, where places differ from row to row, is left to it.
        """
        labels = inputs["labels"]
        if return_outputs or len(labels) > 1:
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        places = (labels[0] != IGNORED).nonzero()[:, 0]
        model_inputs = {name: value for name, value in inputs.items() if name != "labels"}
        logits = model(**model_inputs, use_cache=False, logits_to_keep=places - 1).logits[0]
        total = torch.nn.functional.cross_entropy(logits.float(), labels[0, places], reduction="sum")
        return total / (len(places) if num_items_in_batch is None else num_items_in_batch)

    def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, float]:
        """Macro-F1 and accuracy on the validation rows, beside whatever the trainer measures itself."""
        prefix = kwargs.get("metric_key_prefix", "eval")
        metrics = measure(self.classifier, self.validation, prefix)
        if by_loss(self.args):
            metrics[f"{prefix}_loss"] = self.validation_loss()
        self.log(dict(metrics))
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def validation_loss(self) -> float:
        """Mean cross-entropy over the answer tokens of the validation rows."""
        total, tokens = 0.0, 0
        was_training = self.model.training
        self.model.eval()
        for batch in self.get_eval_dataloader():
            inputs = self._prepare_inputs(batch)
            answers = int((inputs["labels"] != IGNORED).sum())
            with torch.no_grad(), self.compute_loss_context_manager():
                total += float(self.compute_loss(self.model, inputs)) * answers
            tokens += answers
        self.model.train(was_training)
        return total / max(tokens, 1)


def measure(classifier: ChatClassifier, rows: Rows, prefix: str = "eval") -> dict[str, float]:
    """Accuracy and macro-F1 of a classifier that is being trained; its trunk is stale at every call."""
    model = classifier.base.model
    was_training = model.training
    model.eval()
    table = predict_rows(without_cache(classifier), rows)
    model.train(was_training)
    figures = accuracy_and_macro_f1(table.targets, table.predicted, table.predictions.valid)
    return {f"{prefix}_{name}": value for name, value in figures.items()}


def without_cache(classifier: ChatClassifier) -> ChatClassifier:
    """The same classifier without anything computed from weights that have changed since."""
    return ChatClassifier(
        classifier.name, classifier.task, classifier.base,
        adapter=classifier.adapter, describe_labels=classifier.describe_labels, decode=classifier.decode,
    )  # fmt: skip


@dataclass
class ChatTrainingArguments(ComparisonDefaults, SFTConfig):
    """TRL's arguments with the defaults that a comparison needs: validation, the best checkpoint, warm-up and decay."""

    learning_rate: float = field(default=5e-4, metadata={"help": "The peak learning rate; the default suits LoRA."})
    warmup_steps: float = field(default=0.05, metadata={"help": "Steps of warm-up, or below 1 a share of all steps."})
    bf16: bool = field(default=False, metadata={"help": "Train in bfloat16; for GPUs that have it."})
    gradient_checkpointing: bool = field(default=False, metadata={"help": "Less memory for more time."})


def main(argv: list[str] | None = None) -> None:
    """Train, and write the run folder."""
    parser = TrlParser(
        (TaskArguments, ChatArguments, ChatTrainingArguments, ModelConfig), prog="python -m training.sft"
    )
    options, chat, args, model_args = parse_arguments(parser, argv)
    check_flags(args, options, chat, model_args)
    command = recorded_command("training.sft", argv)
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
    base = ModelPool().chat(*asked_model(model_args))
    method = "lora" if model_args.use_peft else "full"
    settings = hyperparameters_of(args, chat, model_args)
    training = Training.of(task, train, held_out, base_record(base.weights), method, settings)
    checkpoint, training = resume_point(args, training)
    with made(Path(args.output_dir), "--output_dir"):
        trainer = build_trainer(task, train, held_out, base, options, chat, args, model_args)
        trainer.training, trainer.seen = training, hashes_of_training(train, validation, base=base.weights)
        trainer.train_whole(checkpoint)
        result = TrainingResult(
            "chat", method, task, splits, train, base.weights, trainer, without_cache(trainer.classifier), trainer.seen
        )  # fmt: skip
        recorded = {"describe_labels": chat.describe_labels, "max_length": args.max_length, "command": command}
        finish(result, args, (options, chat, model_args), recorded)
    push_run(push_request, Path(args.output_dir))


def build_trainer(
    task: Task, train: Rows, held_out: Rows, base: LoadedModel,
    options: TaskArguments, chat: ChatArguments, args: SFTConfig, model_args: ModelConfig,
) -> LabelTrainer:  # fmt: skip
    """A trainer over these rows; ``base.model`` becomes the model that is trained."""
    torch.manual_seed(args.seed)
    examples = prompt_completion(train, task, base.tokenizer, args.max_length, describe_labels=chat.describe_labels)
    tree = chat.share_prefix and can_branch(base.model, TYPICAL_TREE)
    trainer = LabelTrainer(
        model=base.model,
        args=args,
        train_dataset=examples,
        eval_dataset=prompt_completion(
            held_out, task, base.tokenizer, args.max_length, describe_labels=chat.describe_labels
        ),
        processing_class=base.tokenizer,
        peft_config=_lora(base, model_args, chat.lora_layers),
        data_collator=TreeCollator(base.model) if tree else None,
        callbacks=callbacks(options),
    )
    base.model = trainer.model
    trained = "default" if isinstance(trainer.model, PeftModel) else None
    trainer.validation, trainer.task = held_out, task
    trainer.classifier = ChatClassifier(
        "in training", task, base, adapter=trained, describe_labels=chat.describe_labels
    )
    return trainer


def _lora(base: LoadedModel, model_args: ModelConfig, last_layers: int | None) -> LoraConfig | None:
    config = get_peft_config(model_args)
    if config is None:
        return None
    config.target_modules = config.target_modules or "all-linear"
    check_targets(base.model, model_args)
    if last_layers:
        layers = int(base.model.config.get_text_config().num_hidden_layers)
        if isinstance(config.target_modules, str):
            config.target_modules = linear_names(base.model)
        config.layers_to_transform = list(range(max(layers - last_layers, 0), layers))
    return config


def linear_names(model: torch.nn.Module) -> list[str]:
    """Names of the linear layers inside the blocks, which is what ``all-linear`` stands for; not the output head."""
    return sorted(
        {
            name.rpartition(".")[2]
            for name, module in model.named_modules()
            if isinstance(module, torch.nn.Linear) and ".layers." in f".{name}"
        }
    )


if __name__ == "__main__":
    command_line(main)
