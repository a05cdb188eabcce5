"""Embeddings of the same texts by the same weights are computed once, and only those."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.tiny_models import encoder_model

from classification.models import embedding_cache
from classification.models.embedding_cache import cached_embeddings, fingerprint
from classification.models.embeddings import SentenceEncoder
from classification.models.pool import LoadedModel, ModelSource

TEXTS = [f"text {number}" for number in range(70)]


@pytest.fixture
def encoder(tokenizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SentenceEncoder:
    monkeypatch.setenv("PROMPT_OR_TUNE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    base = LoadedModel(encoder_model().base_model, tokenizer, ModelSource("tests/tiny", str(tmp_path), "path"))
    return SentenceEncoder(base, "mean", 64)


@pytest.fixture
def embedded(encoder: SentenceEncoder, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    counted: list[int] = []
    embed = SentenceEncoder.embed

    def count(self: SentenceEncoder, texts, **more):
        counted.append(len(texts))
        return embed(self, texts, **more)

    monkeypatch.setattr(SentenceEncoder, "embed", count)
    return counted


def test_the_second_time_they_come_from_the_file(encoder: SentenceEncoder, embedded: list[int], tmp_path: Path) -> None:
    first = cached_embeddings(encoder, TEXTS)
    assert np.array_equal(first, cached_embeddings(encoder, TEXTS))
    assert embedded == [70]
    (file,) = (tmp_path / "cache" / "embeddings").iterdir()
    assert b"text 1" not in file.read_bytes()


def test_other_texts_weights_or_pooling_are_something_else(encoder: SentenceEncoder, tmp_path: Path) -> None:
    prints = {fingerprint(encoder, TEXTS), fingerprint(encoder, TEXTS[::-1])}
    prints |= {fingerprint(encoder, ["".join(TEXTS[:2]), *TEXTS[2:]])}
    prints |= {fingerprint(SentenceEncoder(encoder.base, "cls", 64), TEXTS)}
    prints |= {fingerprint(SentenceEncoder(encoder.base, "mean", 32), TEXTS)}
    (tmp_path / "model.safetensors").write_bytes(b"others")
    prints |= {fingerprint(encoder, TEXTS)}
    assert len(prints) == 6


def test_a_damaged_file_is_made_again(encoder: SentenceEncoder, embedded: list[int], tmp_path: Path) -> None:
    first = cached_embeddings(encoder, TEXTS)
    (file,) = (tmp_path / "cache" / "embeddings").iterdir()
    file.write_bytes(b"half")
    assert np.array_equal(first, cached_embeddings(encoder, TEXTS))
    assert embedded == [70, 70]


def test_few_texts_are_not_kept_and_old_files_go(
    encoder: SentenceEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cached_embeddings(encoder, TEXTS[:5])
    assert not (tmp_path / "cache" / "embeddings").exists()
    monkeypatch.setattr(embedding_cache, "MOST_FILES", 2)
    for number in range(4):
        cached_embeddings(encoder, [*TEXTS, str(number)])
    assert len(list((tmp_path / "cache" / "embeddings").iterdir())) == 2


def test_where_nothing_can_be_written_they_are_computed(
    encoder: SentenceEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "no-folder").write_text("")
    monkeypatch.setenv("PROMPT_OR_TUNE_CACHE", str(tmp_path / "no-folder"))
    assert cached_embeddings(encoder, TEXTS).shape == (70, encoder.size)
    assert "The embeddings are not kept" in caplog.text
