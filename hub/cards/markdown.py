"""Text from outside as Markdown and as Python, safe by default: a template's every value is escaped where it is put.

Whoever looks at a card on the Hub sees what a stranger may have named a label. In a template, the words are Markdown;
what stands in braces is text, and is taken for Markdown only where a function of this file made it.
"""

from __future__ import annotations

import html
import json
import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from comparison.report.formatting import duration, percent
from comparison.seen_rows import consequence, seen_phrase
from comparison.significance import p_value

from ..shared.public import public, public_values, source_name, without_secrets

HUB = "https://huggingface.co"
TEMPLATES = Path(__file__).parent / "templates"
LIMIT = 300  # characters of a text that a table or a sentence shows, unless asked for more
#: What Markdown reads as its own wherever it stands, the dollar of KaTeX among it, and what it does at a start.
MARKS = re.compile(r"([\\`*_\[\]|~$])|^([#+-](?=[#+\s-]|$)|=|\d+(?=[.)](?:\s|$)))")
#: Where renderers make links and mentions of plain text.
LINKS = re.compile(r"(://|www|@)", re.IGNORECASE)
PLAIN_CODE = re.compile(r"[\w ./:@=+,%()?-]+")
LIBRARIES = ("python", "torch", "transformers", "peft", "trl", "scikit-learn")


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
    return Markdown(LINKS.sub(_unlinked, html.escape(marked, quote=False)))


def code(text: object, limit: int = LIMIT) -> Markdown:
    """A short text in the type of code, for a sentence or a table."""
    plain = public(text)[:limit] or "—"
    return Markdown(f"`{plain}`") if PLAIN_CODE.fullmatch(plain) else Markdown(f"<code>{escaped(plain)}</code>")


def bold(text: object) -> Markdown:
    """A text in bold."""
    return Markdown(f"**{escaped(text)}**")


def link(text: object, url: str) -> Markdown:
    """A link; ``url`` is one that was made or checked here."""
    return Markdown(f"[{escaped(text)}]({url})")


def hub_link(name: str, known: str | None, kind: str = "") -> Markdown:
    """A repository, linked where it is on the Hub, else the last part of its name as code."""
    return link(known, f"{HUB}/{kind}{known}") if known else code(source_name(name))


def fenced(source: str, language: str) -> Markdown:
    """A block of code, in a fence that nothing in it can close."""
    longest = max((len(run) for run in re.findall(r"`+", source)), default=0)
    fence = "`" * max(3, longest + 1)
    return Markdown(f"{fence}{language}\n{source.rstrip()}\n{fence}")


def listed(texts: Sequence[object], limit: int = 50) -> Markdown:
    """Texts in bold; of more than ``limit`` the first, and how many are left."""
    more = f" and {len(texts) - limit:,} more" if len(texts) > limit else ""
    return Markdown(f"{', '.join(map(bold, texts[:limit]))}{more}")


def shell(words: Iterable[str]) -> Markdown:
    """A command; every word is quoted, so that none is run."""
    return fenced(shlex.join(map(public, words)), "sh")


def signed(value: float) -> str:
    """A difference with its sign, a true minus."""
    return f"{value:+.3f}".replace("-", "−")


def machine(found: Mapping[str, str | int]) -> str:
    """Boards, processor, cores and system in one line."""
    boards = f"{found.get('gpus', 1)} × {found['gpu']}" if "gpu" in found else None
    cores = f"{found['cores']} cores" if "cores" in found else None
    return ", ".join(str(part) for part in (boards, found.get("processor"), cores, found.get("system")) if part)


#: What templates make of values; where it is no `Markdown`, it is escaped when it is put.
FILTERS: dict[str, Callable[..., str]] = {
    **{form.__name__: form for form in (escaped, code, bold, link, hub_link, fenced, listed, shell)},
    **{form.__name__: form for form in (consequence, duration, machine, p_value, percent, seen_phrase)},
    **{form.__name__: form for form in (signed, source_name)},
    "decimal": lambda value: f"{value:.3f}",
    "interval": lambda ends: " to ".join(f"{end:.3f}" for end in ends),
    "signed_interval": lambda ends: " to ".join(map(signed, ends)),
    "number": lambda value: f"{value:g}" if isinstance(value, int | float) else str(value),
    "versions": lambda found: ", ".join(f"{name} {found[name]}" for name in LIBRARIES if name in found),
    "json": lambda value: Markdown(json.dumps(public_values(value), ensure_ascii=False)),
}


def render(template: str, **values: object) -> str:
    """A Markdown template with these values, and one blank line where parts of it that were left out left several."""
    text = _environment(as_markdown).get_template(template).render(values)
    return re.sub(r"\n{3,}", "\n\n", text)


def render_python(template: str, **values: object) -> str:
    """A template of a Python program, in which every value becomes a literal."""
    return _environment(as_python).get_template(template).render(values)


@cache
def _environment(finalize: Callable[[object], str]) -> Environment:
    environment = Environment(  # noqa: S701 - no HTML: `finalize` escapes every value, as Markdown or as Python
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= FILTERS
    return environment


def as_markdown(value: object) -> str:
    """What a Markdown template puts for a value.

    Raises:
        TypeError: it is no text and no whole number, so that it has to be said how it is shown.
    """
    if isinstance(value, Markdown):
        return value
    if isinstance(value, str):
        return escaped(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    raise TypeError(f"{value!r} is no text; say how it is shown")


def as_python(value: object) -> str:
    """What a template of a program puts for a value, with strings in double quotes where that needs no more escapes."""
    if isinstance(value, Python):
        return value
    if isinstance(value, str):
        text = repr(without_secrets(value))
        return text if '"' in text else f'"{text[1:-1]}"'
    if isinstance(value, dict):
        return f"{{{', '.join(f'{as_python(key)}: {as_python(item)}' for key, item in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(as_python, value))}]"
    return repr(value)


def _marked(found: re.Match[str]) -> str:
    """A number at the start would begin a list with the sign behind it, so there the sign is what is escaped."""
    text = found.group()
    return f"{text}\\" if text[0].isdigit() else f"\\{text}"


def _unlinked(found: re.Match[str]) -> str:
    """Put an empty comment where a renderer would begin to see a link or a mention."""
    text = found.group()
    return f"{text[0]}<!-- -->{text[1:]}" if text.startswith(":") else f"{text}<!-- -->"
