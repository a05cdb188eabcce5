"""Models that others trained as contenders: labels under other names, and adapters that PEFT saved alone."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from hub_server import HubServer
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from support.paths import DEMO
from support.tiny_models import chat_model, encoder_model
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from classification import load_classifier
from classification.errors import InputError
from classification.lineup import Lineup, load_lineup
from classification.models.adapters import head_outputs, not_brought
from classification.runs.label_map import mapped_labels
from classification.runs.local import LocalRun
from classification.task import Task, load_task
from hub.space.lineup_bundle import bundle_lineup

TEXTS = ["Shares fall after a profit warning", "The bank raises its forecast", "中文 新闻"]
FINBERT = ["positive", "negative", "neutral"]
MAP = "{positive: Bullish, negative: Bearish, neutral: Neutral}"


def lineup_of(task_file: Path, *entries: str) -> Lineup:
    file = task_file.parent / "lineup.yaml"
    listed = "".join(f"  - {{{entry}}}\n" for entry in entries)
    file.write_text(f"task: {task_file.name}\ncontenders:\n{listed}", encoding="utf-8")
    return load_lineup(file)


def refused(task_file: Path, run: str, label_map: str, more: str = "") -> str:
    """The sentence that a run with this map gets when the lineup is read or when it is loaded."""
    with pytest.raises(InputError) as caught:
        written = f", label_map: {label_map}" if label_map else ""
        lineup = lineup_of(task_file, f"name: a, approach: fine-tuned, run: {run}{written}{more}")
        lineup.contenders[0].load(lineup.pool())
    assert "\n" not in str(caught.value)
    return str(caught.value)


def named(folder: Path, labels: list[str]) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["id2label"] = {str(column): name for column, name in enumerate(labels)}
    config["label2id"] = {name: column for column, name in enumerate(labels)}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")


def changed(file: Path, **more: Any) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | more), encoding="utf-8")


@pytest.fixture
def finbert(encoder_folder: Path) -> Path:
    """A whole classifier whose labels are FinBERT's."""
    named(encoder_folder, FINBERT)
    return encoder_folder


@pytest.mark.parametrize(
    ("labels", "label_map"),
    [
        (FINBERT, MAP),
        (FINBERT, "{Neutral: Neutral, POSITIVE: Bullish, Negative: Bearish}"),
        (["LABEL_0", "LABEL_1", "LABEL_2"], '{"0": Bullish, "1": Bearish, "2": Neutral}'),
        (["LABEL_0", "LABEL_1", "LABEL_2"], "{0: Bullish, 1: Bearish, 2: Neutral}"),
        (["LABEL_0", "LABEL_1", "LABEL_2"], "{LABEL_2: Neutral, LABEL_0: Bullish, LABEL_1: Bearish}"),
    ],
)
def test_a_classifier_with_other_labels_answers_in_those_of_the_task(
    task_file: Path, finbert: Path, labels: list[str], label_map: str
) -> None:
    named(finbert, labels)
    lineup = lineup_of(task_file, f"name: a, approach: fine-tuned, run: {finbert.name}, label_map: {label_map}")
    found = lineup.contenders[0].load(lineup.pool()).predict(TEXTS).probabilities
    own = encoder_model()
    tokenizer = AutoTokenizer.from_pretrained(finbert)
    with torch.inference_mode():
        logits = torch.cat([own(**tokenizer(text, return_tensors="pt")).logits for text in TEXTS])
    np.testing.assert_allclose(found, logits.softmax(dim=-1).numpy()[:, [1, 0, 2]], atol=1e-5)


def test_the_map_is_part_of_the_configuration_and_nothing_is_where_there_is_none(
    task_file: Path, finbert: Path
) -> None:
    mapped = lineup_of(task_file, f"name: a, approach: fine-tuned, run: {finbert.name}, label_map: {MAP}")
    assert mapped.contenders[0].configuration()["label_map"] == {
        "positive": "Bullish", "negative": "Bearish", "neutral": "Neutral",
    }  # fmt: skip
    named(finbert, ["Bearish", "Bullish", "Neutral"])
    plain = lineup_of(task_file, f"name: a, approach: fine-tuned, run: {finbert.name}")
    assert "label_map" not in plain.contenders[0].configuration()


@pytest.mark.parametrize(
    ("label_map", "sentence"),
    [
        (
            "{postive: Bullish, negative: Bearish, neutral: Neutral}",
            "label_map names 'postive', which is no label of this model (did you mean 'positive'?); its labels are "
            "'positive', 'negative' or 'neutral', or their numbers from 0 to 2.",
        ),
        ("{3: Bullish, negative: Bearish, neutral: Neutral}", "label_map names '3', which is no label of this model"),
        (
            "{positive: Bulish, negative: Bearish, neutral: Neutral}",
            "label_map gives 'positive' the label 'Bulish', which the task tiny does not have (did you mean 'Bullish'?)"
            "; allowed: 'Bearish', 'Bullish' or 'Neutral'.",
        ),
        (
            "{positive: Bullish, negative: Bullish, neutral: Neutral}",
            "label_map gives the label 'Bullish' to two of the model's; each label of the task tiny stands for one.",
        ),
        ("{positive: Bullish, 0: Bearish, neutral: Neutral}", "label_map names the output 'positive' twice; name each"),
        ("{positive: Bullish, negative: Bearish}", "label_map has nothing for the label 'Neutral' of the task tiny"),
        (
            "{Bullish: positive, Bearish: negative, Neutral: neutral}",
            "label_map names 'Bullish', which is no label of this model",
        ),
        ("{positive: Bullish}", "label_map' is {'positive': 'Bullish'}, but"),
        ("[positive, negative]", "label_map' is ['positive', 'negative'], but"),
        ("{positive: yes, negative: no}", "put quotes around it"),
    ],
)
def test_a_map_that_is_not_one_to_one_gets_a_sentence(
    task_file: Path, finbert: Path, label_map: str, sentence: str
) -> None:
    assert sentence in refused(task_file, finbert.name, label_map)


def test_a_map_the_other_way_round_is_told(task_file: Path, finbert: Path, task: Task) -> None:
    named(finbert, ["POS", "NEG", "NEU"])
    said = refused(task_file, finbert.name, "{Bullish: POS, Bearish: NEG, Neutral: NEU}")
    assert said.endswith("label_map is the other way round; write the model's label first, as in POS: Bullish.")
    run = LocalRun.at(finbert)
    turned = {"POS": "Bullish", "NEG": "Bearish", "NEU": "Neutral"}
    assert mapped_labels(run, turned, ["POS", "NEG", "NEU"], task) == ["Bullish", "Bearish", "Neutral"]


def test_a_model_with_more_labels_than_the_task_is_refused(task_file: Path, finbert: Path) -> None:
    named(finbert, [*FINBERT, "mixed"])
    said = refused(task_file, finbert.name, MAP)
    assert "label_map does not say what the model's label 'mixed' stands for; a model with as many labels" in said


def test_other_labels_without_a_map_are_told_of_it(task_file: Path, finbert: Path) -> None:
    said = refused(task_file, finbert.name, "")
    assert said.endswith("; say which is which in the lineup, with label_map, or use a model for these labels.")


def test_a_map_where_there_is_nothing_to_map_is_refused(
    task_file: Path, chat_folder: Path, finbert: Path, tmp_path: Path
) -> None:
    shutil.copytree(DEMO / "minilm-lora", tmp_path / "own")
    identity = "{Bearish: Bearish, Bullish: Bullish, Neutral: Neutral}"
    assert "own: run.json says which output is which label, so there is nothing for label_map to say" in refused(
        task_file, "own", identity
    )
    assert "it is asked in the task's own words, so there is nothing for label_map to say; leave it out" in refused(
        task_file, chat_folder.name, identity
    )
    with pytest.raises(InputError, match="contender 'a': approach zero-shot takes no 'label_map'; remove it"):
        lineup_of(task_file, f"name: a, approach: zero-shot, model: {chat_folder}, label_map: {identity}")
    with pytest.raises(InputError, match="contender 'a': approach baseline takes no 'label_map'; remove it"):
        lineup_of(task_file, f"name: a, approach: baseline, run: own, label_map: {identity}")


def test_a_model_on_the_hub_is_mapped_and_its_map_goes_along_to_a_space(
    task_file: Path, finbert: Path, online: HubServer
) -> None:
    online.seed("prosus/finbert", finbert)
    entry = f"approach: fine-tuned, label_map: {MAP}"
    lineup = lineup_of(task_file, f"name: far, run: prosus/finbert, {entry}", f"name: near, run: tiny-bert, {entry}")
    far, near = (contender.load(lineup.pool()).predict(TEXTS).probabilities for contender in lineup.contenders)
    np.testing.assert_array_equal(far, near)
    (file,) = (upload for upload in bundle_lineup(lineup).uploads if upload.path == "lineup.yaml")
    assert all(entry["label_map"]["positive"] == "Bullish" for entry in yaml.safe_load(file.read())["contenders"])
    assert (
        "label_map names 'bad'"
        in lineup_of(
            task_file,
            "name: a, approach: fine-tuned, run: prosus/finbert, label_map: {bad: Bullish, negative: Bearish}",
        )
        .contenders[0]
        .error
    )


def test_one_line_of_python_takes_a_map(task_file: Path, finbert: Path) -> None:
    task = load_task(task_file)
    given = {"positive": "Bullish", "negative": "Bearish", "neutral": "Neutral"}
    found = load_classifier(finbert, task, label_map=given).predict(TEXTS).probabilities
    lineup = lineup_of(task_file, f"name: a, approach: fine-tuned, run: {finbert.name}, label_map: {MAP}")
    np.testing.assert_array_equal(found, lineup.contenders[0].load(lineup.pool()).predict(TEXTS).probabilities)


# --- adapters -------------------------------------------------------------------------------------------------------


def adapter_of(folder: Path, model: Any, **settings: Any) -> Path:
    """An adapter as PEFT alone saves it."""
    torch.manual_seed(1)
    config = LoraConfig(r=2, init_lora_weights=False, **settings)
    get_peft_model(model, config).save_pretrained(folder)
    return folder


def sequence_adapter(tmp_path: Path, tokenizer: PreTrainedTokenizerFast, labels: int = 3) -> tuple[Path, Path]:
    """A classifier's adapter with its head, and the encoder without one that it stands on."""
    model = encoder_model("bert", labels)
    model.bert.save_pretrained(tmp_path / "base")
    tokenizer.save_pretrained(tmp_path / "base")
    return adapter_of(tmp_path / "adapter", model, target_modules=["query"], task_type="SEQ_CLS"), tmp_path / "base"


def test_an_adapter_of_a_classifier_answers_with_the_head_that_it_brings(
    task_file: Path, tmp_path: Path, tokenizer: PreTrainedTokenizerFast
) -> None:
    adapter, base = sequence_adapter(tmp_path, tokenizer)
    changed(adapter / "adapter_config.json", base_model_name_or_path="somebody/bert")
    entry = f"name: a, approach: fine-tuned, run: adapter, model: {base}"
    lineup = lineup_of(task_file, f"{entry}, label_map: {{0: Bullish, 1: Bearish, 2: Neutral}}")
    found = lineup.contenders[0].load(lineup.pool()).predict(TEXTS).probabilities
    torch.manual_seed(1)
    config = LoraConfig(r=2, init_lora_weights=False, target_modules=["query"], task_type="SEQ_CLS")
    own = get_peft_model(encoder_model(), config).eval()
    with torch.inference_mode():
        logits = torch.cat([own(**tokenizer(text, return_tensors="pt")).logits for text in TEXTS])
    np.testing.assert_allclose(found, logits.softmax(dim=-1).numpy()[:, [1, 0, 2]], atol=1e-5)
    assert head_outputs(adapter) == 3


def test_a_classifiers_adapter_that_cannot_be_used_says_why(
    task_file: Path, tmp_path: Path, tokenizer: PreTrainedTokenizerFast
) -> None:
    adapter, base = sequence_adapter(tmp_path, tokenizer, labels=2)
    model, numbers = f", model: {base}", "{0: Bullish, 1: Bearish, 2: Neutral}"
    assert "say it in the lineup, with label_map: {0: Bearish, 1: Bullish, ...}, or merge" in refused(
        task_file, "adapter", "", model
    )
    assert "the adapter's head has 2 outputs, and the task tiny has 3 labels; use one with as many" in refused(
        task_file, "adapter", numbers, model
    )
    assert "label_map names 'positive', which is no label of this model" in refused(
        task_file, "adapter", MAP.replace("}", ", x: Neutral}"), model
    )
    file = adapter / "adapter_model.safetensors"
    weights = {key: weight for key, weight in load_file(file).items() if "classifier" not in key}
    save_file(weights, file, metadata={"format": "pt"})
    assert "the adapter was saved without its head, without which it would answer by chance; save it" in refused(
        task_file, "adapter", numbers, model
    )


def test_weights_that_neither_base_nor_adapter_has_are_told(
    task_file: Path, tmp_path: Path, tokenizer: PreTrainedTokenizerFast
) -> None:
    model = encoder_model("distilbert")
    model.distilbert.save_pretrained(tmp_path / "base")
    tokenizer.save_pretrained(tmp_path / "base")
    adapter = adapter_of(tmp_path / "adapter", model, target_modules=["q_lin"], task_type="SEQ_CLS")
    said = refused(task_file, "adapter", "{0: Bullish, 1: Bearish, 2: Neutral}", f", model: {tmp_path / 'base'}")
    assert "nor the adapter has the weights 'pre_classifier.bias', without which it would answer by chance" in said
    assert not_brought(adapter, ["classifier.weight"]) is None


def test_a_chat_adapter_that_peft_saved_is_a_contender(task_file: Path, tmp_path: Path, chat_folder: Path) -> None:
    adapter = adapter_of(tmp_path / "fingpt", chat_model(), target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
    assert not (adapter / "run.json").exists()
    changed(adapter / "adapter_config.json", base_model_name_or_path="NousResearch/Llama-2-7b-hf")
    lineup = lineup_of(
        task_file,
        "name: FinGPT, approach: fine-tuned, run: fingpt, model: " + str(chat_folder),
        f"name: bare, approach: zero-shot, model: {chat_folder}",
    )
    pool = lineup.pool()
    tuned, bare = (contender.load(pool) for contender in lineup.contenders)
    assert not np.array_equal(tuned.predict(TEXTS).probabilities, bare.predict(TEXTS).probabilities)
    assert tuned.predict(TEXTS).probabilities.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert lineup.contenders[0].family == "chat"
    assert lineup.contenders[0].configuration()["base"] == {"id": "NousResearch/Llama-2-7b-hf", "weights": "hub"}
    assert lineup.contenders[0].describe() == "saved without a record of its training"


@pytest.mark.parametrize(
    ("changes", "model", "sentence"),
    [
        ({}, "wide", "does not fit .*wide: its layer 'model.layers.0.self_attn.q_proj' reads 64 values, and the"),
        ({}, "encoder", "does not fit .*tiny-bert, which has no layer 'model.layers.0.self_attn.q_proj'"),
        ({}, None, "cannot load NousResearch/Llama-2-7b-hf from hub"),
        (
            {"base_model_name_or_path": "/home/me/llama"},
            None,
            "came from a folder; say in the lineup where it is, with",
        ),
        (
            {"task_type": "QUESTION_ANS"},
            "chat",
            "task_type is 'QUESTION_ANS'; without run.json, only those for CAUSAL_LM",
        ),
        (
            {"task_type": None},
            "chat",
            "an adapter whose task_type is None; without run.json, only those for CAUSAL_LM, ",
        ),
        (
            {"task_type": "SEQ_CLS"},
            "chat",
            "does not say which output is which label; say it in the lineup, with label",
        ),
    ],
)
def test_a_chat_adapter_that_does_not_fit_says_why(
    task_file: Path, tmp_path: Path, chat_folder: Path, encoder_folder: Path, tokenizer: PreTrainedTokenizerFast,
    changes: dict[str, Any], model: str | None, sentence: str,
) -> None:  # fmt: skip
    chat_model(hidden_size=64, head_dim=16).save_pretrained(tmp_path / "wide")
    tokenizer.save_pretrained(tmp_path / "wide")
    adapter = adapter_of(tmp_path / "fingpt", chat_model(), target_modules=["q_proj"], task_type="CAUSAL_LM")
    named_base = {"base_model_name_or_path": "NousResearch/Llama-2-7b-hf"}
    changed(adapter / "adapter_config.json", **named_base | changes)
    folders = {"wide": tmp_path / "wide", "encoder": encoder_folder, "chat": chat_folder}
    said = refused(task_file, "fingpt", "", f", model: {folders[model]}" if model else "")
    assert re.search(sentence, said), said
