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


from transformers import set_seed

from classification.classifiers.encoder import EncoderClassifier
from classification.models.embeddings import PoolingKind, context_length
from classification.models.pool import LoadedModel, ModelPool, locate
from classification.models.structure import check_structure
from classification.task import Task

from .shared.arguments import asked_model
from .shared.finish import command_line, save_weights
from .shared.options import EncoderArguments
from .shared.pooled import head_rate, pooling_for, save_pooled, with_pooled_head
from .shared.sequence_classifiers import ClassifierTrainer, ClassifierTrainingArguments, build_trainer
from .shared.setup import read_setup, train_and_save


def main(argv: list[str] | None = None) -> None:
    """Train, and write the run folder."""
    setup = read_setup("encoder", EncoderArguments, ClassifierTrainingArguments, argv)
    encoder: EncoderArguments = setup.own
    set_seed(setup.args.seed)  # before the head gets its first weights
    base, kind = _untrained(setup.task, *asked_model(setup.model_args), encoder.pooling)
    encoder.max_length = encoder.max_length or context_length(base)

    if encoder.freeze_vocabulary:
        base.model.get_input_embeddings().requires_grad_(False)

    def build() -> ClassifierTrainer:
        trainer = build_trainer(setup, base, method=encoder.method, max_length=encoder.max_length)
        trainer.head_rate = head_rate(encoder, setup.args.learning_rate) if kind else None
        return trainer

    adapter = "default" if encoder.method == "lora" else None
    train_and_save(
        setup,
        base,
        build,
        lambda _: EncoderClassifier("trained", setup.task, base, adapter=adapter, max_length=encoder.max_length),
        family="encoder",
        method=encoder.method,
        save=save_pooled if kind else save_weights,
        recorded={"max_length": encoder.max_length, "pooling": kind},
    )


def _untrained(task: Task, model_id: str, revision: str | None, pooling: str) -> tuple[LoadedModel, PoolingKind | None]:
    """The encoder with a new head; how its hidden states are pooled, ``None`` for transformers' own head."""
    pool = ModelPool()
    kind = pooling_for(locate(model_id, revision), pooling)
    if kind is None:
        base = pool.sequence_classifier(model_id, len(task.labels), revision)
        check_structure(base, "encoder")
        return base, None
    base = pool.bare_encoder(model_id, revision)
    check_structure(base, "encoder")
    base.model = with_pooled_head(base, task, kind)  # type: ignore[assignment]
    return base, kind


if __name__ == "__main__":
    command_line(main)
