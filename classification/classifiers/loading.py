"""From a contender to its classifier: the only place where base models, adapters and prompts are put together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError, shown
from ..models.pool import ModelPool
from ..predictions import Classifier
from ..runs.hashes import check_hashes
from ..runs.record import RunRecord
from ..runs.remote import Reference, RemoteRun

if TYPE_CHECKING:
    from ..contenders import Contender
    from ..prompting.demonstrations import ChosenDemonstrations


def load_prompted(contender: Contender, pool: ModelPool, demonstrations: ChosenDemonstrations) -> Classifier:
    """A chat model, asked with these demonstrations."""
    from .chat import ChatClassifier

    entry = contender.entry
    base = pool.chat(str(entry.model), entry.revision)
    return ChatClassifier(
        entry.name, contender.task, base,
        demonstrations=demonstrations.demonstrations, describe_labels=entry.describe_labels, decode=entry.decode,
    )  # fmt: skip


def load_run(contender: Contender, record: RunRecord, pool: ModelPool) -> Classifier:
    """The model of a run folder or repository."""
    onnx = record.export == "onnx"
    folder = contender.run.download(onnx=onnx) if isinstance(contender.run, RemoteRun) else Path(str(contender.run))
    check_hashes(folder, record, where=contender.run, texts=False)
    if contender.family in ("majority", "tfidf"):
        from .baseline import load_baseline

        return load_baseline(folder, contender.family, contender.name, contender.task)
    if onnx:
        from .onnx import OnnxClassifier

        return OnnxClassifier(contender.name, contender.task, folder, record)
    return _load_fine_tuned(contender, record, folder, pool)


def _load_fine_tuned(contender: Contender, record: RunRecord, folder: Path, pool: ModelPool) -> Classifier:
    from .chat import ChatClassifier
    from .encoder import EncoderClassifier

    entry, task = contender.entry, contender.task
    adapted = record.method == "lora"
    model_id, revision = _base_of(contender, record) if adapted else (str(folder), None)
    if record.family == "chat":
        base = pool.chat(model_id, revision)
        _check_whole(contender, base.missing if not adapted else ())
        adapter = base.attach(folder) if adapted else None
        # Prompts are the run's own task in its own words: what it was taught with.
        return ChatClassifier(
            entry.name, record.task, base,
            adapter=adapter, describe_labels=record.describe_labels, decode=entry.decode,
        )  # fmt: skip
    base = pool.encoder(model_id, len(task.labels), revision)
    _check_whole(contender, base.missing if not adapted else ())
    adapter = base.attach(folder) if adapted else None
    columns = [record.task.index(name) for name in task.label_names]
    return EncoderClassifier(entry.name, task, base, adapter=adapter, max_length=record.max_length, columns=columns)


def _check_whole(contender: Contender, missing: tuple[str, ...]) -> None:
    """A whole model that lacks weights would answer by chance: the library draws what it does not find."""
    if missing:
        raise InputError(
            f"{contender.run}: its files lack the weights {shown(missing[0])}, without which it would answer by "
            "chance; publish or save the whole model again."
        )


def _base_of(contender: Contender, record: RunRecord) -> tuple[str, str | None]:
    """Where an adapter's base model is: where the lineup says, else its Hub id and revision."""
    model, base = contender.entry.model, record.base
    known = base is not None and not base.from_folder  # else its name says nothing of where it can be had
    elsewhere = model and known and Reference.parse(model) and not Path(model).is_dir()
    if elsewhere and base and model != base.id:
        raise InputError(f"{contender.name}: the adapter stands on {base.id}, not on {model}; leave 'model' out.")
    if model:
        return model, contender.entry.revision
    if base is None or not known:
        name = f"the base model {base.id!r} came from a folder" if base and base.id else "no base model is recorded"
        raise InputError(f"{contender.run}: {name}; say in the lineup where it is, with 'model: FOLDER' or a Hub id.")
    return base.id, base.revision
