r"""Fine-tune a masked language model to fill the gap of a pattern with a label's word: every weight or LoRA.

    python -m training.cloze --task tasks/sms-spam.yaml --data rows.csv --output_dir runs/sms-cloze \
        --model_name_or_path google-bert/bert-base-uncased --method full --num_train_epochs 3

Pattern-exploiting training (Schick and Schuetze 2021, https://aclanthology.org/2021.eacl-main.20/) without its
unlabelled rows: the head is the one that the model was pretrained with, so there is nothing new to learn, which counts
where rows are few. The patterns stand in the task file. Such a model can be asked without a training, too.

Flags of `TrainingArguments` and the LoRA flags of TRL's `ModelConfig` work, or are refused with the reason;
``--config file.yaml`` holds any of them.
"""
# ruff: noqa: E402  the question for help is answered before the heavy imports

from __future__ import annotations

if __name__ == "__main__":  # before the libraries below are imported, which takes seconds
    from classification.network.endpoint import end_without_address

    from .shared.quick_help import answer_help

    answer_help("cloze", __doc__)
    end_without_address()


import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import set_seed

from classification.classifiers.cloze import ClozeClassifier
from classification.classifiers.seq2seq import check_single_label
from classification.data.dataset import Rows
from classification.models.adapter_settings import ADAPTER_CONFIG
from classification.models.cloze_scoring import padded
from classification.models.embeddings import context_length
from classification.models.pool import LoadedModel, ModelPool, locate
from classification.models.structure import check_before_loading
from classification.prompting.patterns import encode_clozes, patterns_of

from .shared.arguments import asked_model, callbacks
from .shared.data import tell_cut
from .shared.finish import command_line, save_weights
from .shared.label_scoring import ScoringTrainer, ScoringTrainingArguments, add_lora
from .shared.options import ClozeArguments
from .shared.setup import TrainingSetup, read_setup, train_and_save

logger = logging.getLogger(__name__)


class ClozeTrainer(ScoringTrainer):
    """A trainer whose loss is the cross-entropy over the labels' scores, averaged over the patterns."""

    classifier: ClozeClassifier

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Each pattern's cross-entropy over labels, in the mean; every pattern is to answer well on its own."""
        labels = inputs["labels"]
        scores = self.classifier.scorer.of_batch(model, inputs["input_ids"], inputs["attention_mask"])
        patterns = scores.shape[1]
        total = torch.nn.functional.cross_entropy(
            scores.flatten(0, 1),
            labels.repeat_interleave(patterns),
            reduction="sum",
            label_smoothing=self.args.label_smoothing_factor,
        )
        loss = total / patterns / (len(labels) if num_items_in_batch is None else num_items_in_batch)
        return (loss, {"logits": scores}) if return_outputs else loss


@dataclass
class ClozeCollator:
    """Collates rows, each with all of its questions, into one padded batch."""

    pad: int

    def __call__(self, examples: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """``input_ids`` and ``attention_mask`` [rows x questions, longest], ``labels`` [rows]."""
        batch = padded([ids for example in examples for ids in example["input_ids"]], self.pad)
        return {**batch, "labels": torch.tensor([example["labels"] for example in examples])}


def main(argv: list[str] | None = None) -> None:
    """Train, and write the run folder."""
    setup = read_setup("cloze", ClozeArguments, ScoringTrainingArguments, argv)
    cloze: ClozeArguments = setup.own
    check_single_label(setup.task, "python -m training.cloze")
    patterns_of(setup.task)
    set_seed(setup.args.seed)  # before a head that the files lack gets its first weights
    model_id, revision = asked_model(setup.model_args)
    check_before_loading(locate(model_id, revision), "encoder")
    base = ModelPool().masked_language_model(model_id, revision)
    if base.missing:
        logger.warning(
            "%s comes without the head that fills gaps (its files lack %s), so that head is new and learns from your "
            "rows alone; a masked language model such as google-bert/bert-base-uncased brings one.",
            model_id,
            base.missing[0],
        )
    cloze.max_length = cloze.max_length or context_length(base)
    adapter = "default" if cloze.method == "lora" else None

    def classifier() -> ClozeClassifier:
        return ClozeClassifier("trained", setup.task, base, adapter=adapter, max_length=cloze.max_length)

    classifier()  # refuses words that the model cannot tell apart, before anything is trained

    def build() -> ClozeTrainer:
        return build_trainer(setup, base, classifier())

    train_and_save(
        setup,
        base,
        build,
        lambda _: classifier(),
        family="cloze",
        method=cloze.method,
        save=save_filler,
        recorded={"max_length": cloze.max_length},
        patterns=setup.task.patterns,
    )


def build_trainer(setup: TrainingSetup, base: LoadedModel, classifier: ClozeClassifier) -> ClozeTrainer:
    """A trainer over the rows of a setup; ``base.model`` becomes the model that is trained."""
    args = setup.args
    set_seed(args.seed)
    if setup.own.method == "lora":
        add_lora(
            base,
            setup.model_args,
            task_type=None,  # PEFT has no name for filling gaps
            gradient_checkpointing=args.gradient_checkpointing,
            own_modules=new_modules(base),
        )
    trainer = ClozeTrainer(
        model=base.model,
        args=args,
        train_dataset=questions(setup.train, classifier),
        eval_dataset=questions(setup.held_out, classifier),
        processing_class=base.tokenizer,
        data_collator=ClozeCollator(int(base.tokenizer.pad_token_id)),
        callbacks=callbacks(setup.options),
    )
    trainer.model_accepts_loss_kwargs = True  # the loss above divides by the rows of all accumulated batches itself
    trainer.validation, trainer.classifier = setup.held_out, classifier
    return trainer


def questions(rows: Rows, classifier: ClozeClassifier) -> Dataset:
    """Each row's text in every pattern, as the token ids that inference uses; how many had to be cut is logged.

    Returns:
        Columns ``input_ids``, a list of sequences for each row, and ``labels``, the column of its label.
    """
    base, longest = classifier.base, classifier.max_length
    encoded = [encode_clozes(base.tokenizer, classifier.questions, text, longest) for text in rows.texts]
    tell_cut(sum(any(one.truncated for one in asked) for asked in encoded), len(rows), longest)
    return Dataset.from_dict(
        {
            "input_ids": [[one.ids for one in asked] for asked in encoded],
            "labels": rows.targets(classifier.task).tolist(),
        }
    )


def save_filler(model: Any, folder: Path, base_id: str) -> None:
    """Write the weights of a model or its adapter, as `training.shared.finish.save_weights` does.

    PEFT has no name for the task, so it names the Python class of the model instead, which whoever loads an adapter
    would import; that is taken out.
    """
    save_weights(model, folder, base_id)
    file = folder / ADAPTER_CONFIG
    if file.is_file():
        config = json.loads(file.read_text(encoding="utf-8"))
        config.pop("auto_mapping", None)
        file.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def new_modules(base: LoadedModel) -> tuple[str, ...]:
    """Names of modules whose weights the files lack; an adapter has to bring them. New biases are 0 everywhere."""
    lacking = (name.rpartition(".") for name in base.missing)
    return tuple(sorted({module for module, _, part in lacking if part == "weight"}))


if __name__ == "__main__":
    command_line(main)
