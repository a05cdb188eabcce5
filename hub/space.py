"""Make a Space of a lineup, or bring one up to date: the page of this repository, and only the files that it needs.

    python -m hub.space --repo_id you/space --lineup demo/lineup.yaml --dry_run --output space
    python -m hub.space --repo_id you/space --lineup demo/lineup.yaml --hardware t4-small

A dry run writes a folder that starts on its own: ``pip install -r requirements.txt && python app.py``.
"""
# ruff: noqa: E402  the Hub's address is looked at before the Hub client is imported

from __future__ import annotations

if __name__ == "__main__":  # before the Hub client is imported
    from classification.endpoint import end_without_address

    end_without_address()

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from huggingface_hub import HfApi, SpaceHardware
from huggingface_hub.errors import RepositoryNotFoundError

from classification.errors import InputError, nearest, one_of
from classification.hub_errors import explain, explained
from classification.lineup import load_lineup
from classification.models import PACKAGED

from .cards.space import ZERO, ZERO_TORCH, SpaceSettings, space_card
from .client import account_of, check_owner, checked_repo_id, connect
from .commands import command, describe, from_environment, say, shown_command
from .folders import new_folder
from .project import requirements, sources
from .publish import README, Plan, Upload, publish
from .repositories import card_of, names_of
from .space_files import LINEUP, Moved, moved

#: The rooms of the house that a page needs; whoever only looks and compares trains nothing.
ROOMS = ("app.py", "classification", "comparison", "hub", "ui")
UNUSED_PACKAGES = ("trl",)
REPLACES = ("app.py", "requirements.txt", LINEUP, "task.yaml", "results/*", "runs/*", *(f"{r}/*" for r in ROOMS[1:]))
OURS = "prompt-or-tune"
#: What a Space holds that was made and never filled, such as one whose first push broke off.
NEW = {".gitattributes", README}


def plan_space(
    lineup_file: Path,
    repo_id: str,
    settings: SpaceSettings | None = None,
    *,
    private: bool = True,
    api: HfApi | None = None,
) -> Plan:
    """Everything that a Space for a lineup consists of; local runs go along, those on the Hub are pulled there.

    Args:
        lineup_file: the lineup.
        repo_id: ``owner/name`` of the Space.
        settings: title, hardware and so on.
        private: whether a new Space is private.
        api: looks which models everybody may download; without one, only those that are known to be public.

    Raises:
        InputError: the lineup cannot be used, names what a Space cannot see, or the Space holds another app.
    """
    repo_id, settings = checked_repo_id(repo_id), settings or SpaceSettings()
    _check_settings(settings)
    lineup = load_lineup(lineup_file)
    there = moved(lineup)
    if api is not None:
        _check_ours(api, repo_id)
    card = space_card(lineup, settings, models=there.models, datasets=there.datasets, preload=_public(there, api))
    uploads = (
        Upload(README, card.encode()),
        Upload("requirements.txt", _requirements(settings).encode()),
        *sources(ROOMS),
        *there.uploads,
    )
    return Plan(
        repo_id, uploads, f"Compare the contenders of {lineup.task.name}",
        repo_type="space", replaces=REPLACES, private=private,
    )  # fmt: skip


def _check_settings(settings: SpaceSettings) -> None:
    name, allowed = settings.hardware, [hardware.value for hardware in SpaceHardware]
    if name not in allowed:
        raise InputError(f"no Space has the hardware {name!r}{nearest(name, allowed)}; allowed: {one_of(allowed)}.")
    if settings.comparison:
        checked_repo_id(settings.comparison)


def write(plan: Plan, folder: Path) -> None:
    """Write a plan's files into a new folder.

    Raises:
        InputError: the folder is there already and holds something.
    """
    with new_folder(folder) as unfinished:
        for upload in plan.uploads:
            place = unfinished / upload.path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(upload.read())


def settle(
    repo_id: str, api: HfApi, *, variables: dict[str, str], secrets: dict[str, str], hardware: str | None = None
) -> None:
    """Set a Space's variables and secrets, and ask for its hardware.

    Raises:
        InputError: the Hub refused, for want of a payment method or of the right to.
    """
    with explained(f"set up the Space {repo_id}"):
        for key, value in variables.items():
            api.add_space_variable(repo_id, key, value)
        for key, value in secrets.items():
            api.add_space_secret(repo_id, key, value)
        if hardware:
            api.request_space_hardware(repo_id, hardware)


def _requirements(settings: SpaceSettings) -> str:
    zero = settings.hardware == ZERO
    return requirements(
        without=UNUSED_PACKAGES, instead={"torch": ZERO_TORCH} if zero else None, also=("spaces",) if zero else ()
    )


def _public(there: Moved, api: HfApi | None) -> list[str]:
    """Models that are fetched when the Space is built, which the Hub does for public ones only."""
    if api is None:
        return [model for model in there.models if model in PACKAGED]
    nobody = connect("")
    found = []
    for model in there.models:
        try:
            info = nobody.model_info(model)
        except Exception as error:
            if explain(error) is None:
                raise
            if model in PACKAGED:  # the Hub cannot be asked, and these are known to be public
                found.append(model)
        else:
            found += [] if info.private or info.gated else [model]
    return found


def _check_ours(api: HfApi, repo_id: str) -> None:
    """A Space that holds somebody's other app is never written over."""
    with explained(f"look at the Space {repo_id}"):
        try:
            found = api.space_info(repo_id)
        except RepositoryNotFoundError:
            return
        tags = card_of(api, found, repo_type="space").get("tags") or []
    if OURS not in tags and not names_of(found) <= NEW:
        raise InputError(f"the Space {repo_id} holds another app; choose another name, or delete that Space first.")


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
    variables, secrets = _variables(options.variable), from_environment(options.secret)
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
    settle(plan.repo_id, api, variables=variables, secrets=secrets, hardware=options.hardware)
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
