"""Log-likelihoods of labels as a chat model's answer: of whole labels, with nothing computed twice.

A model is asked the same question about many texts, so prompts share their beginnings (instruction, labels,
demonstrations), and each text has the same few possible answers. All of it is one tree of tokens: what all prompts
share is the root, what some of them share (demonstrations that several texts are shown with) are its limbs, each text
is a branch, and each answer a branch of that. A long shared beginning goes through the model once, and its keys and
values are kept while it is needed. The rest is laid out in unpadded rows; see `classification.models.token_tree`.
Logits are computed at the few positions where an answer token is predicted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from .token_tree import Branch, TokenIds, TokenTree, prefix_branches, shared_length, shared_prefix, token_tree

#: Tokens that go through the model together: more compute nothing faster on a CPU, and see each other for nothing.
BATCH_TOKENS = 384
#: A beginning that only some prompts share is worth a pass and a cache of its own from so many tokens on.
LIMB_TOKENS = 32


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
        if prompts:
            shared = shared_prefix([*prompts, [*prefix, -1]] if prefix else prompts)
            root = self._root(model, list(prompts[0][:shared]))
            order = sorted(range(len(prompts)), key=lambda row: list(prompts[row]))
            self._score_below(model, prompts, order, root, shared, scores)
        return scores

    def _root(self, model: Any, prefix: TokenIds) -> DynamicCache | None:
        """Keys and values of what all prompts share, from the last call if that had the same."""
        if not prefix:
            return None
        if self._prefix is None or self._prefix[0] != prefix:
            self._prefix = (prefix, grown(model, None, prefix))
        return self._prefix[1]

    def _score_below(
        self,
        model: Any,
        prompts: Sequence[TokenIds],
        rows: Sequence[int],
        cache: DynamicCache | None,
        depth: int,
        scores: NDArray[np.float32],
    ) -> None:
        """Score rows, in the order of their tokens, that share ``depth`` tokens, whose keys and values are cached."""
        loose: list[int] = []
        for group in _groups(prompts, rows, depth + LIMB_TOKENS):
            if len(group) > 1 and self._cost(prompts, group, depth) > self.batch_tokens:
                shared = shared_prefix([prompts[row] for row in group])
                limb = grown(model, cache, prompts[group[0]][depth:shared])
                self._score_below(model, prompts, group, limb, shared, scores)
            else:
                loose += group
        for batch in self._batches(prompts, loose, depth):
            scores[batch] = self._score_tree(model, [prompts[row][depth:] for row in batch], cache, depth)

    def _cost(self, prompts: Sequence[TokenIds], rows: Sequence[int], depth: int) -> int:
        """Tokens that go through the model for these rows as one tree."""
        return sum(self._costs(prompts, rows, depth))

    def _costs(self, prompts: Sequence[TokenIds], rows: Sequence[int], depth: int) -> Iterator[int]:
        """Tokens that each row adds to a tree with the rows before it."""
        answers = sum(len(answer) - 1 for answer in self.answers)
        before: TokenIds = ()
        for row in rows:
            yield len(prompts[row]) - max(depth, shared_length(before, prompts[row])) + answers
            before = prompts[row]

    def _batches(self, prompts: Sequence[TokenIds], rows: Sequence[int], depth: int) -> Iterator[list[int]]:
        """Rows in order, in groups of about ``batch_tokens`` tokens; a longer row goes alone."""
        batch: list[int] = []
        used = 0
        for row, cost in zip(rows, self._costs(prompts, rows, depth), strict=True):
            if batch and used + cost > self.batch_tokens:
                yield batch
                batch, used = [], 0
                cost = next(self._costs(prompts, [row], depth))
            batch.append(row)
            used += cost
        if batch:
            yield batch

    def _score_tree(
        self, model: Any, suffixes: Sequence[TokenIds], cache: DynamicCache | None, prefix: int
    ) -> NDArray[np.float32]:
        """Log-likelihoods float32 [suffixes, answers] of suffixes in ascending order, behind a cached prefix."""
        branches, ends = prefix_branches(suffixes)
        asked = list(dict.fromkeys(ends))
        first_answer = {end: len(branches) + place * len(self.answers) for place, end in enumerate(asked)}
        branches += [(answer[:-1], end) for end in asked for answer in self.answers]
        tree = token_tree(branches, prefix)
        places, tokens, owners = self._reading_places(tree, branches, first_answer)
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
        scores = torch.zeros(len(asked) * len(self.answers)).index_add_(0, owners, log_probabilities)
        columns = {end: place for place, end in enumerate(asked)}
        found: NDArray[np.float32] = scores.view(len(asked), -1).numpy()[[columns[end] for end in ends]]
        return found

    def _reading_places(
        self, tree: TokenTree, branches: Sequence[Branch], first_answer: dict[int, int]
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Where in the row each answer token is predicted, which token it is, and whose score it adds to."""
        read: list[tuple[int, int, int]] = []
        for row, (end, first) in enumerate(first_answer.items()):
            asked = tree.starts[end] + len(branches[end][0]) - 1
            for column, answer in enumerate(self.answers):
                answer_start = tree.starts[first + column]
                places = [asked, *range(answer_start, answer_start + len(answer) - 1)]
                read += [(place, token, row * len(self.answers) + column) for place, token in zip(places, answer)]
        places_, tokens, owners = torch.tensor(read, dtype=torch.long).T
        return places_, tokens, owners


def _groups(prompts: Sequence[TokenIds], rows: Sequence[int], length: int) -> Iterator[list[int]]:
    """Consecutive rows with the same first ``length`` tokens and at least one more; every other row is alone."""
    group: list[int] = []
    for row in rows:
        together = group and len(prompts[row]) > length and shared_length(prompts[group[-1]], prompts[row]) >= length
        if group and not (together and len(prompts[group[-1]]) > length):
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def grown(model: Any, cache: DynamicCache | None, tokens: TokenIds) -> DynamicCache:
    """Keys and values of a cached prefix and the tokens behind it."""
    longer = _reusable(cache) or DynamicCache()
    # One logit is the fewest that a model can be asked for; 0 would mean all of them.
    model(
        input_ids=torch.tensor([list(tokens)], device=model.device),
        past_key_values=longer,
        use_cache=True,
        logits_to_keep=1,
    )
    return longer


def _reusable(cache: DynamicCache | None) -> DynamicCache | None:
    """A cache that begins with the same tensors and may grow: what is added goes into new ones."""
    if cache is None:
        return None
    longer = DynamicCache()
    for kept in cache.layers:
        layer = DynamicLayer()
        layer.keys, layer.values, layer.is_initialized = kept.keys, kept.values, True
        layer.dtype, layer.device = kept.dtype, kept.device
        longer.layers.append(layer)
    return longer


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
