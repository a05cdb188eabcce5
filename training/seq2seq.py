r"""Fine-tune an encoder-decoder (Flan-T5, T5, mT5) to answer with a task's labels: LoRA or every weight.

    python -m training.seq2seq --task tasks/sms-spam.yaml --data rows.csv --output_dir runs/sms-flan-t5 \
        --model_name_or_path google/flan-t5-base --method lora --lora_r 16 --num_train_epochs 3

The encoder reads the task's instruction with its labels, and the text; the loss is on the label's word, which the
decoder writes. Afterwards the labels are scored, all of them, so every answer is a label. ``--load_in_4bit`` trains
LoRA on weights in 4 bits (QLoRA).

Flags of `TrainingArguments` and the LoRA flags of TRL's `ModelConfig` work, or are refused with the reason;
``--config file.yaml`` holds any of them.
"""
# ruff: noqa: E402  the question for help is answered before the heavy imports

from __future__ import annotations

if __name__ == "__main__":  # before the libraries below are imported, which takes seconds
    from classification.network.endpoint import end_without_address

    from .shared.quick_help import answer_help

    answer_help("seq2seq", __doc__)
    end_without_address()


from dataclasses import dataclass, field
from typing import Any

from datasets import Dataset
from transformers import DataCollatorForSeq2Seq, set_seed

from classification.classifiers.seq2seq import Seq2SeqClassifier, check_single_label, source_length
from classification.data.dataset import Rows
from classification.models.pool import LoadedModel, ModelPool, locate
from classification.models.structure import check_before_loading
from classification.prompting.source_text import encode_source, encode_targets
from classification.task import Task

from .shared.arguments import asked_model, callbacks
from .shared.data import IGNORED, tell_cut
from .shared.finish import command_line
from .shared.label_scoring import ScoringTrainer, ScoringTrainingArguments, add_lora
from .shared.options import Seq2SeqArguments
from .shared.quantized import quantization_of
from .shared.setup import TrainingSetup, read_setup, train_and_save


@dataclass
class Seq2SeqTrainingArguments(ScoringTrainingArguments):
    """The Trainer's arguments with the learning rate that LoRA on T5 needs."""

    learning_rate: float = field(
        default=1e-3, metadata={"help": "The peak learning rate; the default suits LoRA, a tenth of it --method full."}
    )


def main(argv: list[str] | None = None) -> None:
    """Train, and write the run folder."""
    setup = read_setup("seq2seq", Seq2SeqArguments, Seq2SeqTrainingArguments, argv)
    seq2seq: Seq2SeqArguments = setup.own
    check_single_label(setup.task, "python -m training.seq2seq")
    adapter = seq2seq.method == "lora"
    quantization = quantization_of(setup.model_args, adapter=adapter)
    model_id, revision = asked_model(setup.model_args)
    check_before_loading(locate(model_id, revision), "encoder-decoder")
    base = ModelPool().sequence_to_sequence(model_id, revision, quantization=quantization)
    seq2seq.max_length = seq2seq.max_length or source_length(base)

    def classifier() -> Seq2SeqClassifier:
        return Seq2SeqClassifier(
            "trained",
            setup.task,
            base,
            adapter="default" if adapter else None,
            describe_labels=seq2seq.describe_labels,
            max_length=seq2seq.max_length,
        )

    def build() -> ScoringTrainer:
        trainer = build_trainer(setup, base)
        trainer.classifier = classifier()
        return trainer

    train_and_save(
        setup,
        base,
        build,
        lambda _: classifier(),
        family="seq2seq",
        method=seq2seq.method,
        recorded={
            "max_length": seq2seq.max_length,
            "describe_labels": seq2seq.describe_labels,
            "quantization": quantization,
        },
    )


def build_trainer(setup: TrainingSetup, base: LoadedModel) -> ScoringTrainer:
    """A trainer over the rows of a setup; ``base.model`` becomes the model that is trained."""
    own, args, task = setup.own, setup.args, setup.task
    set_seed(args.seed)
    if own.method == "lora":
        add_lora(base, setup.model_args, task_type="SEQ_2_SEQ_LM", gradient_checkpointing=args.gradient_checkpointing)

    def encoded(rows: Rows) -> Dataset:
        return source_target(rows, task, base.tokenizer, own.max_length, describe_labels=own.describe_labels)

    trainer = ScoringTrainer(
        model=base.model,
        args=args,
        train_dataset=encoded(setup.train),
        eval_dataset=encoded(setup.held_out),
        processing_class=base.tokenizer,
        # The model turns labels into what its decoder reads, one place to the right.
        data_collator=DataCollatorForSeq2Seq(base.tokenizer, model=base.model, label_pad_token_id=IGNORED),
        callbacks=callbacks(setup.options),
    )
    trainer.validation = setup.held_out
    return trainer


def source_target(
    rows: Rows, task: Task, tokenizer: Any, max_length: int | None, *, describe_labels: bool = False
) -> Dataset:
    """What the encoder reads and what the decoder is to write for each row, as the token ids that inference uses.

    How many texts had to be cut to fit ``max_length`` is logged.

    Returns:
        Columns ``input_ids``, ``attention_mask`` and ``labels``, which end with the end of the sequence.
    """
    targets = encode_targets(tokenizer, task.words)
    sources = [
        encode_source(tokenizer, task, text, describe_labels=describe_labels, max_length=max_length)
        for text in rows.texts
    ]
    tell_cut(sum(source.truncated for source in sources), len(rows), max_length)
    return Dataset.from_dict(
        {
            "input_ids": [source.ids for source in sources],
            "attention_mask": [[1] * len(source.ids) for source in sources],
            "labels": [targets[column] for column in rows.targets(task).tolist()],
        }
    )


if __name__ == "__main__":
    command_line(main)
