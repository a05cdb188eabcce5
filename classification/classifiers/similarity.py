"""Zero-shot and few-shot by embeddings: which label's description lies nearest to a text (no training).

A label is the embedding of its word and description. Shown demonstrations, it is the mean of that embedding and theirs,
as a prototype is in Snell et al. 2017 (https://arxiv.org/abs/1703.05175); the description takes part as one more
demonstration. Texts and labels go to the encoder as they are. That holds for E5 too, which was trained with "query: "
before texts: with that in front of both, headlines were a little worse, Chinese titles and reviews the same.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from ..errors import InputError
from ..models.embeddings import SentenceEncoder, sentence_encoder
from ..models.pool import locate
from ..models.structure import check_before_loading
from ..predictions import Predictions, normalised
from ..prompting.messages import Demonstration
from ..task import Label, Task
from .loading import PromptToLoad
from .seq2seq import check_scored

#: What cosines are divided by: one twentieth, since sentence encoders are usually trained with cosines times 20 in
#: their loss (MultipleNegativesRankingLoss of sentence-transformers, all-MiniLM-L6-v2 among them). It decides how sure
#: an answer looks, and never which label it is.
TEMPERATURE = 0.05
#: Several labels: how far between the mean cosine of a text and its largest a label's has to lie to apply.
#: Cosines of a text with every label are high for some encoders and low for others, so no fixed one would do. At the
#: mean itself half of all labels would apply.
SHARE_OF_THE_WAY = 0.75


class SimilarityClassifier:
    """Compares the embedding of a text with one for each label.

    A task with one label a text gets the softmax of the cosines over `TEMPERATURE`. For several labels, a label's
    probability is the logistic function of how far its cosine lies above the point `SHARE_OF_THE_WAY` between the mean
    and the largest cosine of that text, over `TEMPERATURE`; so at least one label always applies.

    Args:
        name: of the contender.
        task: what it decides.
        encoder: of sentences.
        demonstrations: labelled rows that take part in the vectors of their labels.

    Raises:
        InputError: a demonstration has a label that the task does not have.
    """

    def __init__(
        self, name: str, task: Task, encoder: SentenceEncoder, *, demonstrations: Sequence[Demonstration] = ()
    ) -> None:
        self.name, self.task, self.encoder = name, task, encoder
        self.vectors = label_vectors(task, encoder, demonstrations)

    def prompt(self, text: str) -> None:
        """``None``: the encoder is shown the text and nothing else."""
        return

    def predict(self, texts: Sequence[str]) -> Predictions:
        """Decide about each text."""
        started = time.perf_counter()
        found = self.encoder.embed(texts)
        most = self.encoder.max_length
        return Predictions.of(
            probabilities_of(found.vectors @ self.vectors.T, multi_label=self.task.multi_label),
            time.perf_counter() - started,
            prompt_tokens=[min(count, most) for count in found.tokens],
            truncated=[count > most for count in found.tokens],
        )


def label_text(label: Label, language: str) -> str:
    """What stands for a label: ``word: description``, with a wide colon in Chinese, or the word where nothing more."""
    colon = "：" if language == "zh" else ": "
    return f"{label.word}{colon}{label.description}" if label.description else label.word


def label_vectors(
    task: Task, encoder: SentenceEncoder, demonstrations: Sequence[Demonstration] = ()
) -> NDArray[np.float32]:
    """A vector of length 1 for each label, float32 [L, d]: the mean of its description's and its demonstrations'."""
    texts = [label_text(label, task.language) for label in task.labels]
    found = encoder.embed([*texts, *(shown.text for shown in demonstrations)]).vectors
    vectors = found[: len(texts)].copy()
    for vector, shown in zip(found[len(texts) :], demonstrations, strict=True):
        vectors[[task.index(name) for name in shown.labels]] += vector
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.float32(1e-12))


def probabilities_of(cosines: NDArray[np.float32], *, multi_label: bool) -> NDArray[np.float32]:
    """Probabilities float32 [n, L] from cosines [n, L]; see `SimilarityClassifier`."""
    if not len(cosines):
        return cosines
    if not multi_label:
        return normalised(cosines / TEMPERATURE)
    mean, largest = cosines.mean(axis=1, keepdims=True), cosines.max(axis=1, keepdims=True)
    start = mean + SHARE_OF_THE_WAY * (largest - mean)
    shares: NDArray[np.float32] = expit((cosines - start) / TEMPERATURE).astype(np.float32)
    return shares


def load_prompted(prompt: PromptToLoad) -> SimilarityClassifier:
    """A sentence encoder that is given descriptions of the labels, and was not trained for the task.

    Raises:
        InputError: it is no encoder, its files lack weights, or a free answer is asked for.
    """
    check_scored(prompt.name, prompt.decode, "similarity")
    check_before_loading(locate(prompt.model, prompt.revision, prompt.pool.source), "encoder")
    encoder = sentence_encoder(prompt.pool, prompt.model, prompt.revision)
    lacking = [name for name in encoder.base.missing if "pooler" not in name]  # a pooler is not used here
    if lacking:
        raise InputError(
            f"{prompt.name}: the files of {prompt.model} lack {lacking[0]}, so it would answer by chance; name a "
            "sentence encoder, such as sentence-transformers/all-MiniLM-L6-v2."
        )
    return SimilarityClassifier(prompt.name, prompt.task, encoder, demonstrations=prompt.demonstrations)
