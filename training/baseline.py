"""Fit the floor: TF-IDF with logistic regression, on the same training rows as the fine-tuned models.

    python -m training.baseline --task tasks/sms-spam.yaml --data rows.csv --output_dir runs/sms-tfidf

Takes seconds. The run folder also holds the class counts, which is all that the majority baseline needs.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from sklearn.metrics import accuracy_score, f1_score
from trl import TrlParser

from classification.classifiers.baseline import TfidfClassifier
from classification.dataset import Rows, load_splits
from classification.environment import hardware, library_versions
from classification.errors import InputError
from classification.run import RunRecord
from classification.task import load_task

from .arguments import TaskArguments
from .data import at_most
from .finish import command_line, data_record


@dataclass
class BaselineArguments:
    """Where the baseline goes, and the seed that chooses its rows."""

    output_dir: str | None = field(default=None, metadata={"help": "The run folder."})
    seed: int = field(default=42, metadata={"help": "Chooses rows for splits and samples."})


def main(argv: list[str] | None = None) -> None:
    """Fit, and write the run folder."""
    parser = TrlParser((TaskArguments, BaselineArguments), prog="python -m training.baseline")
    wanted, arguments = parser.parse_args_and_config(argv)
    task = load_task(wanted.required_task())
    if not arguments.output_dir:
        raise InputError("no run folder was given; say where the baseline goes with --output_dir.")
    splits = load_splits(task, wanted.data, seed=arguments.seed, need=("train",))
    if splits.train is None:  # load_splits has just made sure; this tells the type checker
        raise InputError("training needs a train split.")
    rows = at_most(splits.train, wanted.train_limit, arguments.seed)
    started = time.perf_counter()
    classifier = TfidfClassifier.fit(task, rows.texts, rows.targets(task), arguments.seed)
    seconds = time.perf_counter() - started
    folder = Path(arguments.output_dir)
    classifier.save(folder)
    RunRecord(
        name=folder.name,
        created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        family="tfidf",
        method="fit",
        task=task,
        data=data_record(splits),
        hyperparameters=classifier.settings.model_dump(mode="json", exclude={"labels", "multi_label", "label_counts"}),
        seed=arguments.seed,
        versions=library_versions(),
        hardware=hardware(),
        seconds=round(seconds, 2),
        evaluation=None if task.multi_label or splits.validation is None else _measured(classifier, splits.validation),
    ).save(folder)


def _measured(classifier: TfidfClassifier, rows: Rows) -> dict[str, float | int | str]:
    targets, best = rows.targets(classifier.task), classifier.predict(rows.texts).best
    macro_f1 = f1_score(targets, best, average="macro", zero_division=0)
    accuracy = accuracy_score(targets, best)
    return {"split": "validation", "rows": len(rows), "macro_f1": float(macro_f1), "accuracy": float(accuracy)}


if __name__ == "__main__":
    command_line(main)
