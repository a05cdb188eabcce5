"""A comparison as a dataset on the Hub: its numbers, every answer as Parquet, and a plot; and back again."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from huggingface_hub import HfApi, snapshot_download

from classification.errors import InputError, shown
from classification.network.hub_errors import AGAIN, explained
from classification.runs.remote import Reference
from comparison.comparison import COMPARISON_FILE, Comparison
from comparison.records import MAX_BYTES

from ..cards.comparison import comparison_card
from ..shared.client import checked_repo_id, connect
from ..shared.new_folder import new_folder
from ..shared.publish import README, Plan, Upload
from .files import FILES, public_comparison, uploads_of


def plan_comparison(
    folder: Path,
    repo_id: str,
    *,
    private: bool = True,
    version: str | None = None,
    licence: str | None = None,
    title: str | None = None,
    space: str | None = None,
    dataset: str | None = None,
) -> Plan:
    """Everything that publishing a saved comparison would send.

    Args:
        folder: what ``python -m comparison run`` wrote.
        repo_id: ``owner/name`` of a dataset repository.
        private: whether a new repository is private.
        version: the tag; by default the next of v1, v2 and so on.
        licence: an SPDX id, for the answers and numbers; texts keep the licence of their source.
        title: of the card.
        space: a Space that shows it, for the card.
        dataset: the Hub id of the dataset that the rows are a copy of, where only a folder's name is known.

    Raises:
        InputError: there is no comparison in the folder, or its files do not belong together.
    """
    repo_id, comparison = checked_repo_id(repo_id), Comparison.load(folder)
    if space:
        checked_repo_id(space)
    uploads = uploads_of(folder, comparison)
    card = comparison_card(
        public_comparison(comparison),
        repo_id=repo_id,
        title=title,
        space=space,
        dataset=dataset,
        files=[upload.path for upload in uploads],
        **({"licence": licence} if licence else {}),
    )
    return Plan(
        repo_id,
        (Upload(README, card.encode()), *uploads),
        f"Publish the comparison on {comparison.task.name}",
        repo_type="dataset",
        replaces=FILES,
        version=version,
        private=private,
    )


def fetch_comparison(reference: str, *, token: str | None = None) -> Comparison:
    """A published comparison; only its record is read, which is bounded and checked.

    Args:
        reference: ``owner/name`` of a dataset repository, or ``owner/name@revision``.
        token: of the account that reads; an empty string for no account, ``None`` for the local login.

    Raises:
        InputError: not on the Hub, not to be seen, unreachable, or not a comparison.
    """
    found = _reference(reference)
    api = connect(token)
    with explained(f"open the comparison {found}"):
        sizes = api.get_paths_info(found.repo_id, [COMPARISON_FILE], revision=found.revision, repo_type="dataset")
        _check_record(found, {entry.path: getattr(entry, "size", 0) for entry in sizes})
        file = api.hf_hub_download(found.repo_id, COMPARISON_FILE, revision=found.revision, repo_type="dataset")
    return _load(Path(file).parent, found)


def pull_comparison(reference: str, output: Path, *, api: HfApi) -> Comparison:
    """Download a whole comparison, answers and all, as a folder like the one that it was published from.

    Raises:
        InputError: not on the Hub, unreachable, not a comparison, not all of it arrived, or the folder exists and is
            not empty or cannot be written. There is then no folder, and nothing of it.
    """
    found = _reference(reference)
    with new_folder(output) as unfinished:
        return _download(found, unfinished, api)


def _download(found: Reference, output: Path, api: HfApi) -> Comparison:
    """Every file of one commit. The Hub is asked for the list: the cache may hold a part of the files only."""
    with explained(f"pull the comparison {found}"):
        info = api.dataset_info(found.repo_id, revision=found.revision, files_metadata=True)
        sizes = {sibling.rfilename: sibling.size or 0 for sibling in info.siblings or ()}
        _check_record(found, sizes)
        names = [name for name in sizes if any(fnmatchcase(name, pattern) for pattern in FILES)]
        folder = Path(
            snapshot_download(
                found.repo_id,
                revision=info.sha,
                repo_type="dataset",
                allow_patterns=names,
                token=api.token,
                endpoint=api.endpoint,
            )
        )
    missing = next((name for name in names if not (folder / name).is_file()), None)
    if missing:
        raise InputError(f"cannot pull the comparison {found}: {missing} did not arrive; {AGAIN}.")
    comparison = _load(folder, found)
    for name in names:
        (output / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / name, output / name)  # the cache holds links; their targets are copied
    return comparison


def _check_record(found: Reference, sizes: Mapping[str, int]) -> None:
    if COMPARISON_FILE not in sizes:
        raise InputError(f"{found} is a dataset without {COMPARISON_FILE}; name one that was published from here.")
    if sizes[COMPARISON_FILE] > MAX_BYTES:
        raise InputError(f"{found}: its {COMPARISON_FILE} is larger than {MAX_BYTES // 10**6} MB.")


def _reference(text: str) -> Reference:
    found = Reference.parse(text.strip())
    if found is None:
        raise InputError(f"{shown(text)} is not a dataset on the Hub; write owner/name, or owner/name@revision.")
    return found


def _load(folder: Path, reference: Reference) -> Comparison:
    try:
        return Comparison.load(folder)
    except InputError as error:
        raise InputError(str(error).replace(str(folder), str(reference))) from None
