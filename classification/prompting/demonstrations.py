"""Which labelled rows a few-shot prompt shows: training rows only, and never one that is being evaluated."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
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

logger = logging.getLogger(__name__)

#: The number of a part at the end of a file's name.
SHARD = re.compile(r"(?:[-_.]?\d+)(?:-of-\d+)?$")


@dataclass(frozen=True)
class ChosenDemonstrations:
    """What a prompt shows.

    Attributes:
        demonstrations: in the order in which they stand in the prompt.
        left_out: rows of the pool that could not be chosen, because they are being evaluated.
    """

    demonstrations: tuple[Demonstration, ...] = ()
    left_out: int = 0

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts of the demonstrations."""
        return tuple(one.text for one in self.demonstrations)

    @property
    def hashes(self) -> list[str]:
        """A hash of each text, for the record of an evaluation; see `classification.runs.seen`."""
        return [folded_hash(text) for text in self.texts]


def choose(
    pool: str | Path, task: Task, shots: int, *, seed: int = 0, evaluated: Iterable[str] = (), name: str = "the prompt"
) -> ChosenDemonstrations:
    """Choose demonstrations from the training rows of a pool.

    Args:
        pool: a file of training rows, or a folder or Hub dataset with a train split.
        task: whose labels are shown.
        shots: demonstrations for each label.
        seed: the same seed chooses the same rows.
        evaluated: texts that the prompt is going to be evaluated on. Rows with one of these texts, case and spacing
            aside, are left out before any is chosen, and a warning says how many.
        name: of the contender, for sentences.

    Raises:
        InputError: the task has several labels, the pool has no training rows or is named like a test or validation
            file, or a label has too few rows.
    """
    if task.multi_label:
        raise InputError(f"{name}: demonstrations are balanced over single labels, and this task has several.")
    rows = training_rows(pool, task)
    forbidden = set(map(fold, evaluated))
    kept = [at for at, text in enumerate(rows.texts) if fold(text) not in forbidden]
    left_out = len(rows) - len(kept)
    if left_out:
        logger.warning(
            "%s: %s of %s cannot be demonstrations, because they are being evaluated.",
            name,
            quantity(left_out, "row"),
            Path(pool).name,
        )
        rows = rows.select(kept)
    pairs = [(text, names[0]) for text, names in zip(rows.texts, rows.labels, strict=True)]
    return ChosenDemonstrations(tuple(balanced(pairs, task, shots, seed, left_out=left_out)), left_out)


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


def balanced(
    rows: Sequence[tuple[str, str]], task: Task, shots: int, seed: int, *, left_out: int = 0
) -> list[Demonstration]:
    """Choose ``shots`` rows of every label at random and mix them.

    Args:
        rows: (text, label name) pairs, training rows only.
        task: whose labels are to be shown, each equally often.
        shots: demonstrations a label.
        seed: the same seed chooses the same rows in the same order.
        left_out: how many rows were taken away before, for the sentence.

    Raises:
        InputError: a label has fewer rows than that.
    """
    generator = np.random.default_rng(seed)
    chosen: list[list[Demonstration]] = []
    for label in task.label_names:
        texts = [text for text, name in rows if name == label]
        if len(texts) < shots:
            raise InputError(_too_few(label, shots, len(texts), left_out))
        picked = generator.choice(len(texts), size=shots, replace=False)
        chosen.append([Demonstration(texts[row], label) for row in picked])
    mixed = list(chain.from_iterable(chosen))
    generator.shuffle(mixed)  # type: ignore[arg-type]
    return mixed


def _too_few(label: str, shots: int, there: int, left_out: int) -> str:
    asked = f"{quantity(shots, 'demonstration')} of {label!r} {'was' if shots == 1 else 'were'} asked for"
    have = f"{quantity(there, 'row')} {'has' if there == 1 else 'have'} that label"
    if not left_out:
        return f"{asked}, and only {have}; ask for fewer or add rows."
    are = "is" if left_out == 1 else "are"
    return (
        f"{asked}, and only {have} once the {quantity(left_out, 'row')} being evaluated {are} left out; ask for fewer, "
        "add rows, or evaluate others."
    )
