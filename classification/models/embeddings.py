"""Sentence embeddings: one vector for each text, from the hidden states of an encoder that was trained for it.

How hidden states become one vector is what the model's own ``1_Pooling/config.json`` says, as sentence-transformers
writes it (https://sbert.net): the mean over tokens, or the first token. Encoders without that file have a first token
that was trained, such as BERT's ``[CLS]``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from huggingface_hub import hf_hub_download
from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError
from numpy.typing import NDArray

from ..errors import InputError
from ..files.reading import read_json
from ..network.hub_errors import explained
from .pool import POOLING_FILE, LoadedModel, ModelPool, ModelSource, folder_of

if TYPE_CHECKING:
    import torch

logger = logging.getLogger(__name__)

PoolingKind = Literal["mean", "cls"]
#: What a run keeps beside an adapter, or alone: the layer that makes logits of embeddings.
HEAD_FILE = "head.safetensors"
BATCH_SIZE = 32
LARGEST_FILE = 100_000  # bytes of a pooling file; usual ones have 300


def pooling_of(source: ModelSource) -> PoolingKind | None:
    """How a model's sentence embeddings are made, as it says itself; ``None`` where it says nothing.

    Raises:
        InputError: it pools in another way than by the mean or the first token, or its file cannot be had or read.
    """
    file = _pooling_file(source)
    if file is None:
        return None
    try:
        found = read_json(file, what="configuration", limit=LARGEST_FILE)
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise InputError(
            f"{source.model_id}: its {POOLING_FILE} is no JSON object; say --pooling mean or --pooling cls."
        )
    modes = [name for name, on in found.items() if name.startswith("pooling_mode_") and on is True]
    if not modes:  # newer files name the mode
        modes = [f"pooling_mode_{found.get('pooling_mode')}"]
    kinds: dict[str, PoolingKind] = {
        "pooling_mode_mean_tokens": "mean", "pooling_mode_mean": "mean",
        "pooling_mode_cls_token": "cls", "pooling_mode_cls": "cls",
    }  # fmt: skip
    if len(modes) != 1 or modes[0] not in kinds:
        raise InputError(
            f"{source.model_id}: its {POOLING_FILE} asks for {', '.join(modes)}; say --pooling mean or --pooling cls."
        )
    return kinds[modes[0]]


def _pooling_file(source: ModelSource) -> Path | None:
    folder = folder_of(source)
    if folder is not None:
        return folder / POOLING_FILE if (folder / POOLING_FILE).is_file() else None
    model, cached = source.model_id, source.kind == "cache"
    with explained(f"read how {model} pools"):
        try:
            found = hf_hub_download(model, POOLING_FILE, revision=source.revision, local_files_only=cached)
        except LocalEntryNotFoundError:
            if not cached:  # the Hub cannot be reached, so nobody knows: a guess would train another head in silence
                raise
            logger.warning(
                "%s: the Hub's cache has no %s, so the first token is read; say --pooling mean if %s is a sentence "
                "encoder.",
                model,
                POOLING_FILE,
                model,
            )
            return None
        except EntryNotFoundError:
            return None
    return Path(found)


def pooled(hidden: torch.Tensor, attention_mask: torch.Tensor, kind: PoolingKind) -> torch.Tensor:
    """One vector for each text.

    Args:
        hidden: [n, tokens, d], the last hidden states.
        attention_mask: [n, tokens], 0 where a token is padding.
        kind: mean over tokens, or the first token.

    Returns:
        [n, d].
    """
    if kind == "cls":
        return hidden[:, 0]
    mask = attention_mask[..., None].to(hidden.dtype)
    return (hidden * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1)


@dataclass
class SentenceEncoder:
    """Turns texts into vectors of length 1.

    Attributes:
        base: an encoder without a head.
        kind: how hidden states are pooled.
        max_length: tokens of a text that are read.
    """

    base: LoadedModel
    kind: PoolingKind
    max_length: int

    @property
    def size(self) -> int:
        """Length of an embedding."""
        return int(self.base.model.config.hidden_size)

    def embed(self, texts: Sequence[str], *, progress: Callable[[int], object] = lambda _: None) -> Embeddings:
        """Embeddings in the order of the texts; texts of like length share a batch.

        Args:
            texts: n texts.
            progress: told how many texts each batch held.
        """
        import torch

        tokens = [len(ids) for ids in self.base.tokenizer(list(texts))["input_ids"]] if texts else []
        order = np.argsort(tokens, kind="stable")
        vectors = np.zeros((len(texts), self.size), dtype=np.float32)
        with self.base.using(None) as model, torch.inference_mode():
            for begin in range(0, len(texts), BATCH_SIZE):
                rows = order[begin : begin + BATCH_SIZE]
                batch = self.base.tokenizer(
                    [texts[row] for row in rows],
                    padding=True,
                    truncation=True,
                    max_length=self.max_length,
                    return_tensors="pt",
                ).to(model.device)
                means = pooled(model(**batch).last_hidden_state, batch["attention_mask"], self.kind)
                vectors[rows] = torch.nn.functional.normalize(means.float(), dim=1).cpu().numpy()
                progress(len(rows))
        return Embeddings(vectors, tuple(tokens))


@dataclass(frozen=True)
class Embeddings:
    """Embeddings of n texts.

    Attributes:
        vectors: float32 [n, d], each of length 1.
        tokens: how many each text has, before it was cut.
    """

    vectors: NDArray[np.float32]
    tokens: tuple[int, ...]


def sentence_encoder(
    pool: ModelPool,
    model_id: str,
    revision: str | None = None,
    *,
    kind: PoolingKind | None = None,
    max_length: int | None = None,
) -> SentenceEncoder:
    """A sentence encoder from the pool.

    Args:
        pool: holds models that are loaded already.
        model_id: Hub id or folder.
        revision: on the Hub.
        kind: how hidden states are pooled; by default what the model says, else the mean.
        max_length: tokens of a text that are read; by default as many as the model can.

    Raises:
        InputError: the model cannot be had, or pools in a way that is not known here.
    """
    base = pool.bare_encoder(model_id, revision)
    return SentenceEncoder(base, kind or pooling_of(base.weights) or "mean", max_length or context_length(base))


def context_length(base: LoadedModel) -> int:
    """Tokens that an encoder reads at most: what its tokenizer says, held to what its positions allow.

    Raises:
        InputError: that is none.
    """
    positions = int(getattr(base.model.config, "max_position_embeddings", 512))
    if getattr(base.model.config, "model_type", "") in ("roberta", "xlm-roberta", "camembert"):
        positions -= 2  # these begin to count after the padding position
    length = min(int(base.tokenizer.model_max_length), positions)
    if length < 1:
        raise InputError(f"{base.weights.model_id}: its tokenizer reads {length} tokens at most; correct its files.")
    return length
