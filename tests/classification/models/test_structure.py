from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from support.tiny_models import chat_model
from transformers import CONFIG_MAPPING

from classification.errors import InputError
from classification.models.structure import check_structure, structure_of
from training import decoder, encoder, sft


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (("bert", "roberta", "distilbert", "deberta-v2", "modernbert", "xlm-roberta", "electra"), "encoder"),
        (("llama", "mistral", "qwen2", "qwen3", "glm", "glm4", "gemma", "gemma2", "gpt2", "smollm3"), "decoder"),
        (("t5", "mt5", "bart"), "encoder-decoder"),
    ],
)
def test_the_structure_of_every_architecture_that_is_named(kinds: tuple[str, ...], expected: str) -> None:
    assert {kind: structure_of(CONFIG_MAPPING[kind]()) for kind in kinds} == dict.fromkeys(kinds, expected)


def test_a_model_that_transformers_lists_nowhere_is_let_through() -> None:
    base = SimpleNamespace(
        model=SimpleNamespace(config=SimpleNamespace(model_type="of tomorrow")), weights=SimpleNamespace(model_id="a/b")
    )
    check_structure(base, "encoder")  # type: ignore[arg-type]


def arguments(task_file: Path, rows_csv: Path, model: Path, tmp_path: Path) -> list[str]:
    return ["--task", str(task_file), "--data", str(rows_csv), "--output_dir", str(tmp_path / "run"),
            "--model_name_or_path", str(model), "--use_cpu", "true"]  # fmt: skip


@pytest.mark.parametrize("script", [sft, decoder])
def test_an_encoder_is_not_trained_as_a_decoder(
    script, task_file: Path, rows_csv: Path, encoder_folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"is an encoder \(bert\), and this needs a decoder; train it with python -m"):
        script.main(arguments(task_file, rows_csv, encoder_folder, tmp_path))
    assert not (tmp_path / "run").exists()


def test_a_decoder_is_not_trained_as_an_encoder(
    task_file: Path, rows_csv: Path, chat_folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"is a decoder \(llama\), and this needs an encoder; train it with python"):
        encoder.main(arguments(task_file, rows_csv, chat_folder, tmp_path))


def test_a_tokenizer_that_cannot_pad_is_named(
    task_file: Path, rows_csv: Path, tmp_path: Path, tokenizer: object
) -> None:
    from copy import deepcopy

    own = deepcopy(tokenizer)
    own.pad_token = own.eos_token = None  # type: ignore[attr-defined]
    folder = tmp_path / "no-padding"
    chat_model().save_pretrained(folder)
    own.save_pretrained(folder)  # type: ignore[attr-defined]
    with pytest.raises(InputError, match="its tokenizer has neither a pad_token nor an eos_token"):
        decoder.main(arguments(task_file, rows_csv, folder, tmp_path))
