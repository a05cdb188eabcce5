"""A comparison as a dataset on the Hub: its numbers, every answer as Parquet, and a plot; and back again.

    python -m hub.comparisons push results/sms --repo_id you/sms-comparison
    python -m hub.comparisons pull you/sms-comparison@v1 --output results/theirs

The Hub's dataset viewer shows it, and any page opens it by ``?comparison=you/sms-comparison``.
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

from ..shared.client import account_of, check_owner, connect
from ..shared.commands import command, describe, say, shown_command
from ..shared.publish import publish
from .datasets import plan_comparison, pull_comparison


def make_parser() -> argparse.ArgumentParser:
    """The commands ``push`` and ``pull`` with their options."""
    parser = argparse.ArgumentParser(prog="python -m hub.comparisons", description=str(__doc__).partition("\n")[0])
    actions = parser.add_subparsers(dest="action", required=True)
    push = actions.add_parser("push", help="publish a saved comparison as a dataset")
    push.add_argument("folder", type=Path, metavar="DIR", help="what python -m comparison run wrote")
    push.add_argument("--repo_id", required=True, metavar="OWNER/NAME", help="where it goes")
    push.add_argument("--public", action="store_true", help="everybody may see it; by default a new one is private")
    push.add_argument("--version", metavar="TAG", help="tag the commit; by default v1, then v2 and so on")
    push.add_argument("--licence", "--license", dest="licence", help="SPDX id for numbers and answers")
    push.add_argument("--title", help="the card's title")
    push.add_argument("--dataset", metavar="OWNER/NAME", help="the dataset on the Hub that the rows are a copy of")
    push.add_argument("--space", metavar="OWNER/NAME", help="a Space that shows it, for the card")
    push.add_argument("--dry_run", action="store_true", help="send nothing; show files, card and commands")
    pull = actions.add_parser("pull", help="download a published comparison")
    pull.add_argument("reference", metavar="OWNER/NAME[@REVISION]", help="a dataset repository")
    pull.add_argument("--output", type=Path, required=True, metavar="DIR", help="a new folder")
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Publish a comparison, or fetch one."""
    words = list(sys.argv[1:] if argv is None else argv)
    options = vars(make_parser().parse_args(words))
    api = connect()
    if options.pop("action") == "pull":
        comparison = pull_comparison(options["reference"], options["output"], api=api)
        sys.stdout.write(f"{len(comparison.contenders)} contenders in {options['output']}\n")
        return
    folder, repo_id = options.pop("folder"), options.pop("repo_id")
    dry, public = options.pop("dry_run"), options.pop("public")
    plan = plan_comparison(folder, repo_id, private=not public, **options)
    if dry:
        sys.stdout.write(describe(plan, command=shown_command("hub.comparisons", words)))
        return
    check_owner(account_of(api), plan.repo_id)
    done = publish(plan, api, progress=say)
    sys.stdout.write(f"{done.url}\nOn any page: ?comparison={done.repo_id}@{done.tag}\n")


if __name__ == "__main__":
    command(main)
