"""An encoder-decoder such as Flan-T5 as a classifier: its labels scored as answers; prompted, or fine-tuned."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from ..errors import InputError
from ..models.pool import LoadedModel, locate
from ..models.seq2seq_scoring import Seq2SeqScorer
from ..models.structure import check_before_loading
from ..predictions import Predictions, normalised
from ..prompting.messages import Demonstration
from ..prompting.retrieval import DemonstrationSource, FixedDemonstrations
from ..prompting.source_text import encode_source, encode_targets
from ..prompting.surroundings import source_text
from ..task import Task
from .loading import PromptToLoad, RunToLoad

#: T5 was trained on 512 tokens; its positions are distances, so no file says how many it can read.
USUAL_LENGTH = 512
#: What tokenizers say where nothing is known is a number without meaning, about 1e30.
LONGEST = 100_000


class Seq2SeqClassifier:
    """Compares the likelihoods of the labels as what the decoder writes, so every answer is a label."""

    def __init__(
        self,
        name: str,
        task: Task,
        base: LoadedModel,
        *,
        adapter: str | None = None,
        demonstrations: DemonstrationSource | None = None,
        describe_labels: bool = False,
        max_length: int | None = None,
    ) -> None:
        """Take a model from the pool.

        Args:
            name: of the contender.
            task: with one label a text.
            base: the encoder-decoder.
            adapter: which of its adapters answers.
            demonstrations: where each text has its own from; by default none are shown.
            describe_labels: whether the instruction also says what each label means.
            max_length: tokens that the encoder reads, instruction included; by default what the model says.

        Raises:
            InputError: the task allows several labels.
        """
        check_single_label(task, name)
        self.name, self.task, self.base, self.adapter = name, task, base, adapter
        self.source, self.describe_labels = demonstrations or FixedDemonstrations(), describe_labels
        self.max_length = max_length or source_length(base)
        self._scorer = Seq2SeqScorer(encode_targets(base.tokenizer, task.words))

    def prompt(self, text: str) -> str:
        """What the encoder reads for a text."""
        return source_text(self.task, text, self.shown(text), describe_labels=self.describe_labels)

    def shown(self, text: str) -> tuple[Demonstration, ...]:
        """The demonstrations that stand before a text."""
        return self.source.shown_with([text])[0]

    def predict(self, texts: Sequence[str]) -> Predictions:
        """Decide about each text; ``seconds`` is the batch's time shared out by length."""
        if not texts:
            return Predictions.of(np.zeros((0, len(self.task.labels)), dtype=np.float32), 0.0)
        started = time.perf_counter()
        tokenizer = self.base.tokenizer
        encoded = [
            encode_source(
                tokenizer,
                self.task,
                text,
                shown,
                describe_labels=self.describe_labels,
                max_length=self.max_length,
            )
            for text, shown in zip(texts, self.source.shown_with(texts), strict=True)
        ]
        with self.base.using(self.adapter) as model:
            scores = self._scorer.score(model, [source.ids for source in encoded], int(tokenizer.pad_token_id))
        return Predictions.of(
            normalised(scores),
            time.perf_counter() - started,
            prompt_tokens=[len(source.ids) for source in encoded],
            completion_tokens=[sum(map(len, self._scorer.answers))] * len(texts),
            truncated=[source.truncated for source in encoded],
            label_mass=np.exp(scores).sum(axis=1),
        )


def check_single_label(task: Task, name: str) -> None:
    """Refuse a task with several labels a text, whose answers are more than can be scored one by one.

    Raises:
        InputError: it is one; the sentence names what can.
    """
    if task.multi_label:
        raise InputError(
            f"{name}: label scoring decides for one label, and the task {task.name} allows several; "
            "use a model trained with python -m training.encoder or python -m training.decoder."
        )


def source_length(base: LoadedModel) -> int:
    """Tokens that an encoder-decoder reads at most: what its tokenizer says, held to what its positions allow."""
    told = int(base.tokenizer.model_max_length)
    positions = getattr(base.model.config, "max_position_embeddings", None) or LONGEST
    return min(told if 0 < told <= LONGEST else USUAL_LENGTH, int(positions))


def check_scored(name: str, decode: str, family: str) -> None:
    """Refuse ``decode: generate`` for a family whose labels are scored.

    Raises:
        InputError: it was asked for.
    """
    if decode != "score":
        raise InputError(
            f"{name}: decode: {decode} is for chat models; the labels of a {family} are scored, leave it out."
        )


def load_prompted(prompt: PromptToLoad) -> Seq2SeqClassifier:
    """An encoder-decoder that is asked with an instruction, and was not trained here."""
    check_scored(prompt.name, prompt.decode, "seq2seq")
    check_before_loading(locate(prompt.model, prompt.revision, prompt.pool.source), "encoder-decoder")
    base = prompt.pool.sequence_to_sequence(prompt.model, prompt.revision)
    return Seq2SeqClassifier(
        prompt.name,
        prompt.task,
        base,
        demonstrations=prompt.source(),
        describe_labels=prompt.describe_labels,
    )


def load_tuned(run: RunToLoad) -> Seq2SeqClassifier:
    """A fine-tuned encoder-decoder, asked with the run's own task in its own words: what it was taught with."""
    check_scored(run.name, run.decode, "seq2seq")
    base = run.pool.sequence_to_sequence(*run.weights(), quantization=run.quantization())
    return Seq2SeqClassifier(
        run.name,
        run.record.task,
        base,
        adapter=run.attach(base),
        describe_labels=run.record.describe_labels,
        max_length=run.record.max_length,
    )
