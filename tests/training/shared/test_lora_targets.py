"""Which layers LoRA is put on, by every script: those that are named, be it one, else all but those of the head."""

from __future__ import annotations

from pathlib import Path

import pytest
from peft import get_peft_model
from support.tiny_models import chat_model, encoder_model, make_tokenizer, seq2seq_model
from support.trainings import train_chat
from trl import ModelConfig

from classification.errors import InputError
from classification.models.pool import LoadedModel, ModelSource
from classification.runs.record import load_record
from training.shared.flags import check_targets, named_layers
from training.shared.label_scoring import add_lora
from training.shared.sequence_classifiers import lora_config


def adapted(model) -> set[str]:
    """The last names of the layers that have an adapter."""
    return {name.split(".lora_A")[0].rpartition(".")[2] for name, _ in model.named_modules() if ".lora_A." in name}


def one(name: str) -> ModelConfig:
    return ModelConfig(lora_r=2, lora_target_modules=[name])


@pytest.mark.parametrize(
    ("model", "name"), [(encoder_model("bert"), "query"), (chat_model("llama"), "q_proj"), (seq2seq_model("t5"), "q")]
)
def test_a_single_name_means_all_layers_of_that_name(model, name: str) -> None:
    config = one(name)
    check_targets(model, config)
    assert named_layers(model, config.lora_target_modules) == [name]


def test_a_pattern_stays_a_pattern_and_nothing_stays_nothing() -> None:
    model = encoder_model("bert")
    assert named_layers(model, ".*query") == ".*query"
    assert named_layers(model, "all-linear") == "all-linear"
    assert named_layers(model, None) is None


def test_an_encoder_with_a_head_is_adapted_in_the_layer_that_was_named() -> None:
    model = encoder_model("bert")
    assert adapted(get_peft_model(model, lora_config(model, one("query")))) == {"query"}


def test_an_encoder_decoder_is_adapted_in_the_layer_that_was_named() -> None:
    base = LoadedModel(seq2seq_model("t5"), make_tokenizer(), ModelSource("t5", "nowhere", "path"))
    add_lora(base, one("q"), task_type="SEQ_2_SEQ_LM", gradient_checkpointing=False)
    assert adapted(base.model) == {"q"}


def test_a_chat_model_is_adapted_in_the_layer_that_was_named(
    tmp_path: Path, task_file: Path, rows_csv: Path, chat_folder: Path
) -> None:
    run = train_chat(tmp_path, task_file, rows_csv, chat_folder, "--lora_target_modules", "q_proj", "--max_steps", "1")
    assert load_record(run).hyperparameters["lora_target_modules"] in ("q_proj", ["q_proj"])


def test_a_name_that_no_layer_has_is_refused() -> None:
    with pytest.raises(InputError, match="--lora_target_modules names 'nothing', which the model does not have"):
        check_targets(encoder_model("bert"), one("nothing"))
