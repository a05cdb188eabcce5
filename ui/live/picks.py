"""What a visitor may pick for the prompted contenders, and what their entries in the lineup become by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar, get_args

from classification.contenders import Contender, ContenderEntry
from classification.errors import InputError, one_of, shown
from classification.families import PROMPTED
from classification.prompting.settings import (
    BY_TEXT,
    REASONED,
    SELECTIONS,
    CalibrationKind,
    Selection,
    Style,
    styles_for,
)
from classification.task import Task

SHOTS = (0, 1, 2, 5, 10)
SHOTS_PER = ("label", "prompt")
NO_CALIBRATION = "none"
CALIBRATIONS: tuple[str, ...] = (NO_CALIBRATION, *get_args(CalibrationKind))
#: What one visitor may have others wait for: demonstrations in a prompt, those that a model writes reasons for, and
#: rows that a calibration is measured on.
MOST_SHOWN, MOST_REASONED, MOST_ROWS = 64, 6, 32
#: Keys of an entry that picks decide, and those that say something about demonstrations alone.
PICKED = {"name", "approach", "shots", "shots_per", "selection", "style", "calibration", "calibration_rows"}
ABOUT_SHOWN = {"order", "groups", "encoder", "demonstration_tokens"}
ABOUT_SIMILAR = {"groups", "encoder"}

Value = TypeVar("Value")


@dataclass(frozen=True)
class Picks:
    """How prompts are to be, where the lineup has them otherwise.

    Attributes:
        shots: demonstrations; 0 for none.
        shots_per: whether they are counted for each label or in all.
        selection: which rows are shown.
        style: how the question is put.
        calibration: how the model's preference for some labels is taken out.
    """

    shots: int = 0
    shots_per: str = "label"
    selection: Selection = "balanced"
    style: Style = "direct"
    calibration: CalibrationKind | None = None

    @classmethod
    def of(cls, task: Task, *values: object) -> Picks:
        """Picks from what a request says.

        Args:
            task: what is decided.
            values: in the order of the attributes, with `NO_CALIBRATION` for none.

        Raises:
            InputError: it says something that is on no list, or that would have others wait too long.
        """
        if len(values) != 5:
            raise InputError(f"There are {len(values)} settings of a prompt; give 5.")
        shots, shots_per, selection, style, calibration = values
        kind = _one("The calibration", calibration, CALIBRATIONS)
        found = cls(
            _one("The number of demonstrations", shots, SHOTS),
            _one("What demonstrations are counted by", shots_per, SHOTS_PER),
            _one("The selection", selection, SELECTIONS),
            _one("The style", style, styles_for(task)),
            None if kind == NO_CALIBRATION else kind,  # type: ignore[arg-type]
        )
        found._check_size(task)
        return found

    @property
    def needs_rows(self) -> bool:
        """Whether labelled rows are needed: to show them, or to calibrate on them."""
        return self.shots > 0 or self.calibration in ("batch", "fitted")

    def _check_size(self, task: Task) -> None:
        count = self.shots * (len(task.labels) if self.shots_per == "label" else 1)
        if count > MOST_SHOWN:
            raise InputError(
                f"{self.shots} demonstrations of each of {len(task.labels)} labels are {count}, and at most "
                f"{MOST_SHOWN} are shown here; pick fewer, or count them in total."
            )
        if self.style not in REASONED:
            return
        if count > MOST_REASONED:
            raise InputError(
                f"With the style {self.style} the model writes reasons for each demonstration, and {count} would take "
                f"too long here; pick at most {MOST_REASONED} in total."
            )
        if self.calibration in ("batch", "fitted"):
            raise InputError(
                f"With the style {self.style} the model writes before it answers, and {self.calibration} calibration "
                f"on {MOST_ROWS} rows would take too long here; pick {NO_CALIBRATION} or contextual."
            )


def _one(what: str, value: object, allowed: Sequence[Value]) -> Value:
    """The value, which is one of a list: ``True`` is no number, and nothing from outside is taken as it is."""
    found = next((one for one in allowed if type(one) is type(value) and one == value), None)
    if found is None:
        raise InputError(f"{what} cannot be {shown(value)}; pick {one_of(map(str, allowed))}.")
    return found


def changeable(contenders: Sequence[Contender]) -> list[Contender]:
    """The contenders whose prompts can be changed: chat models that are prompted."""
    return [one for one in contenders if one.approach in ("zero-shot", "few-shot") and one.family == PROMPTED]


def with_picks(contenders: Sequence[Contender], picks: Picks) -> list[Contender]:
    """Contenders for a visitor's picks: one for each chat model of the lineup that is prompted.

    Where the lineup has several prompts on a model that differ in more than what is picked, there is one for each.

    Raises:
        InputError: no prompt can be changed, or the lineup has no rows that the picks need.
    """
    prompted = changeable(contenders)
    if not prompted:
        raise InputError("No contender of this lineup is a chat model that is prompted, so there is nothing to pick.")
    if picks.needs_rows and all(one.demonstrations is None for one in prompted):
        raise InputError(
            "The lineup has no 'demonstrations:', rows to show and to calibrate on; pick 0 demonstrations, and of the "
            f"calibrations {NO_CALIBRATION} or contextual."
        )
    found: dict[str, tuple[Contender, ContenderEntry]] = {}
    for contender in prompted:
        entry = changed(contender.entry, picks)
        found.setdefault(mark_of(entry), (contender, entry))
    models = [entry.model for _, entry in found.values()]
    names = [_name(contender, twice=models.count(contender.entry.model) > 1) for contender, _ in found.values()]
    return [
        replace(contender, entry=entry.model_copy(update={"name": name}))
        for (contender, entry), name in zip(found.values(), names, strict=True)
    ]


def changed(entry: ContenderEntry, picks: Picks) -> ContenderEntry:
    """An entry with these picks; of what it says otherwise, all stays that can stand beside them.

    Answers that are written freely are scored where that is what the picks are about.
    """
    by_text = picks.shots > 0 and picks.selection in BY_TEXT
    leaves = PICKED | (set() if by_text else ABOUT_SIMILAR if picks.shots else ABOUT_SHOWN)
    if picks.style not in REASONED:
        leaves |= {"reasoning_tokens"}
    if picks.style != "self-consistency":
        leaves |= {"samples", "temperature"}
    if not by_text and entry.order == "similar_last":
        leaves |= {"order"}
    if picks.calibration or picks.style in (*REASONED, "yes-no"):
        leaves |= {"decode"}
    found: dict[str, Any] = entry.model_dump(exclude_none=True, exclude_unset=True, exclude=leaves)
    found |= {"name": entry.name, "approach": "zero-shot", "style": picks.style, "calibration": picks.calibration}
    if picks.shots:
        found |= {"approach": "few-shot", "shots": picks.shots, "shots_per": picks.shots_per}
        found |= {"selection": picks.selection}
    if picks.calibration in ("batch", "fitted"):
        found |= {"calibration_rows": min(entry.calibration_rows, MOST_ROWS)}
    return ContenderEntry.model_validate(found)


def mark_of(entry: ContenderEntry) -> str:
    """What decides the answers of a prompt: equal for two entries that ask the same, whatever they are called."""
    return entry.model_dump_json(exclude={"name", "family"})


def _name(contender: Contender, *, twice: bool) -> str:
    model = str(contender.entry.model).rstrip("/").rpartition("/")[2]
    return f"{contender.entry.name if twice else model}"[:68] + ", as picked"
