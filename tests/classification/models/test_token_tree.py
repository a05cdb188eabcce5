from __future__ import annotations

import numpy as np

from classification.models.token_tree import prefix_branches, shared_prefix, token_tree


def test_every_sequence_keeps_a_token_of_its_own() -> None:
    assert shared_prefix([[1, 2, 3], [1, 2, 3]]) == 2
    assert shared_prefix([[1, 2, 3], [1, 2]]) == 1
    assert shared_prefix([[4], [5]]) == 0
    assert shared_prefix([]) == 0


def test_a_token_sees_its_own_ancestors_only() -> None:
    tree = token_tree([([7, 8], None), ([9], 0), ([10, 11], 0), ([12], None)], prefix=1)
    assert tree.ids.tolist() == [[7, 8, 9, 10, 11, 12]]
    assert tree.positions.tolist() == [[1, 2, 3, 3, 4, 1]]
    assert tree.visible[0, 0].int().tolist() == [
        [1, 1, 0, 0, 0, 0, 0],
        [1, 1, 1, 0, 0, 0, 0],
        [1, 1, 1, 1, 0, 0, 0],
        [1, 1, 1, 0, 1, 0, 0],
        [1, 1, 1, 0, 1, 1, 0],
        [1, 0, 0, 0, 0, 0, 1],
    ]


def test_every_shared_beginning_stands_once() -> None:
    branches, ends = prefix_branches([[1], [1, 2], [1, 2, 3], [1, 2, 3], [1, 4], [5]])
    assert sorted(token for tokens, _ in branches for token in tokens) == [1, 2, 3, 4, 5]
    assert ends[2] == ends[3]


def test_following_the_branches_back_gives_the_sequences_again() -> None:
    random = np.random.default_rng(0)
    for _ in range(50):
        sequences = sorted(
            random.integers(0, 3, size=random.integers(1, 8)).tolist() for _ in range(random.integers(1, 12))
        )
        branches, ends = prefix_branches(sequences)
        for sequence, end in zip(sequences, ends, strict=True):
            found: list[int] = []
            place: int | None = end
            while place is not None:
                tokens, place = branches[place]
                found = [*tokens, *found]
            assert found == sequence
        assert len({(tuple(tokens), parent) for tokens, parent in branches}) == len(branches)
