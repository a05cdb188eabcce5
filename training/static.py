r"""Distil static embeddings from a sentence encoder, and train them with a small head: model2vec's classifier.

    python -m training.static --task tasks/sms-spam.yaml --data rows.csv --output_dir runs/sms-static \
        --model_name_or_path sentence-transformers/all-MiniLM-L6-v2

The encoder is asked once for a vector of each token of its vocabulary; from then on a text is the mean of its tokens'
vectors, which takes some hundredth of the encoder's time. A static model, such as minishlab/potion-base-8M or a run of
this script, is trained as it is.
"""
# ruff: noqa: E402  the question for help is answered before the heavy imports

from __future__ import annotations

if __name__ == "__main__":  # before the libraries below are imported, which takes seconds
    from classification.network.endpoint import end_without_address

    from .shared.quick_help import answer_help

    answer_help("static", __doc__)
    end_without_address()

import logging
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from huggingface_hub import hf_hub_download
from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError
from numpy.typing import NDArray

from classification.classifiers.static import (
    CONFIG_FILE,
    LARGEST_CONFIG,
    TOKENIZER_FILE,
    VECTORS_FILE,
    Layer,
    StaticClassifier,
    StaticEncoder,
)
from classification.data.rows import Rows
from classification.errors import InputError
from classification.families import need_libraries
from classification.files.reading import read_json
from classification.models.embeddings import pooling_of
from classification.models.pool import ModelPool, ModelSource, folder_of, locate
from classification.network.hub_errors import explained
from classification.task import Task

from .shared.data import at_most, tell_cut
from .shared.energy import EnergyMeter
from .shared.finish import command_line
from .shared.fitting import FitSetup, read_fit, save_fit, settings_of
from .shared.options import StaticArguments

#: Evaluations in a row without a better one after which model2vec ends a training.
PATIENCE = 5
#: Tokens of a text that are read, unless that is said; model2vec's own default.
MAX_LENGTH = 512


def main(argv: list[str] | None = None) -> None:
    """Distil, train, and write the run folder."""
    setup = read_fit("static", StaticArguments, argv)
    need_libraries("static", ("model2vec", "skeletoken"))
    max_length = setup.model.max_length or MAX_LENGTH
    with EnergyMeter() as meter:
        started = time.perf_counter()
        model, weights = static_model(setup)
        trained, columns = fit(setup, model, max_length)
        seconds = time.perf_counter() - started
    classifier = as_classifier(trained, setup.task, columns, max_length)
    cut = classifier.predict(setup.train.texts).truncated
    tell_cut(int(cut.sum()), len(setup.train), max_length)
    save_fit(
        setup,
        classifier,
        classifier.save,
        weights=weights,
        libraries=("model2vec", "skeletoken"),
        recorded={
            "family": "static",
            "method": "static",
            "max_length": max_length,
            "hyperparameters": settings_of(setup.own) | {"early_stopping_patience": patience(setup)},
            "seconds": round(seconds, 2),
            "energy": meter.record,
        },
    )


def patience(setup: FitSetup) -> int:
    """After how many evaluations without a better one the training ends."""
    return setup.options.early_stopping_patience or PATIENCE


def static_model(setup: FitSetup) -> tuple[Any, ModelSource]:
    """A ``model2vec.StaticModel``, and the copy of the model that it comes from.

    Raises:
        InputError: the model cannot be had, or not be distilled.
    """
    from model2vec import StaticModel

    source = locate(setup.model_id, setup.model.model_revision)
    folder = _static_folder(source)
    if folder is None:
        return _distilled(setup, ModelPool())
    try:
        return StaticModel.from_pretrained(folder), source
    except Exception as error:  # damaged files make the libraries raise errors of every kind
        raise InputError(f"cannot load {source.model_id} from {source.kind}: {_first_line(error)}") from error


def _static_folder(source: ModelSource) -> Path | None:
    """The folder with a static model's three files; ``None`` where the model is none."""
    folder = folder_of(source)
    if folder is not None:
        return folder if _is_static(folder / CONFIG_FILE) else None
    cached = source.kind == "cache"

    def fetched(name: str) -> Path:
        return Path(hf_hub_download(source.model_id, name, revision=source.revision, local_files_only=cached))

    with explained(f"read what {source.model_id} is"):
        try:
            config = fetched(CONFIG_FILE)
        except LocalEntryNotFoundError:
            raise
        except EntryNotFoundError:
            return None
        if not _is_static(config):
            return None
        for name in (VECTORS_FILE, TOKENIZER_FILE):
            fetched(name)
    return config.parent


def _is_static(config: Path) -> bool:
    try:
        found = read_json(config, what="configuration", limit=LARGEST_CONFIG)
    except (OSError, ValueError, InputError):
        return False
    return isinstance(found, dict) and found.get("model_type") == "model2vec"


def _distilled(setup: FitSetup, pool: ModelPool) -> tuple[Any, ModelSource]:
    from model2vec.distill import distill_from_model

    base = pool.bare_encoder(setup.model_id, setup.model.model_revision)
    kind = setup.model.pooling if setup.model.pooling != "auto" else pooling_of(base.weights) or "mean"
    own: StaticArguments = setup.own
    base.model.name_or_path = "."  # of a path that exists, model2vec does not ask the Hub what language it is in
    logging.getLogger("skeletoken").setLevel(logging.ERROR)  # it tells how it rewrites every tokenizer
    try:
        model = distill_from_model(
            model=base.model,  # type: ignore[arg-type]  # a model of transformers, as the pool loads it
            tokenizer=base.tokenizer,  # type: ignore[arg-type]
            device=str(base.model.device),
            pca_dims=min(own.pca_dims, int(base.model.config.hidden_size)),
            sif_coefficient=own.sif_coefficient,
            pooling="first" if kind == "cls" else "mean",
            quantize_to="float32",
        )
    except Exception as error:  # tokenizers of a kind that it does not know make it raise errors of every kind
        raise InputError(
            f"{setup.model_id}: model2vec cannot distil this encoder ({_first_line(error)}); use another."
        ) from error
    return model, base.weights


def fit(setup: FitSetup, model: Any, max_length: int) -> tuple[Any, list[int]]:
    """Train vectors and head.

    Args:
        setup: what is learned of which rows. The validation rows tell when to stop; without any, model2vec sets a
            tenth of the training rows aside.
        model: a ``model2vec.StaticModel``.
        max_length: tokens of a text that are read.

    Returns:
        The trained ``StaticModelForClassification``, and which label of the task each of its outputs is.
    """
    from model2vec.train import StaticModelForClassification

    own: StaticArguments = setup.own
    targets = targets_of(setup.train, setup.task)
    texts, held = list(setup.train.texts), set(_flat(targets))
    validation, validation_targets = _validation(setup, held)
    classifier = StaticModelForClassification.from_static_model(
        model=model, n_layers=own.n_layers, hidden_dim=own.hidden_dim, freeze=own.freeze, max_length=max_length
    )
    if setup.task.multi_label:
        # By itself, model2vec compares labels that apply from .5 on; those thresholds are tuned afterwards, so the loss
        # tells more.
        classifier.val_metric, classifier.early_stopping_direction = "val_loss", "min"
    classifier.fit(
        texts,
        targets,
        learning_rate=own.learning_rate,
        batch_size=own.batch_size,
        max_epochs=own.max_epochs,
        early_stopping_patience=patience(setup),
        device="cuda" if torch.cuda.is_available() else "cpu",
        X_val=validation,
        y_val=validation_targets,
        class_weight=None if own.class_weight == "none" else own.class_weight,
        random_seed=setup.arguments.seed,
        token_dropout=own.token_dropout,
    )
    return classifier, [int(column) for column in classifier.classes_]


def targets_of(rows: Rows, task: Task) -> list[Any]:
    """The column of each row's label, or of a multi-label task the columns of its labels."""
    columns = [[task.index(name) for name in names] for names in rows.labels]
    return columns if task.multi_label else [row[0] for row in columns]


def _validation(setup: FitSetup, held: set[int]) -> tuple[list[str] | None, list[Any] | None]:
    """The rows that tell when to stop; a label that no training row has is not learned, so its rows tell nothing."""
    rows = setup.splits.validation
    if rows is None or not len(rows):
        return None, None
    rows = at_most(rows, setup.options.eval_limit, setup.arguments.seed)
    targets = targets_of(rows, setup.task)
    kept = [place for place, target in enumerate(targets) if set(_flat([target])) <= held]
    if not kept:
        return None, None
    return [rows.texts[place] for place in kept], [targets[place] for place in kept]


def _flat(targets: list[Any]) -> list[int]:
    return [column for target in targets for column in (target if isinstance(target, list) else [target])]


def as_classifier(trained: Any, task: Task, columns: list[int], max_length: int) -> StaticClassifier:
    """What answers with a trained ``StaticModelForClassification``, its vectors rounded to half precision as saved.

    Args:
        trained: with an output for each label that training rows have.
        task: what it decides.
        columns: which label of the task each output is.
        max_length: tokens of a text that are read.
    """
    found = trained.to_static_model()
    vectors = found.embedding if found.token_mapping is None else found.embedding[found.token_mapping]
    vectors = vectors if found.weights is None else vectors * found.weights[:, None]
    layers = [
        Layer(_array(module.weight), _array(module.bias))
        for module in trained.head
        if isinstance(module, torch.nn.Linear)
    ]
    layers[-1] = for_all_labels(layers[-1], len(task.labels), columns)
    encoder = StaticEncoder.of(found.tokenizer, vectors.astype(np.float16).astype(np.float32), max_length)
    return StaticClassifier("trained", task, encoder, layers)


def for_all_labels(layer: Layer, labels: int, columns: list[int]) -> Layer:
    """A layer with an output for every label of a task; that of a label without training rows is minus infinity."""
    weight = np.zeros((labels, layer.weight.shape[1]), dtype=np.float32)
    bias = np.full(labels, -np.inf, dtype=np.float32)
    weight[columns], bias[columns] = layer.weight, layer.bias
    return Layer(weight, bias)


def _array(tensor: torch.Tensor) -> NDArray[np.float32]:
    found: NDArray[np.float32] = tensor.detach().float().cpu().numpy()
    return found


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:300]


if __name__ == "__main__":
    command_line(main)
