"""The card of a published run: from its record and its evidence alone, with no word or number typed by hand.

What a card says stands in ``templates/model.md.j2``; here is what it needs beside the record and the evidence.
"""

from __future__ import annotations

import re

import yaml

from classification.families import METHODS
from classification.runs.record import RunRecord
from classification.task import Task
from comparison.comparison import Comparison
from comparison.report.formatting import markdown_table
from comparison.report.tables import SEEN, headings, score_rows
from comparison.verdict import ALPHA

from ..shared.public import base_id, checked_dataset, dataset_id, hub_id, public, public_values, source_name
from .evidence import Evidence
from .families import MOST_LABELS, method_of, snippet, words_of
from .licences import Licence
from .markdown import Markdown, bold, escaped, render
from .metadata import dataset_of, language_name, model_metadata, task_title

LONGEST_FILE, LONGEST_NAME = 60, 80  # of a task, and of a contender by the lineup's own rule
MOST_EXAMPLES = 20
SHORT = ("Macro-F1", "Accuracy", "Micro-F1", "Subset accuracy", "Average precision", "Time per text", SEEN.title)


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
        licence: under which it is published, see `hub.cards.licences`.
        title: by default made of the task and the base model.
        revision: the tag or commit that programs name, so that they go on meaning this version.
        space: a Space in which it can be tried.
        comparison_repo: a dataset repository with the comparison that the scores are from.
        dataset: the Hub id of the dataset that the rows are a copy of, where the record has a folder's name only.

    Raises:
        InputError: the dataset is no Hub id.
    """
    task, dataset = record.task, checked_dataset(dataset) or dataset_id(record)
    # The texts that the task declares; any other may be somebody's row.
    answers = [answer for answer in record.answers if answer.text in task.examples[:MOST_EXAMPLES]]
    page = render(
        "model.md.j2",
        record=record,
        task=task,
        evidence=evidence,
        words=words_of(record),
        title=title or _title(record),
        language=language_name(task.language),
        base_id=base_id(record),
        dataset=dataset,
        method=method_of(record),
        adapts=METHODS[record.method].adapter,
        alpha=ALPHA,
        answers=answers,
        most_labels=MOST_LABELS,
        snippet=snippet(record, repo_id, revision),
        name=public((evidence and evidence.contender) or repo_id.partition("/")[2])[:LONGEST_NAME],
        reference=f"{repo_id}@{revision}" if revision else repo_id,
        task_file=Markdown(task_file(task)),  # letters, digits, dots and dashes
        task_yaml=task_yaml(task),
        space=hub_id(space),
        comparison=hub_id(comparison_repo),
        licence=licence,
        **_measured(record, evidence, dataset),
    )
    front = model_metadata(
        record, evidence, repo_id=repo_id, licence=licence, dataset=dataset, comparison_repo=comparison_repo
    )
    return front + page


def task_file(task: Task) -> str:
    """What a task's file is called."""
    name = re.sub(r"[^a-z0-9.]+", "-", public(task.name).lower())[:LONGEST_FILE]
    return f"{name.strip('-.') or 'task'}.yaml"


def task_yaml(task: Task) -> str:
    """A task as a file, without a dataset that is on nobody else's machine."""
    left_out = {"dataset"} if task.dataset and not hub_id(task.dataset.path) else None
    found = task.model_dump(mode="json", exclude_defaults=True, exclude=left_out)
    text: str = yaml.safe_dump(public_values(found), sort_keys=False, allow_unicode=True, width=120)
    return text


def contender_table(comparison: Comparison, own: str | None = None) -> Markdown:
    """The scores of all contenders, the best of each column in bold; of a card's ``own`` contender the name too.

    Beside the own one stand those that answered, best first, with the columns that a reader chooses by.
    """
    ranked = sorted(comparison.measured, key=lambda contender: -contender.macro_f1) if own else None
    titles = SHORT if own else None
    rows = score_rows(
        comparison,
        ranked,
        titles,
        name=lambda text: bold(text) if text == own else escaped(text),
        cell=lambda text: text.replace("<", "&lt;"),  # its brackets are those of an interval
        best=lambda text: f"**{text}**",
    )
    return Markdown(markdown_table(headings(comparison, titles), rows, left=2))


def _measured(record: RunRecord, evidence: Evidence | None, dataset: str | None) -> dict[str, object]:
    """Which rows the scores are of, and what the other contenders did on them."""
    if evidence is None:
        return {"measured_on": None, "source_split": None, "contenders": None}
    known, declared = dataset_of(record, evidence, dataset)
    comparison = evidence.comparison
    beside = comparison is not None and len(comparison.measured) > 1
    return {
        "measured_on": known,
        "source_split": declared.splits.get(evidence.rows.split or "") if declared else None,
        "contenders": contender_table(comparison, evidence.contender) if comparison and beside else None,
    }


def _title(record: RunRecord) -> str:
    """The task, and what answers it."""
    task = task_title(record.task.name, record.task.language)
    if record.base is None:
        return f"{task} with {words_of(record).title}"
    how = f" as {record.export.upper()}" if record.export else ""
    return f"{task} with {words_of(record).on_base} {source_name(record.base.id).rpartition('/')[2]}{how}"
