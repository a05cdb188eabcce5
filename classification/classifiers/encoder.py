"""A fine-tuned encoder: a transformer with a sequence-classification head, whole or as an adapter on a shared base."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import InputError
from ..models.pool import LoadedModel
from ..predictions import Predictions
from ..task import Task
from .loading import RunToLoad

BATCH_SIZE = 32


class EncoderClassifier:
    """Reads a text once and gives every label a logit; softmax for one label, sigmoids for several."""

    def __init__(
        self,
        name: str,
        task: Task,
        base: LoadedModel,
        *,
        adapter: str | None = None,
        max_length: int | None = None,
        batch_size: int = BATCH_SIZE,
        columns: Sequence[int] | None = None,
    ) -> None:
        self.name, self.task, self.base, self.adapter = name, task, base, adapter
        self.batch_size = batch_size
        self.columns = list(columns or range(len(task.labels)))  # which output is each label
        self.max_length = max_length or context_length(base)

    def prompt(self, text: str) -> None:
        """``None``: an encoder is shown the text and nothing else."""
        return

    def predict(self, texts: Sequence[str]) -> Predictions:
        """Decide about each text. Texts of like length share a batch; answers keep the caller's order."""
        logits = np.zeros((len(texts), len(self.task.labels)), dtype=np.float32)
        started = time.perf_counter()
        ids = self.base.tokenizer(list(texts), add_special_tokens=True)["input_ids"] if texts else []
        lengths = [len(row) for row in ids]
        by_length = np.argsort(lengths, kind="stable")
        with self.base.using(self.adapter) as model:
            for begin in range(0, len(texts), self.batch_size):
                rows = by_length[begin : begin + self.batch_size]
                logits[rows] = self._logits(model, [texts[row] for row in rows])
        return Predictions.of(
            probabilities(logits, multi_label=self.task.multi_label),
            time.perf_counter() - started,
            prompt_tokens=[min(length, self.max_length) for length in lengths],
            truncated=[length > self.max_length for length in lengths],
        )

    @torch.inference_mode()
    def _logits(self, model: Any, texts: list[str]) -> NDArray[np.float32]:
        batch = self.base.tokenizer(
            texts, padding=True, truncation=True, max_length=self.max_length, return_tensors="pt"
        )
        return model(**batch.to(model.device)).logits[:, self.columns].float().cpu().numpy()  # type: ignore[no-any-return]


def load_encoder(run: RunToLoad) -> EncoderClassifier:
    """A fine-tuned encoder; its outputs are put in the order of the task's labels."""
    model_id, revision = run.weights()
    base = run.pool.encoder(model_id, len(run.task.labels), revision)
    columns = [run.record.task.index(name) for name in run.task.label_names]
    return EncoderClassifier(
        run.name, run.task, base, adapter=run.attach(base), max_length=run.record.max_length, columns=columns
    )


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


def probabilities(logits: NDArray[np.float32], *, multi_label: bool) -> NDArray[np.float32]:
    """Softmax over labels, or for a multi-label task a sigmoid each; float32 [n, L]."""
    if multi_label:
        return (1.0 / (1.0 + np.exp(-logits.clip(-60, 60)))).astype(np.float32)
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True)) if len(logits) else logits
    return (shifted / shifted.sum(axis=1, keepdims=True)).astype(np.float32) if len(logits) else logits
