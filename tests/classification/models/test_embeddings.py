"""Sentence embeddings: pooled as the model says, alone as among others, in the order of the texts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hub_server import HubServer

from classification.errors import InputError
from classification.models.embeddings import pooled, pooling_of, sentence_encoder
from classification.models.pool import POOLING_FILE, ModelPool, ModelSource, locate

TEXTS = ["Shares fall", "The bank raises its forecast and the market rises", "中文 新闻", "x"]


def say_pooling(folder: Path, **modes: object) -> None:
    (folder / POOLING_FILE).parent.mkdir(exist_ok=True)
    (folder / POOLING_FILE).write_text(json.dumps(modes))


def test_padding_is_no_part_of_a_mean() -> None:
    hidden = torch.arange(12, dtype=torch.float32).view(1, 4, 3)
    mask = torch.tensor([[1, 1, 0, 0]])
    assert pooled(hidden, mask, "mean").tolist() == [[1.5, 2.5, 3.5]]
    assert pooled(hidden, mask, "cls").tolist() == [[0, 1, 2]]


def test_a_text_alone_has_the_embedding_that_it_has_among_others(encoder_folder: Path) -> None:
    encoder = sentence_encoder(ModelPool(), str(encoder_folder))
    together = encoder.embed(TEXTS)
    assert np.linalg.norm(together.vectors, axis=1) == pytest.approx(1, abs=1e-5)
    alone = np.concatenate([encoder.embed([text]).vectors for text in TEXTS])
    np.testing.assert_allclose(together.vectors, alone, atol=1e-5)
    assert len(together.tokens) == len(TEXTS)
    assert encoder.embed([]).vectors.shape == (0, encoder.size)


@pytest.mark.parametrize(
    ("modes", "kind"),
    [
        ({"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}, "mean"),
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, "cls"),
        ({"pooling_mode": "mean"}, "mean"),
    ],
)
def test_the_models_own_file_says_how_it_pools(encoder_folder: Path, modes: dict[str, object], kind: str) -> None:
    assert pooling_of(locate(str(encoder_folder))) is None
    say_pooling(encoder_folder, **modes)
    assert pooling_of(locate(str(encoder_folder))) == kind


def test_another_pooling_is_refused_and_the_flag_named(encoder_folder: Path) -> None:
    say_pooling(encoder_folder, pooling_mode_max_tokens=True)
    with pytest.raises(InputError, match="asks for pooling_mode_max_tokens; say --pooling mean or --pooling cls"):
        sentence_encoder(ModelPool(), str(encoder_folder))
    assert sentence_encoder(ModelPool(), str(encoder_folder), kind="cls").kind == "cls"


def test_a_repository_that_is_not_there_and_a_hub_that_is_gone_are_sentences(
    online: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = ModelSource("nobody/nothing", "nobody/nothing", "hub")
    with pytest.raises(InputError, match="cannot read how nobody/nothing pools"):
        pooling_of(missing)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match="cannot read how nobody/nothing pools"):
        pooling_of(missing)


def test_a_model_on_the_hub_without_the_file_says_nothing(online: HubServer, encoder_folder: Path) -> None:
    online.seed("you/plain", encoder_folder)
    assert pooling_of(ModelSource("you/plain", "you/plain", "hub")) is None


def test_what_the_cache_does_not_know_is_told(caplog: pytest.LogCaptureFixture) -> None:
    assert pooling_of(ModelSource("you/cached", "you/cached", "cache")) is None
    assert "say --pooling mean if you/cached is a sentence encoder" in caplog.text


@pytest.mark.parametrize("content", ["[]", "{", '"mean"', '{"x": "' + "y" * 200_000 + '"}'])
def test_a_pooling_file_that_is_none_is_a_sentence(encoder_folder: Path, content: str) -> None:
    say_pooling(encoder_folder)
    (encoder_folder / POOLING_FILE).write_text(content)
    with pytest.raises(InputError, match="1_Pooling/config.json"):
        pooling_of(locate(str(encoder_folder)))
