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

import time

from tqdm import tqdm

from classification.classifiers.probe import ProbeClassifier, fit_probe
from classification.models.embeddings import sentence_encoder
from classification.models.pool import ModelPool
from comparison.prediction_table import target_matrix

from .shared.data import tell_cut
from .shared.energy import EnergyMeter
from .shared.finish import command_line
from .shared.fitting import read_fit, save_fit
from .shared.flags import refuse_validation


def main(argv: list[str] | None = None) -> None:
    """Fit, and write the run folder."""
    setup = read_fit("probe", None, argv, refuse=refuse_validation)
    rows, task, model = setup.train, setup.task, setup.model
    kind = None if model.pooling == "auto" else model.pooling
    encoder = sentence_encoder(
        ModelPool(), setup.model_id, model.model_revision, kind=kind, max_length=model.max_length
    )
    with EnergyMeter() as meter:
        started = time.perf_counter()
        with tqdm(total=len(rows), unit="text", desc="embedding") as bar:
            found = encoder.embed(rows.texts, progress=bar.update)
        (weights, bias), c = fit_probe(
            found.vectors, target_matrix(rows, task), multi_label=task.multi_label, seed=setup.arguments.seed
        )
        seconds = time.perf_counter() - started
    tell_cut(sum(count > encoder.max_length for count in found.tokens), len(rows), encoder.max_length)
    classifier = ProbeClassifier("trained", task, encoder, weights, bias)
    save_fit(
        setup,
        classifier,
        classifier.save,
        weights=encoder.base.weights,
        libraries=(),
        recorded={
            "family": "probe",
            "method": "probe",
            "pooling": encoder.kind,
            "max_length": encoder.max_length,
            "hyperparameters": {"c": c},
            "seconds": round(seconds, 2),
            "energy": meter.record,
        },
    )


if __name__ == "__main__":
    command_line(main)
