"""The files that a comparison consists of on the Hub, and the tables in them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from classification.errors import InputError, shown
from comparison.comparison import COMPARISON_FILE, Comparison
from comparison.evaluation import Evaluation, slug
from comparison.plots.svg_file import quality_plot, shots_plot
from comparison.records import FailedContender
from comparison.report.tables import as_csv

from ..push.run_files import public_reason, result_file
from ..shared.publish import Upload
from ..shared.tokens import check_no_token

SCORES, PREDICTIONS, PLOT = "scores.parquet", "predictions.parquet", "quality-against-speed.svg"
SWEEPS = "quality-against-demonstrations.svg"
REPORT = "report.html"
#: Everything that a comparison consists of on the Hub; a later report adds its file here.
FILES = (
    COMPARISON_FILE, SCORES, PREDICTIONS, PLOT, SWEEPS, "table.csv", "contenders/*.json", "contenders/*.parquet",
    REPORT,
)  # fmt: skip


def uploads_of(folder: Path, comparison: Comparison) -> list[Upload]:
    """Every file of a saved comparison that is published, the tables for the dataset viewer among them.

    Raises:
        InputError: its files do not belong together, lead out of the folder, or hold what looks like a token.
    """
    evaluations, comparison = _evaluations(folder, comparison), public_comparison(comparison)
    uploads = [
        Upload(COMPARISON_FILE, result_file(folder / COMPARISON_FILE)),
        Upload("table.csv", as_csv(comparison).encode()),
    ]
    uploads += [Upload(SCORES, _parquet(scores_table(comparison)))]
    if comparison.measured:
        uploads += [Upload(PLOT, quality_plot(comparison).encode())]
    swept = shots_plot(comparison)
    if swept:
        uploads += [Upload(SWEEPS, swept.encode())]
    if evaluations:
        uploads += [Upload(PREDICTIONS, _parquet(predictions_table(evaluations)))]
    return [*uploads, *_extras(folder, comparison)]


def public_comparison(comparison: Comparison) -> Comparison:
    """A comparison whose contenders failed for reasons that name no place on this machine."""
    contenders = tuple(
        one.model_copy(update={"error": public_reason(one.error)}) if isinstance(one, FailedContender) else one
        for one in comparison.contenders
    )
    return comparison.model_copy(update={"contenders": contenders})


def _extras(folder: Path, comparison: Comparison) -> list[Upload]:
    """Files of the folder that go along: those of each contender, and a report; no link that leads out of it."""
    slugs = [slug(contender.name) for contender in comparison.contenders]
    own = {f"contenders/{name}{ending}" for name in slugs for ending in (".json", ".parquet")}
    found = []
    for path in sorted([*folder.glob("contenders/*"), *folder.glob(REPORT)]):
        name = path.relative_to(folder).as_posix()
        if name != REPORT and name not in own:
            continue
        if not path.resolve().is_relative_to(folder.resolve()):
            raise InputError(f"{path} is a link out of the folder; put the file itself there.")
        found.append(Upload(name, result_file(path) if path.suffix == ".json" else path))
    return found


def scores_table(comparison: Comparison) -> pd.DataFrame:
    """A row for each contender, a column for each score."""
    return pd.read_csv(io.StringIO(as_csv(comparison)))


def predictions_table(evaluations: Sequence[Evaluation]) -> pd.DataFrame:
    """A row for each text: its hash, the text where it was kept, the right label, and what each contender said."""
    answered = [(evaluation.name, evaluation.answers) for evaluation in evaluations if evaluation.answers is not None]
    first = answered[0][1]
    columns: dict[str, object] = {"text_sha1": first.ids}
    if first.texts is not None:
        columns["text"] = first.texts
    labels = evaluations[0].task.labels
    columns["label"] = [_said(row, labels) for row in first.targets]
    taken = set(columns)
    for name, answers in answered:
        said = zip(answers.predicted, answers.predictions.valid, strict=True)
        column = f"{name} (contender)" if name in taken else name
        columns[column] = [_said(row, labels) if valid else None for row, valid in said]
    return pd.DataFrame(columns)


def _said(row: Sequence[bool], labels: Sequence[str]) -> str:
    return ", ".join(label for label, has in zip(labels, row, strict=True) if has)


def _evaluations(folder: Path, comparison: Comparison) -> list[Evaluation]:
    """The contenders' own files, where they were kept, in the comparison's order."""
    files = [folder / "contenders" / f"{slug(contender.name)}.json" for contender in comparison.measured]
    found = [Evaluation.load(file) for file in files if file.is_file()]
    for evaluation in found:
        if evaluation.rows != comparison.rows:
            raise InputError(
                f"{folder}: the answers of {shown(evaluation.name)} are to other rows than those of {COMPARISON_FILE}; "
                "run the comparison again."
            )
        if evaluation.contender not in comparison.measured:
            raise InputError(
                f"{folder}: the scores of {shown(evaluation.name)} are not those in {COMPARISON_FILE}; run the "
                "comparison again."
            )
        if evaluation.answers is not None:
            texts = (*(evaluation.answers.texts or ()), *(evaluation.answers.predictions.completions or ()))
            check_no_token(f"{folder}: a text", "\n".join(texts))
    return found


def _parquet(table: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    table.to_parquet(out, index=False)
    return out.getvalue()
