"""The card of a published comparison: a dataset that the Hub's viewer shows, and what was found with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from huggingface_hub import DatasetCardData

from comparison.comparison import Comparison
from comparison.verdict import Verdict, verdict

from .check import LANGUAGE, checked
from .evidence import EvaluatedRows, difference_from, rows_of
from .facts import hardware_name, rows_link, version_list
from .headline import level, signed
from .languages import language_name, task_title
from .licences import HUB
from .markdown import Markdown, code, escaped, fenced, link, render, render_python, table
from .metadata import PIPELINE, PROJECT, checked_dataset
from .public import hub_id, public
from .tables import bold, full_table

DEFAULT = "predictions"
#: Names that a configuration of a dataset may have.
CONFIG_NAME = re.compile(r"[^\w.-]+")
PICTURES = (".svg", ".png")
SIZES = ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"))
ORDER = ["language", "license", "pretty_name", "task_categories", "size_categories", "tags", "configs"]
LABELS_NAMED = 50
LONGEST_TITLE = 120
LONGEST_SENTENCE = 4000
FAILURES = 20


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
        InputError: the dataset is no Hub id, or what came out is no valid card; the sentence says why.
    """
    rows = rows_of(comparison.rows.source, comparison.rows.count)
    heading = title or _title(comparison)
    tables = _parquet(files)
    front = _metadata(comparison, heading, licence, tables)
    page = render(
        "comparison.md.j2",
        title=escaped(heading, LONGEST_TITLE),
        **_about(comparison, rows, checked_dataset(dataset) or hub_id(rows.source)),
        **_found(comparison),
        pictures=_pictures(files),
        program=_program(repo_id, tables),
        files=table(("File", "What it holds"), _files(files), left=2),
        shown=link(space, f"{HUB}/spaces/{space}?comparison={repo_id}") if hub_id(space) else None,
        repo_id=code(repo_id),
    )
    return checked(front + page)


def _title(comparison: Comparison) -> str:
    task = task_title(comparison.task.name, comparison.task.language)
    return f"{task}: {len(comparison.contenders)} approaches on the same rows"


def _metadata(comparison: Comparison, title: str, licence: str, tables: Sequence[tuple[str, str]]) -> str:
    language = comparison.task.language
    data = DatasetCardData(
        language=language if LANGUAGE.fullmatch(language) else None,
        license=licence,
        pretty_name=public(title)[:LONGEST_TITLE],
        task_categories=[PIPELINE],
        size_categories=[next((name for limit, name in SIZES if comparison.rows.count < limit), "1M<n<10M")],
        tags=[PROJECT, "evaluation", "model-comparison"],
        configs=[_config(name, path, first=not place) for place, (name, path) in enumerate(tables)] or None,
    )
    return f"---\n{data.to_yaml(original_order=ORDER)}\n---\n"


def _config(name: str, path: str, *, first: bool) -> dict[str, object]:
    """A table for the dataset viewer; it opens with the first."""
    found: dict[str, object] = {"config_name": name, "data_files": [{"split": "test", "path": path}]}
    return found | {"default": True} if first else found


def _parquet(files: Sequence[str]) -> list[tuple[str, str]]:
    """Name and path of each table for the dataset viewer, that of all answers first."""
    names: dict[str, str] = {}
    for path in sorted(name for name in files if name.endswith(".parquet")):
        stem = CONFIG_NAME.sub("-", PurePosixPath(path).stem).strip("-.") or "table"
        while stem in names:
            stem += "-"
        names[stem] = path
    return sorted(names.items(), key=lambda named: (named[0] != DEFAULT, "/" in named[1], named[0]))


def _pictures(files: Sequence[str]) -> list[Markdown]:
    """The plots, those whose names need no escaping in a link."""
    plain = sorted(name for name in files if name.endswith(PICTURES) and re.fullmatch(r"[\w./-]+", name))
    return [Markdown(f"![{escaped(PurePosixPath(name).stem)}]({name})") for name in plain]


def _about(comparison: Comparison, rows: EvaluatedRows, dataset: str | None) -> dict[str, object]:
    task = comparison.task
    named = [bold(name) for name in task.labels[:LABELS_NAMED]]
    return {
        "instruction": escaped(task.instruction, 1000),
        "language": language_name(task.language),
        "labels": Markdown(", ".join(named)),
        "labels_left_out": max(len(task.labels) - LABELS_NAMED, 0),
        "multi_label": task.multi_label,
        "rows": rows.count,
        "split": rows.split,
        "seed": str(rows.seed) if rows.seed is not None else None,
        "source": rows_link(rows.source, dataset),
        "fingerprint": code(comparison.rows.fingerprint[:16]),
        "machine": hardware_name(comparison.hardware),
        "versions": version_list(comparison.versions),
        "created": comparison.created[:10],
    }  # fmt: skip


def _found(comparison: Comparison) -> dict[str, object]:
    judged = verdict(comparison)
    highest = max(comparison.measured, key=lambda contender: contender.macro_f1, default=None)
    return {
        "verdict": escaped(judged.sentence, LONGEST_SENTENCE) if judged else None,
        "table": full_table(comparison),
        "has_floor": comparison.floor is not None,
        "pairs": _pairs(comparison, judged) if judged else None,
        "pair_count": len(comparison.pairs),
        "best": escaped(judged.best) if judged else "",
        "some_cannot_be_judged": judged is not None and highest is not None and judged.best != highest.name,
        "failures": [(bold(contender.name), escaped(contender.error)) for contender in comparison.failed[:FAILURES]],
    }


def _pairs(comparison: Comparison, judged: Verdict) -> Markdown | None:
    """What the best contender is ahead of each other one, and whether that could be chance."""
    leads = [found for pair in comparison.pairs if (found := difference_from(pair, judged.best))]
    body = [
        (
            ahead.other, signed(ahead.macro_f1), " to ".join(map(signed, ahead.interval)), level(ahead.p),
            signed(ahead.accuracy), level(ahead.accuracy_p), judged.others[ahead.other],
        )
        for ahead in leads
    ]  # fmt: skip
    headings = ("Against", "Macro-F1", "95 % interval", "p", "Accuracy", "p", "The other is")
    return table(headings, body) if body else None


def _program(repo_id: str, tables: Sequence[tuple[str, str]]) -> Markdown | None:
    if not tables:
        return None
    return fenced(render_python("snippets/comparison.py.j2", repo_id=repo_id, config=tables[0][0]), "python")


WHAT = {
    "comparison.json": "every contender with its configuration and scores, and every pair tested",
    "scores.parquet": "a row for each contender, a column for each score",
    "predictions.parquet": "a row for each text: its hash, the right label, and each contender's answer",
    "table.csv": "the scores for a spreadsheet",
    "table.md": "the table above",
}


def _files(files: Sequence[str]) -> Iterable[tuple[Markdown, str]]:
    for name in sorted(files, key=lambda path: ("/" in path, path)):
        if name in WHAT:
            yield code(name), WHAT[name]
        elif name.endswith(".parquet"):
            yield code(name), "one contender, text by text: answer, probability of each label, time and tokens"
        elif name.endswith(".html"):
            yield code(name), "the report, which opens in any browser"
        elif name.endswith(".json"):
            yield code(name), "one contender's configuration and scores"
