"""Zero-shot by natural-language inference: does the text entail "This example is <label>."? (Yin et al. 2019).

As the pipeline ``zero-shot-classification`` of transformers has it (https://arxiv.org/abs/1909.00161,
https://huggingface.co/docs/transformers/main_classes/pipelines), with its default hypothesis and its probabilities.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import InputError, one_of, shown
from ..models.embeddings import context_length
from ..models.pool import LoadedModel
from ..predictions import Predictions, normalised
from ..task import Task
from .loading import PromptToLoad
from .seq2seq import check_scored

#: The default of transformers, and the same in Chinese. A model for many languages reads English ones beside any text.
TEMPLATE, TEMPLATES = "This example is {}.", {"zh": "这个例子是{}。"}
BATCH_SIZE = 32


class NliClassifier:
    """Asks a model for natural-language inference about every pair of a text and a label.

    With one label a text, a softmax over the entailment logits of all labels; with several, for each label a softmax
    of entailment against contradiction.

    Args:
        name: of the contender.
        task: what it decides.
        base: a sequence classifier with an output for entailment.
        describe_labels: whether a hypothesis has the label's description, where there is one, in place of its word.
        batch_size: pairs that are run at once.

    Raises:
        InputError: no output is called entailment, or a hypothesis leaves no room for a text.
    """

    def __init__(
        self,
        name: str,
        task: Task,
        base: LoadedModel,
        *,
        describe_labels: bool = False,
        batch_size: int = BATCH_SIZE,
    ) -> None:
        self.name, self.task, self.base, self.batch_size = name, task, base, batch_size
        self.hypotheses = hypotheses(task, describe_labels=describe_labels)
        self.entailment, self.contradiction = inference_columns(base)
        self.max_length = context_length(base)
        tokenizer = base.tokenizer
        self._added = int(tokenizer.num_special_tokens_to_add(pair=True))
        self._lengths = np.asarray([len(ids) for ids in self._ids(self.hypotheses)])
        if self._lengths.max() + self._added >= self.max_length:
            longest = self.hypotheses[int(self._lengths.argmax())]
            raise InputError(
                f"{name}: the hypothesis {shown(longest)} leaves no room for a text in the {self.max_length} tokens of "
                f"{base.weights.model_id}; give the label a shorter word or description."
            )

    def prompt(self, text: str) -> str:
        """The text, and behind it every hypothesis on a line of its own."""
        return "\n".join([text, *self.hypotheses])

    def predict(self, texts: Sequence[str]) -> Predictions:
        """Decide about each text; pairs of like length share a batch. Tokens are those of all its pairs."""
        started = time.perf_counter()
        labels = len(self.hypotheses)
        read = np.asarray([len(ids) for ids in self._ids(texts)], dtype=np.int64)
        lengths = read[:, None] + self._lengths[None] + self._added if texts else np.zeros((0, labels), dtype=np.int64)
        logits = self._logits(texts, lengths.ravel()).reshape(len(texts), labels, self.base.model.config.num_labels)
        return Predictions.of(
            self._probabilities(logits),
            time.perf_counter() - started,
            prompt_tokens=np.minimum(lengths, self.max_length).sum(axis=1).tolist(),
            truncated=[bool((row > self.max_length).any()) for row in lengths],
        )

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        if not texts:
            return []
        found: list[list[int]] = self.base.tokenizer(list(texts), add_special_tokens=False, verbose=False)["input_ids"]
        return found

    def _logits(self, texts: Sequence[str], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
        """Logits of every pair, float32 [n * L, outputs], the labels of a text side by side."""
        logits = np.zeros((len(lengths), self.base.model.config.num_labels), dtype=np.float32)
        by_length = np.argsort(lengths, kind="stable")
        labels = len(self.hypotheses)
        with self.base.using(None) as model:
            for begin in range(0, len(lengths), self.batch_size):
                pairs = by_length[begin : begin + self.batch_size]
                logits[pairs] = self._of_batch(
                    model, [texts[pair // labels] for pair in pairs], [self.hypotheses[pair % labels] for pair in pairs]
                )
        return logits

    @torch.inference_mode()
    def _of_batch(self, model: Any, texts: list[str], asked: list[str]) -> NDArray[np.float32]:
        batch = self.base.tokenizer(
            texts, asked, padding=True, truncation="only_first", max_length=self.max_length, return_tensors="pt"
        )
        return model(**batch.to(model.device)).logits.float().cpu().numpy()  # type: ignore[no-any-return]

    def _probabilities(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        if not self.task.multi_label:
            return normalised(logits[..., self.entailment])
        return normalised(logits[..., [self.contradiction, self.entailment]])[..., 1]


def hypotheses(task: Task, *, describe_labels: bool = False) -> list[str]:
    """What is held against a text, for each label of a task."""
    template = TEMPLATES.get(task.language, TEMPLATE)
    meanings = [label.description.rstrip(".。") if describe_labels else "" for label in task.labels]
    return [template.format(meaning or label.word) for label, meaning in zip(task.labels, meanings, strict=True)]


def inference_columns(base: LoadedModel) -> tuple[int, int]:
    """Which outputs of a model mean entailment and contradiction.

    Entailment is found by its name. So is contradiction; where no output is called so (two outputs, ``entailment`` and
    ``not_entailment``), it is the first one, or the last where entailment is the first: what transformers takes always.

    Raises:
        InputError: no output is called entailment.
    """
    names = {int(column): str(name) for column, name in base.model.config.id2label.items()}
    entailing = next((column for column, name in names.items() if name.casefold().startswith("entail")), None)
    if entailing is None or len(names) < 2:
        raise InputError(
            f"{base.weights.model_id}: none of its outputs is called entailment (they are "
            f"{one_of(shown(name, 30) for name in list(names.values())[:5])}); name a model that was trained on "
            "natural-language inference, as zero-shot-classification on the Hub lists them."
        )
    contradicting = next((column for column, name in names.items() if name.casefold().startswith("contradict")), None)
    if contradicting is None:
        contradicting = len(names) - 1 if entailing == 0 else 0
    return entailing, contradicting


def load_prompted(prompt: PromptToLoad) -> NliClassifier:
    """A model for natural-language inference that is asked about the task's labels.

    Raises:
        InputError: it has no head for that, or demonstrations or a free answer are asked for.
    """
    check_scored(prompt.name, prompt.decode, "nli")
    if prompt.demonstrations:
        raise InputError(
            f"{prompt.name}: a model for natural-language inference shows no demonstrations; make its approach "
            "zero-shot."
        )
    base = prompt.pool.sequence_classifier(prompt.model, None, prompt.revision)
    if base.missing:
        raise InputError(
            f"{prompt.name}: the files of {prompt.model} lack {base.missing[0]}, so it would answer by chance; name a "
            "model that was trained on natural-language inference."
        )
    return NliClassifier(prompt.name, prompt.task, base, describe_labels=prompt.describe_labels)
