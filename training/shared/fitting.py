"""What a training on a sentence encoder without our trainer does before and after: arguments, rows, run folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from trl import TrlParser

from classification.data.dataset import Splits, load_splits
from classification.data.rows import Rows
from classification.errors import InputError
from classification.models.pool import ModelSource
from classification.predictions import Classifier
from classification.runs.folder import check_place, whole_run
from classification.runs.record import RunRecord
from classification.task import Task, load_task

from .command import recorded_command
from .data import at_most, check_labels
from .finish import base_record, evaluated, new_record, seal
from .flags import check_ranges, parse_arguments
from .options import BaselineArguments, SentenceEncoderArguments, TaskArguments
from .publishing import PushRequest, push_run, requested_push
from .seen import hashes_of_training


@dataclass
class FitSetup:
    """What a command line asked for, with the rows read.

    Attributes:
        options: the options of every script.
        model: which sentence encoder.
        own: the options of this script alone.
        arguments: where the run goes, and its seed.
        command: for the record, without tokens and local paths.
        task: what is learned.
        splits: all rows.
        train: the rows to train on, of two labels at least.
        push: whether and where the run is published in the end.
    """

    options: TaskArguments
    model: SentenceEncoderArguments
    own: Any
    arguments: BaselineArguments
    command: tuple[str, ...]
    task: Task
    splits: Splits
    train: Rows
    push: PushRequest | None

    @property
    def output_dir(self) -> Path:
        """The run folder."""
        return Path(str(self.arguments.output_dir))

    @property
    def model_id(self) -> str:
        """The sentence encoder: a Hub id or a folder."""
        return str(self.model.model_name_or_path)


def read_fit(
    script: str, own: type | None, argv: list[str] | None, *, refuse: Callable[[TaskArguments], None] = lambda _: None
) -> FitSetup:
    """Read a command line and its rows.

    Args:
        script: the name of the module, such as ``static``.
        own: class of the script's own options, where it has any.
        argv: the command line; by default that of the process.
        refuse: refuses options of every script that this one does not honour.

    Raises:
        InputError: an option, the task or the rows cannot be used; the sentence says which.
    """
    module = f"training.{script}"
    classes = (TaskArguments, SentenceEncoderArguments, BaselineArguments, *([own] if own else []))
    found = parse_arguments(TrlParser(classes, prog=f"python -m {module}"), argv)
    options, model, arguments = found[:3]
    check_ranges(*found)
    refuse(options)
    task = load_task(options.required_task())
    if not model.model_name_or_path or not arguments.output_dir:
        raise InputError("--model_name_or_path and --output_dir are needed: which encoder, and where the run goes.")
    check_place(Path(arguments.output_dir))
    push = requested_push(arguments)
    splits = load_splits(task, options.data, seed=arguments.seed, need=("train",), options=options.read_options())
    if splits.train is None:  # load_splits has just made sure; this tells the type checker
        raise InputError("training needs a train split.")
    train = at_most(splits.train, options.train_limit, arguments.seed)
    check_labels(train, task)
    return FitSetup(
        options=options,
        model=model,
        own=found[3] if own else None,
        arguments=arguments,
        command=recorded_command(module, argv),
        task=task,
        splits=splits,
        train=train,
        push=push,
    )


def save_fit(
    setup: FitSetup,
    classifier: Classifier,
    write: Callable[[Path], object],
    *,
    weights: ModelSource,
    libraries: Sequence[str],
    recorded: dict[str, Any],
) -> RunRecord:
    """Evaluate what was trained, write the run folder, and publish it where that was asked.

    Args:
        setup: what was trained on what.
        classifier: answers with what ``write`` writes.
        write: writes the weights into a folder.
        weights: the copy of the encoder that it stands on.
        libraries: whose versions the record has, beside those of every record.
        recorded: more fields of the record: family, method, hyperparameters, seconds and so on.
    """
    found = evaluated(classifier, setup.splits.validation, setup.train, tune_thresholds=setup.options.tune_thresholds)
    record = new_record(
        setup.output_dir,
        setup.splits,
        task=setup.task,
        base=base_record(weights),
        seed=setup.arguments.seed,
        command=setup.command,
        libraries=libraries,
        **found,
        **recorded,
    )
    with whole_run(setup.output_dir) as unfinished:
        write(unfinished)
        sealed = seal(record, unfinished, hashes_of_training(setup.train, setup.splits.validation, base=weights))
    push_run(setup.push, setup.output_dir)
    return sealed


def settings_of(own: object) -> dict[str, Any]:
    """The options of a script as hyperparameters, those left to their default of ``None`` left out."""
    found = {entry.name: getattr(own, entry.name) for entry in fields(own)}  # type: ignore[arg-type]
    return {name: value for name, value in found.items() if value is not None}
