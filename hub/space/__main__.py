"""Make a Space of a lineup, or bring one up to date: the page of this repository, and only the files that it needs.

    python -m hub.space --repo_id you/space --lineup demo/lineup.yaml --dry_run --output space
    python -m hub.space --repo_id you/space --lineup demo/lineup.yaml --hardware t4-small

A dry run writes a folder that starts on its own: ``pip install -r requirements.txt && python app.py``.
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

from classification.errors import InputError

from ..shared.client import account_of, check_owner, checked_repo_id, connect
from ..shared.commands import command, describe, say, secrets_from_environment, shown_command
from ..shared.publish import Plan, publish
from .plan import SpaceSettings, configure_space, plan_space, write


def make_parser() -> argparse.ArgumentParser:
    """The options."""
    parser = argparse.ArgumentParser(prog="python -m hub.space", description=str(__doc__).partition("\n")[0])
    parser.add_argument("--repo_id", required=True, metavar="OWNER/NAME", help="the Space")
    parser.add_argument("--lineup", type=Path, required=True, metavar="FILE", help="who is compared")
    parser.add_argument("--title", default=SpaceSettings.title, help="on the Space's page")
    parser.add_argument("--hardware", help="ask for this hardware, such as cpu-basic, t4-small or zero-a10g")
    parser.add_argument("--comparison", metavar="OWNER/NAME", help="a published comparison that it links to")
    parser.add_argument("--variable", action="append", default=[], metavar="KEY=VALUE", help="seen by everybody")
    parser.add_argument(
        "--secret", action="append", default=[], metavar="NAME", help="its value is taken from the environment"
    )
    parser.add_argument("--public", action="store_true", help="everybody may see it; by default a new one is private")
    parser.add_argument("--no_sign_in", action="store_true", help="without the Publish tab's sign-in")
    parser.add_argument("--dry_run", action="store_true", help="send nothing; show files, README and commands")
    parser.add_argument("--output", type=Path, metavar="DIR", help="with --dry_run: write the Space to this new folder")
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Make the Space, or show or write what it would be."""
    words = list(sys.argv[1:] if argv is None else argv)
    options = make_parser().parse_args(words)
    variables, secrets = _variables(options.variable), secrets_from_environment(options.secret)
    settings = SpaceSettings(
        options.title, options.hardware or SpaceSettings.hardware, not options.no_sign_in, comparison=options.comparison
    )
    if options.output and not options.dry_run:
        raise InputError("--output goes with --dry_run; leave it out to make the Space.")
    api = connect()
    if not options.dry_run:
        check_owner(account_of(api), checked_repo_id(options.repo_id))
    plan = plan_space(
        options.lineup, options.repo_id, settings, private=not options.public, api=None if options.dry_run else api
    )
    if options.dry_run:
        _show(plan, options.output, words)
        return
    done = publish(plan, api, progress=say)
    configure_space(plan.repo_id, api, variables=variables, secrets=secrets, hardware=options.hardware)
    sys.stdout.write(f"{done.url}\n")


def _show(plan: Plan, folder: Path | None, words: Sequence[str]) -> None:
    sys.stdout.write(describe(plan, command=shown_command("hub.space", words)))
    if folder is not None:
        write(plan, folder)
        sys.stdout.write(f"Written to {folder}; it starts with: pip install -r requirements.txt && python app.py\n")


def _variables(given: Sequence[str]) -> dict[str, str]:
    for word in given:
        if not word.partition("=")[0].isidentifier() or "=" not in word:
            raise InputError(f"--variable {word!r} is not KEY=VALUE; write such as --variable MODE=demo.")
    return dict(word.split("=", 1) for word in given)


if __name__ == "__main__":
    command(main)
