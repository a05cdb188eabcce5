"""A fine-tuned encoder: a transformer with a sequence-classification head, whole or as an adapter on a shared base."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import InputError
from ..models.adapters import head_outputs
from ..models.embeddings import HEAD_FILE, context_length
from ..models.pool import LoadedModel
from ..models.pooled_head import PooledHead
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
        logits = self._output(model, batch.to(model.device))
        return logits[:, self.columns].float().cpu().numpy()  # type: ignore[no-any-return]

    def _output(self, model: Any, batch: Any) -> torch.Tensor:
        logits: torch.Tensor = model(**batch).logits
        return logits


class PooledEncoderClassifier(EncoderClassifier):
    """An encoder whose hidden states are pooled before its head: what sentence encoders need."""

    def __init__(self, name: str, task: Task, base: LoadedModel, head: PooledHead, **options: Any) -> None:
        """Take an encoder without a head, the head, and the options of `EncoderClassifier`."""
        super().__init__(name, task, base, **options)
        self.head = head.to(base.model.device)

    def _output(self, model: Any, batch: Any) -> torch.Tensor:
        logits: torch.Tensor = self.head(model(**batch).last_hidden_state, batch["attention_mask"])
        return logits


def load_encoder(run: RunToLoad) -> EncoderClassifier:
    """A fine-tuned encoder; its outputs are put in the order of the task's labels."""
    model_id, revision = run.weights()
    if run.record.pooling:
        return _load_pooled(run, model_id, revision)
    _check_head(run)
    base = run.pool.sequence_classifier(model_id, len(run.task.labels), revision, quantization=run.quantization())
    columns = [run.record.task.index(name) for name in run.task.label_names]
    return EncoderClassifier(
        run.name, run.task, base, adapter=run.attach(base), max_length=run.record.max_length, columns=columns
    )


def _check_head(run: RunToLoad) -> None:
    """An adapter that was saved without a record has to bring a head with an output for each label.

    Raises:
        InputError: it brings none, or one with more or fewer.
    """
    if not run.record.is_adapter or run.record.created:
        return
    outputs, labels = head_outputs(run.folder), len(run.record.task.labels)
    if outputs is None:
        raise InputError(
            f"{run.source}: the adapter was saved without its head, without which it would answer by chance; save it "
            "with its head (classifier or score) in modules_to_save."
        )
    if outputs != labels:
        raise InputError(
            f"{run.source}: the adapter's head has {outputs} outputs, and the task {run.task.name} has {labels} "
            "labels; use one with as many."
        )


def _load_pooled(run: RunToLoad, model_id: str, revision: str | None) -> PooledEncoderClassifier:
    head = PooledHead.load(run.folder)
    if head.linear.out_features != len(run.task.labels):
        raise InputError(
            f"{run.source}: its {HEAD_FILE} has {head.linear.out_features} outputs for {len(run.task.labels)} labels."
        )
    base = run.pool.bare_encoder(model_id, revision)
    if head.linear.in_features != base.model.config.hidden_size:
        raise InputError(f"{run.source}: its {HEAD_FILE} is for another encoder than {model_id}.")
    columns = [run.record.task.index(name) for name in run.task.label_names]
    return PooledEncoderClassifier(
        run.name,
        run.task,
        base,
        head,
        adapter=run.attach(base),
        max_length=run.record.max_length,
        columns=columns,
    )


def probabilities(logits: NDArray[np.float32], *, multi_label: bool) -> NDArray[np.float32]:
    """Softmax over labels, or for a multi-label task a sigmoid each; float32 [n, L]."""
    if multi_label:
        return (1.0 / (1.0 + np.exp(-logits.clip(-60, 60)))).astype(np.float32)
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True)) if len(logits) else logits
    return (shifted / shifted.sum(axis=1, keepdims=True)).astype(np.float32) if len(logits) else logits
