"""Export a fine-tuned encoder to ONNX: one file with the adapter merged in, which runs where torch is too heavy.

    python -m training.export runs/sms-minilm --output_dir runs/sms-minilm-onnx

The new run folder is a run like any other: a lineup names it, ``python -m hub.push`` publishes it.
"""
# ruff: noqa: E402  help and mistakes are answered before the heavy imports

from __future__ import annotations

if __name__ == "__main__":  # before the libraries below are imported, which takes seconds
    from classification.network.endpoint import end_without_address

    from .shared.quick_help import export_parser

    end_without_address()
    export_parser().parse_args()  # ends here where it asks for help or makes a mistake

import copy
import logging
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peft import PeftModel

from classification.classifiers.encoder import EncoderClassifier, PooledEncoderClassifier
from classification.classifiers.onnx import MODEL, OnnxClassifier
from classification.classifiers.thresholds import ThresholdClassifier
from classification.contenders import Contender, ContenderEntry
from classification.errors import InputError
from classification.files.writing import made
from classification.models.pool import ModelPool
from classification.models.pooled_head import PooledEncoder
from classification.runs.folder import check_place, tidy, whole_run
from classification.runs.record import HASHES_FILE, RunRecord, is_between, load_record
from classification.runs.seen import TextHashes

from .shared.finish import command_line, seal
from .shared.quick_help import export_parser

#: Texts of different lengths, so that neither length nor number of texts is taken for fixed.
SAMPLES = ("a short text", "another text that is somewhat longer than the first one")
#: Largest difference of a probability between the model and its export that is taken for rounding.
TOLERANCE = 1e-3
LARGEST = 2_000_000_000  # bytes of one ONNX file


def export(run: Path, output: Path, *, model: str | None = None) -> float:
    """Write an ONNX export of a run as a run folder of its own.

    Args:
        run: a fine-tuned encoder.
        output: a new folder.
        model: the base model in another place, for a run whose base came from a folder.

    Returns:
        The largest difference between a probability of the run and of its export, on the task's examples.

    Raises:
        InputError: the run is no encoder, ``onnx`` is not installed, the folder is not new, or the export answers
            differently.
    """
    record = load_record(run)
    if record.kind.onnx_loader is None or record.export is not None:
        raise InputError(f"{run}: only a fine-tuned encoder can be exported, and this is {record.family}.")
    if find_spec("onnxscript") is None:
        raise InputError("the exporter is not installed; run: pip install -r requirements/onnx.txt")
    _check_new(output)
    classifier = _loaded(run, record, model)
    with whole_run(output) as unfinished:
        _write(classifier, unfinished)
        difference = _difference(classifier, OnnxClassifier(record.name, record.task, unfinished, record))
        if not difference <= TOLERANCE:
            raise InputError(f"{output}: the export answers differently (by {difference:.2g}), so it was not kept.")
        # What was trained is the same, and so is what it has seen.
        seen = TextHashes.load(run / HASHES_FILE) if (run / HASHES_FILE).is_file() else None
        seal(record.model_copy(update={"export": "onnx", "name": output.resolve().name}), unfinished, seen)
    return difference


def _check_new(output: Path) -> None:
    """An export takes nothing's place, but that of an export which was stopped."""
    check_place(output)
    stopped = is_between(output)
    if output.is_dir():
        with made(output, "--output_dir"):
            tidy(output)
        if any(output.iterdir()) and not stopped:
            raise InputError(f"{output} is not empty; name a new folder with --output_dir.")


def _loaded(run: Path, record: RunRecord, model: str | None) -> EncoderClassifier:
    entry = ContenderEntry(name=record.name, approach="fine-tuned", run=str(run), model=model)
    classifier = Contender(entry, record.task, record, run).load(ModelPool())
    if isinstance(classifier, ThresholdClassifier):  # the thresholds stay in the record
        classifier = classifier.classifier
    if not isinstance(classifier, EncoderClassifier):
        raise InputError(f"{run}: is not loaded as an encoder; give a run of python -m training.encoder.")
    return classifier


def _difference(ours: EncoderClassifier, exported: OnnxClassifier) -> float:
    """The largest between a probability of a run and of its export."""
    texts = [*SAMPLES, *ours.task.examples]
    return float(np.abs(exported.predict(texts).probabilities - ours.predict(texts).probabilities).max())


def _write(classifier: EncoderClassifier, output: Path) -> None:
    import onnx_ir
    from transformers.exporters.configs import OnnxConfig
    from transformers.exporters.exporter_onnx import OnnxExporter

    base = classifier.base
    with base.using(classifier.adapter) as shared:
        bare: Any = copy.deepcopy(shared)  # merging changes weights, and these may be shared
    bare = bare.merge_and_unload() if isinstance(bare, PeftModel) else bare
    if isinstance(classifier, PooledEncoderClassifier):
        bare = PooledEncoder(bare, copy.deepcopy(classifier.head))
    bare = bare.to("cpu", torch.float32).eval()
    if sum(weights.nbytes for weights in bare.parameters()) > LARGEST:
        raise InputError("this encoder is larger than 2 GB, more than one ONNX file holds; use it as it is.")
    bare.config.id2label = dict(enumerate(classifier.task.label_names))
    bare.config.label2id = {name: column for column, name in enumerate(classifier.task.label_names)}
    inputs = base.tokenizer(list(SAMPLES), padding=True, return_tensors="pt")
    program = OnnxExporter().export(bare, dict(inputs), OnnxConfig(dynamic=True)).program
    (output / MODEL).parent.mkdir(parents=True, exist_ok=True)
    onnx_ir.save(program, str(output / MODEL))
    bare.config.save_pretrained(output)
    base.tokenizer.save_pretrained(output)


def main(argv: Sequence[str] | None = None) -> None:
    """Export, and say how close the export comes."""
    options = export_parser().parse_args(argv)
    difference = export(options.run, options.output_dir, model=options.model)
    logging.getLogger(__name__).warning(
        "%s: probabilities differ by %.1g at most", options.output_dir / MODEL, difference
    )


if __name__ == "__main__":
    command_line(main)
