"""The words and programs that a card has for each family of classifiers; a family without an entry has the default."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from classification.families import METHODS
from classification.prompting.messages import Message, render
from classification.runs.record import RunRecord
from classification.task import Task

from .markdown import Markdown, Python, render_python
from .public import base_id, public, without_secrets

#: More labels than this are no list for a program: it would be longer than the card.
MOST_LABELS = 50
LONGEST_ANSWER = 64  # tokens
PLACEHOLDER = "…"
LONGEST_TEXT, LONGEST_PROMPT = 500, 4000  # characters
#: Chat models whose template refuses a system turn; its words then begin the first turn of the user.
NO_SYSTEM_TURN = re.compile(r"google/gemma-(?:2b|7b|1\.1-|2-)|mistralai/Mistral-7B-Instruct-v0\.[12]$")
ADAPTER, WITH_OUR_CODE = "adapter", "project"


def _tfidf(settings: Mapping[str, Any]) -> str:
    """How TF-IDF terms were made, where the record says so."""
    found = settings.get("features")
    if not isinstance(found, dict) or not isinstance(found.get("ngram_range"), list | tuple):
        return "TF-IDF with logistic regression"
    unit = "characters" if str(found.get("analyzer", "")).startswith("char") else "words"
    shortest, longest = (*found["ngram_range"], 1, 1)[:2]
    return (
        f"TF-IDF over {shortest} to {longest} {unit}, in {found.get('min_df')} rows at least; logistic regression "
        f"with C = {found.get('c')}"
    )


@dataclass(frozen=True)
class FamilyWords:
    """What a card says of a family.

    Attributes:
        opening: what a run without a base model is, as the first words of its card.
        title: what such a run is called in a title.
        method: what its training did, from its hyperparameters; by default the words for the record's method.
        tags: words to find it by on the Hub.
        says_words: whether its answer is a word that the model writes.
        programs: the template of the program that asks it, by what its weights are: ``adapter``, or a whole model as
            ``safetensors`` or ``onnx``. ``project`` loads any run, with this project's code.
    """

    opening: str = "A classifier"
    title: str = "a classifier"
    method: Callable[[Mapping[str, Any]], str] | None = None
    tags: tuple[str, ...] = ()
    says_words: bool = False
    programs: Mapping[str, str] = field(
        default_factory=lambda: {ADAPTER: WITH_OUR_CODE, "safetensors": WITH_OUR_CODE, "onnx": WITH_OUR_CODE}
    )


WORDS = {
    "chat": FamilyWords(
        tags=("chat-model",), says_words=True, programs={ADAPTER: "chat", "safetensors": "chat"}
    ),
    "encoder": FamilyWords(programs={ADAPTER: "encoder", "safetensors": "encoder", "onnx": "encoder-onnx"}),
    "tfidf": FamilyWords(
        "TF-IDF with logistic regression, kept as plain arrays and a list of terms,", "TF-IDF", _tfidf, ("tf-idf",)
    ),
    "majority": FamilyWords(
        "A baseline without a model, which gives every text the label shares of its training rows,",
        "the commonest label", lambda settings: "counted", ("baseline",),
    ),
}  # fmt: skip
DEFAULT = FamilyWords()
#: How a card begins, by what was trained; and what was trained, for its list of facts.
OPENINGS = {"lora": "A LoRA adapter for {base}", "head": "A classification head on {base}"}
WHOLE, EXPORTED = "A fine-tuned {base}", "A fine-tuned {base}, exported to {format},"
TRAINED = {"full": "every weight", "head": "the classification head only"}


def words_of(record: RunRecord) -> FamilyWords:
    """The words for a run's family."""
    return WORDS.get(record.family, DEFAULT)


def opening_of(record: RunRecord, base: Markdown | None) -> Markdown:
    """What a run is, as the first words of its card."""
    if base is None:
        return Markdown(words_of(record).opening)
    words = EXPORTED if record.export else OPENINGS.get(record.method, WHOLE)
    return Markdown(words.format(base=base, format=(record.export or "").upper()))


def method_of(record: RunRecord) -> str | None:
    """What was trained; ``None`` for an adapter, whose settings say it."""
    own, method = words_of(record).method, METHODS[record.method]
    if own is not None:
        return own(record.hyperparameters)
    return None if method.adapter else TRAINED.get(record.method, method.title)


def library_of(record: RunRecord) -> str:
    """The library that loads a run, by the name that the Hub has for it."""
    return "peft" if record.is_adapter else record.export or record.kind.library


def tags_of(record: RunRecord) -> list[str]:
    """Words to find a run by, beside those of every run of this project."""
    method = [record.method] if METHODS[record.method].adapter else []
    several = ["multi-label-classification"] if record.task.multi_label else []
    return [*words_of(record).tags, *method, *([record.export] if record.export else []), *several]


def snippet(record: RunRecord, repo_id: str, revision: str | None = None) -> str | None:
    """A Python program that prints the answer to the first of the task's example texts.

    ``None`` where no short one is possible: too many labels, a long prompt, a base model that is not on the Hub,
    or a chat model as ONNX.

    Args:
        record: of the run.
        repo_id: where it is published.
        revision: a branch, tag or commit; by default whatever is newest.
    """
    template = words_of(record).programs.get(ADAPTER if record.is_adapter else record.weights_format)
    task, base, text = record.task, base_id(record), example_of(record.task)
    messages = _messages(record, text)
    long = len(task.labels) > MOST_LABELS or len(messages[0]["content"]) > LONGEST_PROMPT
    if template is None or (template != WITH_OUR_CODE and (long or (record.is_adapter and base is None))):
        return None
    return render_python(
        f"snippets/{template}.py.j2",
        repo_id=repo_id,
        revision=revision,
        run=f"{repo_id}@{revision}" if revision else repo_id,
        adapter=record.is_adapter,
        base=base,
        base_revision=record.base.revision if record.base else None,
        text=text,
        messages=messages,
        words={label.word.strip().casefold(): label.name for label in task.labels},
        room=_room(task),
        labels=list(task.label_names),
        multi_label=task.multi_label,
        max_length=record.max_length,
        expected=_expected(record, text),
    )


def uses_our_code(record: RunRecord) -> bool:
    """Whether the program that asks a run needs this project."""
    return WITH_OUR_CODE in words_of(record).programs.values()


def example_of(task: Task) -> str:
    """The first text of a task's examples that a line of a program has room for."""
    fitting = (text for text in task.examples if len(text) <= LONGEST_TEXT and without_secrets(text) == text)
    return next(fitting, PLACEHOLDER)


def _messages(record: RunRecord, text: str) -> list[Message]:
    """The chat that the model was taught with, as its own template takes it."""
    system, user = render(record.task, text, describe_labels=record.describe_labels)
    if NO_SYSTEM_TURN.match(base_id(record) or ""):
        return [{**user, "content": f"{system['content']}\n\n{user['content']}"}]
    return [system, user]


def _room(task: Task) -> int:
    """Tokens that an answer may have: a token is a byte at least, and one ends the turn."""
    lengths = [len(word.encode("utf-8", "replace")) + 2 for word in task.words]
    return min(sum(lengths) if task.multi_label else max(lengths), LONGEST_ANSWER)


def _expected(record: RunRecord, text: str) -> Python:
    """The answer that the record has for a text, as a comment."""
    first = next((answer for answer in record.answers if answer.text == text), None)
    if first is None or not (first.labels or record.task.multi_label):
        return Python("")
    names = [public(name) for name in first.labels]
    return Python(f"  # {names if record.task.multi_label else names[0]}")
