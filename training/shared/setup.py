"""What every training with a trainer does before and after it: arguments, rows and checks; then the run folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trl import ModelConfig, TrlParser

from classification.data.dataset import Rows, Splits
from classification.errors import InputError
from classification.files.writing import made
from classification.models.pool import LoadedModel
from classification.predictions import Classifier
from classification.runs.folder import check_place
from classification.task import Task, load_task

from .arguments import hyperparameters_of
from .checkpoints import WholeCheckpoints, resume_point
from .command import recorded_command
from .data import at_most, check_labels, training_splits
from .finish import TrainingResult, base_record, finish, save_weights
from .flags import check_flags, check_length, parse_arguments
from .options import TaskArguments
from .publishing import PushRequest, push_run, requested_push
from .record import Training
from .seen import hashes_of_training


@dataclass
class TrainingSetup:
    """What a command line asked for, with the rows read and all checked that can be before a model is loaded.

    Attributes:
        options: the options of every script.
        own: those of this script.
        args: transformers' `TrainingArguments`, or a class made of it.
        model_args: TRL's `ModelConfig`.
        command: for the record, without tokens and local paths.
        task: what is learned.
        splits: all rows.
        train: the rows to train on.
        validation: all validation rows, which the recorded scores are of.
        held_out: those of them that choose the checkpoint.
        push: whether and where the run is published in the end.
    """

    options: TaskArguments
    own: Any
    args: Any
    model_args: ModelConfig
    command: tuple[str, ...]
    task: Task
    splits: Splits
    train: Rows
    validation: Rows
    held_out: Rows
    push: PushRequest | None

    @property
    def output_dir(self) -> Path:
        """The run folder."""
        return Path(self.args.output_dir)


def read_setup(script: str, own: type, arguments: type, argv: list[str] | None) -> TrainingSetup:
    """Read a command line and its rows.

    Args:
        script: the name of the module, such as ``encoder``.
        own: class of the script's own options.
        arguments: class of the trainer's arguments.
        argv: the command line; by default that of the process.

    Raises:
        InputError: an option, the task or the rows cannot be used; the sentence says which.
    """
    module = f"training.{script}"
    parser = TrlParser((TaskArguments, own, arguments, ModelConfig), prog=f"python -m {module}")
    options, special, args, model_args = parse_arguments(parser, argv)
    check_flags(args, options, special, model_args)
    task = load_task(options.required_task())
    if not model_args.model_name_or_path or not args.output_dir:
        raise InputError("--model_name_or_path and --output_dir are needed: which model to train, and where it goes.")
    check_place(Path(args.output_dir))
    push = requested_push(args)
    splits, train, validation = training_splits(task, options.data, args.seed, options.read_options())
    train = at_most(train, options.train_limit, args.seed)
    check_labels(train, task)
    check_length(args, len(train))
    held_out = at_most(validation, options.eval_limit, args.seed)
    return TrainingSetup(
        options=options,
        own=special,
        args=args,
        model_args=model_args,
        command=recorded_command(module, argv),
        task=task,
        splits=splits,
        train=train,
        validation=validation,
        held_out=held_out,
        push=push,
    )


def train_and_save(
    setup: TrainingSetup,
    base: LoadedModel,
    build: Callable[[], WholeCheckpoints],
    classifier_of: Callable[[Any], Classifier],
    *,
    family: str,
    method: str,
    save: Callable[[Any, Path, str], None] = save_weights,
    recorded: dict[str, Any],
    patterns: tuple[str, ...] = (),
) -> None:
    """Train from the start or from a checkpoint, evaluate, write the run folder, and publish it where that was asked.

    Args:
        setup: what is trained on what.
        base: the model that is trained.
        build: makes the trainer; called when nothing can be refused any more.
        classifier_of: from the trainer, when it is done, to what answers with the trained model.
        family: of the run.
        method: what the training changes.
        save: writes the weights of the model into a folder, under the base's id.
        recorded: more fields of the record.
        patterns: those of the task, where the training reads them; a checkpoint is of these alone.
    """
    args, options = setup.args, setup.options
    settings = hyperparameters_of(args, setup.own, setup.model_args)
    training = Training.of(
        setup.task, setup.train, setup.held_out, base_record(base.weights), method, settings, patterns=patterns
    )
    checkpoint, training = resume_point(args, training)
    with made(setup.output_dir, "--output_dir"):
        trainer = build()
        trainer.training = training
        trainer.seen = hashes_of_training(setup.train, setup.validation, base=base.weights)
        trainer.train_whole(checkpoint)
        result = TrainingResult(
            family=family,
            method=method,
            task=setup.task,
            splits=setup.splits,
            train=setup.train,
            weights=base.weights,
            trainer=trainer,
            classifier=classifier_of(trainer),
            seen=trainer.seen,
            save_weights=save,
            tune_thresholds=options.tune_thresholds,
        )
        finish(result, args, (options, setup.own, setup.model_args), {"command": setup.command, **recorded})
    push_run(setup.push, setup.output_dir)
