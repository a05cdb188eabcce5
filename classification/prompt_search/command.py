"""What ``python -m classification search-prompt`` does."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ..data.dataset import load_splits
from ..errors import InputError, nearest, one_of, shown
from ..models.pool import ModelPool
from ..prompting.messages import Demonstration
from ..prompting.settings import STYLES, Style
from ..task import Task, load_task
from .grid import grid, quick_styles
from .halving import rounds_within
from .output import LINEUP_FILE, Searched, as_table, write_lineup, write_tried
from .search import PromptSearch, texts_to_calibrate


def run(options: argparse.Namespace) -> int:
    """Search, print what did best, and write it; returns the exit status.

    Raises:
        InputError: the task, the rows, the model or a style cannot be used.
    """
    task = load_task(options.task)
    data = options.data or (task.dataset.path if task.dataset else None)
    if data is None:
        raise InputError(f"the task {task.name} names no dataset; say where the rows are with --data.")
    styles = _styles(options.styles, task)
    splits = load_splits(task, options.data, seed=options.seed, need=("train",), test_size=0.1)
    validation = splits.validation
    if splits.train is None or validation is None:
        raise InputError(f"{data}: there are too few rows to keep some for validation; give more.")
    order = np.random.default_rng(options.seed).permutation(len(validation))
    pairs = zip(splits.train.texts, splits.train.labels, strict=True)
    candidates = grid(task, styles, options.instruction or (), options.seed)
    rounds = rounds_within(options.budget, len(candidates), len(validation), texts_to_calibrate())
    sys.stderr.write(
        f"{rounds[0].candidates} of {len(candidates)} prompts, in rounds of "
        f"{', '.join(f'{one.candidates} on {one.rows} rows' for one in rounds)}\n"
    )
    searched = Searched(Path(options.task), data, options.model, options.revision)
    with tqdm(total=options.budget, unit="text") as bar:
        search = PromptSearch(
            task,
            options.model,
            ModelPool(),
            [Demonstration(text, tuple(names)) for text, names in pairs],
            validation.select([int(place) for place in order]),
            options.revision,
            tell=bar.update,
            keep=lambda now: write_tried(options.output, searched, now.trials, now.asked, None),
        )
        best = search.best(candidates, rounds)
    write_tried(options.output, searched, search.trials, search.asked, best)
    write_lineup(options.output, searched, best)
    sys.stdout.write(f"{as_table(search.trials)}\n\nThe best one is in {options.output / LINEUP_FILE}.\n")
    return 0


def _styles(named: str | None, task: Task) -> tuple[Style, ...]:
    if named is None:
        return quick_styles(task)
    wanted = [name.strip() for name in named.split(",")]
    for name in wanted:
        if name not in STYLES:
            raise InputError(f"there is no style {shown(name)}{nearest(name, STYLES)}; it is {one_of(STYLES)}.")
    return tuple(style for style in STYLES if style in wanted)
