"""What ``baseline.json`` holds: the label counts of the training rows, and how TF-IDF terms were made."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ..errors import InputError
from ..files.reading import LONGEST_RECORD, read_limited
from ..task import Task, explain_validation
from .tfidf_features import Analyzer

SETTINGS_FILE = "baseline.json"

Targets = NDArray[np.int64] | NDArray[np.float32]
Positive = Annotated[int, Field(ge=1)]
Length = Annotated[int, Field(ge=1, le=5)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FeatureSettings(_Strict):
    """How TF-IDF features and the regression over them were made."""

    analyzer: Analyzer
    ngram_range: tuple[Length, Length]
    min_df: Positive = Field(description="training rows that a term had to occur in")
    max_features: Positive = Field(description="only so many of the commonest terms were kept")
    c: Annotated[float, Field(gt=0, description="inverse strength of the L2 penalty")]
    seed: int


class BaselineSettings(_Strict):
    """The labels and how many training rows had each; ``features`` where there is more than a majority."""

    labels: tuple[str, ...] = Field(min_length=2)
    multi_label: bool
    rows: Positive
    label_counts: tuple[Annotated[int, Field(ge=0)], ...]
    features: FeatureSettings | None = None

    @model_validator(mode="after")
    def _counts_are_possible(self) -> BaselineSettings:
        if len(self.label_counts) != len(self.labels):
            raise ValueError(f"'label_counts' has {len(self.label_counts)} numbers for {len(self.labels)} labels")
        if max(self.label_counts) > self.rows:
            raise ValueError(f"'label_counts' has {max(self.label_counts)}, more than the {self.rows} rows")
        return self

    @classmethod
    def of(cls, task: Task, held: NDArray[np.bool_], features: FeatureSettings | None = None) -> BaselineSettings:
        """Count the labels of rows, ``held`` being bool [n, L]."""
        return cls(
            labels=task.label_names,
            multi_label=task.multi_label,
            rows=len(held),
            label_counts=tuple(int(count) for count in held.sum(axis=0)),
            features=features,
        )

    def save(self, folder: Path) -> None:
        """Write ``baseline.json``."""
        folder.mkdir(parents=True, exist_ok=True)
        text = self.model_dump_json(indent=2, exclude_none=True)
        (folder / SETTINGS_FILE).write_text(f"{text}\n", encoding="utf-8")


def load_settings(folder: Path, task: Task) -> BaselineSettings:
    """Read ``baseline.json`` and hold it against the task.

    Raises:
        InputError: it is missing or malformed, or its labels are not those of the task.
    """
    file = folder / SETTINGS_FILE
    try:
        text = read_limited(file, LONGEST_RECORD, what="record of a baseline")
        settings = BaselineSettings.model_validate_json(text)
    except OSError:
        raise InputError(f"{folder}: no {SETTINGS_FILE} in it; give the folder that a baseline was saved in.") from None
    except ValidationError as error:
        raise InputError(explain_validation(error, file, BaselineSettings)) from None
    if settings.labels != task.label_names or settings.multi_label != task.multi_label:
        raise InputError(
            f"{folder}: fitted for the labels {', '.join(settings.labels)}, not for those of the task {task.name}; "
            "fit it on rows of this task."
        )
    return settings


def held_labels(task: Task, targets: Targets) -> NDArray[np.bool_]:
    """Which label each row has, bool [n, L], from ``Rows.targets``."""
    if task.multi_label:
        return np.asarray(targets).astype(np.bool_)
    return np.eye(len(task.labels), dtype=np.bool_)[np.asarray(targets, dtype=np.int64)]
