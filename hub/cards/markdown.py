"""Text from outside as Markdown and as Python, safe by default: a template's every value is escaped where it is put.

Whoever looks at a card on the Hub sees what a stranger may have named a label. In a template of ours, the words
are Markdown; what stands in braces is text, and becomes Markdown only as a `Markdown` made here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .public import public, without_secrets

TEMPLATES = Path(__file__).parent / "templates"
#: Characters of a text that a table or a sentence shows, unless asked for more.
LIMIT = 300
#: What Markdown reads as its own wherever it stands, the dollar of KaTeX among it, and what it does at a start.
MARKS = re.compile(r"([\\`*_\[\]|~$])|^([#+-](?=[#+\s-]|$)|=|\d+(?=[.)](?:\s|$)))")
#: Where renderers make links and mentions of plain text.
LINKS = re.compile(r"(://|www|@)", re.IGNORECASE)
PLAIN_CODE = re.compile(r"[\w ./:@=+,%()?-]+")


class Markdown(str):
    """Text that is Markdown already, because it was made here."""

    __slots__ = ()


class Python(str):
    """Text that is Python already, because it was made here."""

    __slots__ = ()


def escaped(text: object, limit: int = LIMIT) -> Markdown:
    """A text as Markdown that shows it as it is, on one line, of at most ``limit`` characters."""
    plain = public(text)
    plain = plain if len(plain) <= limit else f"{plain[: limit - 1]}…"
    marked = MARKS.sub(_marked, plain)
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        marked = marked.replace(character, entity)
    return Markdown(LINKS.sub(_unlinked, marked))


def code(text: object, limit: int = LIMIT) -> Markdown:
    """A short text in the type of code, for a sentence or a table."""
    plain = public(text)[:limit] or "—"
    return Markdown(f"`{plain}`") if PLAIN_CODE.fullmatch(plain) else Markdown(f"<code>{escaped(plain)}</code>")


def link(text: object, url: str) -> Markdown:
    """A link; ``url`` is one that was made or checked here."""
    return Markdown(f"[{escaped(text)}]({url})")


def fenced(source: str, language: str) -> Markdown:
    """A block of code, in a fence that nothing in it can close."""
    longest = max((len(run) for run in re.findall(r"`+", source)), default=0)
    fence = "`" * max(3, longest + 1)
    return Markdown(f"{fence}{language}\n{source.rstrip()}\n{fence}")


def table(headings: Sequence[object], rows: Iterable[Sequence[object]], *, left: int = 1) -> Markdown:
    """A table whose first ``left`` columns hold words and the others numbers."""
    rule = ["---"] * left + ["---:"] * (len(headings) - left)
    lines = [[_cell(value) for value in headings], rule, *([_cell(value) for value in row] for row in rows)]
    return Markdown("\n".join(f"| {' | '.join(line)} |" for line in lines))


def render(template: str, **values: object) -> str:
    """A Markdown template with these values, and one blank line where parts of it that were left out left several."""
    text = _environment(_cell).get_template(template).render(values)
    return re.sub(r"\n{3,}", "\n\n", text)


def render_python(template: str, **values: object) -> str:
    """A template of a Python program, in which every value becomes a literal."""
    return _environment(_literal).get_template(template).render(values)


@cache
def _environment(finalize: object) -> Environment:
    return Environment(  # noqa: S701 - no HTML: `finalize` escapes every value, as Markdown or as Python
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        finalize=finalize,  # type: ignore[arg-type]
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _cell(value: object) -> str:
    if isinstance(value, Markdown):
        return value
    if isinstance(value, str):
        return escaped(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    raise TypeError(f"{value!r} is no text; say how it is shown")


def _literal(value: object) -> str:
    """A value as Python writes it, its strings in double quotes where that needs no more escapes."""
    if isinstance(value, Python):
        return value
    if isinstance(value, str):
        text = repr(without_secrets(value))
        return text if '"' in text else f'"{text[1:-1]}"'
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_literal(key)}: {_literal(item)}' for key, item in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_literal, value))}]"
    return repr(value)


def _marked(found: re.Match[str]) -> str:
    """A number at the start would begin a list with the sign behind it, so there the sign is what is escaped."""
    text = found.group()
    return f"{text}\\" if text[0].isdigit() else f"\\{text}"


def _unlinked(found: re.Match[str]) -> str:
    """Put an empty comment where a renderer would begin to see a link or a mention."""
    text = found.group()
    return f"{text[0]}<!-- -->{text[1:]}" if text.startswith(":") else f"{text}<!-- -->"
