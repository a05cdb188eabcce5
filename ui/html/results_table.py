"""How every contender did on the same labelled rows, as HTML: pure functions, every text from outside escaped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from classification.data.rows import quantity
from comparison.comparison import Comparison
from comparison.plots import quality_by_speed as plots
from comparison.plots.colours import approach_class
from comparison.plots.layout import NARROW, WIDE
from comparison.plots.quality_by_shots import levels_of, sweep_plot
from comparison.plots.shot_sweeps import Sweep, sweeps_of
from comparison.records import FailedContender, MeasuredContender
from comparison.report.formatting import duration, percent
from comparison.seen_rows import has_seen
from comparison.verdict import verdict

from ..live.comparison_cache import HOW_TO_MAKE
from .answer_cards import LANES, alert
from .confusion_matrix import confusion_table

#: Headings behind the contender's and its approach, for a task with one label a text, and for one with several.
ONE_LABEL = ("Accuracy", "Macro-F1", "Invalid", "AUC", "Time per text")
SEVERAL_LABELS = (
    "Macro-F1", "Micro-F1", "Sample-F1", "Subset accuracy", "Average precision", "Invalid", "Time per text",
)  # fmt: skip
#: Labels of the largest confusion matrix that is drawn: files of strangers are shown too, and a square grows fast.
LARGEST_MATRIX = 60


def nothing_yet() -> str:
    """What the tab says before there is an evaluation."""
    return (
        '<div class="nothing"><h2>No results yet</h2><p>Evaluate every contender on labelled rows, then start the '
        f"page again:</p><pre>{escape(HOW_TO_MAKE)}</pre></div>"
    )


def best_of(comparison: Comparison) -> MeasuredContender | None:
    """The contender to use, as the verdict has it; ``None`` where no contender answered."""
    judged = verdict(comparison)
    return next((c for c in comparison.measured if judged is not None and c.name == judged.best), None)


def summary_of(comparison: Comparison) -> str:
    """Which rows, the one result to take away, and how sure it is; nothing where no contender answered."""
    best, floor, rows = best_of(comparison), comparison.floor, comparison.rows
    judged = verdict(comparison)
    if best is None or judged is None:
        return ""
    of_these = "" if best.macro_f1 == max(c.macro_f1 for c in comparison.measured) else " of those that can be judged"
    against = f" The floor is {escape(floor.name)} at {floor.macro_f1:.3f}." if floor and floor is not best else ""
    return (
        f'<div class="headline"><p><strong>{escape(best.name)}</strong> has the highest macro-F1{of_these}, '
        f"<strong>{best.macro_f1:.3f}</strong>.{against}</p>"
        f'<p class="rows">{rows.count:,} rows of {escape(rows.source)}; intervals are 95%.</p>'
        f'<p class="verdict">{escape(judged.sentence if judged.others else judged.seen)}</p></div>'
    )


def results_table(comparison: Comparison) -> str:
    """A table whose headings sort it; the floor and the best contender are marked in words."""
    best, floor = best_of(comparison), comparison.floor
    scores = SEVERAL_LABELS if comparison.task.multi_label else ONE_LABEL
    columns = [("Contender", "text"), ("Approach", "text"), *((score, "number") for score in scores)]
    heads = "".join(
        f'<th scope="col" aria-sort="none"><button type="button" data-sort="{kind}">{escape(name)}'
        '<span class="arrow" aria-hidden="true"></span></button></th>'
        for name, kind in columns
    )
    rows = "".join(
        _failed_row(c, len(scores)) if isinstance(c, FailedContender) else _row(c, _badges(c, best, floor), scores)
        for c in comparison.contenders
    )
    return (
        '<div class="scroll" tabindex="0" role="region" aria-label="Results"><table class="results">'
        f"<caption>Every contender on the same rows; press a heading to sort</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _badges(contender: MeasuredContender, best: MeasuredContender | None, floor: MeasuredContender | None) -> list[str]:
    below = floor is not None and contender.macro_f1 < floor.macro_f1
    marks = (
        ("best", contender is best),
        ("floor", floor is not None and contender.name == floor.name),
        ("below the floor", below),
        (f"seen {quantity(contender.seen.total, 'row')}" if contender.seen else "", has_seen(contender)),
    )
    return [mark for mark, applies in marks if applies]


def _row(contender: MeasuredContender, badges: Sequence[str], scores: Sequence[str]) -> str:
    accuracy = _score(contender.accuracy, contender.accuracy_ci)
    cells = {
        "Accuracy": accuracy,
        "Subset accuracy": accuracy,
        "Macro-F1": _score(contender.macro_f1, contender.macro_f1_ci),
        "Micro-F1": _number(contender.micro_f1, "{:.3f}"),
        "Sample-F1": _number(contender.sample_f1, "{:.3f}"),
        "Average precision": _number(contender.average_precision, "{:.3f}"),
        "Invalid": _number(contender.invalid_rate, "{:.1%}"),
        "AUC": _number(contender.auc, "{:.3f}"),
        "Time per text": (str(contender.seconds_per_text), escape(duration(contender.seconds_per_text))),
    }
    approach = f'<span class="approach">{escape(contender.approach)}</span>'
    chosen = [("Approach", (_rank(contender.approach), approach)), *((score, cells[score]) for score in scores)]
    shown = "".join(f'<td data-label="{label}" data-value="{value}">{cell}</td>' for label, (value, cell) in chosen)
    return f"{_row_head(contender, badges)}{shown}</tr>"


def _failed_row(contender: FailedContender, scores: int) -> str:
    """Why a contender has no scores; its empty values sort last."""
    empty = '<td data-value="" hidden></td>' * (scores - 1)
    return (
        f'{_row_head(contender, ["failed"])}<td data-label="Approach" data-value="{_rank(contender.approach)}">'
        f'<span class="approach">{escape(contender.approach)}</span></td>'
        f'<td data-value="" class="why" colspan="{scores}">{escape(contender.error[:400])}</td>{empty}</tr>'
    )


def _row_head(contender: MeasuredContender | FailedContender, badges: Sequence[str]) -> str:
    marks = "".join(f'<span class="badge {badge.split()[0]}">{badge}</span>' for badge in badges)
    return (
        f'<tr class="{approach_class(contender.approach)}{" is-best" if "best" in badges else ""}">'
        f'<th scope="row" data-value="{escape(contender.name)}">{escape(contender.name)} {marks}</th>'
    )


def _rank(approach: str) -> str:
    """Approaches sort from the cheapest to the one that takes the most work, not by their spelling."""
    order = [*LANES]
    return f"{order.index(approach) if approach in order else len(order)} {escape(approach)}"


def _score(value: float, interval: tuple[float, float]) -> tuple[str, str]:
    """What a score sorts by, and how it is shown: with its interval in numbers and as a bar from 0 to 1."""
    low, high = interval
    return str(value), (
        f"<b>{value:.3f}</b> <small>{low:.3f} to {high:.3f}</small>"
        f'<span class="interval" aria-hidden="true"><i style="left:{100 * low:.1f}%;width:{100 * (high - low):.1f}%">'
        f'</i><u style="left:{100 * value:.1f}%"></u></span>'
    )


def _number(value: float | None, form: str) -> tuple[str, str]:
    return ("", "—") if value is None else (str(value), form.format(value))


def quality_against_speed(comparison: Comparison) -> str:
    """The scatter plot with its heading, drawn for a wide and for a narrow screen."""
    points = [
        plots.Point(c.name, c.approach, c.seconds_per_text, c.macro_f1, c.macro_f1_ci) for c in comparison.measured
    ]
    level = comparison.floor.macro_f1 if comparison.floor else None
    drawn = _for_both(lambda width: plots.scatter(points, floor=level, width=width))
    return f"<h2>Quality against speed</h2>{drawn}"


def quality_against_shots(comparison: Comparison) -> str:
    """The lines of prompts that were asked with several numbers of demonstrations; empty where none was."""
    sweeps, levels = sweeps_of(comparison), levels_of(comparison)
    if not sweeps:
        return ""
    drawn = _for_both(lambda width: sweep_plot(sweeps, levels, width=width))
    flat = " The dashed lines are the best baseline and the best fine-tuned contender." if levels else ""
    return (
        "<h2>Quality against demonstrations</h2>"
        '<p class="notice">One prompt with more and more demonstrations, of each label unless its name says in total; '
        f'intervals are 95%.{flat}</p><div class="swept"><div>{drawn}</div>{_sweep_table(sweeps)}</div>'
    )


def _sweep_table(sweeps: Sequence[Sweep]) -> str:
    """The numbers of the lines."""

    def head(sweep: Sweep) -> str:
        return f'<th scope="rowgroup" rowspan="{len(sweep.points)}">{escape(sweep.name)}</th>'

    body = "".join(
        f"<tr>{'' if at else head(sweep)}<td>{point.shots}</td>"
        f"<td>{point.quality:.3f}</td><td>{point.interval[0]:.3f} to {point.interval[1]:.3f}</td></tr>"
        for sweep in sweeps
        for at, point in enumerate(sweep.points)
    )
    heads = "".join(f'<th scope="col">{name}</th>' for name in ("Prompt", "k", "Macro-F1", "Interval"))
    return (
        '<div class="scroll" tabindex="0" role="region" aria-label="Quality by demonstrations"><table class="labels">'
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _for_both(draw: Callable[[int], str]) -> str:
    """A plot for a wide and for a narrow screen."""
    return "".join(
        f'<div class="{shown_on}">{draw(width)}</div>' for shown_on, width in (("on-wide", WIDE), ("on-narrow", NARROW))
    )


def label_table(contender: MeasuredContender) -> str:
    """Precision, recall and F1 of each label, and from which probability it applies: for a task with several labels."""
    tuned = any(scores.threshold is not None for scores in contender.per_class.values())
    heads = ("Label", "Precision", "Recall", "F1", "Rows", *(["Applies from"] if tuned else []))
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(label)}</th>'
        + "".join(f"<td>{value:.3f}</td>" for value in (scores.precision, scores.recall, scores.f1))
        + f"<td>{scores.support:,}</td>"
        + (f"<td>{percent(scores.threshold or 0)}</td>" if tuned else "")
        + "</tr>"
        for label, scores in contender.per_class.items()
    )
    return (
        '<div class="scroll" tabindex="0" role="region" aria-label="Scores by label"><table class="labels">'
        f"<caption>How {escape(contender.name)} does on each label; a text may have several</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def confusion_of(comparison: Comparison, name: object) -> str:
    """The confusion matrix of one contender; for a task with several labels its scores on each."""
    found = next((c for c in comparison.measured if c.name == name), None)
    if found is None:
        return alert("There is no such contender; choose one from the list.")
    if found.confusion_matrix is None:
        return label_table(found)
    if len(found.confusion_matrix) > LARGEST_MATRIX:
        return alert(
            f"The task has {len(found.confusion_matrix):,} labels, and a matrix of more than {LARGEST_MATRIX} cannot "
            "be read here; it is in comparison.json."
        )
    caption = f"What {found.name} answered for each true label"
    return confusion_table(comparison.task.label_names, found.confusion_matrix, caption=caption)
