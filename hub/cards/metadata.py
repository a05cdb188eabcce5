"""The YAML at the top of a model's card, which the Hub reads: what it is, and its scores as a machine takes them."""

from __future__ import annotations

import re
from typing import Any

from huggingface_hub import EvalResult, ModelCardData

from classification.families import METHODS
from classification.runs.record import RunRecord
from classification.task import DatasetSource

from ..shared.public import base_id, hub_id, public, source_name
from .evidence import Evidence
from .families import words_of
from .licences import OTHER, Licence
from .markdown import HUB

PIPELINE, PROJECT = "text-classification", "prompt-or-tune"
#: What the Hub takes for a language: codes of ISO 639.
LANGUAGE = re.compile(r"[a-z]{2,3}|code|multilingual")


def language_of(code: str) -> str | None:
    """A task's language, where the Hub has a code for it."""
    return code if LANGUAGE.fullmatch(code) else None


def language_name(code: str) -> str:
    """``zh`` as ``Chinese``; a code that is not known stays what it is."""
    from babel import Locale  # takes a tenth of a second, which only a card has to wait for

    return str(Locale("en").languages.get(code, code))


def task_title(name: str, language: str) -> str:
    """``news-topics-zh`` as ``News topics``: a task's name in words, without the language that a card tells anyway."""
    words = name.replace("_", "-").removesuffix(f"-{language}").replace("-", " ").strip() or name
    return f"{words[:1].upper()}{words[1:]}"


def dataset_of(record: RunRecord, evidence: Evidence, dataset: str | None) -> tuple[str | None, DatasetSource | None]:
    """The Hub id of the rows that scores are of, and how the task reads them; ``dataset`` is that of the training."""
    source = evidence.rows.name
    known = hub_id(source) or (dataset if source == record.data.source else None)
    declared = record.task.dataset
    return known, declared if declared and declared.path == known else None


def model_metadata(
    record: RunRecord,
    evidence: Evidence | None,
    *,
    repo_id: str,
    licence: Licence,
    dataset: str | None = None,
    comparison_repo: str | None = None,
) -> str:
    """The front matter of a model's card, with its two lines of dashes."""
    base = base_id(record)
    # The Hub takes every repository with ONNX files for a quantized copy, which an export is not; so it is said.
    relation = "adapter" if record.is_adapter else "finetune"
    method = record.method if METHODS[record.method].adapter else None
    several = "multi-label-classification" if record.task.multi_label else None
    data = ModelCardData(
        language=language_of(record.task.language),
        license=licence.id,
        license_name=licence.name if licence.id == OTHER else None,
        license_link=licence.link if licence.id == OTHER else None,
        library_name="peft" if record.is_adapter else record.export or record.kind.library,
        pipeline_tag=PIPELINE,
        base_model=base,
        base_model_relation=relation if base else None,
        datasets=[dataset] if dataset else None,
        metrics=["accuracy", "f1"] if evidence else None,
        tags=[PROJECT, PIPELINE, *words_of(record).tags, *filter(None, (method, record.export, several))],
        model_name=repo_id.partition("/")[2] if evidence else None,
        eval_results=_results(record, evidence, dataset, comparison_repo) if evidence else None,
    )
    return f"---\n{data.to_yaml()}\n---\n"


def _results(record: RunRecord, evidence: Evidence, dataset: str | None, comparison_repo: str | None) -> list[Any]:
    """The scores as the Hub's model index has them."""
    known, declared = dataset_of(record, evidence, dataset)
    name = known or source_name(evidence.rows.name)
    about: dict[str, Any] = {"task_type": PIPELINE, "task_name": public(record.task.name)}
    about |= {"dataset_type": name, "dataset_name": name}
    if declared is not None:
        about |= {"dataset_split": declared.splits.get(evidence.rows.split or "")}
        about |= {"dataset_config": declared.config, "dataset_revision": declared.revision}
    if hub_id(comparison_repo):
        about |= {"source_name": "Comparison", "source_url": f"{HUB}/datasets/{comparison_repo}"}
    several = record.task.multi_label
    scores = [("accuracy", "subset accuracy" if several else "accuracy", evidence.accuracy)]
    scores += [("f1", "macro-F1", evidence.macro_f1)]
    if several and evidence.scores:
        scores += [("f1", "micro-F1", evidence.scores.micro_f1)]
    return [
        EvalResult(**about, metric_type=kind, metric_name=called, metric_value=round(value, 4))
        for kind, called, value in scores
    ]
