"""The training scripts as tests run them: in this process, on tiny models."""

from __future__ import annotations

from pathlib import Path

from classification.lineup import load_lineup
from training import encoder, sft

COMMON = ["--num_train_epochs", "1", "--logging_steps", "1", "--dataloader_pin_memory", "false", "--use_cpu", "true"]
#: Validate and save after every step, so that there are checkpoints to resume from.
STEPS = ["--eval_strategy", "steps", "--eval_steps", "1", "--save_strategy", "steps", "--save_steps", "1"]


def train_chat(tmp_path: Path, task_file: Path, rows: Path, model: Path, *more: str) -> Path:
    out = tmp_path / "runs" / "chat"
    sft.main([
        "--task", str(task_file), "--data", str(rows), "--output_dir", str(out), "--model_name_or_path", str(model),
        "--use_peft", "--lora_r", "4", "--learning_rate", "0.01", "--per_device_train_batch_size", "14",
        "--max_length", "160", *COMMON, *more,
    ])  # fmt: skip
    return out


def train_encoder(tmp_path: Path, task_file: Path, rows: Path, model: Path, *more: str) -> Path:
    out = tmp_path / "runs" / "encoder"
    encoder.main([
        "--task", str(task_file), "--data", str(rows), "--output_dir", str(out), "--model_name_or_path", str(model),
        "--learning_rate", "0.01", *COMMON, *more,
    ])  # fmt: skip
    return out


def as_classifier(tmp_path: Path, task_file: Path, run: Path, base: Path | None = None):
    lineup = tmp_path / "lineup.yaml"
    model = f", model: {base}" if base else ""
    lineup.write_text(
        f"task: {task_file}\ncontenders:\n  - {{name: tuned, approach: fine-tuned, run: {run}{model}}}\n",
        encoding="utf-8",
    )
    found = load_lineup(lineup)
    return found.contenders[0].load(found.pool())
