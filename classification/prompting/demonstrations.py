"""Which labelled rows a few-shot prompt shows: training rows only, and never one that is being evaluated."""

from __future__ import annotations

import hashlib
import logging
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..data.counting import quantity
from ..data.dataset import load_rows
from ..data.reading.files import bare_name
from ..data.reading.split_names import SPLIT_OF
from ..data.rows import Rows
from ..data.splitting import fold
from ..errors import InputError
from ..runs.seen import folded_hash
from ..task import Task
from .messages import Demonstration
from .settings import Order, PromptSettings

logger = logging.getLogger(__name__)

#: Rows that a calibration is measured on at least.
FEWEST_TO_CALIBRATE = 8
#: The number of a part at the end of a file's name.
SHARD = re.compile(r"(?:[-_.]?\d+)(?:-of-\d+)?$")


@dataclass(frozen=True)
class ChosenDemonstrations:
    """The rows that a prompt shows or is calibrated on.

    Attributes:
        demonstrations: in the order in which they stand in the prompt; none where every text has its own.
        left_out: rows of the pool that could not be chosen, because they are being evaluated.
        candidates: the rows that every text's own demonstrations are chosen from; see `retrieval`.
        calibration: the rows that its calibration is measured on; none of them among ``demonstrations``.
    """

    demonstrations: tuple[Demonstration, ...] = ()
    left_out: int = 0
    candidates: tuple[Demonstration, ...] = ()
    calibration: tuple[Demonstration, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts of all rows that it may know, each once."""
        rows = (*self.demonstrations, *self.candidates, *self.calibration)
        return tuple(dict.fromkeys(one.text for one in rows))

    @property
    def hashes(self) -> list[str]:
        """A hash of each demonstration's text; see `classification.runs.seen`."""
        return [folded_hash(one.text) for one in self.demonstrations]

    def record(self) -> dict[str, object]:
        """What an evaluation keeps of them: hashes and numbers, and no texts."""
        found: dict[str, object] = {"demonstrations_left_out": self.left_out}
        if self.demonstrations:
            found["demonstrations"] = self.hashes
        for name, rows in (("candidates", self.candidates), ("calibrated_on", self.calibration)):
            if rows:
                found[name] = {"rows": len(rows), "fingerprint": _fingerprint(rows)}
        return found


def _fingerprint(rows: Sequence[Demonstration]) -> str:
    hashes = sorted(f"{folded_hash(one.text)} {sorted(one.labels)}" for one in rows)
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def choose(
    pool: str | Path, task: Task, settings: PromptSettings, *, evaluated: Iterable[str] = (), name: str = "the prompt"
) -> ChosenDemonstrations:
    """Choose what a prompt shows, and what it is calibrated on, from the training rows of a pool.

    Args:
        pool: a file of training rows, or a folder or Hub dataset with a train split.
        task: whose labels are shown.
        settings: how many are chosen, and how.
        evaluated: texts that the prompt is going to be evaluated on. Rows with one of these texts, case and spacing
            aside, are left out before any is chosen, and a warning says how many.
        name: of the contender, for sentences.

    Raises:
        InputError: the pool has no training rows or is named like a test or validation file, or a label has too few
            rows.
    """
    rows = training_rows(pool, task)
    forbidden = set(map(fold, evaluated))
    kept = [at for at, text in enumerate(rows.texts) if fold(text) not in forbidden]
    left_out = len(rows) - len(kept)
    if left_out:
        logger.warning(
            "%s: %s of %s cannot be shown, because they are being evaluated.",
            name,
            quantity(left_out, "row"),
            Path(pool).name,
        )
    return choose_from(
        [Demonstration(rows.texts[at], tuple(rows.labels[at])) for at in kept], task, settings, left_out=left_out
    )


def choose_from(
    rows: Sequence[Demonstration], task: Task, settings: PromptSettings, *, left_out: int = 0
) -> ChosenDemonstrations:
    """`choose` from rows that are here; of rows with the same text, the first counts.

    Raises:
        InputError: a label has too few rows, or all together have.
    """
    rows = list({fold(row.text): row for row in reversed(rows)}.values())[::-1]
    shown: list[Demonstration] = []
    candidates: tuple[Demonstration, ...] = ()
    if settings.by_text:
        candidates = tuple(rows)
        enough(rows, task, settings, left_out=left_out)
    elif settings.shots is not None:
        enough(rows, task, settings, left_out=left_out)
        shown = fixed(rows, task, settings)
    calibration: list[Demonstration] = []
    if settings.needs_rows_to_calibrate:
        texts = {one.text for one in shown}
        others = [row for row in rows if row.text not in texts]
        calibration = calibration_rows(others, task, settings)
    return ChosenDemonstrations(tuple(shown), left_out, candidates, tuple(calibration))


def enough(rows: Sequence[Demonstration], task: Task, settings: PromptSettings, *, left_out: int = 0) -> None:
    """Check that there are as many rows as are to be shown.

    Raises:
        InputError: a label, or the pool, has fewer.
    """
    shots = settings.shots or 0
    if settings.shots_per == "prompt":
        if len(rows) < shots:
            raise InputError(_too_few(None, shots, len(rows), left_out))
        return
    for label in task.label_names:
        there = sum(label in row.labels for row in rows)
        if there < shots:
            raise InputError(_too_few(label, shots, there, left_out))


def fixed(rows: Sequence[Demonstration], task: Task, settings: PromptSettings) -> list[Demonstration]:
    """The demonstrations that all texts are shown with, in their order in the prompt.

    Args:
        rows: to choose from, enough of them; in the pool's order.
        task: whose labels are shown.
        settings: ``balanced`` takes as many rows of each label, ``random`` any, and ``first`` takes the first ones;
            with ``shots_per: label`` each of them does so for every label.
    """
    generator = np.random.default_rng(settings.seed)
    shots = settings.shots or 0
    if settings.shots_per == "label":
        chosen = _of_each_label(rows, task, shots, generator, at_random=settings.selection != "first")
    elif settings.selection == "balanced":
        each = -(-shots // len(task.labels))
        rounds = _of_each_label(rows, task, each, generator, at_random=True, fewer=True)
        chosen = _in_rounds(rounds, task)[:shots]
    elif settings.selection == "random":
        chosen = [rows[at] for at in generator.choice(len(rows), size=shots, replace=False)]
    else:
        chosen = list(rows[:shots])
    return ordered(chosen, task, settings.demonstration_order, generator)


def _of_each_label(
    rows: Sequence[Demonstration],
    task: Task,
    shots: int,
    generator: np.random.Generator,
    *,
    at_random: bool,
    fewer: bool = False,
) -> list[Demonstration]:
    """So many rows of every label; a row of several labels is taken once, for the first of them."""
    taken: list[Demonstration] = []
    for label in task.label_names:
        of_label = [row for row in rows if label in row.labels and (not task.multi_label or row not in taken)]
        size = min(shots, len(of_label)) if fewer or task.multi_label else shots
        picked = generator.choice(len(of_label), size=size, replace=False) if at_random and of_label else range(size)
        taken += [of_label[row] for row in picked]
    return taken


def _in_rounds(rows: Sequence[Demonstration], task: Task) -> list[Demonstration]:
    """One row of every label, then another of every label, and so on."""
    return [rows[at] for at in sorted(range(len(rows)), key=lambda at: (ranks(rows)[at], _column(rows[at], task)))]


def ranks(rows: Sequence[Demonstration]) -> list[int]:
    """How many rows with the same labels stand before each row."""
    counted: Counter[tuple[str, ...]] = Counter()
    found = []
    for row in rows:
        found.append(counted[row.labels])
        counted[row.labels] += 1
    return found


def ordered(
    chosen: Sequence[Demonstration], task: Task, order: Order, generator: np.random.Generator
) -> list[Demonstration]:
    """Demonstrations in an order; ``similar_last`` leaves them as they are."""
    found = list(chosen)
    if order == "shuffled":
        generator.shuffle(found)  # type: ignore[arg-type]
    elif order == "by_label":
        found.sort(key=lambda one: _column(one, task))
    return found


def _column(row: Demonstration, task: Task) -> int:
    """The first of a row's labels, in the task's order; behind all others where it has none."""
    return min((task.index(label) for label in row.labels), default=len(task.labels))


def calibration_rows(rows: Sequence[Demonstration], task: Task, settings: PromptSettings) -> list[Demonstration]:
    """A random sample of the rows, or all where they are fewer.

    Raises:
        InputError: they are fewer than `FEWEST_TO_CALIBRATE`.
    """
    if len(rows) < FEWEST_TO_CALIBRATE:
        raise InputError(
            f"calibration: {settings.calibration} needs {FEWEST_TO_CALIBRATE} rows beside the demonstrations, and "
            f"{quantity(len(rows), 'row')} {'is' if len(rows) == 1 else 'are'} left; add rows, or leave it out."
        )
    count = min(settings.calibration_rows, len(rows))
    picked = np.random.default_rng(settings.seed).permutation(len(rows))[:count]
    return [rows[at] for at in sorted(picked)]


def within_budget(
    chosen: Sequence[Demonstration], tokens: Sequence[int], most: int | None
) -> tuple[Demonstration, ...]:
    """As many demonstrations as have at most ``most`` tokens together, in their order.

    The most similar are kept, or where similarity does not matter as many of every label as fit.

    Args:
        chosen: in the order of the prompt.
        tokens: how many each has.
        most: ``None`` for any number.
    """
    if most is None:
        return tuple(chosen)
    rank = ranks(chosen)
    by_worth = sorted(range(len(chosen)), key=lambda at: (-(chosen[at].similarity or 0.0), rank[at], at))
    kept, used = set(), 0
    for at in by_worth:
        if used + tokens[at] > most:
            break
        used += tokens[at]
        kept.add(at)
    return tuple(one for at, one in enumerate(chosen) if at in kept)


def training_rows(pool: str | Path, task: Task) -> Rows:
    """The rows of a pool that a prompt may show: a file's, or the train split's of a folder or Hub dataset.

    Raises:
        InputError: there is no train split, the file's name says that it holds test or validation rows, or the rows
            cannot be read.
    """
    path = Path(pool)
    split = held_out_split(path) if path.is_file() else None
    if split:
        raise InputError(
            f"{path}: its name says that it holds {split} rows, and demonstrations are training rows only; name a file "
            "of training rows, or rename this one if that is what it holds."
        )
    return load_rows(pool, task, split="train")


def held_out_split(file: Path) -> str | None:
    """Test or validation where a file's name says that it holds those rows, else ``None``.

    The name says so by its first or last word, numbers aside: ``test-00000-of-00001.parquet``, ``sms_dev.tsv``. A
    name without words, as in ``test/0000.parquet``, leaves that to the folder.
    """
    words = re.findall(r"[^\W\d_]+", SHARD.sub("", bare_name(file.name).casefold())) or [file.parent.name.casefold()]
    named = [SPLIT_OF.get(word) for word in words]
    if "train" in named:
        return None
    return named[0] or named[-1]


def _too_few(label: str | None, shots: int, there: int, left_out: int) -> str:
    of_label = f" of {label!r}" if label else ""
    asked = f"{quantity(shots, 'demonstration')}{of_label} {'was' if shots == 1 else 'were'} asked for"
    have = f"{quantity(there, 'row')} {'has' if there == 1 else 'have'} that label"
    if not label:
        have = f"there {'is' if there == 1 else 'are'} {quantity(there, 'row')}"
    if not left_out:
        return f"{asked}, and only {have}; ask for fewer or add rows."
    are = "is" if left_out == 1 else "are"
    return (
        f"{asked}, and only {have} once the {quantity(left_out, 'row')} being evaluated {are} left out; ask for fewer, "
        "add rows, or evaluate others."
    )
