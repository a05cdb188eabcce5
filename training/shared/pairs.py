"""Few rows of each label, and how many pairs they make: what a contrastive training is of."""

from __future__ import annotations

import logging
from collections import Counter

import numpy as np

from classification.data.counting import quantity
from classification.data.rows import Rows
from classification.errors import InputError, one_of
from classification.task import Task

from .options import SetFitArguments

logger = logging.getLogger(__name__)

#: Rows of a label beyond which SetFit gains little over an ordinary fine-tuning, and takes far longer.
MOST_ROWS = 64
#: Pairs that fit in the memory: the library holds each as an object of its own.
MOST_PAIRS = 5_000_000


def rows_per_class(rows: Rows, task: Task, count: int | None, seed: int) -> Rows:
    """A seeded sample with as many rows of every label, in the order of ``rows``.

    Of a task with several labels a text, the rarest label is filled first, with rows that may have others too; rows
    without any label count as one label more. A label with fewer rows gives all that it has, and is named.

    Args:
        rows: to choose from.
        task: whose labels they have.
        count: rows of each label; all rows without.
        seed: decides which.
    """
    if count is None:
        return rows
    order = np.random.default_rng(seed).permutation(len(rows))
    having = Counter(name for names in rows.labels for name in names or ("",))
    chosen: set[int] = set()
    filled: Counter[str] = Counter()
    for label in sorted(having, key=lambda name: having[name]):
        for place in order:
            names = rows.labels[place] or ("",)
            if filled[label] >= count:
                break
            if label in names and place not in chosen:
                chosen.add(int(place))
                filled.update(names)
    few = [f"{name} ({having[name]})" for name in task.label_names if 0 < having[name] < count]
    if few:
        logger.warning("fewer than %s rows have the label %s.", count, one_of(few))
    return rows.select(sorted(chosen))


def tell_rows(rows: Rows, task: Task) -> None:
    """Log that there are more rows than contrastive training is meant for."""
    having = Counter(name for names in rows.labels for name in names)
    if having and max(having.values()) > MOST_ROWS:
        logger.warning(
            "%s rows have the label %s; SetFit is meant for 8 to %s rows a label, and with more an ordinary "
            "fine-tuning is faster and no worse. --rows_per_class takes fewer.",
            f"{max(having.values()):,}",
            max(having, key=lambda name: having[name]),
            MOST_ROWS,
        )


def check_pairs(rows: Rows, own: SetFitArguments) -> None:
    """Refuse rows whose pairs do not fit in the memory: the library makes a list of all of them before it draws any.

    Raises:
        InputError: there are too many.
    """
    pairs = len(rows) * (len(rows) + 1) // 2
    most = MOST_PAIRS if own.max_steps == -1 else 10 * MOST_PAIRS  # then it lists no more than it needs
    if pairs > most:
        raise InputError(
            f"{quantity(len(rows), 'training row')} make {pairs:,} pairs, and {most:,} fit in the memory; take fewer "
            f"rows with --rows_per_class, such as 16 or {MOST_ROWS}."
        )
