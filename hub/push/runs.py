"""What publishing a run folder sends: its files and a card made from its record, once both are checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, ModelInfo
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError, RevisionNotFoundError

from classification.errors import InputError, shown
from classification.network.hub_errors import explain, explained
from classification.runs.hashes import check_hashes
from classification.runs.record import RunRecord, load_record, run_files
from comparison.comparison import Comparison

from ..cards.evidence import Evidence
from ..cards.licences import Licence, licence_from_id, licence_of
from ..cards.model import model_card
from ..shared.client import checked_repo_id
from ..shared.public import base_id
from ..shared.publish import README, Plan, Upload
from ..shared.repositories import card_of, kinds_of, names_of
from .run_files import run_uploads

#: Weights of other kinds, which an earlier push or another tool may have left in the repository.
OTHER_WEIGHTS = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.h5", "*.msgpack")


@dataclass(frozen=True)
class PushOptions:
    """How a run is to be published.

    Attributes:
        comparison: folder of a saved comparison in which the run is a contender.
        contender: its name there, where the configuration alone does not tell.
        private: whether a new repository is private.
        revision: a branch.
        create_pr: open a pull request instead of committing.
        version: the tag; by default the next of v1, v2 and so on.
        unevaluated: publish a run that was never evaluated.
        title: of the card; by default made from the task.
        licence: an SPDX id; by default that of the base model.
        space: a Space in which the run can be tried, for the card.
        comparison_repo: a dataset repository with the comparison, for the card.
        dataset: the Hub id of the dataset that the rows are a copy of, where the record has a folder's name only.
    """

    comparison: Path | None = None
    contender: str | None = None
    private: bool = True
    revision: str | None = None
    create_pr: bool = False
    version: str | None = None
    unevaluated: bool = False
    title: str | None = None
    licence: str | None = None
    space: str | None = None
    comparison_repo: str | None = None
    dataset: str | None = None


def plan_run(run: Path, repo_id: str, options: PushOptions | None = None, *, api: HfApi | None = None) -> Plan:
    """Everything that publishing a run would send, checked.

    Args:
        run: the run folder.
        repo_id: ``owner/name``.
        options: of the command line.
        api: looks at the repository and the base model; without one the Hub is not asked.

    Raises:
        InputError: the run, the name or the repository cannot be used; the sentence says why.
    """
    repo_id, wanted, record = checked_repo_id(repo_id), options or PushOptions(), load_record(run)
    check_hashes(run, record)
    for named in filter(None, (wanted.space, wanted.comparison_repo)):
        checked_repo_id(named)
    comparison = Comparison.load(wanted.comparison) if wanted.comparison else None
    evidence = Evidence.of(record, comparison, wanted.contender)
    if evidence is None and not wanted.unevaluated:
        raise InputError(
            f"{run}: nobody has measured how good this run is; give --comparison FOLDER (made with python -m "
            "comparison run), or say --unevaluated to publish it all the same."
        )
    uploads = run_uploads(run, record)
    if api is not None:
        _check_fits(api, repo_id, record, uploads, wanted.revision)
    card = model_card(
        record,
        evidence,
        repo_id=repo_id,
        licence=_licence(record, wanted.licence, api),
        title=wanted.title,
        revision=wanted.version,
        space=wanted.space,
        comparison_repo=wanted.comparison_repo,
        dataset=wanted.dataset,
    )
    return Plan(
        repo_id,
        (Upload(README, card.encode()), *uploads),
        f"Publish {record.name}",
        replaces=(*run_files(), *OTHER_WEIGHTS),
        version=wanted.version,
        private=wanted.private,
        revision=wanted.revision,
        create_pr=wanted.create_pr,
    )


def _licence(record: RunRecord, asked: str | None, api: HfApi | None) -> Licence:
    if asked:
        return licence_from_id(asked)
    base = base_id(record)
    return licence_of(base or "", _card_data(api, base) if api is not None and base else None)


def _card_data(api: HfApi, repo_id: str) -> Mapping[str, Any] | None:
    """A model's own description, or ``None`` where it cannot be had."""
    try:
        return card_of(api, api.model_info(repo_id)) or None
    except Exception as error:
        if explain(error) is None:
            raise
        return None


def _check_fits(
    api: HfApi, repo_id: str, record: RunRecord, uploads: Sequence[Upload], revision: str | None = None
) -> None:
    """Refuse to replace a model on another base, or of another kind.

    Raises:
        InputError: it holds another; the sentence says what, and to choose another repository.
    """
    with explained(f"look at {repo_id}"):
        found, at = _existing(api, repo_id, revision)
        if found is None:
            return
        named = card_of(api, found, revision=at).get("base_model")
    theirs = named[0] if isinstance(named, list) and named else named
    ours = record.base.id if record.base else None
    if theirs and ours and theirs != ours:
        raise InputError(
            f"{repo_id} holds a model that stands on {shown(theirs)}, and this run stands on {shown(ours)}; "
            "choose another repository."
        )
    own = kinds_of(upload.path for upload in uploads)
    others = [kind for kind in kinds_of(names_of(found)) if kind not in own]
    if others:
        raise InputError(
            f"{repo_id} holds {' and '.join(others)}, which {' and '.join(own)} would replace; choose another "
            "repository with --repo_id."
        )


def _existing(api: HfApi, repo_id: str, revision: str | None) -> tuple[ModelInfo | None, str | None]:
    """What a repository holds, and at which revision: a branch that does not exist yet starts from the main one."""
    try:
        return api.model_info(repo_id, revision=revision), revision
    except RevisionNotFoundError:
        return _existing(api, repo_id, None) if revision else (None, None)
    except RepositoryNotFoundError as error:
        if isinstance(error, GatedRepoError):
            raise
        return None, None
    except HfHubHTTPError as error:
        if error.response.status_code == 401 and api.token is False:
            return None, None  # a dry run needs no sign-in, and does without this check
        raise
