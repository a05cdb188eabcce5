"""Put everything that belongs to a comparison on one page of the Hub: its models, its rows, its results, its Space.

python -m hub.collect --lineup my-lineup.yaml --title "SMS spam, compared" --space you/space
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

from classification.lineup import load_lineup

from ..shared.client import account_of, checked_repo_id, connect
from ..shared.commands import command, say
from .collection import LONGEST_TITLE, collect, items_of


def make_parser() -> argparse.ArgumentParser:
    """The options."""
    parser = argparse.ArgumentParser(prog="python -m hub.collect", description=str(__doc__).partition("\n")[0])
    parser.add_argument("--lineup", type=Path, required=True, metavar="FILE", help="whose models and rows")
    parser.add_argument("--title", required=True, help=f"of the collection, at most {LONGEST_TITLE} characters")
    parser.add_argument("--space", metavar="OWNER/NAME", help="the Space that shows it")
    parser.add_argument("--comparison", metavar="OWNER/NAME", help="the published comparison")
    parser.add_argument("--public", action="store_true", help="everybody may see it; by default it is private")
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Make the collection, or complete it."""
    options = make_parser().parse_args(argv)
    lineup, api = load_lineup(options.lineup), connect()
    for repo_id in filter(None, (options.space, options.comparison)):
        checked_repo_id(repo_id)
    account_of(api)
    items = items_of(lineup, space=options.space, comparison=options.comparison)
    description = f"Prompt or fine-tune? Measured on {lineup.task.name}."
    url, missing = collect(items, title=options.title, api=api, description=description, private=not options.public)
    for sentence in missing:
        say(sentence)
    sys.stdout.write(f"{url}\n")


if __name__ == "__main__":
    command(main)
