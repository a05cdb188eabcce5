"""Probabilities of several labels from a chat model whose answer names them in the task's order.

An ordered answer ("anger, sadness") is a chain of yes-or-no decisions: each label in its turn is named next, or passed
over for a later one or for the end. So an answer's likelihood is the product of such decisions, as in a classifier
chain (Read et al. 2011, https://doi.org/10.1007/s10994-011-5256-5), and the probability of a label, given the labels
before it, is that of its being named next, divided by that of everything that could still be named. One scored pass
gives it for all labels up to the next one that is named; that one joins the answer, and another pass goes on from it.
Deciding at .5 is greedy decoding that is held to the labels and their order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .scoring import LabelScorer
from .token_tree import TokenIds

#: From this probability on, a label joins the answer that later labels are scored after.
NAMED = 0.5


@dataclass(frozen=True)
class ChainTokens:
    """The pieces of an answer as token ids.

    Attributes:
        first: each label's word at the start of an answer.
        later: each label's word with the comma before it.
        nothing: the whole answer where no label applies.
        end: what ends an answer after a label.
    """

    first: Sequence[TokenIds]
    later: Sequence[TokenIds]
    nothing: TokenIds
    end: TokenIds


class LabelChain:
    """Scores ordered answers of several labels; keeps the shared prefix of its prompts from call to call."""

    def __init__(self, tokens: ChainTokens) -> None:
        self.tokens = tokens
        self._first = LabelScorer([*tokens.first, tokens.nothing])
        self._later = LabelScorer([*tokens.later, tokens.end])
        self._continued = {False: continued(tokens.first), True: continued(tokens.later)}

    def score(
        self, model: Any, prompts: Sequence[TokenIds], *, prefix: TokenIds = ()
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]:
        """The probability of each label, given the labels before it.

        Args:
            model: a causal language model of transformers.
            prompts: token ids of n prompts.
            prefix: token ids that every prompt is known to start with.

        Returns:
            Probabilities float32 [n, L]; the probability float32 [n] that the model puts on all first labels and on
            "nothing" together; and the number int64 [n] of tokens that were scored.
        """
        labels = len(self.tokens.first)
        found = np.zeros((len(prompts), labels), dtype=np.float32)
        scores = self._first.score(model, prompts, prefix=prefix)
        mass = np.exp(scores).sum(axis=1).astype(np.float32)
        scored = np.full(len(prompts), sum(map(len, self._first.answers)), dtype=np.int64)
        rows, begins = np.arange(len(prompts)), np.zeros(len(prompts), dtype=np.int64)
        answers: list[list[int]] = [list(prompt) for prompt in prompts]
        while len(rows):
            within = bool(begins.any())  # the first pass is about the start of answers, all others are not
            words = self.tokens.later if within else self.tokens.first
            named = []
            for row, begin, likelihoods in zip(rows, begins, scores, strict=True):
                shares = chain_shares(likelihoods, self._continued[within], int(begin))
                over = np.flatnonzero(shares >= NAMED)
                last = int(over[0]) if len(over) else labels - 1 - int(begin)
                found[row, begin : begin + last + 1] = shares[: last + 1]
                if len(over) and begin + last + 1 < labels:
                    answers[row] += words[int(begin) + last]
                    named.append((row, begin + last + 1))
            rows = np.array([row for row, _ in named], dtype=np.int64)
            begins = np.array([begin for _, begin in named], dtype=np.int64)
            if len(rows):
                scores = self._later.score(model, [answers[row] for row in rows], prefix=prefix)
                scored[rows] += sum(map(len, self._later.answers))
        return found, mass, scored


def chain_shares(
    likelihoods: NDArray[np.float32], longer: Sequence[tuple[int, int]], begin: int
) -> NDArray[np.float32]:
    """Each label's share of what could still be named when its turn comes.

    Args:
        likelihoods: natural logarithms float32 [L + 1], of each label as the next one and of the end.
        longer: labels of which the second's word goes on where the first's ends; see `continued`.
        begin: the first label whose turn has not come yet.

    Returns:
        float32 [L - begin].
    """
    next_one = np.exp(likelihoods.astype(np.float64) - likelihoods.max())
    for short, long in longer:  # "joy" is also how "joyful" begins
        next_one[short] = max(next_one[short] - next_one[long], 0.0)
    left = next_one[begin:]
    remaining = left[::-1].cumsum()[::-1]
    return (left[:-1] / np.maximum(remaining[:-1], np.finfo(np.float64).tiny)).astype(np.float32)


def continued(words: Sequence[TokenIds]) -> list[tuple[int, int]]:
    """Pairs of words of which the second goes on where the first ends, with no third between; longest firsts last.

    The likelihood of the first covers that of the second. Taking the second's off first needs the shortest words
    first: theirs covers all longer ones, each of which is then still whole.
    """
    order = sorted(range(len(words)), key=lambda word: len(words[word]))
    pairs = [(short, long) for short in order for long in order if _begins(words[short], words[long])]
    known = set(pairs)
    return [
        (short, long)
        for short, long in pairs
        if not any((short, middle) in known and (middle, long) in known for middle in order)
    ]


def _begins(start: TokenIds, whole: TokenIds) -> bool:
    return len(start) < len(whole) and list(whole[: len(start)]) == list(start)
