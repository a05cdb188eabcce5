"""The words and programs that a card has for each family of classifiers; a family without an entry has the default."""

from __future__ import annotations

import re
from dataclasses import dataclass

from classification.prompting.messages import Message, render
from classification.prompting.surroundings import around_text
from classification.runs.record import RunRecord
from classification.task import Task

from ..shared.public import base_id, public, without_secrets
from .markdown import Python, render_python

#: More labels than this are no list for a program: it would be longer than the card.
MOST_LABELS = 50
PLACEHOLDER = "…"
LONGEST_TEXT, LONGEST_PROMPT = 500, 4000  # characters
#: Chat models whose template refuses a system turn; its words then begin the first turn of the user.
NO_SYSTEM_TURN = re.compile(r"google/gemma-(?:2b|7b|1\.1-|2-)|mistralai/Mistral-7B-Instruct-v0\.[12]$")
WITH_OUR_CODE = "project"


@dataclass(frozen=True)
class FamilyWords:
    """What a card says of a family.

    Attributes:
        opening: what a run without a base model is, as the first words of its card.
        title: what such a run is called in a title.
        on_base: what a run with a base model is, before that model's name.
        method: what its training did, in which hyperparameters stand in braces; by default the name of its method.
        tags: words to find it by on the Hub.
        says_words: whether its answer is a word that the model writes.
        program: the template of the program that asks it; ``project`` loads any run, with this project's code.
        pooled: the template where its hidden states are pooled before the head.
        unit_length: whether the pooled vector is scaled to length 1, in place of a trained layer norm.
        exported: the template for an export to ONNX; ``None`` where there is no such program.
    """

    opening: str = "A classifier"
    title: str = "a classifier"
    on_base: str = "a fine-tuned"
    method: str | None = None
    tags: tuple[str, ...] = ()
    says_words: bool = False
    program: str = WITH_OUR_CODE
    pooled: str = WITH_OUR_CODE
    unit_length: bool = False
    exported: str | None = WITH_OUR_CODE


DEFAULT = FamilyWords()
WORDS = {
    "chat": FamilyWords(tags=("chat-model",), says_words=True, program="chat", exported=None),
    "encoder": FamilyWords(program="encoder", pooled="encoder-pooled", exported="encoder-onnx"),
    "seq2seq": FamilyWords(tags=("encoder-decoder",), says_words=True, program="seq2seq", exported=None),
    "cloze": FamilyWords(
        on_base="a gap-filling fine-tuned",
        tags=("cloze", "pattern-exploiting-training"),
        says_words=True,
        exported=None,
    ),
    "decoder": FamilyWords(tags=("decoder",), program="encoder", exported=None),
    "probe": FamilyWords(
        on_base="a linear probe on",
        method="logistic regression on frozen embeddings with C = {c:g}",
        tags=("linear-probe",),
    ),
    "static": FamilyWords(
        on_base="a static-embedding classifier distilled from",
        method="a vector for each token, distilled by model2vec and trained further; the mean of a text's vectors goes "
        "through a head with {n_layers} hidden layers",
        tags=("model2vec", "static-embeddings"),
        program="static",
    ),
    "setfit": FamilyWords(
        on_base="a few-shot fine-tuned",
        method="contrastive fine-tuning on pairs of {rows} rows, then logistic regression on the embeddings",
        tags=("setfit", "few-shot"),
        pooled="encoder-pooled",
        unit_length=True,
        exported="encoder-onnx",
    ),
    "tfidf": FamilyWords(
        opening="TF-IDF with logistic regression, kept as plain arrays and a list of terms,",
        title="TF-IDF",
        method="TF-IDF over {features[ngram_range][0]} to {features[ngram_range][1]} {features[analyzer]}s, in "
        "{features[min_df]} rows at least; logistic regression with C = {features[c]:g}",
        tags=("tf-idf",),
    ),
    "majority": FamilyWords(
        opening="A baseline without a model, which gives every text the label shares of its training rows,",
        title="the commonest label",
        method="counted",
        tags=("baseline",),
    ),
}


def words_of(record: RunRecord) -> FamilyWords:
    """The words for a run's family."""
    return WORDS.get(record.family, DEFAULT)


def method_of(record: RunRecord) -> str:
    """What its training did; a record of another version may lack the settings that the family's words tell."""
    try:
        return (words_of(record).method or record.how).format_map(record.hyperparameters)
    except (LookupError, TypeError, ValueError):
        return record.how


def snippet(record: RunRecord, repo_id: str, revision: str | None = None) -> str | None:
    """A Python program that prints the answer to the first of the task's example texts.

    ``None`` where there can be none: a base model that is not on the Hub, or a chat model as ONNX. One that would have
    to list many labels or a long prompt is left to this project's code.

    Args:
        record: of the run.
        repo_id: where it is published.
        revision: a branch, tag or commit; by default whatever is newest.
    """
    words = words_of(record)
    template = words.exported if record.export else words.pooled if record.pooling else words.program
    base, text = base_id(record), example_of(record.task)
    messages = _messages(record, text)
    long = len(record.task.labels) > MOST_LABELS or len(messages[0]["content"]) > LONGEST_PROMPT
    if template is None or (template != WITH_OUR_CODE and record.is_adapter and base is None):
        return None
    if long:  # a program that lists all labels or shows the whole prompt would be longer than the card
        template = WITH_OUR_CODE
    return render_python(
        f"snippets/{template}.py.j2",
        record=record,
        repo_id=repo_id,
        revision=revision,
        base=base,
        text=text,
        unit_length=words.unit_length,
        messages=messages,
        around=around_text(record.task, describe_labels=record.describe_labels),
        words={label.word.strip().casefold(): label.name for label in record.task.labels},
        thresholds=dict(zip(record.task.label_names, record.thresholds or (), strict=False)),
        expected=_expected(record, text),
    )


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


def _expected(record: RunRecord, text: str) -> Python:
    """The answer that the record has for a text, as a comment."""
    labels = next(([public(name) for name in answer.labels] for answer in record.answers if answer.text == text), None)
    if labels is None or not (labels or record.task.multi_label):
        return Python("")
    return Python(f"  # {labels if record.task.multi_label else labels[0]}")
