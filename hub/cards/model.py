"""The card of a published run: from its record and its evidence alone, with no word or number typed by hand.

What a card says stands in ``templates/model.md.j2``; here is what it says it about.
"""

from __future__ import annotations

from classification.errors import one_of
from classification.runs.record import RunRecord

from .check import checked
from .energy import energy_of
from .evidence import Evidence
from .facts import base_link, rows_link, training_facts
from .headline import headline_of
from .languages import language_name, task_title
from .licences import HUB, NAMES, Licence
from .limits import limits_of
from .markdown import Markdown, code, escaped, fenced, link, render, table
from .metadata import dataset_of, evaluated_dataset, library_of, model_metadata
from .public import base_id, hub_id, source_name
from .reproduce import evaluation_command, task_file, task_yaml, training_command
from .snippets import MOST_LABELS, lineup_entry, snippet
from .tables import (
    bold,
    confusion_table,
    contender_table,
    declared_answers,
    label_table,
    left_out,
    mistake_table,
    score_table,
    unlabelled,
)

LABELS_NAMED = 8  # in the first sentence
LONGEST_TITLE = 120
LONGEST_INSTRUCTION = 1000


def model_card(
    record: RunRecord,
    evidence: Evidence | None,
    *,
    repo_id: str,
    licence: Licence,
    title: str | None = None,
    revision: str | None = None,
    space: str | None = None,
    comparison_repo: str | None = None,
    dataset: str | None = None,
) -> str:
    """The text of a run's README.

    Args:
        record: of the run.
        evidence: its scores; ``None`` where nobody measured any, which the card then says.
        repo_id: where it is published, ``owner/name``.
        licence: under which it is published, see `hub.licences`.
        title: by default made of the task and the base model.
        revision: the tag or commit that snippets name, so that they go on meaning this version.
        space: a Space in which it can be tried.
        comparison_repo: a dataset repository with the comparison that the scores are from.
        dataset: the Hub id of the dataset that the rows are a copy of, where the record has a folder's name only.

    Raises:
        InputError: the dataset is no Hub id, or what came out is no valid card; the sentence says why.
    """
    dataset = dataset_of(record, dataset)
    front = model_metadata(
        record, evidence, repo_id=repo_id, licence=licence, revision=revision, dataset=dataset,
        comparison_repo=comparison_repo)  # fmt: skip
    parts = {
        **_about(record, dataset, title),
        **_results(record, evidence, dataset),
        **_use(record, evidence, repo_id, revision),
        **_training(record, evidence, dataset),
        **_links(record, licence, space, comparison_repo),
    }
    return checked(front + render("model.md.j2", **parts))


def _title(record: RunRecord) -> str:
    task = task_title(record.task.name, record.task.language)
    if record.base is None:
        return f"{task} with {'TF-IDF' if record.family == 'tfidf' else 'the commonest label'}"
    how = " as ONNX" if record.export == "onnx" else ""
    return f"{task} with a fine-tuned {source_name(record.base.id).rpartition('/')[2]}{how}"


def _about(record: RunRecord, dataset: str | None, title: str | None) -> dict[str, object]:
    """What it is and what it decides."""
    task = record.task
    names = [bold(name) for name in task.label_names]
    listed = one_of(names) if len(names) <= LABELS_NAMED else f"one of {len(names):,} labels"
    several = ", ".join(names) if len(names) <= LABELS_NAMED else f"{len(names):,} labels"
    return {
        "title": escaped(title or _title(record), LONGEST_TITLE),
        "language": language_name(task.language),
        "answers": Markdown(several if task.multi_label else listed),
        "multi_label": task.multi_label,
        "instruction": escaped(task.instruction, LONGEST_INSTRUCTION),
        "kind": "onnx" if record.export else record.family if record.base is None else record.method,
        "base": base_link(record),
        "family": record.family,
        "rows": record.data.rows.get("train", 0),
        "source": rows_link(record.data.source, dataset),
        "labels": label_table(record),
        "labels_left_out": max(len(task.labels) - MOST_LABELS, 0),
        "label_count": len(task.labels),
        "unlabelled": unlabelled(record),
        "answered": bool(declared_answers(record)),
    }


def _results(record: RunRecord, evidence: Evidence | None, dataset: str | None) -> dict[str, object]:
    """What was measured, and what was not."""
    scores = evidence.scores if evidence else None
    comparison = evidence.comparison if evidence else None
    own = evidence.contender if evidence else None
    beside = comparison if comparison and len(comparison.measured) > 1 else None
    return {
        "headline": headline_of(record, evidence, dataset) if evidence else None,
        "limits": limits_of(record, evidence),
        "contenders": contender_table(beside, own) if beside else None,
        "contenders_left_out": left_out(beside, own) if beside else 0,
        "has_floor": beside is not None and beside.floor is not None,
        "scores": score_table(scores) if scores else None,
        "confusion": confusion_table(scores) if scores else None,
        "mistakes": mistake_table(scores) if scores else None,
    }


def _use(record: RunRecord, evidence: Evidence | None, repo_id: str, revision: str | None) -> dict[str, object]:
    """How to ask it."""
    program = snippet(record, repo_id, revision)
    name = (evidence.contender if evidence else None) or repo_id.partition("/")[2]
    entry = lineup_entry(record, name, repo_id, revision)
    return {
        "library": library_of(record),
        "snippet": fenced(program, "python") if program else None,
        "entry": fenced(entry, "yaml"),
        "lineup": fenced(f"task: {task_file(record.task)}\ncontenders:\n  {entry}", "yaml"),
    }


def _training(record: RunRecord, evidence: Evidence | None, dataset: str | None) -> dict[str, object]:
    """What it was made from, and how to make and measure it again."""
    energy = energy_of(record)
    measured_on = evaluated_dataset(record, evidence.rows, dataset) if evidence else None
    task = record.task
    return {
        "facts": table(("What", "Value"), training_facts(record, energy, dataset), left=2),
        "energy": energy,
        "energy_source": Markdown(energy.source) if energy else "",
        "train_command": fenced(training_command(record, dataset), "sh"),
        "evaluate_command": fenced(evaluation_command(evidence.rows, measured_on), "sh") if evidence else None,
        "task_name": Markdown(task_file(task)),  # letters, digits, dots and dashes
        "task_file": fenced(task_yaml(task), "yaml") if len(task.labels) <= MOST_LABELS else None,
        "fingerprint": code(record.data.fingerprint[:16]),
    }


def _links(record: RunRecord, licence: Licence, space: str | None, comparison_repo: str | None) -> dict[str, object]:
    """Where there is more."""
    shown = f"?comparison={comparison_repo}" if comparison_repo else ""
    base = base_id(record)
    name = NAMES.get(licence.id, licence.id) if licence.name == licence.id else licence.name
    return {
        "space": link(space, f"{HUB}/spaces/{space}{shown}") if hub_id(space) else None,
        "comparison": link(comparison_repo, f"{HUB}/datasets/{comparison_repo}") if hub_id(comparison_repo) else None,
        "licence": link(name, licence.link) if licence.link else escaped(name),
        "licence_known": licence.id != "unknown",
        "inherited": base is not None,
        "restriction": licence.restriction,
        "created": record.created[:10],
    }
