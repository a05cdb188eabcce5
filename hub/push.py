"""Publish a run folder on the Hub: weights, tokenizer, configuration and a card, in one commit with a version.

    python -m hub.push runs/sms-minilm --repo_id you/sms-minilm --dry_run
    python -m hub.push runs/sms-minilm --repo_id you/sms-minilm --comparison results/sms

The repository is private until you say ``--public``. The card is made from the run's own record and, with
``--comparison``, from what was measured beside other approaches.
"""
# ruff: noqa: E402  the Hub's address is looked at before the Hub client is imported

from __future__ import annotations

if __name__ == "__main__":  # before the Hub client is imported
    from classification.endpoint import end_without_address

    end_without_address()

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, ModelInfo
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError, RevisionNotFoundError

from classification.errors import InputError, shown
from classification.hub_errors import explain, explained
from classification.run import RUN_FILES, RunRecord, load_run
from classification.run_hashes import check_hashes
from comparison.comparison import Comparison

from .cards.evidence import Evidence
from .cards.licences import Licence, licence_of, stated
from .cards.model import model_card
from .cards.public import base_id
from .client import account_of, check_owner, checked_repo_id, connect, reachable
from .commands import command, describe, say, shown_command
from .files import run_uploads
from .publish import README, Plan, Upload, publish
from .repositories import card_of, kinds_of, names_of

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
        create_pr: ask for the commit to be taken, in place of making it.
        version: the tag; by default the next of v1, v2 and so on.
        unevaluated: publish although nobody knows how good it is.
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
        options: what a person said.
        api: looks at the repository and the base model; without one the Hub is not asked.

    Raises:
        InputError: the run, the name or the repository cannot be used; the sentence says why.
    """
    repo_id, wanted, record = checked_repo_id(repo_id), options or PushOptions(), load_run(run)
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
        record, evidence, repo_id=repo_id, licence=_licence(record, wanted.licence, api), title=wanted.title,
        revision=wanted.version, space=wanted.space, comparison_repo=wanted.comparison_repo, dataset=wanted.dataset,
    )  # fmt: skip
    return Plan(
        repo_id, (Upload(README, card.encode()), *uploads), f"Publish {record.name}",
        replaces=(*RUN_FILES, *OTHER_WEIGHTS), version=wanted.version, private=wanted.private,
        revision=wanted.revision, create_pr=wanted.create_pr,
    )  # fmt: skip


def _licence(record: RunRecord, asked: str | None, api: HfApi | None) -> Licence:
    if asked:
        return stated(asked)
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
    """A repository is for versions of one thing: on one base, and of one kind.

    Raises:
        InputError: it holds another; the sentence says what, and to choose another repository.
    """
    with explained(f"look at {repo_id}"):
        found, at = _there(api, repo_id, revision)
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
            f"{repo_id} holds {' and '.join(others)}, whose place {' and '.join(own)} would take; choose another "
            "repository with --repo_id."
        )


def _there(api: HfApi, repo_id: str, revision: str | None) -> tuple[ModelInfo | None, str | None]:
    """What a repository holds, and at which revision: a branch that is still to be made begins as the main one."""
    try:
        return api.model_info(repo_id, revision=revision), revision
    except RevisionNotFoundError:
        return _there(api, repo_id, None) if revision else (None, None)
    except RepositoryNotFoundError as error:
        if isinstance(error, GatedRepoError):
            raise
        return None, None
    except HfHubHTTPError as error:
        if error.response.status_code == 401 and api.token is False:
            return None, None  # nobody is signed in, so there is nothing to see; a dry run goes on
        raise


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
    parser.add_argument("--unevaluated", action="store_true", help="publish although nobody measured how good it is")
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
