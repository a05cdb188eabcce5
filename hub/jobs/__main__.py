"""Train on the Hub's machines: one of the training scripts as a job, whose run is pushed when it is done.

    python -m hub.jobs training.encoder --repo_id you/sms-minilm --flavor t4-small --timeout 1h --dry_run -- \
        --task tasks/sms-spam.yaml --data rows.csv --model_name_or_path sentence-transformers/all-MiniLM-L6-v2

Everything behind ``--`` is for the script. Files that it names go along in a private dataset repository, which the
job finds mounted. A dry run shows the command and what it costs at most.
"""
# ruff: noqa: E402  the Hub's address is looked at before the Hub client is imported

from __future__ import annotations

if __name__ == "__main__":  # before the Hub client is imported
    from classification.network.endpoint import end_without_address

    end_without_address()

import argparse
import sys
from collections.abc import Sequence

from classification.families import scripts

from ..shared.client import account_of, check_owner, checked_repo_id, connect
from ..shared.commands import command, describe, say, secrets_from_environment, shown_command
from .plan import plan_job, price, start


def make_parser() -> argparse.ArgumentParser:
    """The options."""
    parser = argparse.ArgumentParser(
        prog="python -m hub.jobs",
        description=str(__doc__).partition("\n")[0],
        epilog="Everything behind -- is for the script.",
    )
    parser.add_argument("script", choices=scripts(), help="what to run")
    parser.add_argument("--repo_id", required=True, metavar="OWNER/NAME", help="where the finished run is pushed")
    parser.add_argument("--flavor", default="t4-small", help="the machine (default: %(default)s)")
    parser.add_argument("--timeout", default="2h", help="stop it after this time: 45m, 2h, 1d (default: %(default)s)")
    parser.add_argument("--secret", action="append", default=[], metavar="NAME", help="taken from the environment")
    parser.add_argument("--namespace", metavar="OWNER", help="whose account pays; by default your own")
    parser.add_argument("--dry_run", action="store_true", help="start nothing; show files, command and price")
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Start the job, or show what it would be."""
    words = list(sys.argv[1:] if argv is None else argv)
    cut = words.index("--") if "--" in words else len(words)
    options = make_parser().parse_args(words[:cut])
    repo_id = checked_repo_id(options.repo_id)
    secrets, api = secrets_from_environment(options.secret), connect()
    owner = options.namespace or repo_id.partition("/")[0]
    plan = plan_job(options.script, words[cut + 1 :], repo_id, owner, flavor=options.flavor, timeout=options.timeout)
    if options.dry_run:
        sys.stdout.write(describe(plan.bundle, command=shown_command("hub.jobs", words)))
        sys.stdout.write(f"On the machine: {plan.command[-1]}\n")
        sys.stdout.flush()  # without the Hub there is no price; the rest is shown all the same
        sys.stdout.write(f"Price: {price(plan, api)}\n")
        return
    account = account_of(api)
    check_owner(account, repo_id)
    check_owner(account, plan.bundle.repo_id)
    say(price(plan, api))
    secrets["HF_TOKEN"] = str(api.token)  # which the job pushes with; the Hub keeps it encrypted
    sys.stdout.write(f"{start(plan, api, secrets=secrets, namespace=options.namespace)}\n")


if __name__ == "__main__":
    command(main)
