"""Log-likelihoods of labels as a chat model's answer: of whole labels, with nothing computed twice.

A model is asked the same question about many texts, so prompts share a long prefix (instruction, labels,
demonstrations), and each text has the same few possible answers. All of it is one tree of tokens: the shared prefix
is the root, each text a branch, and each answer a branch of that. The prefix goes through the model once, and its
keys and values are kept. The branches are laid behind each other in one unpadded row in which every token sees its
own ancestors only (the *tree attention* of SpecInfer, Miao et al. 2024, https://arxiv.org/abs/2305.09781, here over
candidate answers). Logits are computed at the few positions where an answer token is predicted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import DynamicCache

TokenIds = Sequence[int]
BATCH_TOKENS = 256


@dataclass(frozen=True)
class TokenTree:
    """Token sequences that branch off one another, laid out as one row of T tokens for a single forward pass.

    Attributes:
        ids: int64 [1, T].
        positions: int64 [1, T]; depth in the tree, which is the position that a token has in its own sequence.
        visible: bool [1, 1, T, prefix + T]; what each token attends to: the prefix and its own ancestors.
        starts: where each branch begins in the row.
    """

    ids: torch.Tensor
    positions: torch.Tensor
    visible: torch.Tensor
    starts: list[int]


def token_tree(branches: Sequence[tuple[TokenIds, int | None]], prefix: int = 0) -> TokenTree:
    """Lay out branches, each a pair of its tokens and the earlier branch it grows from.

    Args:
        branches: ``None`` as parent means that the branch continues the prefix (or begins the sequence).
        prefix: number of tokens that are already in a cache and that every branch follows.
    """
    lengths = [len(tokens) for tokens, _ in branches]
    starts = [0, *np.cumsum(lengths).tolist()][:-1]
    total = sum(lengths)
    visible = torch.zeros(total, prefix + total, dtype=torch.bool)
    visible[:, :prefix] = True
    positions = torch.empty(total, dtype=torch.long)
    for (tokens, parent), start in zip(branches, starts, strict=True):
        end = start + len(tokens)
        depth = prefix
        if parent is not None:
            last = starts[parent] + lengths[parent] - 1
            visible[start:end] = visible[last]
            depth = int(positions[last]) + 1
        visible[start:end, prefix + start : prefix + end] = torch.ones(
            len(tokens), len(tokens), dtype=torch.bool
        ).tril()
        positions[start:end] = torch.arange(depth, depth + len(tokens))
    ids = torch.tensor([token for tokens, _ in branches for token in tokens], dtype=torch.long)
    return TokenTree(ids[None], positions[None], visible[None, None], starts)


def shared_prefix(sequences: Sequence[TokenIds]) -> int:
    """Length of the longest start that all sequences share, leaving each at least its last token."""
    if not sequences:
        return 0
    pairs = takewhile(lambda tokens: len(set(tokens)) == 1, zip(*sequences, strict=False))
    return min(sum(1 for _ in pairs), min(map(len, sequences)) - 1)


class LabelScorer:
    """Scores the same answers after many prompts with one model; keeps the last prefix for the next call."""

    def __init__(self, answers: Sequence[TokenIds], *, batch_tokens: int = BATCH_TOKENS) -> None:
        """Take the answers as token ids, each through the end of the assistant's turn, none of them empty."""
        self.answers = [list(answer) for answer in answers]
        self.batch_tokens = batch_tokens
        self._prefix: tuple[TokenIds, DynamicCache] | None = None

    @torch.inference_mode()
    def score(self, model: Any, prompts: Sequence[TokenIds], *, prefix: TokenIds = ()) -> NDArray[np.float32]:
        """Log-likelihood of every answer after every prompt.

        Args:
            model: a causal language model of transformers, perhaps with an active PEFT adapter; the same one
                at every call, since the keys and values of the prefix are kept.
            prompts: token ids.
            prefix: token ids that every prompt of this and later calls is known to start with. Optional: it
                only keeps a single text from being taken as a prefix of its own.

        Returns:
            float32 [prompts, answers], natural logarithm, in the order of ``prompts``.
        """
        scores = np.empty((len(prompts), len(self.answers)), dtype=np.float32)
        if not can_branch(model, max(map(len, prompts), default=0) + max(map(len, self.answers))):
            for row, prompt in enumerate(prompts):
                scores[row] = score_plainly(model, prompt, self.answers)
            return scores
        shared = shared_prefix([*prompts, [*prefix, -1]] if prefix else prompts)
        cache = self._cached(model, list(prompts[0][:shared])) if prompts else None
        answer_tokens = sum(len(answer) - 1 for answer in self.answers)
        for rows in _batches([len(prompt) - shared + answer_tokens for prompt in prompts], self.batch_tokens):
            scores[rows] = self._score_tree(model, [prompts[row][shared:] for row in rows], cache, shared)
        return scores

    def _cached(self, model: Any, prefix: TokenIds) -> DynamicCache | None:
        """Keys and values of the prefix, from the last call if that had the same."""
        if not prefix:
            return None
        if self._prefix is None or self._prefix[0] != prefix:
            cache = DynamicCache()
            # One logit is the fewest that a model can be asked for; 0 would mean all of them.
            model(
                input_ids=torch.tensor([prefix], device=model.device),
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            )
            self._prefix = (prefix, cache)
        return self._prefix[1]

    def _score_tree(
        self, model: Any, suffixes: Sequence[TokenIds], cache: DynamicCache | None, prefix: int
    ) -> NDArray[np.float32]:
        branches: list[tuple[TokenIds, int | None]] = []
        for suffix in suffixes:
            parent = len(branches)
            branches.append((suffix, None))
            branches += [(answer[:-1], parent) for answer in self.answers]
        tree = token_tree(branches, prefix)
        places, tokens, owners = self._reading_places(tree, suffixes)
        unique, inverse = torch.unique(places, return_inverse=True)
        logits = model(
            input_ids=tree.ids.to(model.device),
            position_ids=tree.positions.to(model.device),
            attention_mask=attention_mask(tree.visible.to(model.device), model),
            past_key_values=_reusable(cache),
            use_cache=cache is not None,
            logits_to_keep=unique.to(model.device),
        ).logits[0]
        log_probabilities = logits.float().log_softmax(dim=-1).cpu()[inverse, tokens]
        scores = torch.zeros(len(suffixes) * len(self.answers)).index_add_(0, owners, log_probabilities)
        return scores.view(len(suffixes), -1).numpy()

    def _reading_places(
        self, tree: TokenTree, suffixes: Sequence[TokenIds]
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Where in the row each answer token is predicted, which token it is, and whose score it adds to."""
        read: list[tuple[int, int, int]] = []
        per_row = 1 + len(self.answers)
        for row, suffix in enumerate(suffixes):
            asked = tree.starts[row * per_row] + len(suffix) - 1
            for column, answer in enumerate(self.answers):
                answer_start = tree.starts[row * per_row + 1 + column]
                places = [asked, *range(answer_start, answer_start + len(answer) - 1)]
                read += [(place, token, row * len(self.answers) + column) for place, token in zip(places, answer)]
        places_, tokens, owners = torch.tensor(read, dtype=torch.long).T
        return places_, tokens, owners


def _reusable(cache: DynamicCache | None) -> DynamicCache | None:
    """A cache that starts with the prefix and may grow, while the tensors of the prefix stay as they are."""
    if cache is None:
        return None
    grown = DynamicCache()
    for layer, kept in enumerate(cache.layers):
        grown.update(kept.keys, kept.values, layer)
    return grown


def _batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Row numbers in order, in groups of about ``budget`` tokens; a longer row goes alone."""
    rows: list[int] = []
    for row, length in enumerate(lengths):
        if rows and sum(lengths[other] for other in rows) + length > budget:
            yield rows
            rows = []
        rows.append(row)
    if rows:
        yield rows


def attention_mask(visible: torch.Tensor, model: Any) -> torch.Tensor:
    """What a model takes for "sees only these": true and false, or for eager attention what to add to its scores."""
    if model.config.get_text_config(decoder=True)._attn_implementation != "eager":
        return visible
    hidden = torch.finfo(model.dtype).min
    return torch.zeros(visible.shape, dtype=model.dtype, device=visible.device).masked_fill(~visible, hidden)


def can_branch(model: Any, length: int) -> bool:
    """Whether the model takes a tree: plain attention with a mask, and no window shorter than the sequence."""
    config = model.config.get_text_config(decoder=True)
    window = getattr(config, "sliding_window", None)
    plain = {"full_attention", "sliding_attention"} >= set(getattr(config, "layer_types", None) or ())
    masked = config._attn_implementation in ("sdpa", "eager")
    return plain and masked and (window is None or length <= window)


@torch.inference_mode()
def score_plainly(model: Any, prompt: TokenIds, answers: Sequence[TokenIds]) -> NDArray[np.float32]:
    """Log-likelihood of each answer after one prompt, by one ordinary forward pass an answer.

    What `LabelScorer` has to equal, and what it falls back to for a model that takes no tree.

    Returns:
        float32 [answers], natural logarithm.
    """
    scores = np.empty(len(answers), dtype=np.float32)
    for column, answer in enumerate(answers):
        ids = torch.tensor([[*prompt, *answer]], device=model.device)
        logits = model(input_ids=ids, use_cache=False).logits[0, len(prompt) - 1 : -1]
        picked = logits.float().log_softmax(dim=-1).gather(1, ids[0, len(prompt) :, None])
        scores[column] = float(picked.sum())
    return scores
