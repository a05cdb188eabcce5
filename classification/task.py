"""What to decide, and in which words: a task is a small YAML file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator

from .errors import InputError, nearest, one_of, shown
from .files.yaml_files import YamlFile, read_yaml_file
from .words import confusion, flaw

#: Where the text goes in a pattern, and where a masked language model puts the label's word.
TEXT_PLACE, MASK_PLACE = "{text}", "{mask}"
NonEmpty = Annotated[str, Field(min_length=1)]
Model = TypeVar("Model", bound=BaseModel)
#: What pydantic says where it found no text: for a text itself, and for a label, which may be no more than a name.
TEXT_WANTED = ("string_type", "model_type", "model_attributes_type")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Label(_Strict):
    """One possible answer."""

    name: NonEmpty
    description: str = ""
    verbalizer: NonEmpty | None = None

    @field_validator("name", "verbalizer")
    @classmethod
    def _can_be_said(cls, text: str | None, info: ValidationInfo) -> str | None:
        wrong = flaw(text) if text is not None else None
        if wrong:
            raise ValueError(f"the {info.field_name} {shown(text)} of a label {wrong}")
        return text

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
    patterns: tuple[NonEmpty, ...] = Field(
        default=(),
        # So that a task without any is written, and hashed, as before there were patterns.
        exclude_if=lambda patterns: not patterns,
        description="a masked language model: texts with {text} and {mask} in them, which it is to complete",
    )

    @field_validator("labels", mode="before")
    @classmethod
    def _names_are_labels(cls, given: object, info: ValidationInfo) -> object:
        """Labels as people write them: a list of names, of mappings, or of both; or each name with its description."""
        if isinstance(given, Mapping):
            return _described(given, (info.context or {}).get("file"))
        if not isinstance(given, Sequence) or isinstance(given, str | bytes):
            raise ValueError(f"'labels' is {shown(given)}; write a list, such as labels: [positive, negative]")
        return tuple({"name": label} if isinstance(label, str) else label for label in given)

    @field_validator("patterns")
    @classmethod
    def _have_their_places(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            for place in (TEXT_PLACE, MASK_PLACE):
                count = pattern.count(place)
                if count != 1:
                    raise ValueError(
                        f"the pattern {shown(pattern)} has {place} {f'{count} times' if count else 'nowhere'}, and "
                        f"needs it once: {TEXT_PLACE} is where the text goes, {MASK_PLACE} where the model puts the "
                        "label's word"
                    )
        return patterns

    @model_validator(mode="after")
    def _answers_tell_labels_apart(self) -> Task:
        wrong = confusion(self.label_names, self.words, several=self.multi_label)
        if wrong:
            raise ValueError(wrong)
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


def _described(given: Mapping[str, object], file: YamlFile | None) -> list[dict[str, object]]:
    """Labels from a mapping of each name to its description, or to the other keys of a label."""
    if given and all(str(name).isdecimal() for name in given):
        numbers = ", ".join(f'"{name}"' for name in list(given)[:3])
        raise ValueError(
            f"'labels' maps numbers to {shown(next(iter(given.values())))} and others; write the names as a list, "
            "labels: [positive, negative], and what numbers in the rows mean as dataset: label_values, with the keys "
            f"{numbers}"
        )
    for name, about in given.items():
        if not isinstance(about, str | Mapping):
            word = file.written.get(("labels", name)) if file else None
            raise ValueError(
                f"'labels.{name}' is {word or shown(about)}, and behind a label's name stands its description; put "
                "quotes around a description, or write a list of names: labels: [positive, negative]"
            )
    return [
        {"name": name, **({"description": about} if isinstance(about, str) else about)}  # type: ignore[dict-item]
        for name, about in given.items()
    ]


def load_task(path: str | Path) -> Task:
    """Read a task file.

    Raises:
        InputError: no such file, no YAML, or a key that is missing, unknown or wrong; the sentence
            names the file, the key, what was found and what is allowed.
    """
    return load_model(Path(path), Task, what="task file")


def load_model(path: Path, model: type[Model], *, what: str) -> Model:
    """Read a YAML file that has to be what a pydantic model describes.

    Args:
        path: the file.
        model: what it has to hold; a key that may be left out may not be there with nothing behind it.
        what: what such a file is called in sentences.

    Raises:
        InputError: as of `load_task`.
    """
    file = read_yaml_file(path, what=what)
    try:
        found = model.model_validate(file.data, context={"file": file})
    except ValidationError as error:
        raise InputError(explain_validation(error, path, model, file)) from None
    nothing = next((remedy for key in file.written if (remedy := file.nothing(key))), None)
    if nothing:
        raise InputError(nothing)
    return found


def explain_validation(
    error: ValidationError, file: Path, model: type[BaseModel], yaml_file: YamlFile | None = None
) -> str:
    """The first complaint of pydantic as our sentence: file, key, what was found, what is allowed.

    Args:
        error: of pydantic.
        file: what it was about.
        model: what it should have been.
        yaml_file: how the words of the file were written, where it is YAML.
    """
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
    if first["type"] == "json_invalid":
        return f"{file}: {wanted[0].lower()}{wanted[1:]}; give a file that this program wrote."
    remedy = yaml_file.remedy(first["loc"]) if yaml_file and first["type"] in TEXT_WANTED else None
    if remedy:
        return remedy
    word = yaml_file.written.get(first["loc"]) if yaml_file else None
    return f"{file}: {where!r} is {word or shown(first['input'])}, but {wanted[0].lower()}{wanted[1:]}."


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
