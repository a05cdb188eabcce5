"""What visitors of a page say is right: kept as rows of a dataset on the Hub, and read back as a training set.

    python -m hub.feedback you/feedback --task tasks/financial-sentiment.yaml --output feedback.csv

A page collects only where its owner sets ``PROMPT_OR_TUNE_FEEDBACK=you/feedback`` and gives it a token that can
write there (``HF_TOKEN``; on a Space a secret). A row is a text that was asked and its right labels, nothing else.
"""
# ruff: noqa: E402  the Hub's address is looked at before the Hub client is imported

from __future__ import annotations

if __name__ == "__main__":  # before the Hub client is imported
    from classification.network.endpoint import end_without_address

    end_without_address()

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from classification.data.rows import Rows
from classification.task import load_task

from ..shared.client import connect
from ..shared.commands import command, say
from .log import fetch_marks, write_training_set


def make_parser() -> argparse.ArgumentParser:
    """The options."""
    parser = argparse.ArgumentParser(
        prog="python -m hub.feedback", description="What visitors marked, as a training set."
    )
    parser.add_argument("repo_id", metavar="OWNER/NAME", help="the dataset that a page collects in")
    parser.add_argument("--task", type=Path, required=True, metavar="FILE", help="the task of that page")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="the CSV to write")
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Read everything that was marked, and write it as one file."""
    options = make_parser().parse_args(argv)
    rows, strange = fetch_marks(options.repo_id, load_task(options.task), connect())
    write_training_set(rows, options.output)
    if strange:
        say(f"{strange:,} lines are no marks for this task and were left out")
    _tell(rows, options.output)


def _tell(rows: Rows, file: Path) -> None:
    counts: dict[Any, int] = {}
    for names in rows.labels:
        counts["|".join(names)] = counts.get("|".join(names), 0) + 1
    listed = ", ".join(f"{name or 'no label'} {count:,}" for name, count in sorted(counts.items()))
    sys.stdout.write(f"{file}: {len(rows):,} texts ({listed})\n")


if __name__ == "__main__":
    command(main)
