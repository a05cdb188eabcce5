"""Text from outside as Markdown and as Python, safe by default: a template's every value is escaped where it is put.

Whoever looks at a card on the Hub sees what a stranger may have named a label. In a template, the words are Markdown;
what stands in braces is text, and is taken for Markdown only where a function of this file made it.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from comparison.report.formatting import markdown_table

from .public import public, public_values, source_name, without_secrets

HUB = "https://huggingface.co"
TEMPLATES = Path(__file__).parent / "templates"
#: Characters of a text that a table or a sentence shows, unless asked for more; and of a line of a command.
LIMIT, WIDTH = 300, 100
#: What Markdown reads as its own wherever it stands, the dollar of KaTeX among it, and what it does at a start.
MARKS = re.compile(r"([\\`*_\[\]|~$])|^([#+-](?=[#+\s-]|$)|=|\d+(?=[.)](?:\s|$)))")
#: Where renderers make links and mentions of plain text.
LINKS = re.compile(r"(://|www|@)", re.IGNORECASE)
PLAIN_CODE = re.compile(r"[\w ./:@=+,%()?-]+")
#: A percent sign that stays with its number.
NARROW = "\u00a0%"
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
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        marked = marked.replace(character, entity)
    return Markdown(LINKS.sub(_unlinked, marked))


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


def shell(words: Sequence[str]) -> Markdown:
    """A command over several lines where it is long; every text is quoted, so that none is run."""
    lines = [""]
    for word in words:
        if word.startswith("--") and len(lines[-1]) > WIDTH - 30:
            lines.append(" ")
        lines[-1] += f" {shlex.quote(public(word))}"
    return fenced(" \\\n".join(lines).strip(), "sh")


def as_yaml(value: object, *, each_on_its_line: bool = False) -> str:
    """Plain values as a person would write them, with what holds no further lists on one line."""
    style = False if each_on_its_line else None
    text: str = yaml.safe_dump(
        public_values(value), sort_keys=False, allow_unicode=True, width=WIDTH + 20, default_flow_style=style
    )
    return text


def table(rows: Iterable[Sequence[object]], *headings: object, left: int = 1) -> Markdown:
    """A table whose first ``left`` columns hold words and the others numbers; every cell is escaped."""
    body = [[_cell(value) for value in row] for row in rows]
    return Markdown(markdown_table([_cell(value) for value in headings], body, left=left))


def signed(value: float) -> str:
    """A difference with its sign, a true minus."""
    return f"{value:+.3f}".replace("-", "−")


def p_value(p: float) -> str:
    """A p-value as papers write it."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def percent(share: float) -> str:
    """``0.8731`` as ``87 %``; never a 0 or a 100 that is not one."""
    if 0 < share < 0.005:
        return f"below 1{NARROW}"
    return f"over 99{NARROW}" if 0.995 <= share < 1 else f"{share:.0%}".replace("%", NARROW)


def duration(seconds: float) -> str:
    """``491.2`` as ``8 min 11 s``."""
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    short = f"{minutes} min {rest} s" if minutes else f"{rest} s" if seconds >= 10 else f"{seconds:.1f} s"
    return f"{hours} h {minutes} min" if hours else short


def energy(kwh: float) -> str:
    """``0.0033`` as ``3.3 Wh``, ``1.25`` as ``1.2 kWh``: two figures."""
    value, unit = (kwh, "kWh") if kwh >= 0.1 else (1000 * kwh, "Wh")
    return f"{float(f'{value:.2g}'):g} {unit}"


def machine(found: Mapping[str, str | int]) -> str:
    """Boards, processor, cores and system in one line."""
    boards, cores = f"{found.get('gpus', 1)} × {found.get('gpu')}", found.get("cores")
    counted = f"{cores} {'core' if cores == 1 else 'cores'}" if cores else None
    parts = (boards if "gpu" in found else None, found.get("processor"), counted, found.get("system"))
    return ", ".join(str(part) for part in parts if part)


#: What templates make of values; where it is no `Markdown`, it is escaped when it is put.
FILTERS: dict[str, Callable[..., str]] = {
    form.__name__: form
    for form in (escaped, code, bold, fenced, shell, table, signed, p_value, percent, duration, energy, machine)
} | {
    "decimal": lambda value: f"{value:.3f}",
    "interval": lambda ends: " to ".join(f"{end:.3f}" for end in ends),
    "signed_interval": lambda ends: " to ".join(map(signed, ends)),
    "number": lambda value: f"{value:g}" if isinstance(value, int | float) else str(value),
    "versions": lambda found: ", ".join(f"{name} {found[name]}" for name in LIBRARIES if name in found),
    "json": lambda value: Markdown(json.dumps(public_values(value), ensure_ascii=False)),
}


def render(template: str, **values: object) -> str:
    """A Markdown template with these values, and one blank line where parts of it that were left out left several."""
    text = _environment(_cell).get_template(template).render(values)
    return re.sub(r"\n{3,}", "\n\n", text)


def render_python(template: str, **values: object) -> str:
    """A template of a Python program, in which every value becomes a literal."""
    return _environment(_literal).get_template(template).render(values)


@cache
def _environment(finalize: object) -> Environment:
    environment = Environment(  # noqa: S701 - no HTML: `finalize` escapes every value, as Markdown or as Python
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, finalize=finalize,  # type: ignore[arg-type]
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters |= FILTERS
    return environment


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
