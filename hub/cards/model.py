"""The card of a published run: from its record and its evidence alone, with no word or number typed by hand.

What a card says stands in ``templates/model.md.j2``; here are the facts that it says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from classification.errors import one_of
from classification.families import METHODS
from classification.runs.record import ExampleAnswer, RunRecord
from classification.task import Task
from comparison.comparison import Comparison
from comparison.records import MeasuredContender, Scores
from comparison.report.formatting import markdown_table
from comparison.report.tables import SEEN, headings, score_rows
from comparison.seen_rows import consequence, seen_phrase
from comparison.verdict import ALPHA

from .evidence import EvaluatedRows, Evidence
from .families import MOST_LABELS, method_of, opening_of, snippet, uses_our_code, words_of
from .licences import UNKNOWN, Licence
from .markdown import HUB, Markdown, as_yaml, bold, code, escaped, hub_link, link, percent, render, table
from .metadata import evaluated_dataset, language_name, model_metadata, source_split, task_title
from .public import base_id, checked_dataset, dataset_id, hub_id, public, source_name

LABELS_NAMED = 8  # in the first sentence
LONGEST_FILE, LONGEST_NAME = 60, 80  # of a task, and of a contender by the lineup's own rule
#: A confusion matrix of more labels than this is no longer read; the commonest mistakes are told in its place.
WIDEST_MATRIX, MISTAKES = 12, 10
MOST_CONTENDERS = 12
EXAMPLES_A_LABEL, MOST_EXAMPLES, LONGEST_EXAMPLE = 3, 100, 160
SHORT = ("Macro-F1", "Accuracy", "Time per text", SEEN.title)
#: A label whose F1 is lower than the best by less is no weakness worth a sentence; of fewer rows a score says little.
WEAK, FEW_ROWS = 0.05, 30
#: The word between an answer and a label for an answer that is none.
NO_LABEL = "no label"
#: How `ModelSource` tells of which copy the weights were, and the places that a reader can know.
QUANTIZED = re.compile(r"\(([\w.-]+\.gguf)\)")
WEIGHTS = {"package": "a Python package", "cache": "the Hub", "hub": "the Hub", "path": "a folder"}


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
        InputError: the dataset is no Hub id.
    """
    dataset = checked_dataset(dataset) or dataset_id(record)
    front = model_metadata(
        record, evidence, repo_id=repo_id, licence=licence, revision=revision, dataset=dataset,
        comparison_repo=comparison_repo)  # fmt: skip
    name = (evidence.contender if evidence else None) or repo_id.partition("/")[2]
    entry = lineup_entry(record, name, repo_id, revision)
    shown = f"?comparison={comparison_repo}" if comparison_repo else ""
    page = render(
        "model.md.j2",
        record=record,
        settings=record.hyperparameters,
        title=title or _title(record),
        **_about(record, dataset),
        **_results(record, evidence, dataset),
        snippet=snippet(record, repo_id, revision),
        uses_our_code=uses_our_code(record),
        entry=entry,
        lineup=f"task: {task_file(record.task)}\ncontenders:\n  {entry}",
        space=link(space, f"{HUB}/spaces/{space}{shown}") if hub_id(space) else None,
        comparison=link(comparison_repo, f"{HUB}/datasets/{comparison_repo}") if hub_id(comparison_repo) else None,
        licence=licence,
        licence_name=link(licence.name, licence.link) if licence.link else licence.name,
        licence_known=licence.id != UNKNOWN,
    )
    return front + page


def task_file(task: Task) -> str:
    """What a task's file is called."""
    name = re.sub(r"[^a-z0-9.]+", "-", public(task.name).lower())[:LONGEST_FILE]
    return f"{name.strip('-.') or 'task'}.yaml"


def task_yaml(task: Task) -> str:
    """A task as a file, without a dataset that is on nobody else's machine."""
    found = task.model_dump(mode="json", exclude_defaults=True)
    if task.dataset and not hub_id(task.dataset.path):
        del found["dataset"]
    examples = {"examples": found.pop("examples")} if task.examples else None
    return as_yaml(found) + (as_yaml(examples, each_on_its_line=True) if examples else "")


def lineup_entry(record: RunRecord, name: str, repo_id: str, revision: str | None = None) -> str:
    """The line that makes a published run a contender of a lineup, as YAML."""
    entry: dict[str, str] = {
        "name": public(name)[:LONGEST_NAME],
        "approach": "baseline" if record.kind.fitted else "fine-tuned",
        "run": f"{repo_id}@{revision}" if revision else repo_id,
    }
    if record.is_adapter and record.base and base_id(record) is None:
        entry["model"] = source_name(record.base.id)
    return f"- {as_yaml(entry).strip()}"


def evaluation_command(rows: EvaluatedRows, data: str | None = None) -> list[str]:
    """The command that measures the contenders of ``lineup.yaml`` on the rows of an evaluation."""
    words = ["python", "-m", "comparison", "run", "--lineup", "lineup.yaml", "--data", data or source_name(rows.source)]
    words += ["--split", rows.split] if rows.split else []
    words += ["--limit", str(rows.count), "--seed", str(rows.seed)] if rows.seed is not None else []
    return [*words, "--output", "results"]


def made_with(record: RunRecord) -> Sequence[str] | None:
    """The command that a run's record keeps, where it begins as one of ours; whoever reads a card may run it."""
    words = record.command or ()
    return words if words[:3] == ("python", "-m", record.kind.script) else None


def _title(record: RunRecord) -> str:
    task = task_title(record.task.name, record.task.language)
    if record.base is None:
        return f"{task} with {words_of(record).title}"
    how = f" as {record.export.upper()}" if record.export else ""
    return f"{task} with a fine-tuned {source_name(record.base.id).rpartition('/')[2]}{how}"


def _about(record: RunRecord, dataset: str | None) -> dict[str, object]:
    """What it is, what it decides, and how it was made."""
    task, base = record.task, record.base
    base_link = hub_link(base.id, base_id(record)) if base else None
    kind, _, detail = base.weights.partition(" (") if base else ("", "", "")
    quantized = QUANTIZED.search(base.weights) if base else None
    names = [bold(name) for name in task.label_names]
    listed = ", ".join(names) if task.multi_label else one_of(names)
    return {
        "opening": opening_of(record, base_link),
        "language": language_name(task.language),
        "names": Markdown(listed) if len(names) <= LABELS_NAMED else "",
        "base": base_link,
        "weights": WEIGHTS.get(kind, kind),
        "package_file": detail[:-1] if detail and kind == "package" else None,
        "quantized": quantized[1] if quantized else None,
        "rows": {use: record.data.rows[name] for name, use in (("train", "training"), ("validation", "validation"))
                 if record.data.rows.get(name)},
        "source": hub_link(record.data.source, dataset, "datasets/"),
        "own_source": code(source_name(record.data.source)),
        "copied": dataset is not None and source_name(record.data.source) != dataset,
        "labels": _label_table(record),
        "labels_left_out": max(len(task.labels) - MOST_LABELS, 0),
        "answered": bool(_declared(record)),
        "unlabelled": [escaped(one.text, LONGEST_EXAMPLE) for one in _declared(record) if not one.labels],
        "method": method_of(record),
        "adapts": METHODS[record.method].adapter,
        "course": [entry["eval_macro_f1"] for entry in record.history if "eval_macro_f1" in entry],
        "task_name": Markdown(task_file(task)),  # letters, digits, dots and dashes
        "task_file": task_yaml(task) if len(task.labels) <= MOST_LABELS else None,
        "command": made_with(record),
        "chosen": not record.kind.fitted and record.hyperparameters.get("load_best_model_at_end") is True,
    }  # fmt: skip


def _results(record: RunRecord, evidence: Evidence | None, dataset: str | None) -> dict[str, object]:
    """What was measured, and what was not."""
    if evidence is None:
        return {"evidence": None, "scores": None, "contenders": None}
    scores, seen, rows = evidence.scores, evidence.seen, evidence.rows
    known = evaluated_dataset(record, rows, dataset)
    named = source_split(record, rows, known)
    comparison = evidence.comparison
    beside = comparison if comparison and len(comparison.measured) > 1 else None
    return {
        "evidence": evidence,
        "scores": scores,
        "alpha": ALPHA,
        "source_split": named if named != rows.split else None,
        "measured_on": hub_link(rows.source, known, "datasets/"),
        "seen": f"{seen_phrase(seen, rows.count)}, {consequence([seen])}" if seen and seen.total else None,
        "clean": seen is not None and seen.total == 0,
        # Rows that its own training set aside for validation were not trained on; an older record does not count them.
        "seen_unknown": seen is None and comparison is not None,
        **_contenders(beside, evidence.contender),
        "has_floor": beside is not None and beside.floor is not None,
        "evaluation": evaluation_command(rows, known),
        **(_score_facts(scores) if scores else {}),
    }


def _score_facts(scores: Scores) -> dict[str, object]:
    matrix, names = scores.confusion_matrix, list(scores.per_class)
    readable = matrix is not None and len(names) <= WIDEST_MATRIX
    return {
        "by_label": [
            (bold(name), f"{of.precision:.3f}", f"{of.recall:.3f}", f"{of.f1:.3f}", of.support)
            for name, of in list(scores.per_class.items())[:MOST_LABELS]
        ],
        "confusion": _confusion_table(scores) if readable else None,
        "mistakes": [] if readable else _mistakes(scores)[:MISTAKES],
        "weakness": _weakest(scores),
        "rare": [name for name, of in scores.per_class.items() if of.support < FEW_ROWS],
    }


def _declared(record: RunRecord) -> list[ExampleAnswer]:
    """The answers to texts that the task declares as examples; any other text may be somebody's row."""
    return [answer for answer in record.answers if answer.text in record.task.examples][:MOST_EXAMPLES]


def _label_table(record: RunRecord) -> Markdown:
    """Every label, what it means, the word that a chat model says for it, and which examples got it."""
    labels, answers = record.task.labels[:MOST_LABELS], _declared(record)
    columns = {"Label": [bold(label.name) for label in labels]}
    if any(label.description for label in labels):
        columns["Meaning"] = [escaped(label.description) for label in labels]
    if words_of(record).says_words:
        columns["The model says"] = [code(label.word) for label in labels]
    if answers:
        columns["Examples that it gives this label"] = [_examples(answers, label.name) for label in labels]
    return table(zip(*columns.values(), strict=True), *columns, left=len(columns))


def _examples(answers: Sequence[ExampleAnswer], label: str) -> Markdown:
    """The example texts that got a label; of a text with one label also how sure the model is."""
    shown = []
    for answer in [answer for answer in answers if label in answer.labels][:EXAMPLES_A_LABEL]:
        sure = f" ({percent(min(answer.probability, 0.9999))})" if len(answer.labels) == 1 else ""
        shown.append(f"{escaped(answer.text, LONGEST_EXAMPLE)}{sure}")
    return Markdown("<br>".join(shown) or "—")


def _confusion_table(scores: Scores) -> Markdown:
    """Rows of each label by answer; invalid answers have a column where there are any."""
    matrix, names = scores.confusion_matrix or (), list(scores.per_class)
    answers = [*names, *([NO_LABEL] if any(row[-1] for row in matrix) else [])]
    body = [
        [bold(name), *(bold(f"{count:,}") if at == place else count for at, count in enumerate(row[: len(answers)]))]
        for place, (name, row) in enumerate(zip(names, matrix, strict=True))
    ]
    return table(body, "is ↓, answered →", *answers)


def _mistakes(scores: Scores) -> list[tuple[str, str, int]]:
    """Label, wrong answer and number of rows, the commonest first."""
    names = [*scores.per_class, NO_LABEL]
    found = [
        (names[row], names[column], count)
        for row, counts in enumerate(scores.confusion_matrix or ())
        for column, count in enumerate(counts)
        if count and column != row
    ]
    return sorted(found, key=lambda mistake: -mistake[2])


def _weakest(scores: Scores) -> dict[str, object] | None:
    """The label with the lowest F1 among those that occur, if it stands out."""
    occurring = {name: of for name, of in scores.per_class.items() if of.support}
    name = min(occurring, key=lambda label: occurring[label].f1, default="")
    if len(occurring) < 2 or max(of.f1 for of in occurring.values()) - occurring[name].f1 < WEAK:
        return None
    of = occurring[name]
    taken = next((answer for label, answer, _ in _mistakes(scores) if label == name), None)
    missed = round(of.support * (1 - of.recall))
    return {"label": name, "f1": of.f1, "rows": of.support, "missed": missed, "taken_for": taken}


def _contenders(comparison: Comparison | None, own: str | None) -> dict[str, object]:
    """The contenders that answered, best first, in few columns; the run's own is bold and always among them."""
    if comparison is None:
        return {"contenders": None}
    ranked = sorted(comparison.measured, key=lambda contender: -contender.macro_f1)
    chosen = [one for at, one in enumerate(ranked) if at < MOST_CONTENDERS or one.name == own]
    return {
        "contenders": contender_table(comparison, chosen, SHORT, own=own),
        "contenders_left_out": len(ranked) - len(chosen),
    }


def contender_table(
    comparison: Comparison,
    contenders: Sequence[MeasuredContender] | None = None,
    titles: Sequence[str] | None = None,
    *,
    own: str | None = None,
    mark_best: bool = False,
) -> Markdown:
    """The scores of contenders, see `score_rows`; ``own`` is bold, and with ``mark_best`` the best of each column."""
    rows = score_rows(
        comparison, contenders, titles,
        name=lambda text: bold(text) if text == own else escaped(text),
        cell=lambda text: text.replace("<", "&lt;"),  # its brackets are those of an interval
        best=lambda text: f"**{text}**" if mark_best else text,
    )  # fmt: skip
    return Markdown(markdown_table(headings(comparison, titles), rows, left=2))
