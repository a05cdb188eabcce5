r"""Fit a linear probe: logistic regression on the frozen embeddings of a sentence encoder.

    python -m training.probe --task tasks/sms-spam.yaml --data rows.csv --output_dir runs/sms-probe \
        --model_name_or_path sentence-transformers/all-MiniLM-L6-v2

Nothing of the encoder changes, so it takes the time of embedding the rows once. The penalty is chosen by
cross-validation on the training rows.
"""
# ruff: noqa: E402  the question for help is answered before the heavy imports

from __future__ import annotations

if __name__ == "__main__":  # before the libraries below are imported, which takes seconds
    from classification.network.endpoint import end_without_address

    from .shared.quick_help import answer_help

    answer_help("probe", __doc__)
    end_without_address()

import logging
import time
from pathlib import Path

from tqdm import tqdm
from trl import TrlParser

from classification.classifiers.probe import ProbeClassifier, fit_probe
from classification.data.dataset import load_splits
from classification.errors import InputError
from classification.models.embeddings import sentence_encoder
from classification.models.pool import ModelPool
from classification.runs.folder import check_place, whole_run
from classification.task import load_task
from comparison.prediction_table import target_matrix

from .shared.command import recorded_command
from .shared.data import at_most, tell_cut
from .shared.energy import EnergyMeter
from .shared.finish import base_record, command_line, evaluated, example_answers, new_record, seal
from .shared.flags import check_ranges, parse_arguments, refuse_validation
from .shared.options import BaselineArguments, SentenceEncoderArguments, TaskArguments
from .shared.publishing import push_run, requested_push
from .shared.seen import hashes_of_training

logger = logging.getLogger(__name__)


def main(argv: list[str] | None = None) -> None:
    """Fit, and write the run folder."""
    parser = TrlParser((TaskArguments, SentenceEncoderArguments, BaselineArguments), prog="python -m training.probe")
    options, model, arguments = parse_arguments(parser, argv)
    check_ranges(options, model, arguments)
    refuse_validation(options)
    command = recorded_command("training.probe", argv)
    task = load_task(options.required_task())
    if not model.model_name_or_path or not arguments.output_dir:
        raise InputError("--model_name_or_path and --output_dir are needed: which encoder, and where the run goes.")
    folder = Path(arguments.output_dir)
    check_place(folder)
    push_request = requested_push(arguments)
    splits = load_splits(task, options.data, seed=arguments.seed, need=("train",), options=options.read_options())
    if splits.train is None:  # load_splits has just made sure; this tells the type checker
        raise InputError("training needs a train split.")
    rows = at_most(splits.train, options.train_limit, arguments.seed)
    kind = None if model.pooling == "auto" else model.pooling
    encoder = sentence_encoder(
        ModelPool(), model.model_name_or_path, model.model_revision, kind=kind, max_length=model.max_length
    )
    with EnergyMeter() as meter:
        started = time.perf_counter()
        with tqdm(total=len(rows), unit="text", desc="embedding") as bar:
            found = encoder.embed(rows.texts, progress=bar.update)
        (weights, bias), c = fit_probe(
            found.vectors, target_matrix(rows, task), multi_label=task.multi_label, seed=arguments.seed
        )
        seconds = time.perf_counter() - started
    tell_cut(sum(count > encoder.max_length for count in found.tokens), len(rows), encoder.max_length)
    classifier = ProbeClassifier("trained", task, encoder, weights, bias)
    record = new_record(
        folder,
        splits,
        family="probe",
        method="probe",
        task=task,
        base=base_record(encoder.base.weights),
        pooling=encoder.kind,
        max_length=encoder.max_length,
        hyperparameters={"c": c},
        seed=arguments.seed,
        seconds=round(seconds, 2),
        command=command,
        energy=meter.record,
        evaluation=evaluated(classifier, splits.validation, rows),
        answers=example_answers(classifier),
    )
    with whole_run(folder) as unfinished:
        classifier.save(unfinished)
        seal(record, unfinished, hashes_of_training(rows, splits.validation, base=encoder.base.weights))
    push_run(push_request, folder)


if __name__ == "__main__":
    command_line(main)
