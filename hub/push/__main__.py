"""Publish a run folder on the Hub: weights, tokenizer, configuration and a card, in one commit with a version.

    python -m hub.push runs/sms-minilm --repo_id you/sms-minilm --dry_run
    python -m hub.push runs/sms-minilm --repo_id you/sms-minilm --comparison results/sms

The repository is private until you say ``--public``. The card is made from the run's own record and, with
``--comparison``, from what was measured beside other approaches.
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

from ..shared.client import account_of, check_owner, checked_repo_id, connect, reachable
from ..shared.commands import command, describe, say, shown_command
from ..shared.publish import publish
from .runs import PushOptions, plan_run


def make_parser() -> argparse.ArgumentParser:
    """The options."""
    parser = argparse.ArgumentParser(prog="python -m hub.push", description="Publish a run folder on the Hub.")
    parser.add_argument("run", type=Path, metavar="RUN", help="the run folder")
    parser.add_argument("--repo_id", required=True, metavar="OWNER/NAME", help="where it goes")
    parser.add_argument("--comparison", type=Path, metavar="DIR", help="a saved comparison in which it is a contender")
    parser.add_argument("--contender", metavar="NAME", help="its name in that comparison; usually found by itself")
    visibility = parser.add_mutually_exclusive_group()
    visibility.add_argument("--private", action="store_true", help="a new repository is private (the default)")
    visibility.add_argument("--public", action="store_true", help="everybody may see it, once it is complete")
    parser.add_argument("--revision", metavar="BRANCH", help="commit to this branch, made where it is missing")
    parser.add_argument("--create_pr", action="store_true", help="open a pull request in place of a commit")
    parser.add_argument("--version", metavar="TAG", help="tag the commit; by default v1, then v2 and so on")
    parser.add_argument("--title", help="the card's title")
    parser.add_argument("--licence", "--license", dest="licence", help="SPDX id; by default the base model's")
    parser.add_argument("--space", metavar="OWNER/NAME", help="a Space to try it in, for the card")
    parser.add_argument("--comparison_repo", metavar="OWNER/NAME", help="a published comparison, for the card")
    parser.add_argument("--dataset", metavar="OWNER/NAME", help="the dataset on the Hub that the rows are a copy of")
    parser.add_argument("--unevaluated", action="store_true", help="publish a run that was never evaluated")
    parser.add_argument("--dry_run", action="store_true", help="send nothing; show files, card and commands")
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Publish, or show what would be published."""
    words = list(sys.argv[1:] if argv is None else argv)
    options = vars(make_parser().parse_args(words))
    run, repo_id, dry, public = (options.pop(name) for name in ("run", "repo_id", "dry_run", "public"))
    options.pop("private")
    api = connect()
    if not dry:
        account = account_of(api)
        if not options["create_pr"]:
            check_owner(account, checked_repo_id(repo_id))
    asked = api if not dry or reachable(api) else None
    plan = plan_run(run, repo_id, PushOptions(**options, private=not public), api=asked)
    if dry:
        sys.stdout.write(describe(plan, command=shown_command("hub.push", words)))
        return
    done = publish(plan, api, progress=say)
    version = f"@{done.tag}" if done.tag else ""
    sys.stdout.write(f"{done.url}\nIn a lineup: run: {done.repo_id}{version}\n")


if __name__ == "__main__":
    command(main)
