"""A classification head over pooled hidden states, for encoders whose first token was never trained.

``AutoModelForSequenceClassification`` reads the first token. Sentence encoders are trained with the mean over tokens,
so their head pools in that way (see `classification.models.embeddings`), normalises the layer, and is linear.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from transformers.modeling_outputs import SequenceClassifierOutput

from ..errors import InputError
from .embeddings import HEAD_FILE, PoolingKind, pooled

LARGEST_HEAD = 500_000_000  # bytes; 65 labels over 1,024 dimensions have 0.3 million


class PooledHead(torch.nn.Module):
    """Pooling, then layer norm and dropout where there are any, then a linear layer.

    Args:
        size: of the hidden states.
        labels: number of outputs.
        kind: how tokens become one vector.
        norm: with a trained layer norm before the linear layer; else the vector is scaled to length 1, which is what
            a linear probe on sentence embeddings sees.
        dropout: share of the vector that is dropped in training.
    """

    def __init__(self, size: int, labels: int, kind: PoolingKind, *, norm: bool = True, dropout: float = 0.1) -> None:
        super().__init__()
        self.kind: PoolingKind = kind
        self.norm = torch.nn.LayerNorm(size) if norm else None
        self.dropout = torch.nn.Dropout(dropout)
        self.linear = torch.nn.Linear(size, labels)

    def forward(self, hidden: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Logits [n, labels] from hidden states [n, tokens, size]."""
        vectors = pooled(hidden, attention_mask, self.kind)
        vectors = self.norm(vectors) if self.norm is not None else torch.nn.functional.normalize(vectors, dim=1)
        logits: torch.Tensor = self.linear(self.dropout(vectors))
        return logits

    def save(self, folder: Path) -> None:
        """Write ``head.safetensors``: the weights, and the kind of pooling as its metadata."""
        tensors = {name: tensor.detach().float().cpu().contiguous() for name, tensor in self.state_dict().items()}
        save_file(tensors, folder / HEAD_FILE, metadata={"pooling": self.kind})

    @classmethod
    def load(cls, folder: Path) -> PooledHead:
        """Read ``head.safetensors``.

        Raises:
            InputError: it is missing, damaged, or not a head of this kind.
        """
        file = folder / HEAD_FILE
        try:
            if file.stat().st_size > LARGEST_HEAD:
                raise InputError(f"{file} is larger than {LARGEST_HEAD // 10**6} MB, which no head is; save it again.")
            with safe_open(file, "pt") as opened:
                kind = (opened.metadata() or {}).get("pooling")
                tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118  no dictionary
        except (OSError, SafetensorError):
            raise InputError(f"{folder}: no readable {HEAD_FILE}, without which its model decides nothing.") from None
        weight = tensors.get("linear.weight")
        if kind not in ("mean", "cls") or weight is None or weight.dim() != 2:
            raise InputError(f"{file}: not a head of ours; it needs linear.weight [labels, size] and its pooling.")
        head = cls(weight.shape[1], weight.shape[0], kind, norm="norm.weight" in tensors)
        try:
            head.load_state_dict(tensors)
        except RuntimeError as error:
            raise InputError(f"{file}: its weights do not fit each other ({str(error).splitlines()[-1]}).") from None
        return head.eval()


class PooledEncoder(torch.nn.Module):
    """An encoder with a `PooledHead`, as transformers' `Trainer` takes a model."""

    def __init__(self, encoder: Any, head: PooledHead, *, multi_label: bool = False) -> None:
        super().__init__()
        self.encoder, self.head, self.multi_label = encoder, head, multi_label

    @property
    def config(self) -> Any:
        """The encoder's configuration."""
        return self.encoder.config

    def get_input_embeddings(self) -> torch.nn.Module:
        """The vectors of the tokens."""
        vectors: torch.nn.Module = self.encoder.get_input_embeddings()
        return vectors

    @property
    def device(self) -> torch.device:
        """Where the encoder is."""
        return next(self.encoder.parameters()).device

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, labels: torch.Tensor | None = None, **more: Any
    ) -> SequenceClassifierOutput:
        """Logits, and the loss where there are labels: cross-entropy, or binary cross-entropy for several labels."""
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask, **more).last_hidden_state
        logits = self.head(hidden, attention_mask)
        loss = None
        if labels is not None and self.multi_label:
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels.float())
        elif labels is not None:
            loss = torch.nn.functional.cross_entropy(logits, labels)
        return SequenceClassifierOutput(loss=loss, logits=logits)
