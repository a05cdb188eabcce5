"""Fit the floor: TF-IDF with logistic regression, on the same training rows as the fine-tuned models.

    python -m training.baseline --task tasks/sms-spam.yaml --data rows.csv --output_dir runs/sms-tfidf

Takes seconds. The run folder also holds the class counts, which is all that the majority baseline needs.
"""
# ruff: noqa: E402  the question for help is answered before the heavy imports

from __future__ import annotations

if __name__ == "__main__":  # before the libraries below are imported, which takes seconds
    from classification.network.endpoint import end_without_address

    from .shared.quick_help import answer_help

    answer_help("baseline", __doc__)
    end_without_address()


import time
from pathlib import Path

from trl import TrlParser

from classification.classifiers.baseline import TfidfClassifier
from classification.data.dataset import load_splits
from classification.errors import InputError
from classification.runs.folder import check_place, whole_run
from classification.task import load_task

from .shared.command import recorded_command
from .shared.data import at_most, check_labels
from .shared.energy import EnergyMeter
from .shared.finish import command_line, evaluated, new_record, seal
from .shared.flags import check_ranges, parse_arguments, refuse_validation
from .shared.options import BaselineArguments, TaskArguments
from .shared.publishing import push_run, requested_push
from .shared.seen import hashes_of_training


def main(argv: list[str] | None = None) -> None:
    """Fit, and write the run folder."""
    parser = TrlParser((TaskArguments, BaselineArguments), prog="python -m training.baseline")
    options, arguments = parse_arguments(parser, argv)
    check_ranges(options, arguments)
    refuse_validation(options)
    task = load_task(options.required_task())
    if not arguments.output_dir:
        raise InputError("no run folder was given; say where the baseline goes with --output_dir.")
    check_place(Path(arguments.output_dir))
    push_request = requested_push(arguments)
    splits = load_splits(task, options.data, seed=arguments.seed, need=("train",), options=options.read_options())
    if splits.train is None:  # load_splits has just made sure; this tells the type checker
        raise InputError("training needs a train split.")
    rows = at_most(splits.train, options.train_limit, arguments.seed)
    check_labels(rows, task)
    with EnergyMeter() as meter:
        started = time.perf_counter()
        classifier = TfidfClassifier.fit(task, rows.texts, rows.targets(task), arguments.seed)
        seconds = time.perf_counter() - started
    folder = Path(arguments.output_dir)
    record = new_record(
        folder,
        splits,
        family="tfidf",
        method="fit",
        task=task,
        hyperparameters=classifier.settings.model_dump(mode="json", exclude={"labels", "multi_label", "label_counts"}),
        seed=arguments.seed,
        seconds=round(seconds, 2),
        command=recorded_command("training.baseline", argv),
        energy=meter.record,
        **evaluated(classifier, splits.validation, rows, tune_thresholds=options.tune_thresholds),
    )
    with whole_run(folder) as unfinished:
        classifier.save(unfinished)
        seal(record, unfinished, hashes_of_training(rows, splits.validation))
    push_run(push_request, folder)


if __name__ == "__main__":
    command_line(main)
