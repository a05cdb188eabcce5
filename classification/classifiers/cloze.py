"""A masked language model as a classifier: which label's word it would put into the gap of a pattern."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from ..errors import InputError
from ..models.cloze_scoring import ClozeScorer
from ..models.embeddings import context_length
from ..models.pool import LoadedModel, locate
from ..models.structure import check_before_loading
from ..predictions import Predictions, normalised
from ..prompting.patterns import encode_clozes, filled, words_in
from ..task import Task
from .loading import PromptToLoad, RunToLoad
from .seq2seq import check_scored, check_single_label


class ClozeClassifier:
    """Compares the likelihoods of the labels' words in the gap, averaged over the task's patterns."""

    def __init__(
        self, name: str, task: Task, base: LoadedModel, *, adapter: str | None = None, max_length: int | None = None
    ) -> None:
        """Take a model from the pool.

        Args:
            name: of the contender.
            task: with patterns, and one label a text.
            base: the masked language model.
            adapter: which of its adapters answers.
            max_length: tokens that are read, the pattern included; by default as many as the model can.

        Raises:
            InputError: the task allows several labels or has no patterns, or the model cannot tell its words apart.
        """
        check_single_label(task, name)
        self.name, self.task, self.base, self.adapter = name, task, base, adapter
        self.max_length = max_length or context_length(base)
        words = words_in(base.tokenizer, task, base.weights.model_id)
        self.scorer = ClozeScorer(words, int(base.tokenizer.mask_token_id))
        self.questions = [(task.patterns[asked.pattern], asked.gaps) for asked in self.scorer.questions]

    def prompt(self, text: str) -> str:
        """The patterns with the text in them, a line each."""
        return "\n".join(filled(pattern, text, self.base.tokenizer.mask_token) for pattern in self.task.patterns)

    def predict(self, texts: Sequence[str]) -> Predictions:
        """Decide about each text; ``seconds`` is the batch's time shared out by length."""
        if not texts:
            return Predictions.of(np.zeros((0, len(self.task.labels)), dtype=np.float32), 0.0)
        started = time.perf_counter()
        tokenizer = self.base.tokenizer
        asked = [encode_clozes(tokenizer, self.questions, text, self.max_length) for text in texts]
        with self.base.using(self.adapter) as model:
            ids = [[one.ids for one in of_text] for of_text in asked]
            scores = self.scorer.score(model, ids, int(tokenizer.pad_token_id))
        return Predictions.of(
            normalised(scores),
            time.perf_counter() - started,
            prompt_tokens=[sum(len(one.ids) for one in of_text) for of_text in asked],
            truncated=[any(one.truncated for one in of_text) for of_text in asked],
            label_mass=np.exp(scores).sum(axis=1) if self.scorer.is_share else None,
        )


def load_prompted(prompt: PromptToLoad) -> ClozeClassifier:
    """A masked language model that is asked with the task's patterns, and was not trained here.

    Raises:
        InputError: it has no head that fills gaps, or demonstrations or a free answer are asked for.
    """
    check_scored(prompt.name, prompt.decode, "cloze")
    if prompt.demonstrations:
        raise InputError(f"{prompt.name}: a cloze shows no demonstrations; make its approach zero-shot.")
    check_before_loading(locate(prompt.model, prompt.revision, prompt.pool.source), "encoder")
    base = prompt.pool.masked_language_model(prompt.model, prompt.revision)
    if base.missing:
        raise InputError(
            f"{prompt.name}: {prompt.model} comes without the head that fills gaps (its files lack {base.missing[0]}), "
            "so it would answer by chance; fine-tune it with python -m training.cloze, or name a masked language model."
        )
    return ClozeClassifier(prompt.name, prompt.task, base)


def load_tuned(run: RunToLoad) -> ClozeClassifier:
    """A fine-tuned masked language model, asked with the run's own task in its own patterns and words."""
    check_scored(run.name, run.decode, "cloze")
    base = run.pool.masked_language_model(*run.weights())
    return ClozeClassifier(run.name, run.record.task, base, adapter=run.attach(base), max_length=run.record.max_length)
