"""Static embeddings: a vector for each token, their mean for a text, and a small head on it (Minish Lab's Model2Vec).

The vectors were distilled from a sentence encoder and trained further (https://github.com/MinishLab/model2vec). A text
costs its tokenizer, one row of a sparse matrix product and two small dense ones, so no model library is imported here:
a run is loaded with numpy, scipy, tokenizers and safetensors.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from scipy.sparse import csr_matrix
from scipy.special import expit, softmax
from tokenizers import Tokenizer

from ..errors import InputError
from ..files.reading import read_json, read_limited
from ..models.embeddings import HEAD_FILE
from ..predictions import Predictions
from ..task import Task
from .loading import RunToLoad

#: The files of model2vec, which its own ``StaticModel.from_pretrained`` reads.
VECTORS_FILE, TOKENIZER_FILE, CONFIG_FILE = "model.safetensors", "tokenizer.json", "config.json"
VECTORS = "embeddings"
#: Bytes that such a file has at most: 250,000 tokens in 94 languages make 128 MB of vectors and 17 MB of tokenizer.
LARGEST_VECTORS, LARGEST_TOKENIZER, LARGEST_HEAD, LARGEST_CONFIG = 4_000_000_000, 100_000_000, 500_000_000, 100_000
#: Hidden layers that a head has at most.
MOST_LAYERS = 20
#: Characters of a text that are read for each token that may be used, as model2vec's own training reads them.
CHARACTERS_PER_TOKEN = 10
#: Texts that are tokenized at once. Their tokens take some two kilobytes a text until they are counted.
CHUNK = 4096
#: Below this length a vector is not scaled, as torch's ``normalize`` does.
SHORTEST = 1e-12


@dataclass(frozen=True)
class Layer:
    """A linear layer.

    Attributes:
        weight: float32 [out, in].
        bias: float32 [out].
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]


@dataclass(frozen=True)
class StaticEncoder:
    """Turns texts into means of their tokens' vectors, scaled to length 1.

    Attributes:
        tokenizer: cuts a text into tokens; the number of a token is the row of its vector.
        vectors: float32 [V, d].
        max_length: tokens of a text that are read.
        unknown: the number of the token for what the vocabulary lacks, which has no meaning of its own and is left out.
    """

    tokenizer: Tokenizer
    vectors: NDArray[np.float32]
    max_length: int
    unknown: int | None

    @classmethod
    def of(cls, tokenizer: Tokenizer, vectors: NDArray[np.float32], max_length: int) -> StaticEncoder:
        """An encoder that counts all tokens of a text; the tokenizer, its own from now on, does not cut or pad."""
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return cls(tokenizer, vectors, max_length, unknown_token(tokenizer))

    def embed(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Embeddings float32 [n, d], and how many tokens each text has, int64 [n], before it is cut."""
        longest = self.max_length * CHARACTERS_PER_TOKEN
        encoded = self.tokenizer.encode_batch_fast([text[:longest] for text in texts], add_special_tokens=False)
        rows = [one.ids for one in encoded]
        lengths = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
        ids = np.fromiter(chain.from_iterable(rows), dtype=np.int32, count=int(lengths.sum()))
        texts_of_ids = np.repeat(np.arange(len(rows)), lengths)
        if self.unknown is not None:
            known = ids != self.unknown
            ids, texts_of_ids = ids[known], texts_of_ids[known]
        kept = np.bincount(texts_of_ids, minlength=len(rows))
        if len(kept) and kept.max() > self.max_length:
            places = np.arange(len(ids)) - np.repeat(np.cumsum(kept) - kept, kept)
            ids = ids[places < self.max_length]
            kept = np.minimum(kept, self.max_length)
        # One row a text with a one at each of its tokens: its product with the vectors is their sum.
        bag = csr_matrix(
            (np.ones(len(ids), dtype=np.float32), ids, np.concatenate([[0], np.cumsum(kept)])),
            shape=(len(rows), len(self.vectors)),
        )
        sums: NDArray[np.float32] = bag @ self.vectors
        means = sums / np.maximum(kept, 1)[:, None].astype(np.float32)
        return means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), SHORTEST), lengths


class StaticClassifier:
    """Adds up a vector for each token of a text, and reads its labels off the mean.

    Args:
        name: the contender's name.
        task: what it decides.
        encoder: tokens and their vectors.
        layers: of the head, with a rectifier after each but the last; the last has an output for each label of the
            task. A bias of minus infinity is a label that no training row had.
    """

    def __init__(self, name: str, task: Task, encoder: StaticEncoder, layers: Sequence[Layer]) -> None:
        self.name, self.task, self.encoder, self.layers = name, task, encoder, tuple(layers)

    def predict(self, texts: Sequence[str]) -> Predictions:
        """Decide about each text."""
        start = time.perf_counter()
        logits = np.zeros((len(texts), len(self.task.labels)), dtype=np.float32)
        lengths = np.zeros(len(texts), dtype=np.int64)
        for begin in range(0, len(texts), CHUNK):
            part = slice(begin, begin + CHUNK)
            vectors, lengths[part] = self.encoder.embed(texts[part])
            logits[part] = self._logits(vectors)
        probabilities = expit(logits) if self.task.multi_label or not len(logits) else softmax(logits, axis=1)
        most = self.encoder.max_length
        characters = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
        return Predictions.of(
            probabilities,
            time.perf_counter() - start,
            prompt_tokens=np.minimum(lengths, most).tolist(),
            truncated=((lengths > most) | (characters > most * CHARACTERS_PER_TOKEN)).tolist(),
        )

    def _logits(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        for layer in self.layers[:-1]:
            vectors = np.maximum(vectors @ layer.weight.T + layer.bias, 0)
        logits: NDArray[np.float32] = vectors @ self.layers[-1].weight.T + self.layers[-1].bias
        return logits

    def prompt(self, text: str) -> None:
        """``None``: it is shown the text and nothing else."""
        return

    def save(self, folder: Path) -> None:
        """Write model2vec's three files, vectors in half precision, and ``head.safetensors``."""
        vectors = self.encoder.vectors.astype(np.float16)
        save_file({VECTORS: vectors}, folder / VECTORS_FILE)
        self.encoder.tokenizer.save(str(folder / TOKENIZER_FILE), pretty=False)
        config = {
            "model_type": "model2vec",
            "architectures": ["StaticModel"],
            "hidden_dim": vectors.shape[1],
            "normalize": True,
            "max_length": self.encoder.max_length,
            "embedding_dtype": str(vectors.dtype),
        }
        (folder / CONFIG_FILE).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
        head = {
            f"layers.{n}.{part}": np.ascontiguousarray(getattr(layer, part))
            for n, layer in enumerate(self.layers)
            for part in ("weight", "bias")
        }
        save_file(head, folder / HEAD_FILE)


def unknown_token(tokenizer: Tokenizer) -> int | None:
    """The number of the token for what a vocabulary lacks; ``None`` where it can spell everything."""
    model = json.loads(tokenizer.to_str())["model"]
    if "unk_id" in model:  # Unigram
        return None if model["unk_id"] is None else int(model["unk_id"])
    token = model.get("unk_token")
    return tokenizer.token_to_id(token) if token else None


def load_static(run: RunToLoad) -> StaticClassifier:
    """A classifier on static embeddings.

    Raises:
        InputError: a file of it is missing, damaged or far too large, or they do not fit each other or the labels.
    """
    encoder = _encoder(run)
    layers = _layers(run)
    columns = [run.record.task.index(name) for name in run.task.label_names]
    widths = [encoder.vectors.shape[1], *(len(layer.bias) for layer in layers)]
    fits = all(layer.weight.shape == (out, into) for layer, into, out in zip(layers, widths, widths[1:], strict=False))
    if not fits or widths[-1] != len(columns):
        raise InputError(
            f"{run.source}: its {HEAD_FILE} does not fit {len(columns)} labels and vectors of {widths[0]} numbers; "
            "train it again."
        )
    last = Layer(layers[-1].weight[columns], layers[-1].bias[columns])
    return StaticClassifier(run.name, run.task, encoder, (*layers[:-1], last))


def _encoder(run: RunToLoad) -> StaticEncoder:
    file = run.folder / TOKENIZER_FILE
    try:
        tokenizer = Tokenizer.from_str(read_limited(file, LARGEST_TOKENIZER, what="tokenizer").decode("utf-8"))
    except InputError:
        raise
    except Exception as error:  # the library raises plain exceptions
        raise _unreadable(run, TOKENIZER_FILE, error) from None
    found = _tensors(run, VECTORS_FILE, LARGEST_VECTORS)
    vectors = found.get(VECTORS)
    size = max(tokenizer.get_vocab().values(), default=-1) + 1  # one more would be read from beyond the vectors
    if len(found) != 1 or vectors is None or vectors.ndim != 2 or len(vectors) != size or not vectors.shape[1]:
        shapes = ", ".join(f"{name} {list(array.shape)}" for name, array in sorted(found.items())[:3]) or "nothing"
        raise InputError(
            f"{run.source}: its {VECTORS_FILE} has {shapes}, and one vector for each of the {size:,} tokens of its "
            f"{TOKENIZER_FILE} is needed, as {VECTORS}; train it again."
        )
    return StaticEncoder.of(tokenizer, vectors, _max_length(run))


def _max_length(run: RunToLoad) -> int:
    try:
        config = read_json(run.folder / CONFIG_FILE, what="configuration", limit=LARGEST_CONFIG)
    except (OSError, ValueError) as error:
        raise _unreadable(run, CONFIG_FILE, error) from None
    if not isinstance(config, dict) or config.get("normalize") is not True:
        raise InputError(f"{run.source}: its {CONFIG_FILE} is not that of a trained static model; train it again.")
    length = run.record.max_length or config.get("max_length")
    if not isinstance(length, int) or isinstance(length, bool) or length < 1:
        raise InputError(f"{run.source}: neither run.json nor {CONFIG_FILE} says how many tokens it reads.")
    return length


def _layers(run: RunToLoad) -> list[Layer]:
    found = _tensors(run, HEAD_FILE, LARGEST_HEAD)
    count = len(found) // 2
    names = [f"layers.{number}.{part}" for number in range(count) for part in ("weight", "bias")]
    ranks = {"weight": 2, "bias": 1}
    if not 1 <= count <= MOST_LAYERS or sorted(found) != sorted(names):
        raise InputError(f"{run.source}: its {HEAD_FILE} is no head of static embeddings; train it again.")
    if any(found[name].ndim != ranks[name.rpartition(".")[2]] for name in names):
        raise InputError(f"{run.source}: the layers in its {HEAD_FILE} have no weights and biases; train it again.")
    return [Layer(found[f"layers.{number}.weight"], found[f"layers.{number}.bias"]) for number in range(count)]


def _tensors(run: RunToLoad, name: str, limit: int) -> dict[str, NDArray[np.float32]]:
    """The arrays in a file of a run, in single precision."""
    file = run.folder / name
    try:
        if file.stat().st_size > limit:
            raise InputError(f"{run.source}: its {name} is larger than {limit // 10**6} MB; train it again.")
        arrays = load_file(file)
    except (OSError, SafetensorError, ValueError, TypeError, KeyError) as error:  # the last three for unknown types
        raise _unreadable(run, name, error) from None
    if any(not np.issubdtype(array.dtype, np.floating) for array in arrays.values()):
        raise InputError(f"{run.source}: its {name} holds other things than numbers with fractions; train it again.")
    return {key: array.astype(np.float32) for key, array in arrays.items()}


def _unreadable(run: RunToLoad, name: str, error: Exception) -> InputError:
    reason = next(iter(str(error).splitlines()), type(error).__name__)[:200]
    return InputError(f"{run.source}: no readable {name} ({reason}); train it again.")
