"""The card of a published comparison: a dataset that the Hub's viewer shows, and what was found with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from huggingface_hub import DatasetCardData

from comparison.comparison import Comparison
from comparison.verdict import Verdict, verdict

from .evidence import differences, rows_of
from .licences import licence_from_id
from .markdown import HUB, Markdown, escaped, hub_link, link, p_value, render, render_python, signed
from .metadata import PIPELINE, PROJECT, language_name, language_of, task_title
from .model import contender_table
from .public import checked_dataset, hub_id, public

DEFAULT = "predictions"
#: What a name of a configuration of a dataset may not have, and names that need no escaping in a link.
CONFIG_NAME, PICTURES = re.compile(r"[^\w.-]+"), re.compile(r"[\w./-]+\.(?:svg|png)")
SIZES = ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"))
ORDER = ["language", "license", "pretty_name", "task_categories", "size_categories", "tags", "configs"]
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
        InputError: the dataset is no Hub id, or the licence none of the Hub's.
    """
    rows, task, judged = rows_of(comparison.rows.source, comparison.rows.count), comparison.task, verdict(comparison)
    by_default = f"{task_title(task.name, task.language)}: {len(comparison.contenders)} approaches on the same rows"
    configs = _configs(files)
    page = render(
        "comparison.md.j2",
        comparison=comparison,
        title=title or by_default,
        rows=rows,
        source=hub_link(rows.source, checked_dataset(dataset) or hub_id(rows.source), "datasets/"),
        language=language_name(task.language),
        verdict=judged,
        highest=max(comparison.measured, key=lambda one: one.macro_f1).name if comparison.measured else None,
        table=contender_table(comparison, mark_best=True),
        pairs=_pairs(comparison, judged) if judged else [],
        pictures=[Markdown(f"![{escaped(PurePosixPath(name).stem)}]({name})")
                  for name in sorted(files) if PICTURES.fullmatch(name)],
        program=render_python("snippets/comparison.py.j2", repo_id=repo_id, config=configs[0]["config_name"])
                if configs else None,
        files=sorted(files, key=lambda path: ("/" in path, path)),
        shown=link(space, f"{HUB}/spaces/{space}?comparison={repo_id}") if hub_id(space) else None,
        repo_id=repo_id,
    )  # fmt: skip
    data = DatasetCardData(
        language=language_of(task.language),
        license=licence_from_id(licence).id,
        pretty_name=public(title or by_default)[:LONGEST_TITLE],
        task_categories=[PIPELINE],
        size_categories=[next((name for limit, name in SIZES if rows.count < limit), "1M<n<10M")],
        tags=[PROJECT, "evaluation", "model-comparison"],
        configs=configs or None,
    )
    return f"---\n{data.to_yaml(original_order=ORDER)}\n---\n{page}"


def _pairs(comparison: Comparison, judged: Verdict) -> list[tuple[str, ...]]:
    """What the best contender is ahead of each other one, and whether that could be chance."""
    return [
        (name, signed(ahead.macro_f1), " to ".join(map(signed, ahead.interval)), p_value(ahead.p),
         signed(ahead.accuracy), p_value(ahead.accuracy_p), judged.others[name])
        for name, ahead in differences(comparison, judged.best).items()
    ]  # fmt: skip


def _configs(files: Sequence[str]) -> list[dict[str, Any]]:
    """The tables for the dataset viewer, which opens with the first: that of all answers."""
    names: dict[str, str] = {}
    for path in sorted(name for name in files if name.endswith(".parquet")):
        stem = CONFIG_NAME.sub("-", PurePosixPath(path).stem).strip("-.") or "table"
        while stem in names:
            stem += "-"
        names[stem] = path
    ordered = sorted(names.items(), key=lambda named: (named[0] != DEFAULT, "/" in named[1], named[0]))
    found = [{"config_name": name, "data_files": [{"split": "test", "path": path}]} for name, path in ordered]
    return [found[0] | {"default": True}, *found[1:]] if found else []
