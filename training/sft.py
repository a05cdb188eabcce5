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


import logging
from dataclasses import dataclass, field
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig, PeftModel
from trl import ModelConfig, SFTConfig, SFTTrainer, get_peft_config

from classification.classifiers.chat import ChatClassifier
from classification.data.dataset import Rows
from classification.models.pool import LoadedModel, ModelPool
from classification.models.scoring import can_branch
from classification.models.structure import check_structure
from classification.prompting.settings import PromptSettings
from classification.prompting.templates import PLAIN_TEMPLATE

from .shared.arguments import asked_model, callbacks
from .shared.checkpoints import WholeCheckpoints
from .shared.data import IGNORED, TreeCollator, prompt_completion
from .shared.finish import command_line
from .shared.flags import check_targets, named_layers
from .shared.label_scoring import ValidatesByScoring
from .shared.options import ChatArguments, ComparisonDefaults
from .shared.quantized import quantization_of, ready_for_lora
from .shared.setup import TrainingSetup, read_setup, train_and_save

logger = logging.getLogger(__name__)

#: Tokens that a batch of short texts comes to; a model that takes a tree of them takes any of ours.
TYPICAL_TREE = 4096


class LabelTrainer(ValidatesByScoring, WholeCheckpoints, SFTTrainer):
    """An `SFTTrainer` that validates as the model will be used: by scoring labels, not by token loss alone."""

    classifier: ChatClassifier

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

    def classifier_now(self) -> ChatClassifier:
        """The classifier without what it keeps of a prefix, which was computed from weights that have changed."""
        return without_cache(self.classifier)


def without_cache(classifier: ChatClassifier) -> ChatClassifier:
    """The same classifier without anything computed from weights that have changed since."""
    return ChatClassifier(
        classifier.name,
        classifier.task,
        classifier.base,
        adapter=classifier.adapter,
        form=classifier.form,
    )


@dataclass
class ChatTrainingArguments(ComparisonDefaults, SFTConfig):
    """TRL's arguments with the defaults that a comparison needs: validation, the best checkpoint, warm-up and decay."""

    learning_rate: float = field(default=5e-4, metadata={"help": "The peak learning rate; the default suits LoRA."})
    warmup_steps: float = field(default=0.05, metadata={"help": "Steps of warm-up, or below 1 a share of all steps."})
    bf16: bool = field(default=False, metadata={"help": "Train in bfloat16; for GPUs that have it."})
    gradient_checkpointing: bool = field(default=False, metadata={"help": "Less memory for more time."})


def main(argv: list[str] | None = None) -> None:
    """Train, and write the run folder."""
    setup = read_setup("sft", ChatArguments, ChatTrainingArguments, argv)
    chat: ChatArguments = setup.own
    adapter = setup.model_args.use_peft
    quantization = quantization_of(setup.model_args, adapter=adapter)
    base = ModelPool().chat(*asked_model(setup.model_args), quantization=quantization)
    check_structure(base, "decoder")
    if not base.tokenizer.chat_template:
        base.tokenizer.chat_template = PLAIN_TEMPLATE  # saved with the run, which is asked with it afterwards
        logger.info("%s has no chat template; it is given a plain one, which the run keeps.", base.weights.model_id)
    train_and_save(
        setup,
        base,
        lambda: build_trainer(setup, base),
        lambda trainer: without_cache(trainer.classifier),
        family="chat",
        method="lora" if adapter else "full",
        recorded={
            "describe_labels": chat.describe_labels,
            "max_length": setup.args.max_length,
            "quantization": quantization,
        },
    )


def build_trainer(setup: TrainingSetup, base: LoadedModel) -> LabelTrainer:
    """A trainer over the rows of a setup; ``base.model`` becomes the model that is trained."""
    chat, args, task = setup.own, setup.args, setup.task
    torch.manual_seed(args.seed)

    def encoded(rows: Rows) -> Dataset:
        return prompt_completion(rows, task, base.tokenizer, args.max_length, describe_labels=chat.describe_labels)

    ready_for_lora(base, gradient_checkpointing=args.gradient_checkpointing)
    tree = chat.share_prefix and can_branch(base.model, TYPICAL_TREE)
    trainer = LabelTrainer(
        model=base.model,
        args=args,
        train_dataset=encoded(setup.train),
        eval_dataset=encoded(setup.held_out),
        processing_class=base.tokenizer,
        peft_config=_lora(base, setup.model_args, chat.lora_layers),
        data_collator=TreeCollator(base.model) if tree else None,
        callbacks=callbacks(setup.options),
    )
    base.model = trainer.model
    trained = "default" if isinstance(trainer.model, PeftModel) else None
    trainer.validation = setup.held_out
    form = PromptSettings(describe_labels=chat.describe_labels)
    trainer.classifier = ChatClassifier("in training", task, base, adapter=trained, form=form)
    return trainer


def _lora(base: LoadedModel, model_args: ModelConfig, last_layers: int | None) -> LoraConfig | None:
    config = get_peft_config(model_args)
    if config is None:
        return None
    config.target_modules = named_layers(base.model, config.target_modules) or "all-linear"
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
