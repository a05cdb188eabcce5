"""The tables of a card: labels, scores by label, what is taken for what, and everybody on the same rows."""

from __future__ import annotations

from collections.abc import Sequence

from classification.runs.record import ExampleAnswer, RunRecord
from comparison.comparison import Comparison
from comparison.records import MeasuredContender, Scores
from comparison.report.tables import FLOOR, SEEN, Column, columns_of

from .markdown import Markdown, code, escaped, table
from .snippets import MOST_LABELS

#: A confusion matrix of more labels than this is no longer read; the commonest mistakes are told in its place.
WIDEST_MATRIX = 12
MISTAKES = 10
MOST_CONTENDERS = 12
EXAMPLES_A_LABEL, MOST_EXAMPLES = 3, 100
LONGEST_EXAMPLE = 160
#: A percent sign that stays with its number.
NARROW = "\u00a0%"
SHORT = ("Macro-F1", "Accuracy", "Time per text", SEEN.title)


def label_table(record: RunRecord) -> Markdown:
    """Every label, what it means, the word that a chat model says for it, and which examples got it."""
    labels = record.task.labels[:MOST_LABELS]
    headings, columns = ["Label"], [[bold(label.name) for label in labels]]
    if any(label.description for label in labels):
        headings.append("Meaning")
        columns.append([escaped(label.description) for label in labels])
    if record.family == "chat":
        headings.append("The model says")
        columns.append([code(label.word) for label in labels])
    if answers := declared_answers(record):
        headings.append("Examples that it gives this label")
        columns.append([_examples(answers, label.name) for label in labels])
    return table(headings, zip(*columns, strict=True), left=len(headings))


def unlabelled(record: RunRecord) -> list[Markdown]:
    """Example texts to which the model gave no label."""
    return [escaped(answer.text, LONGEST_EXAMPLE) for answer in declared_answers(record) if not answer.labels]


def declared_answers(record: RunRecord) -> list[ExampleAnswer]:
    """The answers to texts that the task declares as examples; any other text may be somebody's row."""
    return [answer for answer in record.answers if answer.text in record.task.examples][:MOST_EXAMPLES]


def score_table(scores: Scores) -> Markdown:
    """Precision, recall and F1 of each label, and the rows that have it."""
    rows = list(scores.per_class.items())[:MOST_LABELS]
    return table(
        ("Label", "Precision", "Recall", "F1", "Rows"),
        [(bold(name), f"{of.precision:.3f}", f"{of.recall:.3f}", f"{of.f1:.3f}", of.support) for name, of in rows],
    )


def confusion_table(scores: Scores) -> Markdown | None:
    """Rows of each label by answer; ``None`` for a multi-label task, or for too many labels to be read."""
    matrix, names = scores.confusion_matrix, list(scores.per_class)
    if matrix is None or len(names) > WIDEST_MATRIX:
        return None
    invalid = any(row[-1] for row in matrix)
    headings = ["is ↓, answered →", *names, *(["no label"] if invalid else [])]
    body = []
    for place, (name, row) in enumerate(zip(names, matrix, strict=True)):
        counts = [Markdown(f"**{count:,}**") if column == place else count for column, count in enumerate(row)]
        body.append([bold(name), *(counts if invalid else counts[:-1])])
    return table(headings, body)


def mistake_table(scores: Scores) -> Markdown | None:
    """What is most often taken for what, where the labels are too many for a matrix."""
    found = mistakes(scores)[:MISTAKES]
    if confusion_table(scores) is not None or not found:
        return None
    return table(("Is", "Answered", "Rows"), found, left=2)


def mistakes(scores: Scores) -> list[tuple[str, str, int]]:
    """Label, wrong answer and number of rows, the commonest first."""
    names = [*scores.per_class, "no label"]
    found = [
        (names[row], names[column], count)
        for row, counts in enumerate(scores.confusion_matrix or ())
        for column, count in enumerate(counts)
        if count and column != row
    ]
    return sorted(found, key=lambda mistake: -mistake[2])


def contender_table(comparison: Comparison, own: str | None = None) -> Markdown:
    """The contenders that answered, best first, in few columns; one's own is bold and always among them."""
    ranked = sorted(comparison.measured, key=lambda contender: -contender.macro_f1)
    chosen = ranked[:MOST_CONTENDERS]
    chosen += [contender for contender in ranked[MOST_CONTENDERS:] if contender.name == own]
    floor = comparison.floor
    columns = [column for title in SHORT for column in columns_of(comparison) if column.title == title]
    body = []
    for contender in chosen:
        mark = f" {FLOOR}" if floor is not None and floor.name == contender.name else ""
        name = bold(contender.name) if contender.name == own else escaped(contender.name)
        shown = [_shown(contender, column) for column in columns]
        body.append([Markdown(f"{name}{mark}"), contender.approach, *shown])
    return table(("Contender", "Approach", *(column.title for column in columns)), body, left=2)


def left_out(comparison: Comparison, own: str | None = None) -> int:
    """How many contenders `contender_table` has no room for."""
    ranked = sorted(comparison.measured, key=lambda contender: -contender.macro_f1)
    rest = [contender for contender in ranked[MOST_CONTENDERS:] if contender.name != own]
    return len(rest)


def full_table(comparison: Comparison) -> Markdown:
    """Every contender with every score, in the lineup's order; the best of each column is bold."""
    floor, columns = comparison.floor, columns_of(comparison)
    best = [_best(column, comparison) for column in columns]
    body: list[Sequence[object]] = []
    for contender in comparison.contenders:
        mark = f" {FLOOR}" if floor is not None and floor.name == contender.name else ""
        shown = [_shown(contender, column) if isinstance(contender, MeasuredContender) else "—" for column in columns]
        cells = [Markdown(f"**{cell}**") if cell == top else cell for cell, top in zip(shown, best, strict=True)]
        body.append([Markdown(f"{escaped(contender.name)}{mark}"), contender.approach, *cells])
    return table(("Contender", "Approach", *(column.title for column in columns)), body, left=2)


def _best(column: Column, comparison: Comparison) -> Markdown | None:
    """How the best value of a column is shown; ``None`` where none is better than the others."""
    shown = {value: _shown(one, column) for one in comparison.measured if (value := column.value(one)) is not None}
    return shown[column.best(list(shown))] if column.best and len(set(shown.values())) > 1 else None


def percent(share: float) -> str:
    """``0.8731`` as ``87 %``; never a 0 or a 100 that is not one."""
    if 0 < share < 0.005:
        return f"below 1{NARROW}"
    return f"over 99{NARROW}" if 0.995 <= share < 1 else f"{share:.0%}".replace("%", NARROW)


def bold(text: str) -> Markdown:
    """A text in bold."""
    return Markdown(f"**{escaped(text)}**")


def _examples(answers: Sequence[ExampleAnswer], label: str) -> Markdown:
    """The example texts that got a label; of a text with one label also how sure the model is."""
    found = [answer for answer in answers if label in answer.labels]
    shown = []
    for answer in found[:EXAMPLES_A_LABEL]:
        sure = f" ({percent(min(answer.probability, 0.9999))})" if len(answer.labels) == 1 else ""
        shown.append(f"{escaped(answer.text, LONGEST_EXAMPLE)}{sure}")
    return Markdown("<br>".join(shown) or "—")


def _shown(contender: MeasuredContender, column: Column) -> Markdown:
    return Markdown(column.shown(contender).replace("<", "&lt;"))
