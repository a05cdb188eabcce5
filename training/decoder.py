r"""Fine-tune a decoder (Llama, Mistral, Qwen, GLM, Gemma, SmolLM2, ...) with a classification head: LoRA, head or all.

    python -m training.decoder --task tasks/sms-spam.yaml --data rows.csv --output_dir runs/sms-decoder \
        --model_name_or_path HuggingFaceTB/SmolLM2-135M-Instruct --method lora --lora_r 16 --learning_rate 5e-4

The head reads the last token of the text and gives each label a logit; there is no prompt and no answer in words.
On the same weights as `training.sft`, it answers which of the two ways a model is better used in. Base models and
chat models both work. ``--load_in_4bit`` trains LoRA on weights in 4 bits (QLoRA).

Flags of `TrainingArguments` and the LoRA flags of TRL's `ModelConfig` work, or are refused with the reason;
``--config file.yaml`` holds any of them.
"""
# ruff: noqa: E402  the question for help is answered before the heavy imports

from __future__ import annotations

if __name__ == "__main__":  # before the libraries below are imported, which takes seconds
    from classification.network.endpoint import end_without_address

    from .shared.quick_help import answer_help

    answer_help("decoder", __doc__)
    end_without_address()


from transformers import set_seed

from classification.classifiers.encoder import EncoderClassifier
from classification.models.embeddings import context_length
from classification.models.pool import ModelPool
from classification.models.structure import check_structure

from .shared.arguments import asked_model
from .shared.finish import command_line
from .shared.options import DecoderArguments
from .shared.quantized import quantization_of
from .shared.sequence_classifiers import ClassifierTrainingArguments, build_trainer
from .shared.setup import read_setup, train_and_save


def main(argv: list[str] | None = None) -> None:
    """Train, and write the run folder."""
    setup = read_setup("decoder", DecoderArguments, ClassifierTrainingArguments, argv)
    decoder: DecoderArguments = setup.own
    quantization = quantization_of(setup.model_args, adapter=decoder.method == "lora")
    set_seed(setup.args.seed)  # before the head gets its first weights
    model_id, revision = asked_model(setup.model_args)
    base = ModelPool().sequence_classifier(model_id, len(setup.task.labels), revision, quantization=quantization)
    check_structure(base, "decoder")
    decoder.max_length = decoder.max_length or context_length(base)
    adapter = "default" if decoder.method == "lora" else None
    train_and_save(
        setup,
        base,
        lambda: build_trainer(setup, base, method=decoder.method, max_length=decoder.max_length),
        lambda _: EncoderClassifier("trained", setup.task, base, adapter=adapter, max_length=decoder.max_length),
        family="decoder",
        method=decoder.method,
        recorded={"max_length": decoder.max_length, "quantization": quantization},
    )


if __name__ == "__main__":
    command_line(main)
