"""Log-likelihoods of labels as the words that a masked language model puts into a gap.

A word of k tokens gets a gap of k mask tokens, and its score is the mean of its tokens' log-probabilities, so that
long words are not the less likely for being long. A text is read once for each pattern and length of word. Logits are
computed at the gaps only: over the whole text they would take most of the time, and with a large vocabulary the memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers.modeling_outputs import BaseModelOutput

from .token_tree import TokenIds

BATCH_SIZE = 32
#: Logits, one for each gap and entry of the vocabulary, that are in memory at once: 256 MB in float32.
MOST_LOGITS = 64_000_000


@dataclass(frozen=True)
class Question:
    """What one sequence of tokens asks.

    Attributes:
        pattern: which of the patterns, from 0.
        gaps: how many mask tokens stand in it.
        columns: the labels whose words have so many tokens.
        tokens: their words, int64 [columns, gaps].
    """

    pattern: int
    gaps: int
    columns: list[int]
    tokens: torch.Tensor


class ClozeScorer:
    """Scores the same labels for many texts with one model."""

    def __init__(self, words: Sequence[Sequence[TokenIds]], mask: int) -> None:
        """Take the words as token ids, [patterns][labels], none of them empty, and the mask token."""
        self.mask = mask
        self.patterns, self.labels = len(words), len(words[0])
        self.questions: list[Question] = []
        for pattern, ids in enumerate(words):
            for gaps in sorted(set(map(len, ids))):
                columns = [column for column, word in enumerate(ids) if len(word) == gaps]
                tokens = torch.tensor([list(ids[column]) for column in columns])
                self.questions.append(Question(pattern, gaps, columns, tokens))

    @property
    def is_share(self) -> bool:
        """Whether the labels' likelihoods add up to at most 1: words of several tokens have means in their place."""
        return all(question.gaps == 1 for question in self.questions)

    def of_batch(self, model: Any, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Scores with gradients, for training.

        Args:
            model: a masked language model of transformers, perhaps with an adapter.
            input_ids: int64 [texts x questions, longest]; the questions of a text stand one after the other.
            attention_mask: the same shape, 0 where a token is padding.

        Returns:
            float32 [texts, patterns, labels], natural logarithm.
        """
        most = max(question.gaps for question in self.questions)
        places = _first_places(input_ids == self.mask, most)
        with _read_at(model, places) as bounded:
            logits = model(input_ids=input_ids, attention_mask=attention_mask).logits
        if not bounded:
            logits = _at(logits, places)
        logits = logits.float().view(-1, len(self.questions), most, logits.shape[-1])
        likelihood = logits - logits.logsumexp(dim=-1, keepdim=True)
        scores = likelihood.new_zeros(len(logits), self.patterns, self.labels)
        for number, question in enumerate(self.questions):
            here = likelihood[:, number, : question.gaps]  # [texts, gaps, vocabulary]
            tokens = question.tokens.to(here.device).T.expand(len(here), -1, -1)  # [texts, gaps, columns]
            scores[:, question.pattern, question.columns] = here.gather(-1, tokens).mean(dim=1)
        return scores

    @torch.inference_mode()
    def score(
        self, model: Any, texts: Sequence[Sequence[TokenIds]], pad: int, *, batch_size: int = BATCH_SIZE
    ) -> NDArray[np.float32]:
        """The mean over patterns of the log-likelihood of every label's word.

        Args:
            model: as of `of_batch`.
            texts: for each text, the token ids of each question.
            pad: the token for padding.
            batch_size: how many sequences are read at once.

        Returns:
            float32 [texts, labels], natural logarithm, in the order of ``texts``.
        """
        scores = np.empty((len(texts), self.labels), dtype=np.float32)
        a_text = len(self.questions) * max(question.gaps for question in self.questions)
        fits = MOST_LOGITS // (a_text * int(model.config.vocab_size))
        rows_at_once = max(1, min(batch_size // len(self.questions), fits))
        by_length = np.argsort([max(map(len, asked)) for asked in texts], kind="stable")
        for begin in range(0, len(texts), rows_at_once):
            rows = by_length[begin : begin + rows_at_once]
            batch = padded([asked for row in rows for asked in texts[row]], pad)
            found = self.of_batch(model, *(tensor.to(model.device) for tensor in batch.values()))
            scores[rows] = found.mean(dim=1).cpu().numpy()
        return scores


def padded(sequences: Sequence[TokenIds], pad: int) -> dict[str, torch.Tensor]:
    """``input_ids`` and ``attention_mask``, int64 [n, longest], padded on the right."""
    longest = max(map(len, sequences))
    ids = torch.full((len(sequences), longest), pad)
    mask = torch.zeros_like(ids)
    for row, sequence in enumerate(sequences):
        ids[row, : len(sequence)] = torch.tensor(list(sequence))
        mask[row, : len(sequence)] = 1
    return {"input_ids": ids, "attention_mask": mask}


def _first_places(found: torch.Tensor, count: int) -> torch.Tensor:
    """Where each row has its first ``count`` true values, int64 [n, count]; the last place where it has fewer."""
    length = found.shape[1]
    places = torch.arange(length, device=found.device).expand_as(found).masked_fill(~found, length)
    return places.sort(dim=1).values[:, :count].clamp(max=length - 1)


def _at(values: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    return values.gather(1, places[..., None].expand(-1, -1, values.shape[-1]))


@contextmanager
def _read_at(model: Any, places: torch.Tensor) -> Iterator[bool]:
    """Let the head see the hidden states at these places only; it treats every place alike, so logits are the same.

    Yields:
        Whether that is so; a model whose body is not apart from its head gives logits for the whole text.
    """
    whole = model.get_base_model() if hasattr(model, "get_base_model") else model
    body = whole.base_model
    if body is whole:
        yield False
        return

    def pick(_module: Any, _inputs: Any, output: Any) -> BaseModelOutput:
        return BaseModelOutput(last_hidden_state=_at(output[0], places))

    hook = body.register_forward_hook(pick)
    try:
        yield True
    finally:
        hook.remove()
