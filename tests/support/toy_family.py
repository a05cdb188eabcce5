"""A family of its own, as somebody would add one: the label whose training texts are nearest in length."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from classification.classifiers.loading import RunToLoad
from classification.data.dataset import load_splits
from classification.families import Family
from classification.predictions import Predictions
from classification.runs.folder import whole_run
from classification.runs.record import RunRecord
from classification.task import Task, load_task
from training.shared.finish import data_record, evaluated, seal
from training.shared.seen import hashes_of_training

TOY = Family(
    "toy",
    script="support.toy_family",
    loader="support.toy_family:load_toy",
    library="prompt-or-tune",
    files=("model.safetensors",),
    fitted=True,
)


@dataclass
class ToyClassifier:
    name: str
    task: Task
    lengths: np.ndarray

    def predict(self, texts: Sequence[str]) -> Predictions:
        distances = np.abs(np.array([len(text) for text in texts], dtype=np.float32)[:, None] - self.lengths[None])
        shares = np.exp(-distances)
        return Predictions.of((shares / shares.sum(axis=1, keepdims=True)).astype(np.float32), 0.001)

    def prompt(self, text: str) -> None:
        return None


def load_toy(run: RunToLoad) -> ToyClassifier:
    return ToyClassifier(run.name, run.task, load_file(run.folder / "model.safetensors")["lengths"])


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser()
    for flag in ("--task", "--data", "--output_dir"):
        parser.add_argument(flag, required=True)
    options = parser.parse_args(argv)
    task, folder = load_task(Path(options.task)), Path(options.output_dir)
    splits = load_splits(task, options.data, seed=0, need=("train",))
    rows = splits.train
    assert rows is not None
    sizes = [[len(text) for text, own in zip(rows.texts, rows.labels) if name in own] for name in task.label_names]
    classifier = ToyClassifier("toy", task, np.array([np.mean(found) for found in sizes], dtype=np.float32))
    record = RunRecord(
        name=folder.name, created=datetime.now(timezone.utc).isoformat(timespec="seconds"), family="toy", method="fit",
        task=task, data=data_record(splits), **evaluated(classifier, splits.validation, rows),
    )  # fmt: skip
    with whole_run(folder) as unfinished:
        save_file({"lengths": classifier.lengths}, unfinished / "model.safetensors")
        seal(record, unfinished, hashes_of_training(rows, splits.validation))
