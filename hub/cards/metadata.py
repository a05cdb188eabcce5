"""The YAML at the top of a card, which the Hub reads: what a repository is, and its scores as a machine takes them."""

from __future__ import annotations

import re
from typing import Any

from huggingface_hub import EvalResult, ModelCardData

from classification.runs.record import RunRecord

from .evidence import EvaluatedRows, Evidence
from .families import library_of, tags_of
from .licences import OTHER, Licence
from .markdown import HUB
from .public import base_id, hub_id, public, source_name

PIPELINE, PROJECT = "text-classification", "prompt-or-tune"
#: What the Hub takes for a language: codes of ISO 639.
LANGUAGE = re.compile(r"[a-z]{2,3}|code|multilingual")
WIDGETS, LONGEST_WIDGET = 5, 1000  # texts, and the characters of each
ORDER = [
    "language", "license", "license_name", "license_link", "library_name", "pipeline_tag", "base_model",
    "base_model_relation", "datasets", "metrics", "tags", "widget",
]  # fmt: skip


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


def model_metadata(
    record: RunRecord,
    evidence: Evidence | None,
    *,
    repo_id: str,
    licence: Licence,
    revision: str | None = None,
    dataset: str | None = None,
    comparison_repo: str | None = None,
) -> str:
    """The front matter of a model's card, between its two lines of dashes."""
    base = base_id(record)
    # The Hub takes every repository with ONNX files for a quantized copy, which an export is not; so the relation is
    # said.
    relation = "adapter" if record.is_adapter else "finetune"
    data = ModelCardData(
        language=language_of(record.task.language),
        license=licence.id,
        license_name=licence.name if licence.id == OTHER else None,
        license_link=licence.link if licence.id == OTHER else None,
        library_name=library_of(record),
        pipeline_tag=PIPELINE,
        base_model=base,
        base_model_relation=relation if base else None,
        datasets=[dataset] if dataset else None,
        metrics=["accuracy", "f1"] if evidence else None,
        tags=[PROJECT, PIPELINE, *tags_of(record)],
        widget=_widgets(record) or None,
        model_name=repo_id.partition("/")[2] if evidence else None,
        eval_results=_results(record, evidence, dataset, revision, comparison_repo) if evidence else None,
    )
    return f"---\n{data.to_yaml(original_order=ORDER)}\n---\n"


def evaluated_dataset(record: RunRecord, rows: EvaluatedRows, dataset: str | None) -> str | None:
    """The Hub id of the rows that scores are of; ``dataset`` is that of the training rows."""
    if hub_id(rows.source):
        return rows.source
    return dataset if rows.source == record.data.source else None


def source_split(record: RunRecord, rows: EvaluatedRows, dataset: str | None) -> str | None:
    """What the rows' split is called at the source, where the task says so; a split carved here has no name there."""
    declared = record.task.dataset
    if declared is None or rows.split is None or declared.path != dataset:
        return None
    return declared.splits.get(rows.split)


def _widgets(record: RunRecord) -> list[dict[str, Any]]:
    """The task's example texts, with what the model answers where it was asked; the Hub shows them beside the card."""
    answers = {answer.text: answer for answer in record.answers}
    widgets: list[dict[str, Any]] = []
    for text in [text for text in record.task.examples if len(text) <= LONGEST_WIDGET][:WIDGETS]:
        answer = answers.get(text)
        widget: dict[str, Any] = {"text": public(text)}
        if answer is not None and len(answer.labels) == 1:
            widget["output"] = [{"label": public(answer.labels[0]), "score": answer.probability}]
        widgets.append(widget)
    return widgets


def _results(
    record: RunRecord, evidence: Evidence, dataset: str | None, revision: str | None, comparison_repo: str | None
) -> list[EvalResult]:
    rows, scores, compared = evidence.rows, evidence.scores, evidence.comparison
    known = evaluated_dataset(record, rows, dataset)
    declared = record.task.dataset if record.task.dataset and record.task.dataset.path == known else None
    facts = {"rows": rows.count, "split": rows.split, "sample_seed": rows.seed}
    facts |= {"rows_fingerprint": compared.rows.fingerprint if compared else None}
    facts |= {"data_fingerprint": None if compared else public(record.data.fingerprint)}
    about: dict[str, Any] = {
        "task_type": PIPELINE,
        "task_name": public(record.task.name),
        "dataset_type": known or source_name(rows.source),
        "dataset_name": known or source_name(rows.source),
        "dataset_split": source_split(record, rows, known),
        "dataset_revision": declared.revision if declared else None,
        "dataset_config": declared.config if declared else None,
        "dataset_args": _known(facts),
        "source_name": "Comparison" if hub_id(comparison_repo) else None,
        "source_url": f"{HUB}/datasets/{comparison_repo}" if hub_id(comparison_repo) else None,
    }
    measured = (
        ("accuracy", "accuracy", None, evidence.accuracy, scores and scores.accuracy_ci),
        ("f1", "macro-F1", "macro", evidence.macro_f1, scores and scores.macro_f1_ci),
    )
    return [
        EvalResult(
            **about, metric_type=kind, metric_name=name, metric_value=round(value, 4),
            metric_args=_known(
                {"average": average, "revision": revision, "interval_95": ends and [round(end, 4) for end in ends]}
            ) or None,
        )
        for kind, name, average, value, ends in measured
    ]  # fmt: skip


def _known(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value is not None}
