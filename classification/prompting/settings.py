"""How a prompt is written, which demonstrations it shows, and how its answer is read: the keys of a lineup's entry."""

from __future__ import annotations

from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..errors import InputError
from ..task import Task

Decode = Literal["score", "generate"]
Style = Literal[
    "direct", "described", "letters", "chain-of-thought", "carp", "self-consistency", "completion", "yes-no"
]
Selection = Literal["balanced", "random", "first", "semantic", "diverse"]
Order = Literal["shuffled", "similar_last", "by_label"]
CalibrationKind = Literal["contextual", "batch", "fitted"]
STYLES: tuple[Style, ...] = get_args(Style)
SELECTIONS: tuple[Selection, ...] = get_args(Selection)
#: Selections that choose other rows for every text, by its embedding.
BY_TEXT: tuple[Selection, ...] = ("semantic", "diverse")
#: Styles in which the model writes before its labels are scored.
REASONED: tuple[Style, ...] = ("chain-of-thought", "carp", "self-consistency")
#: Options that have a letter.
MOST_LETTERS = 26
#: The encoder that finds similar texts, by the language of the task.
ENCODERS = {"en": "sentence-transformers/all-MiniLM-L6-v2"}
ENCODER_OF_OTHERS = "intfloat/multilingual-e5-small"
#: Keys that say something about a prompt alone, which a run has learnt with.
ONLY_PROMPTED = (
    "shots_per", "selection", "order", "encoder", "groups", "demonstration_tokens", "style", "prompt_language",
    "instruction", "label_order", "length_normalized", "calibration",
)  # fmt: skip


def _key(default: Any, description: str, **more: Any) -> Any:
    """A key that is written down only where it is not what it is by default."""
    return Field(default=default, description=description, exclude_if=lambda value: value == default, **more)


class PromptSettings(BaseModel):
    """What a lineup says of a prompt."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    shots: int | None = Field(default=None, ge=1, le=64, description="few-shot: demonstrations a label")
    shots_per: Literal["label", "prompt"] = _key("label", "whether 'shots' counts demonstrations of each label or all")
    selection: Selection = _key(
        "balanced", "which rows are shown: semantic and diverse choose other rows for every text, by its embedding"
    )
    order: Order | None = _key(
        None, "of the demonstrations; by default similar_last where they are chosen by text, else shuffled"
    )
    encoder: str | None = _key(None, "the sentence encoder that finds similar texts")
    groups: int | None = _key(
        None, "semantic, diverse: texts that are alike share demonstrations, in so many groups", ge=2, le=10_000
    )
    demonstration_tokens: int | None = _key(None, "the most tokens that all demonstrations together may have", ge=1)
    seed: int = Field(default=0, ge=0, description="which rows are shown, and what is sampled")
    decode: Decode = "score"
    describe_labels: bool = False
    style: Style = _key("direct", "how the question is put")
    prompt_language: Literal["en", "zh"] = _key("en", "of the sentences around the instruction")
    instruction: str | None = _key(None, "in place of the task's", min_length=1, max_length=2000)
    label_order: Literal["given", "reversed"] = _key("given", "in which the prompt lists the labels")
    reasoning_tokens: int = _key(64, "the most tokens that the model reasons for", ge=1, le=2000)
    samples: int = _key(5, "self-consistency: how many reasonings vote", ge=2, le=50)
    temperature: float = _key(0.7, "self-consistency: of the sampling", gt=0, le=5)
    length_normalized: bool = _key(False, "whether a label's log-likelihood is divided by its number of tokens")
    calibration: CalibrationKind | None = _key(None, "how the model's preference for some labels is taken out")
    calibration_rows: int = _key(64, "batch, fitted: rows that this is measured on", ge=8, le=5000)

    @model_validator(mode="after")
    def _keys_fit_each_other(self) -> PromptSettings:
        wrong = self._contradiction() or self._not_scored() or self._without_effect()
        if wrong:
            raise ValueError(wrong)
        return self

    @property
    def by_text(self) -> bool:
        """Whether every text gets demonstrations of its own."""
        return self.shots is not None and self.selection in BY_TEXT

    @property
    def needs_rows_to_calibrate(self) -> bool:
        """Whether its calibration is measured on rows."""
        return self.calibration in ("batch", "fitted")

    @property
    def needs_rows(self) -> bool:
        """Whether it needs labelled rows: to show them, or to be calibrated on them."""
        return self.shots is not None or self.needs_rows_to_calibrate

    def in_words(self) -> list[str]:
        """What was chosen for this prompt, for people; nothing of what is by default."""
        found = []
        if self.shots:
            each = " a label" if self.shots_per == "label" else ""
            chosen = "" if self.selection == "balanced" else f"{self.selection} "
            groups = f" in {self.groups} groups" if self.groups else ""
            found.append(f"{self.shots} {chosen}demonstration{'s' if self.shots > 1 else ''}{each}{groups}")
        if self.style != "direct":
            found.append(f"style {self.style}")
        if self.describe_labels and self.style != "described":
            found.append("labels described")
        if self.instruction:
            found.append("instruction of its own")
        if self.prompt_language != "en":
            found.append(f"asked in {self.prompt_language}")
        if self.label_order == "reversed":
            found.append("labels in reverse order")
        if self.length_normalized:
            found.append("length-normalized")
        if self.calibration:
            on = f" on {self.calibration_rows} rows" if self.needs_rows_to_calibrate else ""
            found.append(f"{self.calibration} calibration{on}")
        return found

    @property
    def demonstration_order(self) -> Order:
        """The order that is meant where none is written."""
        return self.order or ("similar_last" if self.by_text else "shuffled")

    def encoder_for(self, language: str) -> str:
        """The sentence encoder that finds similar texts of a language (ISO 639-1)."""
        return self.encoder or ENCODERS.get(language, ENCODER_OF_OTHERS)

    def _contradiction(self) -> str | None:
        if self.shots is None:
            key = self._first_changed("shots_per", "selection", "order", "groups", "demonstration_tokens", "encoder")
            return key and f"{key!r} is about demonstrations, and there are no 'shots'; add those or remove it"
        if not self.by_text:
            key = self._first_changed("groups", "encoder")
            if key:
                return f"{key!r} is for selection: semantic or diverse; remove it, or choose one of those"
            if self.order == "similar_last":
                return "'order: similar_last' is for selection: semantic or diverse; write shuffled or by_label"
        return None

    def _without_effect(self) -> str | None:
        """A key that nothing else in the entry makes use of."""
        if self.style not in REASONED and self._first_changed("reasoning_tokens"):
            return f"'reasoning_tokens' is for the styles {', '.join(REASONED)}; remove it, or choose one of those"
        key = self._first_changed("samples", "temperature")
        if key and self.style != "self-consistency":
            return f"{key!r} is for style: self-consistency; remove it, or choose that"
        if not self.needs_rows_to_calibrate and self._first_changed("calibration_rows"):
            return "'calibration_rows' is for calibration: batch or fitted; remove it, or choose one of those"
        return None

    def _not_scored(self) -> str | None:
        if self.decode == "score":
            return None
        if self.style in (*REASONED, "yes-no"):
            return f"'style: {self.style}' scores the labels; leave out 'decode: generate'"
        key = self._first_changed("calibration", "length_normalized")
        return key and f"{key!r} is about scored labels; leave it or 'decode: generate' out"

    def _first_changed(self, *keys: str) -> str | None:
        """The first of these keys that is not what it is by default."""
        return next((key for key in keys if getattr(self, key) != PromptSettings.model_fields[key].default), None)

    def prompt_keys(self) -> list[str]:
        """Keys that say something about a prompt alone, and are not what they are by default."""
        return [key for key in ONLY_PROMPTED if self._first_changed(key)]


def check_form(form: PromptSettings, task: Task, name: str) -> None:
    """Check that a question can be put like this for a task.

    Raises:
        InputError: it cannot; the sentence says why and what can.
    """
    if form.style == "yes-no" and not task.multi_label:
        raise InputError(f"{name}: style yes-no is for tasks with several labels a text; write style: direct.")
    if form.style == "letters" and task.multi_label:
        raise InputError(f"{name}: style letters is for tasks with one label a text; write style: direct or yes-no.")
    if form.style == "letters" and len(task.labels) > MOST_LETTERS:
        raise InputError(
            f"{name}: style letters has {MOST_LETTERS} letters, and the task {task.name} has {len(task.labels)} "
            "labels; write style: direct."
        )
    if task.multi_label and form.length_normalized:
        raise InputError(f"{name}: length_normalized is for tasks with one label a text; leave it out.")


def styles_for(task: Task) -> tuple[Style, ...]:
    """The styles in which a question about a task can be put."""
    unfit = {"letters"} if task.multi_label or len(task.labels) > MOST_LETTERS else set()
    return tuple(style for style in STYLES if style not in unfit | (set() if task.multi_label else {"yes-no"}))
