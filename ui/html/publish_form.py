"""What the *Publish* tab shows, as HTML: pure functions, every text from outside escaped and bounded."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import yaml

from hub.shared.client import Account
from hub.shared.publish import Plan, Published, size

from ..session.links import copy_button, query
from .answer_cards import alert

LONGEST_VALUE = 160
#: What a push is, said before it is made.
PROMISE = (
    '<p class="notice">One commit with a version: weights as safetensors, tokenizer, configuration and the card. '
    "Nothing else of the folder is sent. Until the whole of it is there, nothing is to be seen.</p>"
)


def account_line(account: Account) -> str:
    """Who is signed in, and where that account may publish."""
    owners = ", ".join(f"{escape(owner)}/…" for owner in (account.name, *account.organisations)[:8])
    may = f"may publish to {owners}" if account.may_write else "has a token that can only read"
    who = f"Signed in as <strong>{escape(account.name)}</strong>"
    return f'<p class="account"><span class="lamp" aria-hidden="true"></span>{who}, {may}</p>'


def nobody_line(reason: str) -> str:
    """Why nobody is signed in, and what to do about it."""
    return f'<p class="account off">{escape(reason)}</p>'


def split_card(card: str) -> tuple[dict[str, object], str]:
    """The front matter of a card, and its text."""
    _, _, rest = card.partition("---\n")
    front, found, body = rest.partition("\n---\n")
    try:
        matter = yaml.safe_load(front) if found else None
    except yaml.YAMLError:
        matter = None
    return (matter, body.strip()) if isinstance(matter, dict) else ({}, card.strip())


def front_matter_table(matter: dict[str, object]) -> str:
    """The front matter as a small table: what the Hub reads of a card."""
    rows = "".join(
        f'<tr><th scope="row">{escape(_cut(key))}</th><td>{escape(_cut(_value(str(key), value)))}</td></tr>'
        for key, value in matter.items()
    )
    return f'<table class="matter"><caption>What the Hub reads of it</caption><tbody>{rows}</tbody></table>'


def files(plan: Plan) -> str:
    """Where a plan goes and every file of it, with its size."""
    rows = "".join(
        f"<li><span>{escape(_cut(upload.path))}</span><span>{size(upload.size)}</span></li>" for upload in plan.uploads
    )
    seen = "private" if plan.private else "public"
    how = "as a pull request" if plan.create_pr else f"{seen} if it is new"
    return (
        f'<details class="files"><summary>{len(plan.uploads)} files, {size(plan.bytes)}, to '
        f"<strong>{escape(plan.repo_id)}</strong> ({how})</summary><ul>{rows}</ul></details>"
    )


def steps(messages: Sequence[str], *, error: str = "", busy: bool = True) -> str:
    """What was done so far, the last of it still under way; or how it ended."""
    marks = ["done"] * len(messages)
    if messages and busy:
        marks[-1] = "now"
    elif messages and error:
        marks[-1] = "broke"
    lines = "".join(f'<li class="{mark}">{escape(_cut(text))}</li>' for mark, text in zip(marks, messages, strict=True))
    ending = alert(error) if error else ""
    return f'<ol class="steps" aria-live="polite">{lines}</ol>{ending}'


def published(done: Published, kind: str) -> str:
    """Where it went, as a link, and what to write into a lineup."""
    link = f'<a href="{escape(done.url)}" target="_blank" rel="noopener">{escape(done.url)}</a>'
    if done.pull_request:
        return f'<div class="published"><p><strong>Asked for.</strong> Its owner decides: {link}</p></div>'
    version = f" as <strong>{escape(done.tag)}</strong>" if done.tag else ""
    message = f"<p><strong>Published</strong>{version}: {link}</p>"
    if kind == "model":
        message += f"<p>In a lineup: <code>run: {escape(reference_of(done))}</code></p>"
    if kind == "dataset":
        button = copy_button(query(comparison=reference_of(done)), "Copy a link that opens it here")
        message += f"<p>{button}</p>"
    return f'<div class="published">{message}</div>'


def joined(name: str, reference: str) -> str:
    """That a run on the Hub is now a contender here."""
    return (
        f'<div class="published"><p><strong>{escape(name)}</strong> joined the lineup from {escape(reference)}; '
        "it loads now, and <em>Compare</em> asks it with the others until this server stops.</p></div>"
    )


def collected(url: str, missing: Sequence[str]) -> str:
    """Where a collection is, and what could not be put into it."""
    left_out = "".join(f"<p>{escape(_cut(sentence))}</p>" for sentence in missing)
    link = f'<a href="{escape(url)}" target="_blank" rel="noopener">{escape(url)}</a>'
    return f'<div class="published"><p><strong>Collected:</strong> {link}</p>{left_out}</div>'


def reference_of(done: Published) -> str:
    """``owner/name@v1``."""
    return f"{done.repo_id}@{done.tag}" if done.tag else done.repo_id


def _value(key: str, value: object) -> str:
    if key == "model-index":
        return _scores(value)
    if key == "widget" and isinstance(value, list):
        return f"{len(value)} example texts with the model's answers"
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        return ", ".join(map(str, value))
    if isinstance(value, dict | list):
        return " ".join(yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10_000).split())
    return str(value)


def _scores(index: object) -> str:
    """``accuracy 0.8685, macro-F1 0.8253`` out of a model-index, whatever its shape."""
    found = []
    for entry in index if isinstance(index, list) else []:
        for result in entry.get("results", []) if isinstance(entry, dict) else []:
            metrics = result.get("metrics", []) if isinstance(result, dict) else []
            found += [
                f"{metric.get('name') or metric.get('type')} {metric.get('value')}"
                for metric in metrics
                if isinstance(metric, dict)
            ]
    return ", ".join(found)


def _cut(text: object) -> str:
    message = str(text)
    return message if len(message) <= LONGEST_VALUE else f"{message[: LONGEST_VALUE - 1]}…"
