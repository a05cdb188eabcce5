"""Embeddings of many texts, computed once: kept in the user's cache under a fingerprint of encoder and texts."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from .embeddings import SentenceEncoder
from .pool import cache_folder

logger = logging.getLogger(__name__)

#: Files that are kept; the one that was used longest ago goes first.
MOST_FILES = 32
#: Fewer texts are embedded faster than a file is worth.
FEWEST_TEXTS = 64


def cached_embeddings(encoder: SentenceEncoder, texts: Sequence[str]) -> NDArray[np.float32]:
    """Embeddings float32 [n, d] of length 1, in the order of the texts.

    The file holds vectors and no text. One that cannot be read or written is made again, or not kept.
    """
    if len(texts) < FEWEST_TEXTS:
        return encoder.embed(texts).vectors
    file = cache_folder() / "embeddings" / f"{fingerprint(encoder, texts)}.safetensors"
    try:
        found = load_file(file)["embeddings"]
        if found.shape == (len(texts), encoder.size):
            os.utime(file)
            return found
    except (OSError, SafetensorError, KeyError):
        pass
    vectors = encoder.embed(texts).vectors
    _keep(file, vectors)
    return vectors


def fingerprint(encoder: SentenceEncoder, texts: Sequence[str]) -> str:
    """What the embeddings depend on, as 64 hex digits: which weights, how they pool, how much is read, which texts."""
    weights = encoder.base.weights
    digest = hashlib.sha256()
    for part in (weights.model_id, weights.location, str(weights), encoder.kind, str(encoder.max_length), *texts):
        encoded = part.encode("utf-8", "surrogatepass")
        digest.update(f"{len(encoded)} ".encode() + encoded)
    if weights.kind == "path":  # the same folder may hold other weights tomorrow
        for found in sorted(Path(weights.location).glob("*.safetensors")):
            digest.update(f"{found.name} {found.stat().st_size} {found.stat().st_mtime_ns}".encode())
    return digest.hexdigest()


def _keep(file: Path, vectors: NDArray[np.float32]) -> None:
    unfinished = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        save_file({"embeddings": np.ascontiguousarray(vectors)}, unfinished)
        unfinished.replace(file)
        for old in sorted(file.parent.glob("*.safetensors"), key=lambda one: one.stat().st_mtime)[:-MOST_FILES]:
            old.unlink(missing_ok=True)
    except (OSError, SafetensorError) as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        logger.warning("The embeddings are not kept: %s", error)
