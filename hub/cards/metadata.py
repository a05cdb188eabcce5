"""The YAML at the top of a card, which the Hub reads: what a repository is, and its scores as a machine takes them."""

from __future__ import annotations

from typing import Any

from huggingface_hub import EvalResult, ModelCardData

from classification.errors import InputError, shown
from classification.runs.record import RunRecord

from .check import LANGUAGE
from .evidence import EvaluatedRows, Evidence
from .licences import HUB, OTHER, Licence
from .public import base_id, dataset_id, hub_id, public, source_name

PIPELINE = "text-classification"
PROJECT = "prompt-or-tune"
WIDGETS, LONGEST_WIDGET = 5, 1000  # texts, and the characters of each
ORDER = [
    "language", "license", "license_name", "license_link", "library_name", "pipeline_tag", "base_model",
    "base_model_relation", "datasets", "metrics", "tags", "widget",
]  # fmt: skip


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
    base, language = base_id(record), record.task.language
    data = ModelCardData(
        language=language if LANGUAGE.fullmatch(language) else None,
        license=licence.id,
        license_name=licence.name if licence.id == OTHER else None,
        license_link=licence.link if licence.id == OTHER else None,
        library_name=library_of(record),
        pipeline_tag=PIPELINE,
        base_model=base,
        base_model_relation=relation_of(record) if base else None,
        datasets=[dataset] if dataset else None,
        metrics=["accuracy", "f1"] if evidence else None,
        tags=_tags(record),
        widget=_widgets(record) or None,
        model_name=repo_id.partition("/")[2] if evidence else None,
        eval_results=_results(record, evidence, dataset, revision, comparison_repo) if evidence else None,
    )
    return f"---\n{data.to_yaml(original_order=ORDER)}\n---\n"


def library_of(record: RunRecord) -> str:
    """The library that loads a run, by the name that the Hub has for it."""
    if record.family in ("tfidf", "majority"):
        return PROJECT  # arrays and a list of terms, which no other library would read
    if record.export == "onnx":
        return "onnx"
    return "peft" if record.method == "lora" else "transformers"


def relation_of(record: RunRecord) -> str:
    """What a run is to its base model.

    The Hub takes every repository with ONNX files for a quantized copy, which a fine-tuned model is not, whatever
    its format; so it is said.
    """
    return "adapter" if record.method == "lora" and record.export is None else "finetune"


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


def _tags(record: RunRecord) -> list[str]:
    tags = [PROJECT, PIPELINE, {"chat": "chat-model", "tfidf": "tf-idf", "majority": "baseline"}.get(record.family)]
    tags += ["lora" if record.method == "lora" else None, record.export]
    tags.append("multi-label-classification" if record.task.multi_label else None)
    return [tag for tag in tags if tag]


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
    rows, scores = evidence.rows, evidence.scores
    known = evaluated_dataset(record, rows, dataset)
    declared = record.task.dataset
    about: dict[str, Any] = {
        "task_type": PIPELINE,
        "task_name": public(record.task.name),
        "dataset_type": known or source_name(rows.source),
        "dataset_name": known or source_name(rows.source),
        "dataset_split": source_split(record, rows, known),
        "dataset_revision": declared.revision if declared and declared.path == known else None,
        "dataset_config": declared.config if declared and declared.path == known else None,
        "dataset_args": _row_facts(record, evidence),
        "source_name": "Comparison" if hub_id(comparison_repo) else None,
        "source_url": f"{HUB}/datasets/{comparison_repo}" if hub_id(comparison_repo) else None,
    }
    return [
        EvalResult(
            **about, metric_type="accuracy", metric_name="accuracy", metric_value=round(evidence.accuracy, 4),
            metric_args=_metric_facts(revision, scores.accuracy_ci if scores else None),
        ),
        EvalResult(
            **about, metric_type="f1", metric_name="macro-F1", metric_value=round(evidence.macro_f1, 4),
            metric_args={"average": "macro"} | (_metric_facts(revision, scores.macro_f1_ci if scores else None) or {}),
        ),
    ]  # fmt: skip


def _row_facts(record: RunRecord, evidence: Evidence) -> dict[str, Any]:
    own, compared = record.data.fingerprint, evidence.comparison
    facts = {"rows": evidence.rows.count, "split": evidence.rows.split, "sample_seed": evidence.rows.seed}
    facts |= {"rows_fingerprint": compared.rows.fingerprint} if compared else {"data_fingerprint": public(own)}
    return {name: value for name, value in facts.items() if value is not None}


def _metric_facts(revision: str | None, interval: tuple[float, float] | None) -> dict[str, Any] | None:
    facts: dict[str, Any] = {"revision": revision} if revision else {}
    if interval:
        facts["interval_95"] = [round(end, 4) for end in interval]
    return facts or None


def dataset_of(record: RunRecord, said: str | None) -> str | None:
    """The Hub id of the training rows: what a person says that they are, else what the record knows.

    Raises:
        InputError: what was said is no Hub id.
    """
    return checked_dataset(said) or dataset_id(record)


def checked_dataset(said: str | None) -> str | None:
    """The id of a dataset, as a person gave it.

    Raises:
        InputError: it is none.
    """
    if said is not None and not hub_id(said):
        raise InputError(f"{shown(said)} is not the id of a dataset on the Hub; write owner/name.")
    return said
