"""GLiClass: the library's own probabilities, labels that no long text cuts off, and no code of a stranger's."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from support.fakes import SENTIMENT
from support.tiny_models import ENCODER_SIZES, make_tokenizer
from transformers import CONFIG_MAPPING

from classification import families
from classification.classifiers import gliclass
from classification.classifiers.loading import PromptToLoad, load_prompt
from classification.errors import InputError
from classification.lineup import load_lineup
from classification.models.pool import ModelPool
from classification.prompting.messages import Demonstration
from classification.prompting.settings import PromptSettings
from classification.task import Task

INSTALLED = importlib.util.find_spec("gliclass") is not None
needs_gliclass = pytest.mark.skipif(not INSTALLED, reason="the library is not installed (requirements/gliclass.txt)")
TEXTS = ["Shares fall", "The bank raises its forecast and the market rises", "中文 新闻"]
SHOWN = (Demonstration("Plant burns down", ("Bearish",)), Demonstration("Sales double", ("Bullish",)))
TOKENS = ["<<LABEL>>", "<<SEP>>", "<<EXAMPLE>>"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tiny GLiClass model, saved."""
    from gliclass import GLiClassModel, GLiClassModelConfig

    tokenizer = make_tokenizer()
    tokenizer.add_special_tokens({"additional_special_tokens": TOKENS})
    label, separator, example = tokenizer.convert_tokens_to_ids(TOKENS)
    torch.manual_seed(0)
    config = GLiClassModelConfig(
        encoder_config=CONFIG_MAPPING["bert"](**ENCODER_SIZES | {"vocab_size": len(tokenizer)}),
        encoder_model="tests/tiny-bert", class_token_index=label, text_token_index=separator,
        example_token_index=example, vocab_size=len(tokenizer),
    )  # fmt: skip
    model = GLiClassModel(config).eval()
    for parameter in model.model.classes_projector.parameters():  # else all answers are nearly alike
        parameter.data.mul_(20)
    model.save_pretrained(tmp_path / "tiny-gliclass")
    tokenizer.save_pretrained(tmp_path / "tiny-gliclass")
    return tmp_path / "tiny-gliclass"


def prompt_of(folder: Path, task: Task = SENTIMENT, **more: object) -> PromptToLoad:
    return PromptToLoad("asked", task, str(folder), None, ModelPool(), **more)  # type: ignore[arg-type]


def changed(file: Path, **more: Any) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | more), encoding="utf-8")


def refused(folder: Path, **more: object) -> str:
    with pytest.raises(InputError) as caught:
        load_prompt(prompt_of(folder, **more), "gliclass")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def theirs(folder: Path, kind: str, **more: Any) -> np.ndarray:
    """What the library's own pipeline says of `TEXTS`, one by one."""
    from gliclass import GLiClassModel, ZeroShotClassificationPipeline
    from transformers import AutoTokenizer

    model, tokenizer = GLiClassModel.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    asked = ZeroShotClassificationPipeline(model, tokenizer, classification_type=kind, device="cpu", progress_bar=False)
    rows = [asked([text], list(SENTIMENT.words), return_hierarchical=True, **more)[0] for text in TEXTS]
    return np.array([[row[word] for word in SENTIMENT.words] for row in rows])


@needs_gliclass
@pytest.mark.parametrize("several", [False, True])
def test_the_probabilities_are_those_of_the_library(folder: Path, several: bool) -> None:
    task = SENTIMENT.model_copy(update={"multi_label": several})
    found = load_prompt(prompt_of(folder, task), "gliclass").predict(TEXTS)
    np.testing.assert_allclose(
        found.probabilities, theirs(folder, "multi-label" if several else "single-label"), atol=1e-5
    )
    assert np.ptp(found.probabilities) > 0.01
    assert several or found.probabilities.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert found.truncated.tolist() == [False] * 3


@needs_gliclass
def test_demonstrations_are_shown_as_the_library_shows_them(folder: Path) -> None:
    classifier = load_prompt(prompt_of(folder, demonstrations=SHOWN), "gliclass")
    examples = [{"text": "Plant burns down", "labels": ["bearish"]}, {"text": "Sales double", "labels": ["bullish"]}]
    np.testing.assert_allclose(
        classifier.predict(TEXTS).probabilities, theirs(folder, "single-label", examples=examples), atol=1e-5
    )
    assert "<<EXAMPLE>>Plant burns down \nLabels:\n bearish" in str(classifier.prompt("x"))


@needs_gliclass
def test_a_long_text_cuts_off_no_label(folder: Path) -> None:
    classifier = load_prompt(prompt_of(folder), "gliclass")
    found = classifier.predict(["Shares fall. " * 500, "a", "The market rises again. " * 500])
    assert found.truncated.tolist() == [True, False, True]
    assert found.prompt_tokens.max() <= 128
    alone = classifier.predict(["Shares fall. " * 500])
    np.testing.assert_allclose(found.probabilities[0], alone.probabilities[0], atol=1e-5)
    logits = np.log(alone.probabilities[0])
    assert np.ptp(logits) > 1e-4  # a label without its token would have the same as another
    assert classifier.predict([]).probabilities.shape == (0, 3)


@needs_gliclass
def test_a_text_holds_no_control_tokens(folder: Path) -> None:
    classifier = load_prompt(prompt_of(folder), "gliclass")
    assert classifier.prompt("a <<LABEL>>b<<SEP>>") == (
        "a << LABEL >>b<< SEP >><<LABEL>>bearish<<LABEL>>bullish<<LABEL>>neutral<<SEP>>"
    )
    described = load_prompt(prompt_of(folder, form=PromptSettings(describe_labels=True)), "gliclass")
    assert "<<LABEL>>bearish: bad news<<LABEL>>" in str(described.prompt("x"))


@needs_gliclass
def test_a_lineup_asks_it_without_a_training(tmp_path: Path, folder: Path, task_file: Path) -> None:
    lineup = tmp_path / "lineup.yaml"
    lineup.write_text(
        f"task: {task_file}\ncontenders:\n  - {{name: asked, approach: zero-shot, family: gliclass, model: {folder}}}\n"
    )
    found = load_lineup(lineup)
    classifier = found.contenders[0].load(found.pool())
    assert classifier.predict(["Shares fall"]).probabilities.sum() == pytest.approx(1, abs=1e-5)


@needs_gliclass
def test_no_code_of_the_encoders_own_is_run(folder: Path) -> None:
    file = folder / "config.json"
    encoder = json.loads(file.read_text())["encoder_config"]
    changed(file, encoder_config=encoder | {"model_type": "strangers-own"}, encoder_model_name="mallory/encoder")
    assert "its encoder is of the kind 'strangers-own', which transformers does not know, and no code" in refused(
        folder
    )


@needs_gliclass
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"model_type": "bert"}, "is no GLiClass model (model_type in its config.json is 'bert'); name one, such as"),
        ({"architecture_type": "bi-encoder"}, "a GLiClass of the kind 'bi-encoder'; only uni-encoder is used here"),
        ({"class_token_index": 5}, "has no <<LABEL>>, which its model knows; name another copy of it"),
        ({"max_labels_alloc": "fixed", "max_num_classes": 2}, "takes 2 labels at most, and the task has 3"),
    ],
)
def test_a_model_that_does_not_fit_gets_a_sentence(folder: Path, changes: dict[str, Any], sentence: str) -> None:
    changed(folder / "config.json", **changes)
    assert sentence in refused(folder)


@needs_gliclass
def test_what_it_cannot_do_is_refused(folder: Path, tmp_path: Path) -> None:
    assert "decode: generate is for chat models; the labels of a gliclass are scored" in refused(
        folder, form=PromptSettings(decode="generate")
    )
    many = SHOWN * 20
    assert "so no text has room; show fewer demonstrations" in refused(folder, demonstrations=many)
    changed(folder / "config.json", example_token_index=5)
    assert "has no <<EXAMPLE>>, which its model knows; make its approach zero-shot" in refused(
        folder, demonstrations=SHOWN
    )
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")  # no pickle is read
    assert "cannot load" in refused(folder)
    assert "cannot load owner/none from hub" in refused(Path("owner/none"))


def test_a_library_that_is_missing_is_named_with_what_to_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(families, "find_spec", lambda _: None)
    assert refused(tmp_path) == "gliclass is not installed; run: pip install -r requirements/gliclass.txt"
    assert gliclass.MODEL_TYPE == "GLiClass"
