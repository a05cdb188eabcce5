"""A board of contenders as HTML: pure functions, every text from outside escaped and bounded."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from html import escape

from classification.errors import one_of
from classification.task import Task
from comparison.plots.colours import approach_class
from comparison.report.formatting import duration, percent

from ..live.answer import Answer, differs, majority
from ..live.contender_state import ContenderState
from ..style.colours import label_classes
from .prompt_details import behind, cut, without_calibration

#: approach -> (heading of its lane, what it means)
LANES = {
    "baseline": ("Baseline", "the floor any model must beat"),
    "zero-shot": ("Zero-shot", "asked with the instruction only"),
    "few-shot": ("Few-shot", "asked with labelled examples"),
    "fine-tuned": ("Fine-tuned", "trained on labelled rows"),
}
BARS_SHOWN = 3
LONGEST_SAID = 300


def board(task: Task, states: Sequence[ContenderState], *, asked: bool, aside: str = "") -> str:
    """All contenders in lanes by approach, under a line that sums up what they said.

    Args:
        task: what is decided.
        states: the contenders; lanes keep their order.
        asked: whether a text has been asked, so that who has not answered is expected to.
        aside: HTML that stands at the end of that line.
    """
    agreed = majority(state.answer for state in states)
    names = [*LANES, *dict.fromkeys(state.approach for state in states if state.approach not in LANES)]
    lanes = [_lane(task, name, [s for s in states if s.approach == name], agreed, asked) for name in names]
    busy = asked and not all(state.settled or state.note for state in states)
    head = f'<div class="said">{summary(states, asked=asked)}{aside}</div>'
    return f'{head}<div class="lanes" aria-busy="{str(busy).lower()}">{"".join(lanes)}</div>'


def summary(states: Sequence[ContenderState], *, asked: bool) -> str:
    """One line, announced by screen readers: who answered what so far, or who is still loading."""
    if not asked:
        return f'<p class="summary" role="status">{escape(_loading_sentence(states))}</p>'
    answers = [state.answer for state in states if state.answer is not None and state.answer.error is None]
    votes = Counter(", ".join(a.labels) or "no label" for a in answers if a.valid)
    parts = [f"<strong>{len(answers)} of {len(states)}</strong> answered"]
    parts += [f"{escape(label)} ×{count}" for label, count in votes.most_common(BARS_SHOWN)]
    invalid = sum(not answer.valid for answer in answers)
    failed = sum(state.failed for state in states)
    parts += [f"{invalid} invalid"] * bool(invalid) + [f"{failed} failed"] * bool(failed)
    if len(answers) > 1:
        parts.append('<span class="verdict">' + escape(_agreement(states, answers)) + "</span>")
    separated = ' <span class="dot" aria-hidden="true">·</span> '.join(parts)
    return f'<p class="summary" role="status" aria-live="polite">{separated}</p>'


def alert(sentence: str) -> str:
    """A sentence in place of an answer: what was wrong with what was asked."""
    begins_with_a_word = re.match("[a-z]+ ", sentence)
    message = sentence[0].upper() + sentence[1:] if begins_with_a_word else sentence  # and not with a path or a name
    return f'<p class="alert" role="alert">{escape(message)}</p>'


def _agreement(states: Sequence[ContenderState], answers: Sequence[Answer]) -> str:
    agreed = majority(answers)
    if agreed is None:
        return "no majority"
    others = [state.name for state in states if differs(state.answer, agreed)]
    sentence = f"majority says {', '.join(agreed) or 'no label'}"
    if not others:
        return sentence
    return f"{sentence}, {len(others)} {'differs' if len(others) == 1 else 'differ'}"


def _loading_sentence(states: Sequence[ContenderState]) -> str:
    loading = [state for state in states if state.phase in ("waiting", "loading")]
    if not loading:
        failed = sum(state.phase == "failed" for state in states)
        return f"{len(states) - failed} contenders are ready." + (f" {failed} could not load." if failed else "")
    now = next((state for state in loading if state.phase == "loading"), loading[0])
    ready = sum(state.phase == "ready" for state in states)
    return f"{ready} of {len(states)} contenders are ready; loading {now.name}…"


def _lane(
    task: Task, approach: str, states: Sequence[ContenderState], agreed: tuple[str, ...] | None, asked: bool
) -> str:
    if not states:
        return ""
    heading, consequence = LANES.get(approach, (approach, ""))
    cards = "".join(card(task, state, agreed=agreed, asked=asked) for state in states)
    return (
        f'<section class="lane {approach_class(approach)}" aria-label="{escape(heading)}">'
        f"<header><h2>{escape(heading)}</h2><p>{escape(consequence)}</p></header>{cards}</section>"
    )


def card(task: Task, state: ContenderState, *, agreed: tuple[str, ...] | None = None, asked: bool = True) -> str:
    """One contender: its answer, or what it is doing, or why it failed."""
    odd = differs(state.answer, agreed)
    badge = '<span class="badge differs">differs</span>' if odd else ""
    classes = f"card {state.phase}{' odd' if odd else ''}{' picked' if state.picked else ''}"
    how = f'<p class="about">{escape(state.about)}</p>' if state.picked and state.answer is not None else ""
    return (
        f'<article class="{classes}" aria-label="{escape(state.name)}">'
        f'<header><h3 title="{escape(state.about)}">{escape(state.name)}</h3>{badge}</header>'
        f"{how}{_body(task, state, asked)}</article>"
    )


def _body(task: Task, state: ContenderState, asked: bool) -> str:
    if state.answer is not None:
        return _answered(task, state.answer)
    if state.phase == "failed":
        return _failed(state.note)
    return _state(task, state, asked)


def _state(task: Task, state: ContenderState, asked: bool) -> str:
    """What a contender that has not answered is doing."""
    about = f'<p class="about">{escape(state.about)}</p>'
    if state.note:
        return f'<p class="state">{escape(state.note)}</p>{about}'
    if state.phase == "loading":
        return f'<p class="state working">loading {escape(state.about)}…</p>{_skeleton(task)}'
    if state.phase == "waiting":
        return f'<p class="state">waits {"for its turn" if state.picked else "to be loaded"}</p>{about}'
    if not asked:
        return f'<p class="state ready">ready</p>{about}'
    doing = "answering…" if state.phase == "asking" else "waits for its turn"
    return f'<p class="state working">{doing}</p>{_skeleton(task)}'


def _failed(reason: str) -> str:
    cross = '<span class="cross" aria-hidden="true">✕</span>'
    return f'<p class="answer bad">{cross} failed</p><p class="why">{cut(reason, LONGEST_SAID)}</p>'


def _skeleton(task: Task) -> str:
    rows = min(len(task.labels), BARS_SHOWN)
    return '<div class="skeleton" aria-hidden="true">' + "<i></i>" * rows + "</div>"


def _answered(task: Task, answer: Answer) -> str:
    if answer.error is not None:
        return _failed(answer.error)
    head = _given(task, answer) if answer.valid else _invalid(task, answer)
    before = without_calibration(answer.uncalibrated, answer.labels, several=task.multi_label)
    return f"{head}{before}{_facts(answer)}{behind(answer)}"


def _given(task: Task, answer: Answer) -> str:
    named = "".join(f'<span class="given">{_label(task, name)}</span>' for name in answer.labels)
    how_sure = "" if task.multi_label else f'<span class="sure">{escape(percent(max(answer.probabilities)))}</span>'
    label = named or '<span class="given none">no label</span>'
    return f'<p class="answer">{label}{how_sure}</p>{bars(task, answer)}'


def _invalid(task: Task, answer: Answer) -> str:
    said = f"<q>{cut(answer.completion, LONGEST_SAID)}</q>" if answer.completion else "nothing"
    allowed = one_of(task.label_names) if len(task.labels) <= 4 else f"the {len(task.labels)} labels"
    return (
        '<p class="answer bad"><span class="cross" aria-hidden="true">✕</span> invalid</p>'
        f'<p class="why">It said {said}, which is not {"one of " if len(task.labels) > 4 else ""}{escape(allowed)}.</p>'
    )


def bars(task: Task, answer: Answer) -> str:
    """A probability bar for each label, with its name and number; of many labels, those given first, then by number.

    Where labels have thresholds of their own, a mark on each bar shows from where on the label applies.
    """
    columns = list(range(len(answer.probabilities)))
    if len(columns) <= BARS_SHOWN + 1:
        return _bar_list(task, answer, columns)
    given = {task.label_names.index(name) for name in answer.labels}
    columns.sort(key=lambda column: (column not in given, -answer.probabilities[column]))
    shown = max(BARS_SHOWN, len(given))
    rest = columns[shown:]
    more = f'<details class="more"><summary>{len(rest)} more labels</summary>{_bar_list(task, answer, rest)}</details>'
    return f"{_bar_list(task, answer, columns[:shown])}{more if rest else ''}"


def _bar_list(task: Task, answer: Answer, columns: Sequence[int]) -> str:
    rows = [
        f'<li class="{label_classes(c)}"><span class="name">{escape(task.label_names[c])}</span>'
        f'<span class="track"><span class="bar" style="width:{_width(answer.probabilities[c])}"></span>'
        f'{_threshold(answer, c)}</span><span class="number">{escape(percent(answer.probabilities[c]))}</span></li>'
        for c in columns
    ]
    return f'<ul class="bars">{"".join(rows)}</ul>'


def _threshold(answer: Answer, column: int) -> str:
    if not answer.thresholds:
        return ""
    share = answer.thresholds[column]
    return f'<i class="from" style="left:{_width(share)}" title="applies from {escape(percent(share))}"></i>'


def _width(share: float) -> str:
    return f"{100 * min(max(share, 0.0), 1.0):.2f}%"


def _label(task: Task, name: str) -> str:
    column = task.label_names.index(name)
    return f'<span class="swatch {label_classes(column)}" aria-hidden="true"></span>{escape(name)}'


def _facts(answer: Answer) -> str:
    facts = [f"<span>{escape(duration(answer.seconds))}</span>"]
    if answer.completion_tokens:
        facts.append(f"<span>{answer.prompt_tokens:,} prompt + {answer.completion_tokens:,} answer tokens</span>")
    elif answer.prompt_tokens:
        facts.append(f"<span>{answer.prompt_tokens:,} tokens</span>")
    lines = f'<p class="facts">{"".join(facts)}</p>'
    if answer.label_mass is not None:
        lines += f'<p class="mass">{escape(percent(answer.label_mass))} of its probability is on the labels</p>'
    if answer.truncated:
        lines += '<p class="mass warn">The text was shortened to fit the model.</p>'
    return lines
