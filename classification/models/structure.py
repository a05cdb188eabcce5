"""Which structure a transformer has: encoder, decoder or both. Each training script takes one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from ..errors import InputError
from ..network.hub_client import prepare_client

if TYPE_CHECKING:
    from .pool import LoadedModel, ModelSource

Structure = Literal["encoder", "decoder", "encoder-decoder"]
#: Which scripts train a model of each structure.
SCRIPTS: dict[Structure, str] = {
    "encoder": "python -m training.encoder or python -m training.cloze",
    "decoder": "python -m training.sft or python -m training.decoder",
    "encoder-decoder": "python -m training.seq2seq",
}


def structure_of(config: Any) -> Structure | None:
    """The structure of a model from its configuration; ``None`` for one that transformers has in no list.

    Args:
        config: a `PretrainedConfig`.
    """
    from transformers.models.auto.modeling_auto import (
        MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
        MODEL_FOR_MASKED_LM_MAPPING_NAMES,
    )

    if getattr(config, "is_encoder_decoder", False):
        return "encoder-decoder"
    if config.model_type in MODEL_FOR_MASKED_LM_MAPPING_NAMES and not getattr(config, "is_decoder", False):
        return "encoder"
    return "decoder" if config.model_type in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES else None


def check_structure(base: LoadedModel, needed: Structure) -> None:
    """Refuse a model of another structure than a script trains: its head would read what was never trained.

    Raises:
        InputError: it has another; the sentence names the script for it.
    """
    _refuse(base.weights.model_id, base.model.config, needed)


def check_before_loading(source: ModelSource, needed: Structure) -> None:
    """As `check_structure`, from the configuration alone: for heads that a model of another structure cannot have.

    Nothing is said of a configuration that cannot be had or read; loading the model says it.

    Raises:
        InputError: the model has another structure.
    """
    from transformers import AutoConfig

    from .pool import folder_of

    if source.kind == "hub":
        prepare_client()
    try:
        place = folder_of(source) or source.location
        config = AutoConfig.from_pretrained(place, revision=source.revision)
    except Exception:  # noqa: BLE001 - damaged files make the library raise errors of every kind
        return
    _refuse(source.model_id, config, needed)


def _refuse(model_id: str, config: Any, needed: Structure) -> None:
    found = structure_of(config)
    if found is not None and found != needed:
        raise InputError(
            f"{model_id} is {_article(found)} ({config.model_type}), and this needs {_article(needed)}; train it with "
            f"{SCRIPTS[found]}, or name another model."
        )


def _article(structure: Structure) -> str:
    return f"a{'n' if structure[0] == 'e' else ''} {structure}"
