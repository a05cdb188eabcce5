"""Natural-language inference as zero-shot classification: the probabilities of transformers' own pipeline."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.fakes import SENTIMENT
from support.tiny_models import encoder_model, make_tokenizer
from transformers import pipeline

from classification.classifiers.loading import PromptToLoad, load_prompt
from classification.classifiers.nli import NliClassifier, hypotheses, inference_columns
from classification.errors import InputError
from classification.lineup import load_lineup
from classification.models.pool import LoadedModel, ModelPool, ModelSource
from classification.prompting.messages import Demonstration
from classification.prompting.settings import PromptSettings
from classification.task import Label, Task

TEXTS = ["Shares fall", "The bank raises its forecast and the market rises", "x", "Company falls today " * 60]
SEVERAL = SENTIMENT.model_copy(update={"multi_label": True})
CHINESE = Task(name="zh", language="zh", instruction="x", labels=(Label(name="财经"), Label(name="体育")))
#: Names of the outputs, and which of them mean entailment and contradiction.
NAMES = {
    "roberta-large-mnli": (["CONTRADICTION", "NEUTRAL", "ENTAILMENT"], (2, 0)),
    "deberta-v3-mnli": (["entailment", "neutral", "contradiction"], (0, 2)),
    "zeroshot-v2": (["entailment", "not_entailment"], (0, 1)),
    "turned": (["not_entailment", "entailment"], (1, 0)),
}


def base_of(names: list[str], kind: str = "bert") -> LoadedModel:
    model = encoder_model(kind, len(names))
    for parameter in model.parameters():  # else all answers are nearly alike
        if parameter.ndim == 2:
            parameter.data.mul_(10)
    model.config.id2label = dict(enumerate(names))
    model.config.label2id = {name: column for column, name in enumerate(names)}
    tokenizer = make_tokenizer()
    tokenizer.model_max_length = 128  # or transformers would run it beyond its positions
    return LoadedModel(model, tokenizer, ModelSource("tests/nli", "nowhere", "path"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    base = base_of(NAMES["roberta-large-mnli"][0])
    base.model.save_pretrained(tmp_path / "nli")
    base.tokenizer.save_pretrained(tmp_path / "nli")
    return tmp_path / "nli"


def prompt_of(folder: Path, task: Task = SENTIMENT, **more: object) -> PromptToLoad:
    return PromptToLoad("asked", task, str(folder), None, ModelPool(), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("task", [SENTIMENT, SEVERAL, CHINESE], ids=["one", "several", "Chinese"])
@pytest.mark.parametrize("names", [names for names, _ in NAMES.values()], ids=NAMES)
def test_the_probabilities_are_those_of_transformers(task: Task, names: list[str]) -> None:
    base = base_of(names)
    found = NliClassifier("asked", task, base, batch_size=5).predict(TEXTS).probabilities
    theirs = pipeline("zero-shot-classification", model=base.model, tokenizer=base.tokenizer, device="cpu")
    more = {"hypothesis_template": "这个例子是{}。"} if task is CHINESE else {}
    for row, text in zip(found, TEXTS, strict=True):
        said = theirs(text, list(task.words), multi_label=task.multi_label, **more)
        shares = dict(zip(said["labels"], said["scores"], strict=True))
        np.testing.assert_allclose(row, [shares[word] for word in task.words], atol=1e-5)
    if not task.multi_label:
        np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    assert np.ptp(found) > 0.01


@pytest.mark.parametrize(("names", "columns"), NAMES.values(), ids=NAMES)
def test_the_outputs_are_found_by_their_names(names: list[str], columns: tuple[int, int]) -> None:
    assert inference_columns(base_of(names)) == columns


def test_contradiction_is_found_where_it_is_not_at_an_end() -> None:
    assert inference_columns(base_of(["entailment", "contradiction", "neutral"])) == (0, 1)


@pytest.mark.parametrize("names", [["LABEL_0", "LABEL_1", "LABEL_2"], ["negative", "positive"]])
def test_a_model_for_something_else_is_refused(names: list[str]) -> None:
    with pytest.raises(InputError, match=r"tests/nli: none of its outputs is called entailment \(they are '"):
        NliClassifier("asked", SENTIMENT, base_of(names))


def test_hypotheses_have_words_or_descriptions_in_the_language_of_the_task() -> None:
    assert hypotheses(SENTIMENT)[0] == "This example is bearish."
    assert hypotheses(SENTIMENT, describe_labels=True)[0] == "This example is bad news."
    assert hypotheses(CHINESE, describe_labels=True) == ["这个例子是财经。", "这个例子是体育。"]
    classifier = NliClassifier("asked", SENTIMENT, base_of(NAMES["turned"][0]), describe_labels=True)
    assert classifier.prompt("Shares fall").splitlines()[:2] == ["Shares fall", "This example is bad news."]


def test_long_texts_are_cut_and_hypotheses_never() -> None:
    base = base_of(NAMES["turned"][0])
    found = NliClassifier("asked", SENTIMENT, base).predict([*TEXTS, ""])
    assert found.truncated.tolist() == [False, False, False, True, False]
    assert found.prompt_tokens[3] == 3 * 128
    assert found.prompt_tokens[0] < found.prompt_tokens[1]
    cut = NliClassifier("asked", SENTIMENT, base).predict([TEXTS[3]]).probabilities
    assert np.ptp(cut) > 1e-4  # the labels at the end are still told apart
    assert NliClassifier("asked", SENTIMENT, base).predict([]).probabilities.shape == (0, 3)


def test_a_label_without_end_leaves_no_room_for_a_text() -> None:
    labels = (Label(name="a"), Label(name="b", description="falls today " * 100))
    task = Task(name="t", language="en", instruction="x", labels=labels)
    with pytest.raises(InputError, match="leaves no room for a text in the 128 tokens of tests/nli; give the label a"):
        NliClassifier("asked", task, base_of(NAMES["turned"][0]), describe_labels=True)


def test_a_lineup_asks_it_without_a_training(tmp_path: Path, folder: Path, task_file: Path) -> None:
    lineup = tmp_path / "lineup.yaml"
    lineup.write_text(
        f"task: {task_file}\ncontenders:\n  - {{name: asked, approach: zero-shot, family: nli, model: {folder}}}\n"
    )
    found = load_lineup(lineup)
    classifier = found.contenders[0].load(found.pool())
    assert isinstance(classifier, NliClassifier)
    assert (classifier.entailment, classifier.contradiction) == (2, 0)
    assert classifier.predict(["Shares fall"]).probabilities.sum() == pytest.approx(1, abs=1e-5)


def test_what_it_cannot_do_is_refused(folder: Path, encoder_folder: Path, tmp_path: Path) -> None:
    shown = (Demonstration("Plant burns down", ("Bearish",)),)
    with pytest.raises(InputError, match="inference shows no demonstrations; make its approach zero-shot"):
        load_prompt(prompt_of(folder, demonstrations=shown), "nli")
    with pytest.raises(InputError, match="decode: generate is for chat models; the labels of a nli are scored"):
        load_prompt(prompt_of(folder, form=PromptSettings(decode="generate")), "nli")
    with pytest.raises(InputError, match="none of its outputs is called entailment"):
        load_prompt(prompt_of(encoder_folder), "nli")
    bare = base_of(NAMES["turned"][0])
    bare.model.bert.config.id2label, bare.model.bert.config.label2id = bare.model.config.id2label, {}
    bare.model.bert.save_pretrained(tmp_path / "bare")
    bare.tokenizer.save_pretrained(tmp_path / "bare")
    with pytest.raises(InputError, match=r"lack classifier.bias, so it would answer by chance"):
        load_prompt(prompt_of(tmp_path / "bare"), "nli")
