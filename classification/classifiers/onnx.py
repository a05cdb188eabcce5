"""An encoder exported to ONNX: the same answers without torch at work, often faster on a CPU."""

from __future__ import annotations

import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from transformers import AutoTokenizer

from ..errors import InputError, shown
from ..predictions import Predictions
from ..runs.record import RunRecord
from ..task import Task
from .encoder import BATCH_SIZE, probabilities
from .loading import RunToLoad

MODEL = "onnx/model.onnx"


class OnnxClassifier:
    """Runs ``onnx/model.onnx`` of a run folder on ONNX Runtime; logits as of `EncoderClassifier`.

    Args:
        name: the contender's name.
        task: what it decides.
        folder: holds the exported model and its tokenizer.
        record: in which order the outputs are labels, and how long a text may be.

    Raises:
        InputError: ONNX Runtime is not installed, or the file is not a model that it can run.
    """

    def __init__(self, name: str, task: Task, folder: Path, record: RunRecord) -> None:
        self.name, self.task = name, task
        self._session = _session(folder / MODEL)
        self._inputs = [entry.name for entry in self._session.get_inputs()]
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.max_length = record.max_length or min(int(self.tokenizer.model_max_length), 512)
        self.columns = [record.task.index(label) for label in task.label_names]

    def prompt(self, text: str) -> None:
        """``None``: an encoder is shown the text and nothing else."""
        return

    def predict(self, texts: Sequence[str]) -> Predictions:
        """Decide about each text. Texts of like length share a batch; answers keep the caller's order."""
        logits = np.zeros((len(texts), len(self.task.labels)), dtype=np.float32)
        started = time.perf_counter()
        lengths = [len(row) for row in self.tokenizer(list(texts))["input_ids"]] if texts else []
        by_length = np.argsort(lengths, kind="stable")
        for begin in range(0, len(texts), BATCH_SIZE):
            rows = by_length[begin : begin + BATCH_SIZE]
            logits[rows] = self._logits([texts[row] for row in rows])
        return Predictions.of(
            probabilities(logits, multi_label=self.task.multi_label),
            time.perf_counter() - started,
            prompt_tokens=[min(length, self.max_length) for length in lengths],
            truncated=[length > self.max_length for length in lengths],
        )

    def _logits(self, texts: list[str]) -> NDArray[np.float32]:
        batch = self.tokenizer(texts, padding=True, truncation=True, max_length=self.max_length, return_tensors="np")
        given = {name: batch[name].astype(np.int64) for name in self._inputs if name in batch}
        return np.asarray(self._session.run(None, given)[0], dtype=np.float32)[:, self.columns]


def load_onnx(run: RunToLoad) -> OnnxClassifier:
    """An exported encoder."""
    return OnnxClassifier(run.name, run.task, run.folder, run.record)


def _session(file: Path) -> Any:
    if find_spec("onnxruntime") is None:
        raise InputError("ONNX Runtime is not installed; run: pip install -r requirements/onnx.txt")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    try:
        # A link of the Hub's cache is followed here, since the runtime reads no model through one.
        return onnxruntime.InferenceSession(
            str(file.resolve()), options, providers=onnxruntime.get_available_providers()
        )
    except Exception as error:  # the runtime's own errors are plain RuntimeErrors and some of pybind's
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise InputError(f"{file}: not a model that ONNX Runtime can run ({shown(reason, 150)}).") from error
