"""The messages of a chat prompt, and how a free answer is read. Training, evaluation and the page use the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from string import ascii_uppercase

from ..task import Task
from ..words import COMMA, DASHES, bare, exact, folded, parts_of, readings
from .settings import REASONED, PromptSettings
from .wording import WORDINGS, Wording

Message = dict[str, str]
#: A prompt with nothing chosen: the instruction, the words that may be answered, the text.
DIRECT = PromptSettings()


@dataclass(frozen=True)
class Demonstration:
    """A labelled row that a few-shot prompt shows.

    Attributes:
        text: of the row.
        labels: the names of its labels; one, but for a multi-label task.
        similarity: cosine of its embedding with that of the text in question, where it was chosen by that.
        reasons: what leads from the text to the label, for a style that reasons first.
    """

    text: str
    labels: tuple[str, ...]
    similarity: float | None = None
    reasons: str = ""


def system_sentence(task: Task, *, describe_labels: bool = False, form: PromptSettings = DIRECT) -> str:
    """The instruction, what may be answered and, on request, what each label means.

    Args:
        task: what to decide.
        describe_labels: whether each label is explained.
        form: how the question is put.
    """
    wording = WORDINGS[form.prompt_language]
    instruction = form.instruction or task.instruction
    lines = [f"{instruction} {_rule(task, form, wording)}".rstrip()]
    if form.style == "letters":
        lines += [wording.lettered(task.words)]
    if form.style in REASONED:
        lines += [wording.clues if form.style == "carp" else wording.think]
    if describe_labels or form.describe_labels or form.style == "described":
        lines += [f"{label.word}{wording.colon}{label.description}" for label in task.labels if label.description]
    return "\n".join(lines)


def _rule(task: Task, form: PromptSettings, wording: Wording) -> str:
    if form.style == "letters":
        return ""
    if form.style == "yes-no":
        return wording.yes_no
    nothing = nothing_word(task, form.prompt_language) if task.multi_label else ""
    return wording.rule(task.words, several=task.multi_label, nothing=nothing)


def render(
    task: Task,
    text: str,
    demonstrations: Iterable[Demonstration] = (),
    *,
    describe_labels: bool = False,
    form: PromptSettings = DIRECT,
) -> list[Message]:
    """The chat that asks for one text's label.

    Args:
        task: what to decide.
        text: the text to decide about, as it is.
        demonstrations: shown in this order, each as a user turn and the assistant turn that answers it.
        describe_labels: whether the system sentence also says what each label means.
        form: how the question is put.

    Returns:
        Messages for ``tokenizer.apply_chat_template``; the last one is the user turn with ``text``.
    """
    messages = [
        {"role": "system", "content": system_sentence(task, describe_labels=describe_labels, form=form)},
    ]
    for shown in demonstrations:
        for asked, said in _turns(task, shown, form):
            messages += [{"role": "user", "content": asked}, {"role": "assistant", "content": said}]
    messages.append({"role": "user", "content": text})
    return messages


def _turns(task: Task, shown: Demonstration, form: PromptSettings) -> Iterator[tuple[str, str]]:
    """What is asked about a demonstration, and the answer."""
    wording = WORDINGS[form.prompt_language]
    if form.style == "yes-no":
        for label, applies in _example_labels(task, shown):
            yield shown.text + question(task, label, form), wording.yes if applies else wording.no
    elif form.style in REASONED:
        said = answer(task, shown.labels, form)
        reasons = f"{shown.reasons}\n" if shown.reasons else ""
        yield shown.text, f"{reasons}{wording.close}{said}"
    else:
        yield shown.text, answer(task, shown.labels, form)


def _example_labels(task: Task, shown: Demonstration) -> Iterator[tuple[str, bool]]:
    """One label that a demonstration has, if any, and one that it has not, if any: which one depends on its text."""
    yield from ((label, True) for label in shown.labels[:1])
    others = [name for name in task.label_names if name not in shown.labels]
    if others:
        yield others[len(shown.text) % len(others)], False


def question(task: Task, label: str, form: PromptSettings = DIRECT) -> str:
    """What stands behind a text to ask whether one label applies to it."""
    wording, found = WORDINGS[form.prompt_language], task.labels[task.index(label)]
    explained = form.describe_labels and found.description
    named = f"{found.word} ({found.description})" if explained else found.word
    return "\n\n" + wording.question.format(words=named)


def explanation_request(task: Task, shown: Demonstration, form: PromptSettings) -> list[Message]:
    """The chat that asks why a demonstration has its labels."""
    wording = WORDINGS[form.prompt_language]
    asked = wording.explain.format(words=answer(task, shown.labels, form))
    return [
        {"role": "system", "content": form.instruction or task.instruction},
        {"role": "user", "content": f"{shown.text}\n\n{asked}"},
    ]


def answers(task: Task, form: PromptSettings = DIRECT) -> tuple[str, ...]:
    """What the model may answer, in label order: words, or letters."""
    return tuple(ascii_uppercase[: len(task.labels)]) if form.style == "letters" else task.words


def answer(task: Task, labels: Sequence[str], form: PromptSettings = DIRECT) -> str:
    """What the model is taught to say for these labels: several in the task's order, whatever order they come in."""
    columns = sorted({task.index(label) for label in labels})
    said = answers(task, form)
    return joined(said[column] for column in columns) if columns else nothing_word(task, form.prompt_language)


def joined(words: Iterable[str]) -> str:
    """Several labels as one answer."""
    return ", ".join(words)


def nothing_word(task: Task, language: str = "en") -> str:
    """What is said where no label of a multi-label task applies: a word that no label has."""
    taken = {folded(text) for text in (*task.words, *task.label_names)}
    return next(word for word in WORDINGS[language].nothing if word not in taken)


def parse(task: Task, completion: str, form: PromptSettings = DIRECT) -> tuple[int, ...] | None:
    """Read a free answer strictly.

    An answer is a label's word as it is, else a label's name as it is, else a word and then a name without regard to
    case and to the punctuation around it. A word goes before a name, so that with the labels ``0`` and ``1`` whose
    words are ``1`` and ``2``, the answer ``1`` is the label ``0``; tasks in which an answer could mean two labels
    are refused. Labels of a multi-label task stand between commas.

    An explanation around it, two labels for a single-label task, or anything else is invalid: accepting
    guesses would overstate the model's accuracy.

    Returns:
        Label columns, or ``None`` for an invalid answer.
    """
    if form.style == "letters":
        column = _letter(task, completion)
        return None if column is None else (column,)
    if not task.multi_label:
        column = _column(task, completion)
        return None if column is None else (column,)
    if bare(completion) == nothing_word(task, form.prompt_language):
        return ()
    columns = _several_columns(task, completion)
    return None if columns is None else tuple(dict.fromkeys(columns))


def _letter(task: Task, completion: str) -> int | None:
    """The option whose letter an answer is; what stands behind it may only be the option's own word."""
    letter, _, rest = completion.strip().partition(".")
    letter, rest = letter.strip(), rest.strip()
    columns = [column for column, known in enumerate(ascii_uppercase[: len(task.labels)]) if known == letter.upper()]
    if not columns or (rest and _column(task, rest) != columns[0]):
        return None
    return columns[0]


def _several_columns(task: Task, completion: str) -> list[int] | None:
    """The labels between the commas of an answer; a label with commas of its own takes as many parts as it has."""
    commas = list(COMMA.finditer(completion))
    starts, ends = [0, *(comma.end() for comma in commas)], [*(comma.start() for comma in commas), len(completion)]
    longest = max(len(parts_of(text)) for text in (*task.words, *task.label_names))
    found: list[int] = []
    place = 0
    while place < len(starts):
        reaches = reversed(range(place, min(place + longest, len(starts))))
        read = ((last, _column(task, completion[starts[place] : ends[last]])) for last in reaches)
        last, column = next(((last, column) for last, column in read if column is not None), (place, None))
        if column is None:
            return None
        found.append(column)
        place = last + 1
    return found


def _column(task: Task, completion: str) -> int | None:
    """The label that one answer names."""
    as_said = exact(completion)
    for texts in (task.words, task.label_names):
        column = _columns(texts).get(as_said)
        if column is not None:
            return column
    for texts in (task.words, task.label_names):
        column = _match_with_marks(_plain_columns(texts), completion)
        if column is not None:
            return column
    return None


@lru_cache(maxsize=64)
def _columns(texts: tuple[str, ...]) -> Mapping[str, int]:
    return {exact(text): column for column, text in enumerate(texts)}


@lru_cache(maxsize=64)
def _plain_columns(texts: tuple[str, ...]) -> Mapping[str, int]:
    """Columns of labels by their words or names without case, and without the punctuation around them too.

    Names, unlike words, may differ in punctuation alone; without it they are then no answer.
    """
    found: dict[str, set[int]] = {}
    for column, text in enumerate(texts):
        for plain in {folded(text), bare(text)}:
            found.setdefault(plain, set()).add(column)
    return {plain: next(iter(columns)) for plain, columns in found.items() if len(columns) == 1}


def _match_with_marks(columns: Mapping[str, int], completion: str) -> int | None:
    """The column that an answer names, with as few of the marks around it removed as possible."""
    whole, meant = folded(completion), _marks_with_meaning(frozenset(columns))
    for layer in readings(completion):
        found = {columns[text] for text in layer if text in columns and not meant & _around(text, whole)}
        if found:
            return found.pop() if len(found) == 1 else None
    return None


@lru_cache(maxsize=64)
def _marks_with_meaning(texts: frozenset[str]) -> frozenset[str]:
    """Marks that are part of a label: those of which one consists, and dashes where one begins with a minus."""
    marks = {sign for text in texts if not any(map(str.isalnum, text)) for sign in text}
    return frozenset(marks | DASHES if any(text[:1] in DASHES for text in texts) else marks)


def _around(text: str, whole: str) -> set[str]:
    before, _, after = whole.partition(text)
    return set(before + after)
