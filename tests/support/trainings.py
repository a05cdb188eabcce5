"""The training scripts as tests run them: in this process, on tiny models."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np

from classification.lineup import load_lineup
from support.paths import ROOT
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


def train_with(script: ModuleType, tmp_path: Path, task_file: Path, rows: Path, model: Path, *more: str) -> Path:
    """A run of any script that trains by gradient descent."""
    out = tmp_path / "runs" / script.__name__.rpartition(".")[2]
    script.main([
        "--task", str(task_file), "--data", str(rows), "--output_dir", str(out), "--model_name_or_path", str(model),
        "--learning_rate", "0.01", *COMMON, *more,
    ])  # fmt: skip
    return out


def probabilities_elsewhere(tmp_path: Path, task_file: Path, run: Path, base: Path | None, texts: list[str]):
    """What a run answers to texts when a lineup loads it in a process of its own."""
    lineup, out = tmp_path / "elsewhere.yaml", tmp_path / "elsewhere.npy"
    model = f", model: {base}" if base else ""
    lineup.write_text(
        f"task: {task_file}\ncontenders:\n  - {{name: tuned, approach: fine-tuned, run: {run}{model}}}\n",
        encoding="utf-8",
    )
    program = (
        "import numpy as np; from classification.lineup import load_lineup; "
        f"found = load_lineup({str(lineup)!r}); classifier = found.contenders[0].load(found.pool()); "
        f"np.save({str(out)!r}, classifier.predict({texts!r}).probabilities)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return np.load(out)
