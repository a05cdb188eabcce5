"""The end of every training: weights as safetensors, and ``run.json`` beside them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel

from classification.dataset import Rows, Splits
from classification.environment import hardware, library_versions
from classification.errors import InputError
from classification.models import Weights
from classification.run import BaseRecord, DataRecord, Family, Method, RunRecord
from classification.task import Task

from .arguments import public_source, recorded


@dataclass
class Outcome:
    """What a training leaves behind for its record."""

    family: Family
    method: Method
    task: Task
    splits: Splits
    weights: Weights
    result: Any
    trainer: Any


def finish(
    outcome: Outcome,
    args: Any,
    more: tuple[object, ...],
    settings: dict[str, Any],
    measure: Callable[[Rows], dict[str, float]],
) -> RunRecord:
    """Evaluate the best checkpoint on the whole validation split and write the run folder.

    The adapter is rounded to half precision first, so what is measured is what is saved.
    """
    folder = Path(args.output_dir)
    _round_adapter(outcome.trainer.model)
    validation = outcome.splits.validation
    measured = measure(validation) if validation is not None else {}
    _save_weights(outcome.trainer.model, folder, outcome.weights.model_id)
    outcome.trainer.processing_class.save_pretrained(folder)
    record = RunRecord(
        name=folder.name,
        created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        family=outcome.family,
        method=outcome.method,
        task=outcome.task,
        base=_base_record(outcome.weights),
        data=data_record(outcome.splits),
        hyperparameters=recorded(args, *more),
        seed=args.seed,
        versions=library_versions(),
        hardware=hardware(),
        seconds=round(outcome.result.metrics["train_runtime"], 1),
        history=[_numbers(entry) for entry in outcome.trainer.state.log_history],
        evaluation={"split": "validation", "rows": len(validation or ()), **_bare(measured)},
        **settings,
    )
    record.save(folder)
    return record


def _base_record(weights: Weights) -> BaseRecord:
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


def _save_weights(model: Any, folder: Path, base_id: str) -> None:
    if isinstance(model, PeftModel):
        model.peft_config["default"].base_model_name_or_path = base_id
        state = {
            name: tensor.half() if tensor.dtype == torch.float32 else tensor
            for name, tensor in _adapter_state(model).items()
        }
        model.save_pretrained(folder, state_dict=state)
        (folder / "README.md").unlink(missing_ok=True)  # PEFT's own card; ours is made from run.json
    else:
        model.save_pretrained(folder)
    (folder / "training_args.bin").unlink(missing_ok=True)  # a pickle


def _adapter_state(model: PeftModel) -> dict[str, torch.Tensor]:
    return {name: tensor.detach() for name, tensor in model.state_dict().items()}


def _numbers(entry: dict[str, Any]) -> dict[str, float]:
    return {key: round(float(value), 6) for key, value in entry.items() if isinstance(value, int | float)}


def _bare(metrics: dict[str, float]) -> dict[str, float]:
    return {key.partition("_")[2]: value for key, value in metrics.items()}


def command_line(main: Callable[[], object]) -> None:
    """Run a script's ``main``: a person's mistake becomes one sentence and status 2, Ctrl-C status 130."""
    try:
        main()
    except InputError as error:
        sys.exit(_say(error, 2))
    except KeyboardInterrupt:
        sys.exit(_say("stopped; go on with --resume_from_checkpoint true", 130))


def _say(message: object, status: int) -> int:
    sys.stderr.write(f"{message}\n")
    return status
