"""Evaluate the contenders of a lineup one after the other, and keep each result as soon as there is one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from classification.contenders import Contender
from classification.data.rows import Rows
from classification.dataset import load_rows
from classification.errors import InputError, nearest, one_of, shown
from classification.lineup import load_lineup
from classification.models import ModelPool

from .comparison import Comparison, compare
from .evaluation import Evaluation, check_names, evaluate, failed, identify
from .report import as_csv, as_markdown
from .sampling import sample

#: Texts that a contender gets at a time: few enough for a progress bar that moves.
CHUNK = 64
CONTENDERS = "contenders"


@dataclass(frozen=True)
class Job:
    """What to compare, on which rows, and where the results go; see ``python -m comparison run --help``."""

    lineup: Path
    data: str
    output: Path
    split: str | None = None
    limit: int | None = None
    seed: int = 0
    only: Sequence[str] | None = None
    with_texts: bool = True


def run(job: Job) -> tuple[Comparison | None, bool]:
    """Evaluate every contender and write the results.

    Ctrl-C keeps the contenders that are finished.

    Returns:
        The comparison, ``None`` where nothing was finished, and whether everything was.

    Raises:
        InputError: the lineup, the rows or a name in ``only`` cannot be used, or the output not written.
    """
    lineup = load_lineup(job.lineup)
    contenders = chosen(lineup.contenders, job.only)
    check_names([contender.name for contender in contenders])
    every = load_rows(job.data, lineup.task, split=job.split)
    rows = every if job.limit is None else sample(every, job.limit, job.seed)
    source = _source(job, len(rows), len(every))
    _make_folder(job.output)
    pool, evaluations, finished = lineup.pool(), [], True
    try:
        with tqdm(total=len(contenders) * len(rows), unit="text") as bar:
            for contender in contenders:
                evaluations.append(_evaluate(contender, pool, rows, source, bar))
                evaluations[-1].save(job.output / CONTENDERS, with_texts=job.with_texts)
    except KeyboardInterrupt:
        finished = False
    if not evaluations:
        return None, finished
    return _written(evaluations, job.output), finished


def chosen(contenders: Sequence[Contender], only: Sequence[str] | None) -> list[Contender]:
    """The contenders with these names, in the lineup's order.

    Raises:
        InputError: the lineup has no contender of a name.
    """
    names = [contender.name for contender in contenders]
    for name in only or ():
        if name not in names:
            raise InputError(
                f"the lineup has no contender {shown(name)}{nearest(name, names)}; it has {one_of(names)}."
            )
    return [contender for contender in contenders if only is None or contender.name in only]


def _evaluate(contender: Contender, pool: ModelPool, rows: Rows, source: str, bar: tqdm) -> Evaluation:
    bar.set_description(contender.name)
    expected = bar.n + len(rows)
    about = (contender.name, contender.approach, contender.family)
    configuration = contender.configuration()
    try:
        classifier = contender.load(pool)
    except Exception as error:  # noqa: BLE001 - whatever breaks one contender, the others go on
        evaluation = failed(identify(*about, configuration), error, contender.task, rows, source)
    else:
        evaluation = evaluate(
            *about, classifier, rows, configuration=configuration, source=source, progress=bar.update, chunk=CHUNK
        )
    bar.update(expected - bar.n)  # the rows that a failed contender never answered
    return evaluation


def _source(job: Job, count: int, total: int) -> str:
    """What the rows are called in the results: a Hub id as it is, of a local path only the last part."""
    path = Path(job.data).expanduser()
    name = path.resolve().name if path.exists() else job.data
    split = f" ({job.split})" if job.split else ""
    sampled = f", a sample with seed {job.seed}" if count < total else ""
    return f"{name}{split}{sampled}"


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or "cannot be made").lower()
        raise InputError(f"{folder}: {reason}; give a folder that can be written to.") from None
    if not os.access(folder, os.W_OK):
        raise InputError(f"{folder}: cannot be written to; give another folder.")


def _written(evaluations: Sequence[Evaluation], folder: Path) -> Comparison:
    comparison = compare(evaluations)
    comparison.save(folder)
    (folder / "table.md").write_text(as_markdown(comparison), encoding="utf-8")
    (folder / "table.csv").write_text(as_csv(comparison), encoding="utf-8")
    return comparison
