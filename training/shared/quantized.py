"""QLoRA: LoRA on a base model whose weights are held in 4 bits (Dettmers et al. 2023, https://arxiv.org/abs/2305.14314)."""

from __future__ import annotations

from trl import ModelConfig

from classification.errors import InputError
from classification.models.pool import LoadedModel, Quantization, quantizer_missing


def quantization_of(model_args: ModelConfig, *, adapter: bool) -> Quantization | None:
    """What ``--load_in_4bit`` asks for: NF4, the data type of QLoRA, or ``None``.

    Args:
        model_args: TRL's `ModelConfig`.
        adapter: whether an adapter is trained; weights in 4 bits cannot be trained themselves.

    Raises:
        InputError: this machine cannot, or there is no adapter to train.
    """
    if not model_args.load_in_4bit:
        return None
    if not adapter:
        raise InputError("--load_in_4bit holds the weights fixed in 4 bits, so it needs LoRA; add that.")
    missing = quantizer_missing()
    if missing:
        raise InputError(f"--load_in_4bit: {missing}")
    return "nf4"


def ready_for_lora(base: LoadedModel, *, gradient_checkpointing: bool) -> None:
    """Prepare a base in 4 bits for training an adapter on it; any other is left as it is."""
    if base.quantization is None:
        return
    from peft import prepare_model_for_kbit_training

    base.model = prepare_model_for_kbit_training(base.model, use_gradient_checkpointing=gradient_checkpointing)
