"""What a training with a trainer reads before a model is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from classification.errors import InputError
from training.shared.options import EncoderArguments
from training.shared.sequence_classifiers import ClassifierTrainingArguments
from training.shared.setup import TrainingSetup, read_setup


def read(*words: str) -> TrainingSetup:
    return read_setup("encoder", EncoderArguments, ClassifierTrainingArguments, ["--use_cpu", "true", *words])


def test_limits_are_of_training_and_of_choosing_the_checkpoint_alone(
    task_file: Path, rows_csv: Path, tmp_path: Path
) -> None:
    words = ["--task", str(task_file), "--data", str(rows_csv), "--output_dir", str(tmp_path / "run")]
    words += ["--model_name_or_path", "a/b"]
    whole = read(*words)
    some = read(*words, "--train_limit", "6", "--eval_limit", "3")
    assert (len(some.train), len(some.held_out)) == (6, 3)
    assert len(some.validation) == len(whole.validation) > 3
    assert set(some.train.texts) <= set(whole.train.texts)
    assert some.command[:3] == ("python", "-m", "training.encoder")
    assert some.push is None
    assert not some.output_dir.exists()


def test_a_model_and_a_folder_are_needed(task_file: Path, rows_csv: Path) -> None:
    with pytest.raises(InputError, match="--model_name_or_path and --output_dir are needed"):
        read("--task", str(task_file), "--data", str(rows_csv))
