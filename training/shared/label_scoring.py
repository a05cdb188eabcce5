"""Training a model whose labels are scored: what `training.sft`, `training.seq2seq` and `training.cloze` share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from peft import LoraConfig, get_peft_model
from transformers import Trainer, TrainerControl, TrainingArguments
from trl import ModelConfig

from classification.data.dataset import Rows
from classification.errors import InputError
from classification.models.pool import LoadedModel
from classification.predictions import Classifier
from comparison.prediction_table import predict_rows
from comparison.scores import accuracy_and_macro_f1

from .checkpoints import WholeCheckpoints
from .data import IGNORED
from .flags import by_loss, check_targets, named_layers
from .options import ComparisonDefaults
from .quantized import ready_for_lora

if TYPE_CHECKING:
    from transformers import Trainer as _Trainer
else:
    _Trainer = object  # a mixin for each trainer there is


@dataclass
class ScoringTrainingArguments(ComparisonDefaults, TrainingArguments):
    """The Trainer's arguments with the defaults that a comparison needs: validation, best checkpoint, warm-up."""

    per_device_train_batch_size: int = field(default=16, metadata={"help": "Rows of a training batch."})
    warmup_steps: float = field(default=0.06, metadata={"help": "Steps of warm-up, or below 1 a share of all steps."})


class ValidatesByScoring(_Trainer):
    """A mixin for trainers: validation scores labels, as the model will be used.

    Attributes:
        validation: the rows that choose the checkpoint.
        classifier: answers with the model that is being trained.
    """

    validation: Rows
    classifier: Classifier
    control: TrainerControl

    def classifier_now(self) -> Classifier:
        """The classifier with the weights of this moment; a trainer whose classifier keeps anything makes it anew."""
        return self.classifier

    def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, float]:
        """Macro-F1 and accuracy on the validation rows, and their loss where the best checkpoint is chosen by it."""
        prefix = kwargs.get("metric_key_prefix", "eval")
        was_training = self.model.training
        self.model.eval()
        table = predict_rows(self.classifier_now(), self.validation)
        figures: dict[str, float] = accuracy_and_macro_f1(table.targets, table.predicted, table.predictions.valid)
        metrics = {f"{prefix}_{name}": value for name, value in figures.items()}
        if by_loss(self.args):
            metrics[f"{prefix}_loss"] = self.validation_loss()
        self.model.train(was_training)
        self.log(dict(metrics))
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def validation_loss(self) -> float:
        """The training's loss on the validation rows: its mean over what is to be predicted, rows or answer tokens."""
        total, predicted = 0.0, 0
        for batch in self.get_eval_dataloader():
            inputs = self._prepare_inputs(batch)
            count = int((inputs["labels"] != IGNORED).sum())
            with torch.no_grad(), self.compute_loss_context_manager():
                total += float(self.compute_loss(self.model, inputs)) * count
            predicted += count
        return total / max(predicted, 1)


class ScoringTrainer(ValidatesByScoring, WholeCheckpoints, Trainer):
    """transformers' `Trainer` with whole checkpoints, which validates by scoring labels."""


def add_lora(
    base: LoadedModel,
    model_args: ModelConfig,
    *,
    task_type: str | None,
    gradient_checkpointing: bool,
    own_modules: tuple[str, ...] = (),
) -> None:
    """Put a new adapter on a base: on the linear layers that were named, else on all but the one that gives logits.

    Args:
        base: the model to train; ``base.model`` becomes the model with the adapter.
        model_args: TRL's `ModelConfig`, with the LoRA flags.
        task_type: what PEFT calls the task.
        gradient_checkpointing: whether activations are computed again on the way back.
        own_modules: names of modules that are trained whole and saved with the adapter, such as a new head.

    Raises:
        InputError: a layer was named that the model does not have, or it has none to adapt.
    """
    model = base.model
    check_targets(model, model_args)
    ready_for_lora(base, gradient_checkpointing=gradient_checkpointing)
    model = base.model
    config = LoraConfig(
        task_type=task_type,
        r=model_args.lora_r,
        lora_alpha=model_args.lora_alpha,
        lora_dropout=model_args.lora_dropout,
        use_rslora=model_args.use_rslora,
        use_dora=model_args.use_dora,
        target_modules=_targets(model, model_args.lora_target_modules, own_modules),
        modules_to_save=[*own_modules, *(model_args.lora_modules_to_save or ())] or None,
    )
    base.model = get_peft_model(model, config)


def _targets(model: Any, asked: Any, own_modules: tuple[str, ...]) -> list[str] | str:
    """The layers that were asked for, else all linear ones."""
    if not asked or asked == "all-linear":
        return _linear_layers(model, own_modules)
    return named_layers(model, asked) or asked


def _linear_layers(model: Any, left_out: tuple[str, ...]) -> list[str]:
    """Names of the linear layers, but for the one that gives logits and those that are trained whole."""
    logits = model.get_output_embeddings()
    names = [
        name
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear) and module is not logits and name not in left_out
    ]
    if not names:
        raise InputError("this model has no linear layers that LoRA could adapt; use --method full.")
    return names
