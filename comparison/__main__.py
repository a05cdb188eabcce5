"""Compare contenders on labelled rows, or show a comparison again.

Usage:
    python -m comparison run --lineup demo/lineup.yaml --data rows.csv --output DIR
    python -m comparison report DIR --format markdown
"""
# ruff: noqa: E402  the Hub's address is looked at before the Hub client is imported

from __future__ import annotations

if __name__ == "__main__":  # before the Hub client is imported
    from classification.network.endpoint import end_without_address

    end_without_address()

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from classification.data.dataset import ReadOptions
from classification.errors import InputError

from .comparison import Comparison
from .report.tables import as_csv, as_markdown, as_table

FORMATS: dict[str, Callable[[Comparison], str]] = {"table": as_table, "markdown": as_markdown, "csv": as_csv}
NO_RESULT, STOPPED = 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 0, 2 for input that cannot be used, 130 when stopped.

    A run exits with 2 as well where every contender failed; the table then says why each did.
    """
    arguments = make_parser().parse_args(argv)
    try:
        return int(arguments.command(arguments))
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        return STOPPED


def make_parser() -> argparse.ArgumentParser:
    """Describe the commands and their options."""
    parser = argparse.ArgumentParser(prog="python -m comparison", description="Compare contenders on the same rows.")
    commands = parser.add_subparsers(required=True)
    run = commands.add_parser("run", help="ask every contender of a lineup about labelled rows")
    run.add_argument("--lineup", type=Path, required=True, metavar="FILE", help="YAML file: a task and its contenders")
    run.add_argument("--data", required=True, help="labelled rows: a file, a folder of splits, or a Hub id")
    run.add_argument("--text_column", metavar="NAME", help="the column that holds the texts")
    run.add_argument("--label_column", metavar="NAME", help="the column that holds the labels")
    run.add_argument(
        "--use_label_values",
        action="store_true",
        help="read labels through the task's label_values, also where --data is not the task's dataset",
    )
    run.add_argument("--split", help="which split of a folder or Hub dataset; by default test")
    run.add_argument(
        "--limit",
        type=_positive,
        metavar="N",
        help="a random sample of N rows that keeps the share of every label; the same rows for all contenders",
    )
    run.add_argument("--seed", type=int, default=0, help="decides which rows --limit takes (default: 0)")
    run.add_argument("--only", nargs="+", metavar="NAME", help="only these contenders of the lineup")
    run.add_argument("--no-texts", action="store_true", help="keep hashes in place of the texts in the saved answers")
    run.add_argument(
        "--flips",
        action="store_true",
        help="also ask every prompt with its labels listed in reverse order, and count the answers that change",
    )
    run.add_argument("--output", type=Path, required=True, metavar="DIR", help="where the results go")
    run.set_defaults(command=_run)
    report = commands.add_parser("report", help="show a comparison that was saved")
    report.add_argument("folder", type=Path, metavar="DIR", help="the folder that a run wrote")
    report.add_argument("--format", choices=FORMATS, default="table", help="(default: table)")
    report.set_defaults(command=_report)
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of rows; give 1 or more")
    return int(text)


def _run(arguments: argparse.Namespace) -> int:
    from .running import ComparisonConfig, run  # loads torch and transformers, which a report does without

    config = ComparisonConfig(
        lineup=arguments.lineup,
        data=arguments.data,
        split=arguments.split,
        options=ReadOptions(arguments.text_column, arguments.label_column, arguments.use_label_values),
        limit=arguments.limit,
        seed=arguments.seed,
        only=arguments.only,
        with_texts=not arguments.no_texts,
        flips=arguments.flips,
        output=arguments.output,
    )
    comparison, finished = run(config)
    if comparison is not None:
        sys.stdout.write(as_table(comparison))
    if not finished:
        return _stopped(comparison, arguments.output)
    return 0 if comparison is not None and comparison.measured else NO_RESULT


def _stopped(comparison: Comparison | None, output: Path) -> int:
    if comparison is None:
        sys.stderr.write("stopped; nothing was finished\n")
    else:
        many = len(comparison.contenders)
        sys.stderr.write(
            f"stopped; {many} contender{'s are' if many > 1 else ' is'} finished and kept in {output}; run the same "
            "command again to go on\n"
        )
    return STOPPED


def _report(arguments: argparse.Namespace) -> int:
    sys.stdout.write(FORMATS[arguments.format](Comparison.load(arguments.folder)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
