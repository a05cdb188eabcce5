"""The end of every training: a whole run folder, of weights as safetensors and ``run.json`` beside them."""

from __future__ import annotations

import json
import logging
import sys
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel

from classification.classifiers.thresholds import ThresholdClassifier, best_thresholds
from classification.data.dataset import Rows, Splits
from classification.errors import InputError
from classification.models.pool import ModelSource
from classification.network.hub_errors import without_tokens
from classification.predictions import Classifier
from classification.runs.environment import hardware, library_versions
from classification.runs.folder import whole_run
from classification.runs.hashes import hashes_of
from classification.runs.record import BaseRecord, DataRecord, ExampleAnswer, RunRecord
from classification.runs.seen import TextHashes
from classification.task import Task
from comparison.prediction_table import predict_rows
from comparison.scores import score

from .arguments import hyperparameters_of, public_source
from .clock import mean_loss, trained_seconds

logger = logging.getLogger(__name__)


@dataclass
class TrainingResult:
    """What a training leaves behind for its record; ``classifier`` answers with what was trained on ``train``."""

    family: str
    method: str
    task: Task
    splits: Splits
    train: Rows
    weights: ModelSource
    trainer: Any
    classifier: Classifier
    seen: TextHashes | None = None
    save_weights: Callable[[Any, Path, str], None] | None = None
    tune_thresholds: bool = True


def finish(
    result: TrainingResult,
    args: Any,
    more: tuple[object, ...],
    settings: dict[str, Any],
) -> RunRecord:
    """Evaluate the best checkpoint on the whole validation split and write the run folder.

    The adapter is rounded to half precision first, so what is measured is what is saved.
    """
    folder, base = Path(args.output_dir), base_record(result.weights)
    _round_adapter(result.trainer.model)
    result.trainer.model.eval()
    found = evaluated(result.classifier, result.splits.validation, result.train, tune_thresholds=result.tune_thresholds)
    history = result.trainer.state.log_history
    record = new_record(
        folder,
        result.splits,
        family=result.family,
        method=result.method,
        task=result.task,
        base=base,
        hyperparameters=hyperparameters_of(args, *more),
        seed=args.seed,
        seconds=round(trained_seconds(history), 1),
        energy=result.trainer.energy,
        history=_history(history),
        **found,
        **settings,
    )
    with whole_run(folder) as unfinished:
        (result.save_weights or save_weights)(result.trainer.model, unfinished, base.id)
        result.trainer.processing_class.save_pretrained(unfinished)
        return seal(record, unfinished, result.seen)


def new_record(folder: Path, splits: Splits, *, libraries: Sequence[str] = (), **fields: Any) -> RunRecord:
    """A record of a training that has just ended on this machine.

    Args:
        folder: the run folder, which names the run.
        splits: the rows that it was made of.
        libraries: whose versions it has, beside those of every record.
        fields: the other fields of `RunRecord`.
    """
    return RunRecord(
        name=folder.name,
        created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        data=data_record(splits),
        versions=library_versions(*libraries),
        hardware=hardware(),
        **fields,
    )


def seal(record: RunRecord, unfinished: Path, seen: TextHashes | None) -> RunRecord:
    """Write the last two files of a run: hashes of its texts, and the record with a new id and hashes of its files.

    Args:
        record: of the run, whose weights are in ``unfinished`` already.
        unfinished: where the run is written, see `classification.runs.folder.whole_run`.
        seen: hashes of the texts that it has seen; ``None`` where that is not known.
    """
    if seen is not None:
        seen.save(unfinished)
    sealed = record.model_copy(update={"id": uuid.uuid4().hex, "sha256": hashes_of(unfinished)})
    sealed.save(unfinished)
    return sealed


def evaluated(
    classifier: Classifier, rows: Rows | None, train: Rows, *, tune_thresholds: bool = True
) -> dict[str, Any]:
    """What a finished classifier does, as fields of its `RunRecord`.

    Args:
        classifier: as it is saved.
        rows: the validation rows; without any, there is no evaluation.
        train: the training rows. How many of ``rows`` stand among them is recorded, and logged where there are any.
        tune_thresholds: for a multi-label task, choose the probability from which each label applies on ``rows``.

    Returns:
        ``evaluation``, every score on the rows with intervals, or ``None``; ``thresholds``, or ``None``; and
        ``answers`` to the examples that the task declares.
    """
    if rows is None or not len(rows):
        return {"answers": example_answers(classifier), "evaluation": None}
    seen = TextHashes.of(train.texts).count(rows.texts)
    if seen.train:
        logger.warning(
            "%s of the %s validation rows are among the training rows, so the scores on them are not evidence for new "
            "texts; take them out of one of the two.",
            f"{seen.train:,}",
            f"{len(rows):,}",
        )
    table, thresholds = predict_rows(classifier, rows), None
    if classifier.task.multi_label and tune_thresholds:
        thresholds = best_thresholds(table.predictions.probabilities, table.targets)
        table = replace(table, predictions=replace(table.predictions, thresholds=thresholds))
        classifier = ThresholdClassifier(classifier, thresholds)
    about = {"split": "validation", "rows": len(rows), "seen": seen.model_dump()}
    return {
        "answers": example_answers(classifier),
        "evaluation": about | score(table).model_dump(mode="json"),
        "thresholds": None if thresholds is None else tuple(round(float(value), 6) for value in thresholds),
    }


def example_answers(classifier: Classifier) -> tuple[ExampleAnswer, ...]:
    """What the finished model says to the texts that its task declares as examples; its card shows them."""
    task = classifier.task
    found = classifier.predict(task.examples)
    answers = []
    for text, row, labels in zip(task.examples, found.probabilities, found.labels(task), strict=True):
        answers.append(ExampleAnswer(text=text, labels=labels, probability=round(float(row.max()), 4)))
    return tuple(answers)


def base_record(weights: ModelSource) -> BaseRecord:
    """Which base model a run stands on; of a folder only its name."""
    name = public_source(weights.model_id) if weights.kind == "path" else weights.model_id
    return BaseRecord(id=name, revision=weights.revision, weights=str(weights))


def data_record(splits: Splits) -> DataRecord:
    """Name, fingerprint and sizes of a run's rows; of a local path only the last part."""
    sizes = {name: len(rows) for name, rows in splits.items()}
    return DataRecord(source=public_source(splits.source), fingerprint=splits.fingerprint, rows=sizes)


def _round_adapter(model: torch.nn.Module) -> None:
    """Round what an adapter adds to float16 values: half the file, no change that a label would notice."""
    if isinstance(model, PeftModel):
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.data = parameter.data.half().to(parameter.dtype)


def save_weights(model: Any, folder: Path, base_id: str) -> None:
    """Write a model of transformers, or the adapter on it, as safetensors.

    Args:
        model: as the trainer has it.
        folder: where to.
        base_id: what an adapter's configuration names as its base.
    """
    if isinstance(model, PeftModel):
        state = halved(_adapter_state(model))
        model.save_pretrained(folder, state_dict=state)
        (folder / "README.md").unlink(missing_ok=True)  # PEFT's own card; ours is made from run.json
        name_base(folder / "adapter_config.json", base_id)
    else:
        model.save_pretrained(folder)
    (folder / "training_args.bin").unlink(missing_ok=True)  # a pickle


def name_base(file: Path, base_id: str) -> None:
    """Name the base in an adapter's configuration, where PEFT has written the folder that it was loaded from."""
    config = json.loads(file.read_text(encoding="utf-8")) | {"base_model_name_or_path": base_id}
    file.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def halved(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Weights in half precision, to which they were rounded before they were measured."""
    return {name: tensor.half() if tensor.dtype == torch.float32 else tensor for name, tensor in state.items()}


def _adapter_state(model: PeftModel) -> dict[str, torch.Tensor]:
    return {name: tensor.detach() for name, tensor in model.state_dict().items()}


def _history(entries: list[dict[str, Any]]) -> list[dict[str, float]]:
    """The history as it would be had the training never been stopped."""
    loss = mean_loss(entries)
    known = {} if loss is None else {"train_loss": loss}
    return [_numbers(entry | known if "train_loss" in entry else entry) for entry in entries]


def _numbers(entry: dict[str, Any]) -> dict[str, float]:
    return {key: round(float(value), 6) for key, value in entry.items() if isinstance(value, int | float)}


def command_line(main: Callable[[], object]) -> None:
    """Run a script's ``main``: a person's mistake becomes one sentence and status 2, Ctrl-C status 130."""
    try:
        main()
    except InputError as error:
        sys.exit(_say(error, 2))
    except KeyboardInterrupt as stopped:
        sys.exit(_say(str(stopped) or "stopped; go on with --resume_from_checkpoint true", 130))


def _say(message: object, status: int) -> int:
    sys.stderr.write(f"{without_tokens(str(message))}\n")
    return status
