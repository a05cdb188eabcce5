"""Folders that `save_pretrained` wrote as a lineup's runs: looked over, put in the task's order, loaded."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from peft import LoraConfig, get_peft_model
from support.paths import ROOT
from support.tiny_models import chat_model, encoder_model
from transformers import PreTrainedTokenizerFast

from classification.errors import InputError
from classification.lineup import Lineup, load_lineup
from classification.runs.local import LocalRun
from classification.runs.record import load_record
from hub.space.lineup_bundle import bundle_lineup

DEMO = ROOT / "demo"
TEXTS = ["Shares fall after a profit warning", "The bank raises its forecast", "中文 新闻"]
LABELS = ["Bearish", "Bullish", "Neutral"]


def lineup_of(task_file: Path, *entries: str, head: str = "") -> Lineup:
    file = task_file.parent / "lineup.yaml"
    listed = "".join(f"  - {{{entry}}}\n" for entry in entries)
    file.write_text(f"task: {task_file.name}\n{head}contenders:\n{listed}", encoding="utf-8")
    return load_lineup(file)


def refused(task_file: Path, run: str, more: str = "") -> str:
    """The sentence that a run gets when the lineup is read or when it is loaded."""
    with pytest.raises(InputError) as caught:
        lineup = lineup_of(task_file, f"name: a, approach: fine-tuned, run: {run}{more}")
        lineup.contenders[0].load(lineup.pool())
    assert "\n" not in str(caught.value)
    return str(caught.value)


def changed(file: Path, **more: Any) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | more), encoding="utf-8")


@pytest.fixture
def encoder(tmp_path: Path, tokenizer: PreTrainedTokenizerFast) -> Path:
    """A whole classifier with its labels in another order and other letter cases than the task's."""
    model = encoder_model()
    model.config.id2label = dict(enumerate(["NEUTRAL", "bearish", "Bullish"]))
    model.config.label2id = {name: column for column, name in model.config.id2label.items()}
    model.save_pretrained(tmp_path / "bert")
    tokenizer.save_pretrained(tmp_path / "bert")
    return tmp_path / "bert"


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    """A chat model's adapter as PEFT saves it, which names the folder that its base came from."""
    torch.manual_seed(1)
    config = LoraConfig(r=2, target_modules=["q_proj"], init_lora_weights=False, task_type="CAUSAL_LM")
    get_peft_model(chat_model(), config).save_pretrained(tmp_path / "adapter")
    changed(tmp_path / "adapter" / "adapter_config.json", base_model_name_or_path="/home/somebody/llama")
    return tmp_path / "adapter"


def test_a_whole_classifier_answers_in_the_order_of_the_task(task_file: Path, encoder: Path, tmp_path: Path) -> None:
    shutil.copytree(encoder, tmp_path / "straight")
    changed(tmp_path / "straight" / "config.json", id2label={"0": "Bearish", "1": "Bullish", "2": "Neutral"})
    lineup = lineup_of(
        task_file,
        "name: turned, approach: fine-tuned, run: bert",
        "name: straight, approach: fine-tuned, run: straight",
    )
    turned, straight = (contender.load(lineup.pool()).predict(TEXTS).probabilities for contender in lineup.contenders)
    np.testing.assert_array_equal(turned, straight[:, [1, 2, 0]])
    assert lineup.contenders[0].family == "encoder"
    assert lineup.contenders[0].describe() == "saved without a record of its training"


def test_a_whole_chat_model_is_asked_in_the_words_of_the_task(task_file: Path, chat_folder: Path) -> None:
    lineup = lineup_of(
        task_file,
        f"name: run, approach: fine-tuned, run: {chat_folder.name}",
        f"name: prompt, approach: zero-shot, model: {chat_folder}",
    )
    run, prompt = (contender.load(lineup.pool()) for contender in lineup.contenders)
    np.testing.assert_array_equal(run.predict(TEXTS).probabilities, prompt.predict(TEXTS).probabilities)
    assert run.prompt("x") == prompt.prompt("x")


def test_an_adapter_stands_on_the_base_that_the_lineup_names(task_file: Path, adapter: Path, chat_folder: Path) -> None:
    lineup = lineup_of(
        task_file,
        f"name: tuned, approach: fine-tuned, run: adapter, model: {chat_folder}",
        f"name: bare, approach: zero-shot, model: {chat_folder}",
    )
    pool = lineup.pool()
    tuned, bare = (contender.load(pool) for contender in lineup.contenders)
    assert tuned.base is bare.answers.classifier.base
    assert not np.array_equal(tuned.predict(TEXTS).probabilities, bare.predict(TEXTS).probabilities)


@pytest.mark.parametrize(
    ("base", "sentence"),
    [
        (
            "/home/somebody/llama",
            "the base model '/home/somebody/llama' came from a folder; say in the lineup where it is",
        ),
        (
            "./llama",
            "the base model './llama' came from a folder; say in the lineup where it is, with 'model: FOLDER' or",
        ),
        ("C:\\models\\llama", "came from a folder; say in the lineup where it is"),
        ("", "no base model is recorded; say in the lineup where it is, with 'model: FOLDER' or a Hub id"),
        (None, "no base model is recorded; say in the lineup where it is"),
        ("somebody/llama", "cannot load somebody/llama from hub"),
    ],
)
def test_an_adapter_whose_base_cannot_be_found_says_what_to_write(
    task_file: Path, adapter: Path, base: str | None, sentence: str
) -> None:
    changed(adapter / "adapter_config.json", base_model_name_or_path=base)
    assert sentence in refused(task_file, "adapter")


def test_a_base_on_the_hub_may_be_named_for_an_adapter_that_knew_a_folder(task_file: Path, adapter: Path) -> None:
    assert "cannot load owner/llama from hub" in refused(task_file, "adapter", ", model: owner/llama")
    changed(adapter / "adapter_config.json", base_model_name_or_path="somebody/llama")
    assert "the adapter stands on somebody/llama, not on owner/llama; leave 'model' out" in refused(
        task_file, "adapter", ", model: owner/llama"
    )


def test_an_adapter_of_a_classifier_does_not_say_which_output_is_which_label(task_file: Path, tmp_path: Path) -> None:
    config = LoraConfig(r=2, target_modules=["query"], task_type="SEQ_CLS")
    get_peft_model(encoder_model(), config).save_pretrained(tmp_path / "run")
    said = refused(task_file, "run")
    assert "an adapter for 'SEQ_CLS' without run.json does not say which output is which label; say it in" in said


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (
            ["LABEL_0", "LABEL_1", "LABEL_2"],
            "say in the lineup which is which, in the order in which the model was taught them, with label_map: {0: Be",
        ),
        (
            ["Bearish", "Bullish", "Sideways"],
            "its 3 labels are 'Bearish', 'Bullish' or 'Sideways', and the task tiny has",
        ),
        (
            ["Bearish", "Bullish"],
            "its 2 labels are 'Bearish' or 'Bullish', and the task tiny has 'Bearish', 'Bullish' or",
        ),
        (["Bearish", "bearish", "Neutral"], "use a model for these labels"),
        (["Bearish", "Bullish", "Neutral", "Mixed"], "its 4 labels are"),
        ([], "config.json has no id2label, so nobody knows which output is which label"),
    ],
)
def test_labels_that_are_not_the_tasks_are_refused(
    task_file: Path, encoder: Path, labels: list[str], sentence: str
) -> None:
    changed(encoder / "config.json", id2label={str(column): name for column, name in enumerate(labels)})
    assert sentence in refused(task_file, "bert")


def test_a_task_whose_labels_are_called_like_unnamed_outputs_has_them(tmp_path: Path, encoder: Path) -> None:
    task_file = tmp_path / "unnamed.yaml"
    task_file.write_text(
        "name: t\nlanguage: en\ninstruction: x\nlabels: [LABEL_1, LABEL_0, LABEL_2]\n", encoding="utf-8"
    )
    changed(encoder / "config.json", id2label={str(column): f"LABEL_{column}" for column in range(3)})
    lineup = lineup_of(task_file, "name: a, approach: fine-tuned, run: bert")
    assert lineup.contenders[0].load(lineup.pool()).columns == [1, 0, 2]


def test_a_folder_without_what_it_takes_says_what_is_missing(task_file: Path, encoder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "empty: the folder holds no weights; name one with model.safetensors" in refused(task_file, "empty")
    (tmp_path / "pickle").mkdir()
    (tmp_path / "pickle" / "pytorch_model.bin").write_bytes(b"\x80\x04c__main__\nboom\n.")
    shutil.copy(encoder / "config.json", tmp_path / "pickle")
    assert (
        "its weights are a pickle (pytorch_model.bin), which could run code when it is read; only safetensors and ONNX"
        in (said := refused(task_file, "pickle"))
    )
    assert said.endswith("so save it again with save_pretrained, which writes safetensors.")
    shutil.copytree(encoder, tmp_path / "steps" / "checkpoint-90")
    shutil.copytree(encoder, tmp_path / "steps" / "checkpoint-100")
    assert refused(task_file, "steps").endswith(
        "in the folders below it; name " + str(tmp_path / "steps/checkpoint-100") + "."
    )
    shutil.copytree(encoder, tmp_path / "bare")
    (tmp_path / "bare" / "config.json").unlink()
    assert "neither run.json nor config.json says what it is; use a folder that has one" in refused(task_file, "bare")
    assert "no such folder; give one that a training of ours or save_pretrained of" in refused(task_file, "nowhere")
    assert "no such folder" in refused(task_file, "bert/config.json")


@pytest.mark.parametrize("family", ["encoder", "chat"])
def test_a_model_without_its_tokenizer_would_know_no_word(
    task_file: Path, encoder: Path, chat_folder: Path, family: str
) -> None:
    folder = encoder if family == "encoder" else chat_folder
    for file in folder.glob("*token*"):
        file.unlink()
    assert "no tokenizer is in this folder; save it there too, with the tokenizer's save_pretrained" in refused(
        task_file, folder.name
    )


def test_weights_that_are_not_whole_are_refused(task_file: Path, encoder: Path) -> None:
    content = (encoder / "model.safetensors").read_bytes()
    (encoder / "model.safetensors").write_bytes(content[: len(content) // 2])
    assert "cannot load" in refused(task_file, "bert")


def test_an_adapter_that_does_not_fit_is_refused(task_file: Path, adapter: Path, tmp_path: Path, tokenizer) -> None:
    chat_model(hidden_size=64, head_dim=16).save_pretrained(tmp_path / "other")
    tokenizer.save_pretrained(tmp_path / "other")
    assert "does not fit" in refused(task_file, "adapter", f", model: {tmp_path / 'other'}")
    changed(adapter / "adapter_config.json", peft_type="IA3")
    assert "an adapter of the kind 'IA3'; only LORA adapters are loaded" in refused(task_file, "adapter")


def test_code_of_a_folder_is_run_only_where_the_lineup_trusts_it(task_file: Path, encoder: Path) -> None:
    changed(encoder / "config.json", auto_map={"AutoModelForSequenceClassification": "evil.Model"})
    said = refused(task_file, "bert")
    assert (
        "config.json asks for code of its own to be run (auto_map); set trust_remote_code: true in the lineup if"
        in said
    )
    entry = "name: a, approach: fine-tuned, run: bert"
    assert lineup_of(task_file, entry, head="trust_remote_code: true\n").contenders[0].family == "encoder"


@pytest.mark.parametrize("architectures", [["CLIPModel"], [], None, "BertForSequenceClassification", 5])
def test_a_model_for_something_else_is_refused(task_file: Path, encoder: Path, architectures: object) -> None:
    changed(encoder / "config.json", architectures=architectures)
    assert "neither classifies texts nor writes them" in refused(task_file, "bert")


@pytest.mark.parametrize("content", ["{", "[]", "[" * 20_000, "null", '"\\ud83d"', ""])
def test_a_configuration_that_is_none_is_told(task_file: Path, encoder: Path, content: str) -> None:
    (encoder / "config.json").write_text(content)
    said = refused(task_file, "bert")
    assert "config.json is not JSON; save it again" in said or "where a configuration belongs" in said


def test_a_folder_with_a_record_is_held_against_it_as_on_the_hub(task_file: Path, encoder: Path) -> None:
    record = load_record(DEMO / "minilm-lora").model_copy(update={"method": "full", "base": None})
    record.save(encoder)
    assert "id2label in config.json says 'NEUTRAL', 'bearish' or 'Bullish', and its run.json says" in refused(
        task_file, "bert"
    )


def test_runs_of_our_own_are_found_as_before(task_file: Path, tmp_path: Path) -> None:
    shutil.copytree(DEMO / "tfidf", tmp_path / "floor")
    (tmp_path / "floor" / "model.safetensors").unlink()  # the class shares need no weights
    found = LocalRun.at(tmp_path / "floor")
    assert (found.name, found.what, str(found)) == ("floor", "folder", str(tmp_path / "floor"))
    lineup = lineup_of(task_file, "name: a, approach: baseline, family: majority, run: floor")
    assert lineup.contenders[0].load(None).predict(TEXTS).valid.all()  # type: ignore[arg-type]


def test_a_saved_model_goes_along_to_a_space(task_file: Path, encoder: Path) -> None:
    lineup = lineup_of(task_file, "name: a, approach: fine-tuned, run: bert")
    names = {upload.path for upload in bundle_lineup(lineup).uploads}
    assert {"runs/bert/config.json", "runs/bert/model.safetensors", "runs/bert/tokenizer.json"} <= names
