r"""Fine-tune a sentence encoder on pairs of few labelled rows, then fit a linear head: SetFit (Tunstall et al. 2022).

    python -m training.setfit --task tasks/sms-spam.yaml --data rows.csv --output_dir runs/sms-setfit \
        --model_name_or_path sentence-transformers/all-MiniLM-L6-v2 --rows_per_class 16

Texts of one label are drawn together and those of two labels apart, pair by pair (https://arxiv.org/abs/2209.11055).
Meant for 8 to 64 rows a label: their pairs are many, and those of all rows of a large file are far too many.
"""
# ruff: noqa: E402  the question for help is answered before the heavy imports

from __future__ import annotations

if __name__ == "__main__":  # before the libraries below are imported, which takes seconds
    from classification.network.endpoint import end_without_address

    from .shared.quick_help import answer_help

    answer_help("setfit", __doc__)
    end_without_address()

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from classification.classifiers.encoder import PooledEncoderClassifier
from classification.classifiers.logistic import fit_one_vs_rest, fit_softmax
from classification.families import need_libraries
from classification.models.embeddings import PoolingKind, SentenceEncoder, sentence_encoder
from classification.models.pool import LoadedModel, ModelPool
from classification.models.pooled_head import PooledHead
from comparison.prediction_table import target_matrix

from .shared.data import tell_cut
from .shared.energy import EnergyMeter
from .shared.finish import command_line
from .shared.fitting import FitSetup, read_fit, save_fit, settings_of
from .shared.flags import refuse_validation
from .shared.options import SetFitArguments
from .shared.pairs import check_pairs, rows_per_class, tell_rows

logger = logging.getLogger(__name__)

#: Inverse strength of the head's penalty: scikit-learn's default, which is SetFit's.
C = 1.0
#: Loggers of the libraries, which tell every step that is about to be taken.
CHATTY = ("setfit", "sentence_transformers")


def main(argv: list[str] | None = None) -> None:
    """Fine-tune, fit the head, and write the run folder."""
    setup = read_fit("setfit", SetFitArguments, argv, refuse=refuse_validation)
    setup.train = rows_per_class(setup.train, setup.task, setup.own.rows_per_class, setup.arguments.seed)
    tell_rows(setup.train, setup.task)
    check_pairs(setup.train, setup.own)
    need_libraries("setfit", ("setfit", "sentence_transformers"))
    kind = None if setup.model.pooling == "auto" else setup.model.pooling
    encoder = sentence_encoder(
        ModelPool(), setup.model_id, setup.model.model_revision, kind=kind, max_length=setup.model.max_length
    )
    weights = encoder.base.weights
    with EnergyMeter() as meter:
        started = time.perf_counter()
        body, history = fine_tuned(setup, encoder)
        tuned = LoadedModel(body, encoder.base.tokenizer, weights)
        head, cut = fitted_head(setup, SentenceEncoder(tuned, encoder.kind, encoder.max_length))
        seconds = time.perf_counter() - started
    tell_cut(cut, len(setup.train), encoder.max_length)
    classifier = PooledEncoderClassifier("trained", setup.task, tuned, head, max_length=encoder.max_length)

    def write(folder: Path) -> None:
        body.save_pretrained(folder)
        encoder.base.tokenizer.save_pretrained(folder)
        head.save(folder)

    save_fit(
        setup,
        classifier,
        write,
        weights=weights,
        libraries=("setfit", "sentence-transformers"),
        recorded={
            "family": "setfit",
            "method": "setfit",
            "pooling": encoder.kind,
            "max_length": encoder.max_length,
            "hyperparameters": settings_of(setup.own) | {"rows": len(setup.train), "c": C},
            "seconds": round(seconds, 2),
            "energy": meter.record,
            "history": history,
        },
    )


def fine_tuned(setup: FitSetup, encoder: SentenceEncoder) -> tuple[Any, list[dict[str, float]]]:
    """The encoder after SetFit's first phase, and the losses on the way.

    The library loads what the pool has loaded, from a copy of it on the disk: what a model may be, and where it comes
    from, is decided there.

    Args:
        setup: which rows and settings.
        encoder: the sentence encoder as it is.
    """
    own: SetFitArguments = setup.own
    with quiet(), TemporaryDirectory(prefix="setfit-") as place:
        from datasets import Dataset
        from sentence_transformers import SentenceTransformer
        from setfit import SetFitModel, Trainer, TrainingArguments

        for name in CHATTY:  # they set their levels when they are imported
            logging.getLogger(name).setLevel(logging.WARNING)
        body = SentenceTransformer(
            modules=_modules(encoder, Path(place) / "encoder"), device=str(encoder.base.model.device)
        )
        several = setup.task.multi_label
        model = SetFitModel(
            body,
            multi_target_strategy="one-vs-rest" if several else None,
            normalize_embeddings=True,
        )
        targets = setup.train.targets(setup.task)
        arguments = TrainingArguments(
            output_dir=str(Path(place) / "checkpoints"),
            batch_size=own.batch_size,
            num_epochs=own.num_epochs,
            max_steps=own.max_steps,
            sampling_strategy=own.sampling_strategy,
            num_iterations=own.num_iterations,
            body_learning_rate=own.body_learning_rate,
            warmup_proportion=own.warmup_proportion,
            l2_weight=own.l2_weight,
            seed=setup.arguments.seed,
            report_to="none",
            save_strategy="no",
        )
        rows = Dataset.from_dict({"text": list(setup.train.texts), "label": targets.astype(int).tolist()})
        trainer = Trainer(model=model, args=arguments, train_dataset=rows)
        trainer.train_embeddings(*trainer.dataset_to_parameters(rows), args=arguments)
        return body[0].model.eval(), _numbers(trainer.st_trainer.state.log_history)


def _modules(encoder: SentenceEncoder, folder: Path) -> list[torch.nn.Module]:
    """The encoder and its pooling as sentence-transformers has them."""
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    encoder.base.model.save_pretrained(folder)
    encoder.base.tokenizer.save_pretrained(folder)
    # With a chat template beside it, sentence-transformers would put every text into a chat.
    (folder / "chat_template.jinja").unlink(missing_ok=True)
    return [
        Transformer(
            str(folder),
            max_seq_length=encoder.max_length,
            model_kwargs={"dtype": torch.float32, "use_safetensors": True},
        ),
        Pooling(encoder.size, encoder.kind),
    ]


def fitted_head(setup: FitSetup, encoder: SentenceEncoder) -> tuple[PooledHead, int]:
    """The head of SetFit's second phase: logistic regression on embeddings of length 1.

    Returns:
        The head, and how many texts had to be cut.
    """
    found = encoder.embed(setup.train.texts)
    held = target_matrix(setup.train, setup.task)
    regression = fit_one_vs_rest if setup.task.multi_label else fit_softmax
    weights, bias = regression(found.vectors, held, C, setup.arguments.seed)
    kind: PoolingKind = encoder.kind
    head = PooledHead(encoder.size, len(setup.task.labels), kind, norm=False, dropout=0.0).eval()
    with torch.no_grad():
        head.linear.weight.copy_(torch.from_numpy(weights))
        head.linear.bias.copy_(torch.from_numpy(bias))
    return head, sum(count > encoder.max_length for count in found.tokens)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the libraries' accounts of what they are about to do off the screen; warnings and the bar stay."""
    before = {name: logging.getLogger(name).level for name in CHATTY}
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


def _numbers(entries: list[dict[str, Any]]) -> list[dict[str, float]]:
    return [
        {key: round(float(value), 6) for key, value in entry.items() if isinstance(value, int | float)}
        for entry in entries
    ]


if __name__ == "__main__":
    command_line(main)
