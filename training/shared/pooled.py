"""An encoder with a head over pooled hidden states: how it is built for training, and written as a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from peft import PeftModel, get_peft_model_state_dict
from safetensors.torch import save_file

from classification.models.embeddings import PoolingKind, pooling_of
from classification.models.pool import LoadedModel, ModelSource
from classification.models.pooled_head import PooledEncoder, PooledHead
from classification.task import Task

from .finish import halved, name_base
from .options import EncoderArguments

#: How much faster than the encoder its new head learns, unless that is said.
HEAD_FACTOR = 5.0
#: Where PEFT puts the weights of a `PooledEncoder`, and where those of an encoder alone.
WRAPPED, ALONE = "base_model.model.encoder.", "base_model.model."


def pooling_for(source: ModelSource, chosen: str) -> PoolingKind | None:
    """How an encoder's hidden states are to be pooled; ``None`` for transformers' own head on the first token.

    Raises:
        InputError: the model's own file asks for a pooling that is not known here.
    """
    if chosen == "first":
        return None
    return pooling_of(source) if chosen == "auto" else chosen  # type: ignore[return-value]


def with_pooled_head(base: LoadedModel, task: Task, kind: PoolingKind) -> PooledEncoder:
    """The encoder with a new head for a task's labels."""
    head = PooledHead(int(base.model.config.hidden_size), len(task.labels), kind)
    return PooledEncoder(base.model, head, multi_label=task.multi_label)


def head_parameters(model: torch.nn.Module) -> set[int]:
    """Identities of the parameters of the head, wherever PEFT has put it."""
    heads = [module for module in model.modules() if isinstance(module, PooledHead)]
    return {id(parameter) for head in heads for parameter in head.parameters()}


def head_rate(encoder: EncoderArguments, learning_rate: float) -> float:
    """The learning rate of the head."""
    return encoder.head_learning_rate or HEAD_FACTOR * learning_rate


def split_head(optimizer: torch.optim.Optimizer, model: torch.nn.Module, rate: float) -> None:
    """Let the head's parameters learn at a rate of their own."""
    head = head_parameters(model)
    for group in list(optimizer.param_groups):
        own = [parameter for parameter in group["params"] if id(parameter) in head]
        if own and len(own) < len(group["params"]):
            group["params"] = [parameter for parameter in group["params"] if id(parameter) not in head]
            optimizer.add_param_group({**group, "params": own, "lr": rate})
        elif own:
            group["lr"] = rate


def save_pooled(model: Any, folder: Path, base_id: str) -> None:
    """Write the encoder, or the adapter on it, and the head: each as a library reads it without ours.

    Args:
        model: a `PooledEncoder`, perhaps with an adapter of PEFT's around it.
        folder: where to.
        base_id: what the adapter's configuration names as its base.
    """
    if not isinstance(model, PeftModel):
        model.encoder.save_pretrained(folder)
        model.head.save(folder)
        return
    state = get_peft_model_state_dict(model, save_embedding_layers=False)
    adapter = {ALONE + name[len(WRAPPED) :]: tensor for name, tensor in state.items() if name.startswith(WRAPPED)}
    save_file(
        {name: tensor.contiguous() for name, tensor in halved(adapter).items()}, folder / "adapter_model.safetensors"
    )
    config = model.peft_config["default"]
    written = type(config)(
        **{
            **{name: getattr(config, name) for name in ("r", "lora_alpha", "lora_dropout", "use_rslora", "use_dora")},
            "task_type": "FEATURE_EXTRACTION",
            "inference_mode": True,
            "base_model_name_or_path": base_id,
            "target_modules": sorted({name.rpartition(".lora_")[0].removeprefix(ALONE) for name in adapter}),
        }
    )
    written.save_pretrained(str(folder))
    name_base(folder / "adapter_config.json", base_id)
    trained = next(
        module for name, module in model.named_modules() if isinstance(module, PooledHead) and "modules_to_save" in name
    )
    trained.save(folder)
