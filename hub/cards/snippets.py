"""The shortest program that asks a published run about a text, for whoever reads its card.

Each is a template under ``templates/snippets`` in which every value becomes a Python literal, so no label and no
text can become code. The answers agree with those of `classification.classifiers`, and a test runs the programs.
"""

from __future__ import annotations

import re

from classification.prompting.messages import Message, render
from classification.runs.record import RunRecord
from classification.task import Task

from .markdown import Python, render_python
from .public import base_id, public, source_name, without_secrets
from .reproduce import as_yaml

#: More labels than this are no list for a snippet: it would be longer than the card.
MOST_LABELS = 50
LONGEST_NAME = 80  # of a contender, by the lineup's own rule
LONGEST_ANSWER = 64  # tokens
PLACEHOLDER = "…"
LONGEST_TEXT, LONGEST_PROMPT = 500, 4000  # characters
#: Chat models whose template refuses a system turn; its words then begin the first turn of the user.
NO_SYSTEM_TURN = re.compile(r"google/gemma-(?:2b|7b|1\.1-|2-)|mistralai/Mistral-7B-Instruct-v0\.[12]$")


def snippet(record: RunRecord, repo_id: str, revision: str | None = None) -> str | None:
    """A Python program that prints the answer to the first of the task's example texts.

    ``None`` where no short one is possible: too many labels, a long prompt, a base model that is not on the Hub,
    or a chat model as ONNX.

    Args:
        record: of the run.
        repo_id: where it is published.
        revision: a branch, tag or commit; by default whatever is newest.
    """
    template = _template(record)
    task, base, text = record.task, base_id(record), example_of(record.task)
    messages = _messages(record, text)
    if template is None or len(messages[0]["content"]) > LONGEST_PROMPT:
        return None
    return render_python(
        f"snippets/{template}.py.j2",
        repo_id=repo_id,
        revision=revision,
        base=base,
        base_revision=record.base.revision if record.base else None,
        text=text,
        messages=messages,
        words={label.word.strip().casefold(): label.name for label in task.labels},
        room=_room(task),
        labels=list(task.label_names),
        multi_label=task.multi_label,
        family=record.family,
        max_length=record.max_length,
        options=_options(record),
        expected=_expected(record, text),
    )


def example_of(task: Task) -> str:
    """The first text of a task's examples that a line of a program has room for."""
    fitting = (text for text in task.examples if len(text) <= LONGEST_TEXT and without_secrets(text) == text)
    return next(fitting, PLACEHOLDER)


def lineup_entry(record: RunRecord, name: str, repo_id: str, revision: str | None = None) -> str:
    """The line that makes a published run a contender of a lineup, as YAML."""
    entry: dict[str, str] = {
        "name": public(name)[:LONGEST_NAME],
        "approach": "baseline" if record.family in ("tfidf", "majority") else "fine-tuned",
        "run": f"{repo_id}@{revision}" if revision else repo_id,
    }
    if record.method == "lora" and record.base and base_id(record) is None:
        entry["model"] = source_name(record.base.id)
    return f"- {as_yaml(entry).strip()}"


def _template(record: RunRecord) -> str | None:
    if record.family in ("tfidf", "majority"):
        return "baseline"
    if len(record.task.labels) > MOST_LABELS or (record.method == "lora" and base_id(record) is None):
        return None
    if record.export == "onnx":
        return "encoder-onnx" if record.family == "encoder" else None
    return f"{record.family}-{'lora' if record.method == 'lora' else 'full'}"


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


def _options(record: RunRecord) -> Python:
    """What a text-classification pipeline has to be told, so that it answers as an `EncoderClassifier` does."""
    several = ', top_k=None, function_to_apply="sigmoid"' if record.task.multi_label else ""
    length = f", max_length={record.max_length}" if record.max_length else ""
    return Python(f"{several}, truncation=True{length}")


def _expected(record: RunRecord, text: str) -> Python:
    """The answer that the record has for a text, as a comment."""
    first = next((answer for answer in record.answers if answer.text == text), None)
    if first is None or not (first.labels or record.task.multi_label):
        return Python("")
    names = [public(name) for name in first.labels]
    return Python(f"  # {names if record.task.multi_label else names[0]}")
