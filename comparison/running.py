"""Evaluate the contenders of a lineup one after the other, and keep each result as soon as there is one."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tqdm import tqdm

from classification.contenders import Contender, reordered
from classification.data.dataset import ReadOptions, load_rows
from classification.data.rows import Rows
from classification.data.sampling import sample
from classification.errors import InputError, nearest, one_of, shown
from classification.lineup import load_lineup
from classification.models.pool import ModelPool
from classification.predictions import Classifier
from classification.prompting.demonstrations import ChosenDemonstrations

from .comparison import Comparison, compare
from .evaluation import (
    Evaluation,
    calibrated_identity,
    check_file_names,
    evaluate,
    failed,
    identity_of,
    rows_record,
)
from .prediction_table import PredictionTable, predict_rows
from .records import RowsOrigin
from .results_folder import ResultsFolder
from .scores import rounded

logger = logging.getLogger(__name__)

#: Texts that a contender gets at a time: few enough for a progress bar that moves.
CHUNK = 64


@dataclass(frozen=True)
class ComparisonConfig:
    """What to compare, on which rows, and where the results go; see ``python -m comparison run --help``."""

    lineup: Path
    data: str
    output: Path
    split: str | None = None
    options: ReadOptions = ReadOptions()
    limit: int | None = None
    seed: int = 0
    only: Sequence[str] | None = None
    with_texts: bool = True
    flips: bool = False


def run(config: ComparisonConfig) -> tuple[Comparison | None, bool]:
    """Evaluate every contender and write the results.

    A contender that was evaluated before, on the same rows and in the same configuration, is not asked again: a run
    that was stopped goes on from there. Ctrl-C keeps the contenders that are finished; they become a result of
    their own only where the folder holds none.

    Returns:
        The comparison of what is finished, ``None`` where nothing is, and whether everything was.

    Raises:
        InputError: the lineup, the rows or a name in ``only`` cannot be used, or the output not written.
    """
    lineup = load_lineup(config.lineup)
    contenders = select_contenders(lineup.contenders, config.only)
    check_file_names([contender.name for contender in contenders])
    every = load_rows(config.data, lineup.task, split=config.split, options=config.options)
    rows = every if config.limit is None else sample(every, config.limit, config.seed)
    source = _source(config, len(rows), len(every))
    results = ResultsFolder.open(config.output, with_texts=config.with_texts)
    pool, evaluations, finished = lineup.pool(), [], True
    try:
        with tqdm(total=len(contenders) * len(rows), unit="text") as bar:
            for contender in contenders:
                bar.set_description(contender.name)
                end = bar.n + len(rows)
                evaluations.append(_evaluate(contender, pool, rows, source, results, bar, flips=config.flips))
                bar.update(end - bar.n)  # the rows of a contender that failed, or that was not asked again
                results.keep(evaluations[-1])
    except KeyboardInterrupt:
        finished = False
    if not evaluations:
        return None, finished
    comparison = compare(evaluations)
    if finished or not results.is_whole:
        results.finish(comparison, evaluations)
    return comparison, finished


def select_contenders(contenders: Sequence[Contender], only: Sequence[str] | None) -> list[Contender]:
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


def _evaluate(
    contender: Contender,
    pool: ModelPool,
    rows: Rows,
    source: str,
    results: ResultsFolder,
    bar: tqdm,
    *,
    flips: bool,
) -> Evaluation:
    """The evaluation of one contender: as it was kept, made anew, or the reason why there is none."""
    demonstrations, record = None, rows_record(rows, source)
    try:
        demonstrations = contender.choose_demonstrations(rows.texts)
        turned = reordered(contender) if flips else None
        inputs = _inputs(contender, demonstrations, rows, source, results, flips=turned is not None)
        kept = results.kept(contender.name, inputs)
        if kept is not None:
            logger.warning("%s: kept from before, on the same rows and in the same configuration.", contender.name)
            return kept
        classifier = contender.load(pool, demonstrations)
        seen = contender.seen(rows.texts, demonstrations)
        table = predict_rows(classifier, rows, chunk=CHUNK, progress=bar.update)
        changed = None if turned is None else _flips(table, turned.load(pool, demonstrations), rows)
        identity = calibrated_identity(identity_of(contender, demonstrations), classifier)
    except Exception as error:  # noqa: BLE001 - whatever breaks one contender, the others go on
        return failed(identity_of(contender, demonstrations), error, contender.task, record)
    return replace(evaluate(identity, table, record, seen=seen, flips=changed), inputs=inputs)


def _flips(table: PredictionTable, turned: Classifier, rows: Rows) -> float:
    """The share of rows to which another answer is given."""
    other = predict_rows(turned, rows, chunk=CHUNK).predicted
    return rounded((table.predicted != other).any(axis=1).mean())


def _inputs(
    contender: Contender,
    demonstrations: ChosenDemonstrations,
    rows: Rows,
    source: str,
    results: ResultsFolder,
    *,
    flips: bool,
) -> str:
    """A hash of all that an evaluation depends on: who is asked, with which weights, on which rows."""
    parts = [
        contender.name,
        contender.approach,
        contender.configuration(demonstrations),
        contender.files_mark(),
        contender.task.model_dump(mode="json"),
        rows.fingerprint,
        source,
        results.with_texts,
        *(["flips"] if flips else []),
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _source(config: ComparisonConfig, count: int, total: int) -> str:
    """What the rows are called in the results: a Hub id as it is, of a local path only the last part."""
    path = Path(config.data).expanduser()
    name = path.resolve().name if path.exists() else config.data
    return str(RowsOrigin(name, config.split, config.seed if count < total else None))
