"""What a chat model writes after many prompts: in batches, with the start that they share computed once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from transformers import DynamicCache, GenerationConfig, LogitsProcessor, LogitsProcessorList

from .scoring import can_branch, grown
from .token_tree import TokenIds, shared_prefix

#: Prompts that are continued together.
BATCH_ROWS = 16


class TextWriter:
    """Continues prompts with one model; keeps the last shared start for the next call."""

    def __init__(self, ends: Sequence[int], pad: int, *, batch_rows: int = BATCH_ROWS) -> None:
        """Take the token ids that end an answer, and the one that fills up shorter prompts."""
        self.ends, self.pad, self.batch_rows = sorted(set(ends)), pad, batch_rows
        self._prefix: tuple[list[int], DynamicCache] | None = None

    @torch.inference_mode()
    def write(
        self,
        model: Any,
        prompts: Sequence[TokenIds],
        most: int,
        *,
        prefix: TokenIds = (),
        temperature: float | None = None,
        seeds: Sequence[int] = (),
    ) -> list[list[int]]:
        """The tokens that the model writes after each prompt, without what ends them.

        Args:
            model: a causal language model of transformers; the same one at every call.
            prompts: token ids.
            most: tokens that are written at most.
            prefix: token ids that every prompt of this and later calls is known to start with.
            temperature: to sample; ``None`` takes the likeliest token each time.
            seeds: one for each prompt, where it samples. What is sampled depends on the prompt and its seed alone,
                whichever prompts share its batch.

        Returns:
            Token ids in the order of ``prompts``.
        """
        found: list[list[int]] = [[] for _ in prompts]
        if not prompts:
            return found
        shared = 0
        if can_branch(model, max(map(len, prompts)) + most):
            shared = shared_prefix([*prompts, [*prefix, -1]] if prefix else prompts)
        cache = self._cached(model, list(prompts[0][:shared]))
        order = sorted(range(len(prompts)), key=lambda row: len(prompts[row]))  # those of like length together
        for begin in range(0, len(order), self.batch_rows):
            rows = order[begin : begin + self.batch_rows]
            noise = None
            if temperature is not None:
                noise = GumbelNoise([_generator(prompts[row], seeds[row]) for row in rows], temperature)
            written = self._batch(model, [list(prompts[row]) for row in rows], shared, cache, most, noise)
            for row, ids in zip(rows, written, strict=True):
                found[row] = ids
        return found

    def _cached(self, model: Any, prefix: list[int]) -> DynamicCache | None:
        if not prefix:
            return None
        if self._prefix is None or self._prefix[0] != prefix:
            self._prefix = (prefix, grown(model, None, prefix))
        return self._prefix[1]

    def _batch(
        self,
        model: Any,
        prompts: list[list[int]],
        shared: int,
        cache: DynamicCache | None,
        most: int,
        noise: GumbelNoise | None,
    ) -> list[list[int]]:
        longest = max(map(len, prompts))
        fill = [longest - len(prompt) for prompt in prompts]
        # The padding stands behind the shared start, so that the start is the same for all rows.
        ids = [[*p[:shared], *[self.pad] * n, *p[shared:]] for p, n in zip(prompts, fill, strict=True)]
        mask = [[1] * shared + [0] * n + [1] * (longest - shared - n) for n in fill]
        settings = GenerationConfig(
            max_new_tokens=most, do_sample=False, eos_token_id=self.ends, pad_token_id=self.pad, use_cache=True
        )
        out = model.generate(
            torch.tensor(ids, device=model.device),
            attention_mask=torch.tensor(mask, device=model.device),
            generation_config=settings,
            past_key_values=_repeated(cache, len(prompts)),
            logits_processor=LogitsProcessorList([noise] if noise else []),
        )
        return [self._until_end(row[longest:].tolist()) for row in out]

    def _until_end(self, ids: list[int]) -> list[int]:
        end = next((place for place, token in enumerate(ids) if token in self.ends), len(ids))
        return ids[:end]


class GumbelNoise(LogitsProcessor):
    """Makes the likeliest token a sample: the Gumbel-max trick (Maddison et al. 2014), a generator for each row."""

    def __init__(self, generators: Sequence[np.random.Generator], temperature: float) -> None:
        self.generators, self.temperature = generators, temperature

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Logits [rows, vocabulary] with noise."""
        noise = np.stack([one.gumbel(size=scores.shape[1]).astype(np.float32) for one in self.generators])
        return scores.float() / self.temperature + torch.from_numpy(noise).to(scores.device)


def _generator(prompt: TokenIds, seed: int) -> np.random.Generator:
    digest = hashlib.sha256(f"{seed} {list(prompt)}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))


def _repeated(cache: DynamicCache | None, rows: int) -> DynamicCache | None:
    """The keys and values of one sequence for so many; the tensors of the one stay as they are."""
    if cache is None:
        return None
    repeated = DynamicCache()
    for layer, kept in enumerate(cache.layers):
        keys, values = kept.keys, kept.values
        assert keys is not None  # noqa: S101  it was filled by a forward pass
        assert values is not None  # noqa: S101
        repeated.update(keys.expand(rows, -1, -1, -1), values.expand(rows, -1, -1, -1), layer)
    return repeated
