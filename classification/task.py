"""What to decide, and in which words: a task is a small YAML file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from .errors import InputError, nearest, one_of, shown

NonEmpty = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Label(_Strict):
    """One possible answer."""

    name: NonEmpty
    description: str = ""
    verbalizer: NonEmpty | None = None

    @property
    def word(self) -> str:
        """The word that a chat model says for this label (the *verbalizer*; by default the name)."""
        return self.verbalizer or self.name


class DatasetSource(_Strict):
    """Where a task's rows come from, and how their columns are read."""

    path: NonEmpty = Field(description="a Hub dataset id, a file, or a folder of files named after splits")
    revision: str | None = Field(default=None, description="a Hub branch, tag or commit")
    config: str | None = Field(default=None, description="the configuration of a Hub dataset that has several")
    text_column: NonEmpty = "text"
    label_column: NonEmpty = "label"
    splits: dict[str, str] = Field(
        default_factory=dict, description="our split (train, validation, test) to the name it has at the source"
    )
    label_values: dict[str, str] = Field(
        default_factory=dict, description="a value in the label column to the label that it stands for"
    )


class Task(_Strict):
    """A text classification task."""

    name: NonEmpty
    language: NonEmpty = Field(description="ISO 639-1 code of the texts")
    instruction: NonEmpty = Field(description="one sentence that tells a chat model what to do")
    labels: tuple[Label, ...] = Field(min_length=2)
    multi_label: bool = Field(default=False, description="true when a text may have several labels, or none")
    dataset: DatasetSource | None = None
    examples: tuple[NonEmpty, ...] = ()

    @model_validator(mode="after")
    def _words_tell_labels_apart(self) -> Task:
        for what, words in (("name", self.label_names), ("verbalizer", self.words)):
            counts = Counter(word.strip().casefold() for word in words)
            twice = min((word for word, count in counts.items() if count > 1), default=None)
            if twice is not None:
                raise ValueError(f"two labels have the {what} {twice!r}; give each label its own")
        return self

    @cached_property
    def label_names(self) -> tuple[str, ...]:
        """Label names in the file's order, which is the column order of every probability array."""
        return tuple(label.name for label in self.labels)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Verbalizers, in label order."""
        return tuple(label.word for label in self.labels)

    def index(self, name: str) -> int:
        """Column of a label.

        Raises:
            InputError: the task has no such label.
        """
        try:
            return self.label_names.index(name)
        except ValueError:
            raise InputError(
                f"{shown(name)} is not a label of the task {self.name}{nearest(name, self.label_names)}; "
                f"allowed: {one_of(self.label_names)}."
            ) from None


def load_task(path: str | Path) -> Task:
    """Read a task file.

    Raises:
        InputError: no such file, no YAML, or a key that is missing, unknown or wrong; the sentence
            names the file, the key, what was found and what is allowed.
    """
    file = Path(path)
    data = read_yaml(file, what="task file")
    try:
        return Task.model_validate(data)
    except ValidationError as error:
        raise InputError(explain(error, file, Task)) from None


def read_yaml(file: Path, *, what: str) -> dict[str, object]:
    """A YAML mapping from a file, or an `InputError` that says what the file is instead."""
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        reason = "is a folder" if file.is_dir() else (error.strerror or "cannot be read").lower()
        raise InputError(f"{file}: {reason}; give the path of a {what} (YAML).") from None
    except UnicodeDecodeError:
        raise InputError(f"{file}: not UTF-8 text; save the {what} as UTF-8.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "cannot be parsed"
        raise InputError(f"{file}{where}: not valid YAML ({problem}); correct that line.") from None
    if not isinstance(data, dict):
        raise InputError(f"{file}: found {shown(data)} where a {what} holds `key: value` lines.")
    return data


def explain(error: ValidationError, file: Path, model: type[BaseModel]) -> str:
    """The first complaint of pydantic as our sentence: file, key, what was found, what is allowed."""
    first = error.errors()[0]
    keys = [str(part) for part in first["loc"]]
    where = ".".join(keys) or "the file"
    if first["type"] == "extra_forbidden":
        allowed = _fields_at(model, first["loc"][:-1])
        return f"{file}: unknown key {where!r}{nearest(keys[-1], allowed)}; allowed: {', '.join(allowed)}."
    if first["type"] == "missing":
        return f"{file}: the key {where!r} is missing; add it."
    wanted = first["msg"].removeprefix("Value error, ")
    if first["type"] == "value_error":
        return f"{file}: {wanted}."
    return f"{file}: {where!r} is {shown(first['input'])}, but {wanted[0].lower()}{wanted[1:]}."


def _fields_at(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    """Names of the keys that are allowed at a place in a nested model."""
    for part in location:
        if isinstance(part, int) or part not in model.model_fields:
            continue
        nested = _nested_model(model.model_fields[part].annotation)
        model = nested or model
    return list(model.model_fields)


def _nested_model(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _nested_model(argument)
        if found:
            return found
    return None
