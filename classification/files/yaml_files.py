"""The one reader for YAML files that people write (tasks, lineups).

YAML reads ``yes``, ``no``, ``on``, numbers, dates and ``null`` as other types than text. Where a text belongs, the
error shows the word as it was written and asks for quotes. Keys are always texts, as they are written. Aliases, tags,
duplicate keys, deep nesting and large files are refused before any value is built.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from ..errors import InputError, shown
from .reading import LONGEST_WRITTEN, read_limited

MOST_LEVELS = 20
#: Longer words are not read as numbers.
LONGEST_NUMBER = 60
Key = tuple[str | int, ...]
#: The compiled parser where there is one: the other takes seconds for the largest file that is read.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
CONTROL = yaml.reader.Reader.NON_PRINTABLE
STR = "tag:yaml.org,2002:str"
#: A lone ``=`` or ``<<`` has a meaning for YAML, and none in our files.
_PLAIN = ("tag:yaml.org,2002:value", "tag:yaml.org,2002:merge")


class NotText:
    """A value that YAML read as something else than text, or that is invalid as such, like a date with a 13th month."""


@dataclass
class YamlFile:
    """A mapping from a YAML file.

    Attributes:
        path: the file.
        data: what it holds.
        written: for each value that YAML read as something else than text, by its keys: the word as it was written.
    """

    path: Path
    data: dict[str, object]
    written: dict[Key, str] = field(default_factory=dict)

    def remedy(self, key: Key) -> str | None:
        """The sentence for a word that is not text where a text belongs; ``None`` where YAML changed nothing."""
        if key not in self.written:
            return None
        where, word = ".".join(map(str, key)), self.written[key]
        if not word:
            return f"{self.path}: {where!r} is empty; give it a value, or leave it out."
        found = _value_at(self.data, key)
        told = f"{self.path}: {where!r} is {word[:LONGEST_NUMBER]}, which YAML reads as {_kind(found)}"
        if found is None:
            return f'{told}; put quotes around it ("{word}") if that is the text, or leave it out.'
        return f'{told}; put quotes around it: "{word[:LONGEST_NUMBER]}".'

    def nothing(self, key: Key) -> str | None:
        """The sentence for a key with nothing behind it; ``None`` where there is something."""
        return self.remedy(key) if _value_at(self.data, key) is None else None


def read_yaml(file: Path, *, what: str) -> dict[str, object]:
    """A YAML mapping from a file, or an `InputError` that says what the file is instead; see `read_yaml_file`."""
    return read_yaml_file(file, what=what).data


def read_yaml_file(file: Path, *, what: str) -> YamlFile:
    """A YAML mapping from a file, and how its words were written.

    Args:
        file: at most 1 MB.
        what: what such a file is called in sentences.

    Raises:
        InputError: it cannot be read, is not UTF-8 or not YAML, holds no mapping, an alias, a tag, a key that
            stands twice, or more than `MOST_LEVELS` levels; the sentence says what, and in which line.
    """
    found = YamlFile(file, {})
    try:
        text = read_limited(file, LONGEST_WRITTEN, what=what).decode("utf-8-sig")
        _check_control(file, text)
        data = _Builder(file, text, found.written).document()
    except OSError as error:
        reason = "is a folder" if file.is_dir() else (error.strerror or "cannot be read").lower()
        raise InputError(f"{file}: {reason}; give the path of a {what} (YAML).") from None
    except UnicodeDecodeError:
        raise InputError(f"{file}: not UTF-8 text; save the {what} as UTF-8.") from None
    except yaml.YAMLError as error:
        raise InputError(_complaint(file, error)) from None
    if data is None:
        raise InputError(f"{file}: nothing is in it; a {what} holds `key: value` lines.")
    if not isinstance(data, dict):
        raise InputError(f"{file}: found {shown(data)} where a {what} holds `key: value` lines.")
    found.data = data
    return found


class _Builder:
    """Builds the values of one document from the parser's events, and stops at the first thing that is refused."""

    def __init__(self, file: Path, text: str, written: dict[Key, str]) -> None:
        self._file, self._written = file, written
        self._loader: Any = LOADER(text)

    def document(self) -> object:
        """The only document of the file; ``None`` for none."""
        try:
            self._loader.get_event()  # the start of the stream
            if self._loader.check_event(yaml.StreamEndEvent):
                return None
            self._loader.get_event()  # the start of the document
            found = self._value(())
            self._loader.get_event()
            if not self._loader.check_event(yaml.StreamEndEvent):
                self._refuse(self._loader.peek_event(), "a second document begins here; keep one")
            return found
        finally:
            self._loader.dispose()

    def _value(self, key: Key) -> object:
        event = self._loader.get_event()
        self._check(event, key)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, key)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[object] = []
            while not self._loader.check_event(yaml.SequenceEndEvent):
                items.append(self._value((*key, len(items))))
            self._loader.get_event()
            return items
        return self._mapping(key)

    def _mapping(self, key: Key) -> dict[str, object]:
        found: dict[str, object] = {}
        lines: dict[str, int] = {}
        while not self._loader.check_event(yaml.MappingEndEvent):
            event = self._loader.get_event()
            self._check(event, key)
            if not isinstance(event, yaml.ScalarEvent):
                self._refuse(event, "a list or a mapping stands where a key belongs; write `key: value`")
            name = event.value
            if name in found:
                self._refuse(event, f"the key {shown(name)} stands in line {lines[name]} already; keep one of them")
            lines[name] = event.start_mark.line + 1
            found[name] = self._value((*key, name))
        self._loader.get_event()
        return found

    def _scalar(self, event: Any, key: Key) -> object:
        tag = event.tag or self._loader.resolve(yaml.ScalarNode, event.value, event.implicit)
        if tag == STR or tag in _PLAIN or event.tag == "!":
            return event.value
        self._written[key] = event.value
        if len(event.value) > LONGEST_NUMBER:
            return NotText()
        try:
            return self._loader.construct_object(yaml.ScalarNode(tag, event.value, event.start_mark))
        except (ValueError, OverflowError):  # a day that no calendar has
            return NotText()

    def _check(self, event: Any, key: Key) -> None:
        """Refuse aliases, tags and deep nesting: people do not write them, and they can expand without limit."""
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            name = f"{'*' if isinstance(event, yaml.AliasEvent) else '&'}{event.anchor}"
            self._refuse(event, f"the alias {shown(name)} is not read; write out what it stands for, or quote it")
        if getattr(event, "tag", None) not in (None, "!", STR):
            self._refuse(event, f"the tag {shown(event.tag)} is not read; leave it out")
        if isinstance(event, yaml.CollectionStartEvent) and len(key) >= MOST_LEVELS:
            self._refuse(event, f"lists and mappings stand in each other more than {MOST_LEVELS} deep; write it flat")
        if isinstance(event, yaml.ScalarEvent) and any("\ud800" <= sign <= "\udfff" for sign in event.value):
            self._refuse(event, "half a character (a lone surrogate) is in the text; write the whole character")
        if isinstance(event, yaml.ScalarEvent) and "\0" in event.value:
            self._refuse(event, "a character with the number 0 is in the text; remove it")

    def _refuse(self, event: Any, sentence: str) -> None:
        raise InputError(f"{self._file}, line {event.start_mark.line + 1}: {sentence}.")


def _check_control(file: Path, text: str) -> None:
    found = CONTROL.search(text)
    if found:
        line, code = text.count("\n", 0, found.start()) + 1, ord(found.group())
        raise InputError(f"{file}, line {line}: the control character U+{code:04X} is in it; remove it.")


def _complaint(file: Path, error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f", line {mark.line + 1}" if mark else ""
    problem = getattr(error, "problem", None) or "cannot be parsed"
    return f"{file}{where}: not valid YAML ({problem}); correct that line."


def _value_at(data: object, key: Key) -> object:
    for part in key:
        data = data[part] if isinstance(data, Mapping | list) else None  # type: ignore[index,call-overload]
    return data


def _kind(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    return "a number" if isinstance(value, int | float) else "a date" if isinstance(value, date) else "no text"
