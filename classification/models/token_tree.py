"""Token sequences that share their beginnings, as one row of a single forward pass.

Every token attends to its own ancestors only: the *tree attention* of SpecInfer (Miao et al. 2024,
https://arxiv.org/abs/2305.09781), here over prompts and the answers that may follow them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np
import torch

TokenIds = Sequence[int]
#: The tokens of a branch, and the earlier branch that it grows from; ``None`` means from the prefix.
Branch = tuple[TokenIds, int | None]


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


def token_tree(branches: Sequence[Branch], prefix: int = 0) -> TokenTree:
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


def prefix_branches(sequences: Sequence[TokenIds]) -> tuple[list[Branch], list[int]]:
    """Sequences as branches in which every shared beginning stands once (a radix tree).

    Args:
        sequences: in ascending order, none of them empty; equal ones share a branch.

    Returns:
        The branches, and for each sequence the branch with whose last token it ends.
    """
    branches: list[Branch] = []
    ends = [0] * len(sequences)
    open_spans: list[tuple[int, int, int, int | None]] = [(0, len(sequences), 0, None)] if sequences else []
    while open_spans:
        first, last, depth, parent = open_spans.pop()
        begin = first
        while begin < last:
            end = begin + 1
            while end < last and sequences[end][depth] == sequences[begin][depth]:
                end += 1
            # In ascending order, what the first and the last share is shared by all between them.
            reach = shared_length(sequences[begin], sequences[end - 1])
            branches.append((sequences[begin][depth:reach], parent))
            node, longer = len(branches) - 1, begin
            while longer < end and len(sequences[longer]) == reach:
                ends[longer] = node
                longer += 1
            if longer < end:
                open_spans.append((longer, end, reach, node))
            begin = end
    return branches, ends


def shared_length(first: TokenIds, second: TokenIds) -> int:
    """How many tokens two sequences have in common before they differ or one ends."""
    pairs = takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False))
    return sum(1 for _ in pairs)


def shared_prefix(sequences: Sequence[TokenIds]) -> int:
    """Length of the longest start that all sequences share, leaving each at least its last token."""
    if not sequences:
        return 0
    smallest, largest = min(sequences, key=list), max(sequences, key=list)
    return min(shared_length(smallest, largest), min(map(len, sequences)) - 1)
