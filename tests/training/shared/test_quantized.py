"""QLoRA: what is said where it cannot be had. That it learns is in `tests/training/test_approaches.py`."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from support.tiny_models import chat_model
from support.trainings import COMMON

from classification import load_classifier
from classification.errors import InputError
from classification.models import pool
from classification.runs.record import load_record
from training import decoder, sft
from training.shared.quantized import quantization_of


@pytest.fixture
def wide_folder(tmp_path: Path, tokenizer) -> Path:
    folder = tmp_path / "wide"
    chat_model(hidden_size=64, intermediate_size=128, head_dim=16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def arguments(task_file: Path, rows_csv: Path, model: Path, tmp_path: Path, *more: str) -> list[str]:
    return ["--task", str(task_file), "--data", str(rows_csv), "--output_dir", str(tmp_path / "runs" / "qlora"),
            "--model_name_or_path", str(model), *COMMON, "--max_steps", "1", *more]  # fmt: skip


@pytest.mark.parametrize(("script", "more"), [(sft, ()), (decoder, ("--method", "head"))])
def test_weights_in_four_bits_need_an_adapter(
    script, more: tuple[str, ...], task_file: Path, rows_csv: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="--load_in_4bit holds the weights fixed in 4 bits, so it needs LoRA"):
        script.main(arguments(task_file, rows_csv, Path("a/b"), tmp_path, "--load_in_4bit", *more))


def test_a_machine_without_the_library_is_told_what_to_install(
    task_file: Path, rows_csv: Path, wide_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="is not installed; run: pip install -r requirements/qlora.txt"):
        decoder.main(arguments(task_file, rows_csv, wide_folder, tmp_path, "--load_in_4bit"))


def test_a_run_on_four_bits_says_so_and_answers_where_they_cannot_be_had(
    task_file: Path, rows_csv: Path, wide_folder: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    decoder.main(arguments(task_file, rows_csv, wide_folder, tmp_path, "--load_in_4bit"))
    run = tmp_path / "runs" / "qlora"
    assert load_record(run).quantization == "nf4"
    assert "quantization_config" not in json.loads((run / "adapter_config.json").read_text())
    inner = load_classifier(run, model=str(wide_folder))
    assert inner.base.quantization == "nf4"  # type: ignore[attr-defined]
    monkeypatch.setattr(pool, "find_spec", lambda name: None)
    with caplog.at_level(logging.WARNING):
        found = load_classifier(run, model=str(wide_folder))
    assert found.base.quantization is None  # type: ignore[attr-defined]
    assert "it was trained on weights in 4 bits, and here they are in full, so some answers may differ" in caplog.text
    assert found.predict(["x"]).probabilities.sum() == pytest.approx(1, abs=1e-5)


def test_without_the_flag_nothing_changes() -> None:
    from trl import ModelConfig

    assert quantization_of(ModelConfig(), adapter=False) is None
