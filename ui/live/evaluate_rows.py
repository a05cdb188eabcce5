"""A small comparison of the page's contenders on labelled rows that somebody posts and waits for."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from classification.contenders import Contender
from classification.data.rows import Rows, rows_given
from classification.data.texts import check_characters
from classification.errors import InputError, one_of, shown
from classification.predictions import Predictions
from classification.task import Task
from comparison.comparison import Comparison, compare
from comparison.evaluation import Evaluation, evaluate, failed, identity_of, rows_record
from comparison.prediction_table import PredictionTable, predict_in_chunks

from .answer import MAX_CHARACTERS
from .contender_server import ContenderServer

MAX_ROWS = 200
WHERE = "the rows"
#: What results call them.
SOURCE = "a request"


@dataclass(frozen=True)
class Progress:
    """How far an evaluation is: ``contender`` has answered ``done`` of ``count`` rows."""

    contender: str
    done: int
    count: int


def checked_rows(task: Task, given: object) -> Rows:
    """Rows from a list of ``{"text": ..., "label": ...}``.

    Raises:
        InputError: no such list, more than `MAX_ROWS`, or a row that does not fit; the sentence names the first.
    """
    if not isinstance(given, list) or not given:
        raise InputError('There are no rows; give a list of objects with "text" and "label".')
    if len(given) > MAX_ROWS:
        raise InputError(
            f"There are {len(given):,} rows; at most {MAX_ROWS} can be evaluated here; "
            "use python -m comparison run for more."
        )
    texts, labels = zip(*(_checked_row(row, number) for number, row in enumerate(given, start=1)), strict=True)
    return rows_given(texts, labels, task, WHERE)


def _checked_row(row: object, number: int) -> tuple[str, object]:
    if not isinstance(row, dict) or not {"text", "label"} <= set(row):
        raise InputError(f'{WHERE}: row {number} is {shown(row)}; give an object with "text" and "label".')
    text, label = row["text"], row["label"]
    if not isinstance(text, str):
        raise InputError(f"{WHERE}: the text of row {number} is {shown(text)}; give words.")
    if len(text) > MAX_CHARACTERS:
        raise InputError(f"{WHERE}: row {number} has {len(text):,} characters; at most {MAX_CHARACTERS:,} are allowed.")
    try:
        check_characters(text)
    except InputError as error:
        raise InputError(f"{WHERE}: row {number}: {error}") from None
    return text, label


def evaluate_rows(server: ContenderServer, rows: Rows, names: Sequence[str]) -> Iterator[Progress | Comparison]:
    """Ask these contenders about every row; closing the iterator stops it before the next chunk of rows.

    Yields:
        Progress after each chunk, and at the end the comparison.

    Raises:
        InputError: no contender has one of the names, or there are none.
    """
    contenders = [server.contender(name) for name in dict.fromkeys(names)]
    if not contenders:
        known = one_of(state.name for state in server.states())
        raise InputError(f"There is no contender to evaluate; name {known}, or leave the names out for all.")
    evaluations = []
    for contender in contenders:
        evaluations.append((yield from _evaluate(server, contender, rows)))
    yield compare(evaluations)


def _evaluate(server: ContenderServer, contender: Contender, rows: Rows) -> Generator[Progress, None, Evaluation]:
    """Every row is asked, also one that stands in a loaded prompt or was trained on: the verdict counts those."""
    record, parts, done = rows_record(rows, SOURCE), [], 0
    predict = partial(server.predict, contender.name)
    try:
        for part in predict_in_chunks(predict, server.task, rows.texts, server.batch_size):
            parts.append(part)
            done += len(part)
            yield Progress(contender.name, done, len(rows))
        table = PredictionTable.of(server.task, rows, Predictions.joined(parts))
        demonstrations = server.demonstrations(contender.name)
        seen = contender.seen(rows.texts, demonstrations)
    except Exception as error:  # noqa: BLE001  whatever breaks one contender, the others go on
        return failed(identity_of(contender), error, server.task, record)
    return evaluate(identity_of(contender, demonstrations), table, record, seen=seen)
