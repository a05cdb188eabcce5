"""The options of ``python -m classification search-prompt``; they load no model library."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument("--task", required=True, help="task file (YAML)")
    parser.add_argument("--data", help="a folder of split files, a file, or a Hub id; by default the task's dataset")
    parser.add_argument("--model", required=True, help="a chat model: Hub id or folder")
    parser.add_argument("--revision", help="of the model on the Hub")
    parser.add_argument(
        "--budget", type=_count, default=3000, metavar="TEXTS", help="texts that the model is asked about (3000)"
    )
    parser.add_argument("--styles", metavar="A,B", help="styles to try; by default those that answer at once")
    parser.add_argument("--instruction", action="append", metavar="TEXT", help="one more to try; may be repeated")
    parser.add_argument("--seed", type=int, default=0, help="of everything that is random (0)")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="where the lineup goes")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of texts; give 1 or more")
    return int(text)
