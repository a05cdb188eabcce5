"""What cappr 0.9.6 wants of libraries that have moved on, given back while `benchmarks.scoring` calls it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

import numpy as np
import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

KeysAndValues = Sequence[tuple[torch.Tensor, torch.Tensor]]


@contextmanager
def dropped_names() -> Iterator[None]:
    """In this context, transformers 5 and numpy 2 have the names again that cappr uses, as they were.

    cappr takes one of them when it is imported and the others when it is called.
    """
    given_back = (
        (DynamicCache, "from_legacy_cache", _from_legacy_cache),
        (DynamicCache, "to_legacy_cache", _to_legacy_cache),
        (np, "VisibleDeprecationWarning", np.exceptions.VisibleDeprecationWarning),
    )
    with ExitStack() as stack:
        for owner, name, value in given_back:
            stack.enter_context(patch.object(owner, name, value, create=True))
        yield


def _from_legacy_cache(past_key_values: KeysAndValues) -> DynamicCache:
    """A cache that holds the given keys and values themselves: today's `update` would copy them once more."""
    cache = DynamicCache()
    for keys, values in past_key_values:
        layer = DynamicLayer()
        layer.lazy_initialization(keys, values)
        layer.keys, layer.values = keys, values
        cache.layers.append(layer)
    return cache


def _to_legacy_cache(cache: DynamicCache) -> KeysAndValues:
    """Keys and values of every layer."""
    return tuple((layer.keys, layer.values) for layer in cache.layers)
