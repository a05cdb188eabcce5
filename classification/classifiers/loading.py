"""From a run or a prompt to its classifier. The loaders themselves stand beside their classifiers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError, shown
from ..families import FAMILIES, function_of
from ..models.adapters import not_brought
from ..models.embeddings import sentence_encoder
from ..models.pool import ModelPool, Quantization, quantizer_missing
from ..predictions import Classifier
from ..prompting.messages import DIRECT, Demonstration
from ..prompting.settings import Decode, PromptSettings
from ..runs.hashes import check_hashes
from ..runs.record import RunRecord
from ..runs.remote import Reference, RemoteRun
from ..task import Task
from .thresholds import ThresholdClassifier

if TYPE_CHECKING:
    from ..models.pool import LoadedModel
    from ..prompting.retrieval import DemonstrationSource

logger = logging.getLogger(__name__)

#: Keys of a prompt that only a chat model understands.
CHAT_KEYS = (
    "style", "prompt_language", "instruction", "label_order", "length_normalized", "demonstration_tokens",
)  # fmt: skip


@dataclass(frozen=True)
class PromptToLoad:
    """A base model that is to be prompted.

    Attributes:
        name: of the contender.
        task: what it decides.
        model: Hub id or folder.
        revision: of the model on the Hub.
        pool: holds base models that are loaded already.
        demonstrations: labelled rows that the prompt shows with every text.
        candidates: labelled rows that every text's own demonstrations are chosen from.
        calibration: labelled rows that its calibration is measured on.
        form: how the question is put, and how its answer is read.
    """

    name: str
    task: Task
    model: str
    revision: str | None
    pool: ModelPool
    demonstrations: tuple[Demonstration, ...] = ()
    candidates: tuple[Demonstration, ...] = ()
    calibration: tuple[Demonstration, ...] = ()
    form: PromptSettings = DIRECT

    @property
    def describe_labels(self) -> bool:
        """Whether the prompt says what each label means."""
        return self.form.describe_labels or self.form.style == "described"

    @property
    def decode(self) -> Decode:
        """Score the labels, or let the model write."""
        return self.form.decode

    def source(self) -> DemonstrationSource:
        """Where each text has its demonstrations from.

        Raises:
            InputError: the encoder that finds similar rows cannot be had.
        """
        from ..prompting.retrieval import FixedDemonstrations, RetrievedDemonstrations

        if not self.form.by_text:
            return FixedDemonstrations(self.demonstrations)
        encoder = sentence_encoder(self.pool, self.form.encoder_for(self.task.language))
        return RetrievedDemonstrations(self.task, self.candidates, self.form, encoder)


@dataclass(frozen=True)
class RunToLoad:
    """A run whose files are here, and what its loader needs to know.

    Attributes:
        name: of the contender.
        task: what it decides, with labels in the order in which answers are wanted.
        record: of the run.
        folder: with its files.
        source: what sentences call the run: a folder, or a repository.
        pool: holds base models that are loaded already.
        model: where the base model of an adapter is, if not where the record says; a Hub id or a folder.
        revision: of that model on the Hub.
        decode: chat models: score the labels, or let the model write.
    """

    name: str
    task: Task
    record: RunRecord
    folder: Path
    source: str
    pool: ModelPool
    model: str | None = None
    revision: str | None = None
    decode: Decode = "score"

    def weights(self) -> tuple[str, str | None]:
        """Id or folder, and revision, of the model to load: an adapter's base, or the run itself.

        Raises:
            InputError: an adapter's base model is not known, or the lineup names another.
        """
        return self._base() if self.record.needs_base else (str(self.folder), None)

    def quantization(self) -> Quantization | None:
        """How the weights of its base are held: as in its training, or in full with a warning where that cannot be."""
        missing = quantizer_missing() if self.record.quantization else None
        if missing:
            logger.warning(
                "%s: it was trained on weights in 4 bits, and here they are in full, so some answers may differ: %s",
                self.source,
                missing,
            )
            return None
        return self.record.quantization

    def attach(self, base: LoadedModel) -> str | None:
        """Put the run's adapter on its base; returns the adapter's name, or ``None`` for a whole model.

        Raises:
            InputError: the adapter does not fit, or a whole model lacks weights, which the library would draw at
                random.
        """
        if self.record.is_adapter:
            name = base.attach(self.folder)
            lacking = None if self.record.created else not_brought(self.folder, base.missing)
            if lacking:  # a training of ours that adds weights to its base saves them too; others' may not have
                raise InputError(
                    f"{self.source}: neither its base model {base.weights.model_id} nor the adapter has the weights "
                    f"{shown(lacking)}, without which it would answer by chance; save the adapter with them in "
                    "modules_to_save, or use a base model that has them."
                )
            return name
        if base.missing:
            raise InputError(
                f"{self.source}: its files lack the weights {shown(base.missing[0])}, without which it would answer by "
                "chance; publish or save the whole model again."
            )
        return None

    def _base(self) -> tuple[str, str | None]:
        base = self.record.base
        known = base is not None and not base.from_folder  # else its name says nothing of where it can be had
        elsewhere = self.model and known and Reference.parse(self.model) and not Path(self.model).is_dir()
        if elsewhere and base and self.model != base.id:
            raise InputError(f"{self.name}: the adapter stands on {base.id}, not on {self.model}; leave 'model' out.")
        if self.model:
            return self.model, self.revision
        if base is None or not known:
            name = f"the base model {base.id!r} came from a folder" if base and base.id else "no base model is recorded"
            raise InputError(f"{self.source}: {name}; say in the lineup where it is, with 'model: FOLDER' or a Hub id.")
        return base.id, base.revision


def files_of(run: Path | RemoteRun, record: RunRecord) -> Path:
    """The folder with a run's files, downloaded where it is on the Hub, and held against the hashes in its record.

    Raises:
        InputError: they cannot be had, or are not those that the record describes.
    """
    folder = run.download(onnx=record.weights_format == "onnx") if isinstance(run, RemoteRun) else run
    check_hashes(folder, record, where=run, texts=False)
    return folder


def load_run(run: RunToLoad, family: str) -> Classifier:
    """Load a run as this family, which is its own or one that it also serves as.

    Raises:
        InputError: its weights cannot be had, or its family is not loaded from their format.
    """
    loader = run.record.loader if family == run.record.family else FAMILIES[family].loader
    if loader is None:
        raise InputError(f"{run.source}: a run of the family {family} is not loaded from {run.record.weights_format}.")
    classifier: Classifier = function_of(loader)(run)
    return with_thresholds(classifier, run.record) if family == run.record.family else classifier


def with_thresholds(classifier: Classifier, record: RunRecord) -> Classifier:
    """The classifier with the thresholds that were tuned in its training; as it is where there are none.

    Raises:
        InputError: there are not as many as labels.
    """
    if record.thresholds is None:
        return classifier
    if len(record.thresholds) != len(record.task.labels) or not record.task.multi_label:
        raise InputError(
            f"{record.name}: its run.json has {len(record.thresholds)} thresholds for {len(record.task.labels)} labels"
            f"{'' if record.task.multi_label else ', of which a text has one'}; train it again."
        )
    columns = [record.task.index(name) for name in classifier.task.label_names]
    return ThresholdClassifier(classifier, np.asarray(record.thresholds, dtype=np.float32)[columns])


def load_prompt(prompt: PromptToLoad, family: str) -> Classifier:
    """Load a base model of this family, which is prompted and not trained.

    Raises:
        InputError: the family is not prompted, or the model cannot be had.
    """
    from .calibrated import calibrated

    kind = FAMILIES[family]
    if kind.prompt_loader is None:
        raise InputError(f"{prompt.name}: a {family} is not prompted; name a run of it, or leave 'family' out.")
    if not kind.is_chat:
        _check_keys(prompt, family, by_text=kind.shows_by_text)
    load = function_of(kind.prompt_loader)
    classifier: Classifier = _sharing(prompt, load) if kind.is_chat else load(prompt)
    return calibrated(classifier, prompt.form.calibration, prompt.calibration)


def _sharing(prompt: PromptToLoad, load: Callable[[PromptToLoad], Classifier]) -> Classifier:
    """The classifier of a prompt, which contenders with the same prompt and other calibrations share."""
    from .remembered import RememberedAnswers, RememberingClassifier

    settings = {
        key: getattr(prompt.form, key)
        for key in PromptSettings.model_fields
        if key not in ("calibration", "calibration_rows")
    }
    key = (
        prompt.model,
        prompt.revision,
        prompt.task.model_dump_json(),
        prompt.demonstrations,
        prompt.candidates,
        tuple(settings.items()),
    )
    answers = prompt.pool.shared(key, lambda: RememberedAnswers(load(prompt)))
    return RememberingClassifier(prompt.name, answers)


def _check_keys(prompt: PromptToLoad, family: str, *, by_text: bool) -> None:
    for key in CHAT_KEYS:
        value = getattr(prompt.form, key)
        if value != getattr(DIRECT, key) and value != "described":
            raise InputError(f"{prompt.name}: a {family} takes no {key!r}; remove it.")
    if prompt.form.by_text and not by_text:
        raise InputError(
            f"{prompt.name}: a {family} learns from demonstrations that are the same for all texts; write selection: "
            "balanced, random or first."
        )
