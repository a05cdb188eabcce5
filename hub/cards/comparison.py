"""The card of a published comparison: a dataset that the Hub's viewer shows, and what was found with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from huggingface_hub import DatasetCardData

from comparison.comparison import Comparison
from comparison.records import RowsOrigin
from comparison.verdict import verdict

from ..shared.public import checked_dataset, hub_id, public
from .licences import licence_from_id
from .markdown import render
from .metadata import PIPELINE, PROJECT, language_name, language_of, task_title
from .model import contender_table

DEFAULT, CONTENDERS, TABLE = "predictions.parquet", "contenders/", ".parquet"
LONGEST_TITLE = 120


def comparison_card(
    comparison: Comparison,
    *,
    repo_id: str,
    licence: str = "apache-2.0",
    title: str | None = None,
    files: Sequence[str],
    space: str | None = None,
    dataset: str | None = None,
) -> str:
    """The text of a comparison's README.

    Args:
        comparison: what was found.
        repo_id: the dataset repository in which it is published.
        licence: the Hub's identifier, for numbers and answers; texts keep that of their source.
        title: by default made of the task.
        files: everything in the repository, by its path there.
        space: a Space that shows it.
        dataset: the Hub id of the dataset that the rows are a copy of, where the comparison has a folder's name only.

    Raises:
        InputError: the dataset is no Hub id, or the licence no identifier.
    """
    task, rows, judged = comparison.task, RowsOrigin.parse(comparison.rows.source), verdict(comparison)
    title = title or f"{task_title(task.name, task.language)}: {len(comparison.contenders)} approaches on the same rows"
    page = render(
        "comparison.md.j2",
        comparison=comparison,
        title=title,
        rows=rows,
        dataset=checked_dataset(dataset) or hub_id(rows.name),
        language=language_name(task.language),
        verdict=judged,
        highest=max(comparison.measured, key=lambda one: one.macro_f1).name if judged else None,
        table=contender_table(comparison),
        pairs=list(comparison.pairs_of(judged.best).values()) if judged else [],
        files=files,
        space=hub_id(space),
        repo_id=repo_id,
    )
    data = DatasetCardData(
        language=language_of(task.language),
        license=licence_from_id(licence).id,
        pretty_name=public(title)[:LONGEST_TITLE],
        task_categories=[PIPELINE],
        tags=[PROJECT, "evaluation", "model-comparison"],
        configs=_configs(files) or None,
    )
    return f"---\n{data.to_yaml()}\n---\n{page}"


def _configs(files: Sequence[str]) -> list[dict[str, Any]]:
    """The tables for the dataset viewer, which opens with the first: that of all answers."""
    tables = [name for name in files if name.endswith(TABLE)]
    return [
        {
            "config_name": name.removeprefix(CONTENDERS).removesuffix(TABLE),
            "data_files": [{"split": "test", "path": name}],
            **({"default": True} if name == DEFAULT else {}),
        }
        for name in sorted(tables, key=lambda name: (name != DEFAULT, name.startswith(CONTENDERS), name))
    ]
