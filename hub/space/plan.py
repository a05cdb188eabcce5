"""The files of a Space for a lineup: this repository's page, the lineup, and what it names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import HfApi, SpaceHardware
from huggingface_hub.errors import RepositoryNotFoundError

from classification.errors import InputError, nearest, one_of
from classification.families import FAMILIES
from classification.lineup import Lineup, load_lineup
from classification.models.pool import PACKAGED
from classification.network.hub_errors import explain, explained

from ..cards.markdown import render
from ..shared.client import checked_repo_id, connect
from ..shared.new_folder import new_folder
from ..shared.project import extras, requirements, sources
from ..shared.publish import README, Plan, Upload
from ..shared.repositories import card_of, names_of
from .lineup_bundle import LINEUP, LineupBundle, bundle_lineup

#: The folders of this repository that the page imports; `training` is not among them.
FOLDERS = ("app.py", "classification", "comparison", "hub", "ui")
UNUSED_PACKAGES = ("trl",)
REPLACES = (
    "app.py",
    "requirements.txt",
    LINEUP,
    "task.yaml",
    "results/*",
    "runs/*",
    *(f"{r}/*" for r in FOLDERS[1:]),
)
OURS = "prompt-or-tune"
ZERO = "zero-a10g"
#: Torch releases that ZeroGPU offers.
ZERO_TORCH = "torch>=2.8,<2.12"
#: The files of a new Space without an app, as it is after a first push that failed.
NEW = {".gitattributes", README}


@dataclass(frozen=True)
class SpaceSettings:
    """What a person may say about a Space.

    Attributes:
        title: on its page.
        hardware: what it suggests, and asks for.
        oauth: whether visitors can sign in.
        comparison: a published comparison that it shows.
    """

    title: str = "Prompt or Tune"
    hardware: str = "cpu-basic"
    oauth: bool = True
    comparison: str | None = None


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
        api: looks up which models are public; without one, only those of a fixed list count as such.

    Raises:
        InputError: the lineup cannot be used, names what a Space cannot see, or the Space holds another app.
    """
    repo_id, settings = checked_repo_id(repo_id), settings or SpaceSettings()
    _check_settings(settings)
    lineup = load_lineup(lineup_file)
    there = bundle_lineup(lineup)
    if api is not None:
        _check_ours(api, repo_id)
    packages = _requirements(settings, lineup)
    uploads = (
        Upload(README, _card(lineup, settings, packages, there, _public(there, api)).encode()),
        Upload("requirements.txt", packages.encode()),
        *sources(FOLDERS),
        *there.uploads,
    )
    return Plan(
        repo_id,
        uploads,
        f"Compare the contenders of {lineup.task.name}",
        repo_type="space",
        replaces=REPLACES,
        private=private,
    )


def _card(lineup: Lineup, settings: SpaceSettings, packages: str, there: LineupBundle, preload: list[str]) -> str:
    """The README; the Hub installs the release of Gradio that it names."""
    gradio = re.search(r"^gradio\b.*==(\S+)", packages, re.MULTILINE)
    return render(
        "space.md.j2",
        task=lineup.task,
        contenders=lineup.contenders,
        settings=settings,
        models=there.models,
        datasets=[*there.datasets, *filter(None, [settings.comparison])],
        preload=preload,
        gradio=gradio and gradio[1],
    )


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


def configure_space(
    repo_id: str, api: HfApi, *, variables: dict[str, str], secrets: dict[str, str], hardware: str | None = None
) -> None:
    """Set a Space's variables and secrets, and ask for its hardware.

    Raises:
        InputError: the Hub refused, such as without a payment method or the permission.
    """
    with explained(f"set up the Space {repo_id}"):
        for key, value in variables.items():
            api.add_space_variable(repo_id, key, value)
        for key, value in secrets.items():
            api.add_space_secret(repo_id, key, value)
        if hardware:
            api.request_space_hardware(repo_id, hardware)


def _requirements(settings: SpaceSettings, lineup: Lineup) -> str:
    zero = settings.hardware == ZERO
    asked = [FAMILIES[contender.family].requirements for contender in lineup.contenders if not contender.entry.run]
    return requirements(
        without=UNUSED_PACKAGES,
        instead={"torch": ZERO_TORCH} if zero else None,
        also=[*(["spaces"] if zero else []), *extras(file for file in asked if file)],
    )


def _public(there: LineupBundle, api: HfApi | None) -> list[str]:
    """Models that are fetched when the Space is built, which the Hub does for public ones only."""
    if api is None:
        return [model for model in there.models if model in PACKAGED]
    anonymous = connect("")
    found = []
    for model in there.models:
        try:
            info = anonymous.model_info(model)
        except Exception as error:
            if explain(error) is None:
                raise
            if model in PACKAGED:  # the Hub cannot be reached, and these are known to be public
                found.append(model)
        else:
            found += [] if info.private or info.gated else [model]
    return found


def _check_ours(api: HfApi, repo_id: str) -> None:
    """Refuse to overwrite a Space that holds another app."""
    with explained(f"look at the Space {repo_id}"):
        try:
            found = api.space_info(repo_id)
        except RepositoryNotFoundError:
            return
        tags = card_of(api, found, repo_type="space").get("tags") or []
    if OURS not in tags and not names_of(found) <= NEW:
        raise InputError(f"the Space {repo_id} holds another app; choose another name, or delete that Space first.")
