"""Publish a set of files as one commit on the Hub, or not at all.

What is to be published is planned first, as data that can be shown; publishing a plan is the same for a model,
a comparison and a Space. Large files are sent before the commit that makes them visible, so an interrupted
push is never visible in part, and the next try does not send them again.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal, TypeVar

import httpx2
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, constants
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.hf_api import CommitInfo

from classification.errors import InputError, shown
from classification.network.hub_client import SilentHubError
from classification.network.hub_errors import explained, is_not_offered

from .tokens import check_no_token
from .verify_commit import verify_commit

RepoType = Literal["model", "dataset", "space"]
Progress = Callable[[str], object]
Result = TypeVar("Result")

README = "README.md"
VERSION = re.compile(r"v(\d+)")
#: What a tag may be called, and what branches are.
TAG, BRANCHES = re.compile(r"(?!.*\.\.)[A-Za-z0-9](?:[\w.-]{0,94}[A-Za-z0-9])?", re.ASCII), ("main", "HEAD")
#: Suffixes of binary files, which are not searched for tokens.
BINARY = (".safetensors", ".onnx", ".onnx_data", ".parquet", ".model", ".png")
PAUSE = 3.0


@dataclass(frozen=True)
class Upload:
    """One file: where it goes in the repository, and what is in it, a file here or bytes."""

    path: str
    content: Path | bytes

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.content) if isinstance(self.content, bytes) else self.content.stat().st_size

    def read(self) -> bytes:
        """The content."""
        return self.content if isinstance(self.content, bytes) else self.content.read_bytes()


@dataclass(frozen=True)
class Plan:
    """What is to be published, and how.

    Attributes:
        repo_id: where it goes.
        uploads: every file.
        message: of the commit.
        repo_type: model, dataset or space.
        replaces: patterns of files that a push owns: where an earlier push sent one that this one lacks, it is
            deleted. All other files in the repository stay.
        version: the tag that the commit gets; by default v1, v2 and so on. A Space gets none.
        private: a repository that is new is private, unless told otherwise.
        revision: a branch, by default the main one.
        create_pr: open a pull request instead of committing.
    """

    repo_id: str
    uploads: tuple[Upload, ...]
    message: str
    repo_type: RepoType = "model"
    replaces: tuple[str, ...] = ()
    version: str | None = None
    private: bool = True
    revision: str | None = None
    create_pr: bool = False

    def __post_init__(self) -> None:
        """Raises `InputError` for a version that is no name of one, and for a text that holds a token."""
        if self.version is not None and (not TAG.fullmatch(self.version) or self.version in BRANCHES):
            raise InputError(f"{shown(self.version)} is not a version; write such as v1, or 2.0-beta.")
        for upload in self.uploads:
            if not upload.path.endswith(BINARY):
                check_no_token(upload.path, upload.read().decode("utf-8", "replace"))

    @property
    def card(self) -> str:
        """The text of its README."""
        return next((upload.read() for upload in self.uploads if upload.path == README), b"").decode("utf-8")

    @property
    def bytes(self) -> int:
        """Of all files together."""
        return sum(upload.size for upload in self.uploads)


@dataclass(frozen=True)
class Published:
    """Where a plan went.

    Attributes:
        repo_id: the repository.
        url: its page, or that of the pull request.
        commit: the commit's id.
        tag: the version that the commit got, if any.
        pull_request: whether it is a pull request, which the owner still has to merge.
    """

    repo_id: str
    url: str
    commit: str
    tag: str | None = None
    pull_request: bool = False


def publish(plan: Plan, api: HfApi, *, progress: Progress | None = None, pause: float = PAUSE) -> Published:
    """Make the repository where it is missing, send the files, commit them at once, and tag the commit.

    Failures that may be temporary are retried. After any failure, running it again completes it. The repository is made
    public and the commit tagged once every file was found in it.

    Args:
        plan: what to publish.
        api: a client of the account that publishes.
        progress: called with a few words before each step.
        pause: seconds before the second try.

    Raises:
        InputError: it failed, retries included; the sentence says why and what to do.
    """
    say = progress or (lambda _: None)
    with explained(f"push to {plan.repo_id}"):
        say("looking at the repository")
        _retry(lambda: _repository(plan, api), say, pause)
        say(f"sending {len(plan.uploads)} files, {size(plan.bytes)}")
        info = _retry(lambda: _commit(plan, api), say, pause)
        say("looking for every file in the commit")
        _retry(lambda: _check(plan, api, info), say, pause)
        tag = None
        if not plan.create_pr:
            _retry(lambda: _make_public(plan, api), say, pause)
            tag = None if plan.repo_type == "space" else _retry(lambda: _tag(plan, api, str(info.oid)), say, pause)
    say("published")
    return Published(plan.repo_id, str(info.pr_url or page_of(plan, api)), str(info.oid), tag, bool(info.pr_url))


def page_of(plan: Plan, api: HfApi) -> str:
    """The address of a plan's repository, for people."""
    room = {"model": "", "dataset": "datasets/", "space": "spaces/"}[plan.repo_type]
    return f"{api.endpoint}/{room}{plan.repo_id}"


def size(count: int) -> str:
    """``3292480`` as ``3.3 MB``."""
    value = float(count)
    for unit in ("bytes", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def _repository(plan: Plan, api: HfApi) -> None:
    if plan.create_pr:  # a pull request needs a repository that is there already
        return
    api.create_repo(
        plan.repo_id,
        repo_type=plan.repo_type,
        private=True,
        exist_ok=True,
        space_sdk="gradio" if plan.repo_type == "space" else None,
    )
    if plan.revision:
        api.create_branch(plan.repo_id, branch=plan.revision, repo_type=plan.repo_type, exist_ok=True)
    tags = _tags(plan, api)
    if plan.version in tags and not same_commit(tags[str(plan.version)], str(_head(plan, api).sha)):
        raise InputError(
            f"{plan.repo_id} has a version {plan.version} already, and versions never move; choose another."
        )


def _commit(plan: Plan, api: HfApi) -> CommitInfo:
    """One commit on the newest one; the Hub refuses it if another was made in between."""
    there = _head(plan, api)
    # The client accepts git's ids only; a Hub with other ids puts the commit on top of its newest.
    parent = there.sha if there.sha and constants.REGEX_COMMIT_OID.fullmatch(there.sha) else None
    names = {sibling.rfilename for sibling in there.siblings or ()} - {upload.path for upload in plan.uploads}
    stale = sorted(name for name in names if any(_is_owned(name, pattern) for pattern in plan.replaces))
    return api.create_commit(
        plan.repo_id,
        [
            *(CommitOperationAdd(upload.path, upload.content) for upload in plan.uploads),
            *(CommitOperationDelete(name, is_folder=False) for name in stale),
        ],
        commit_message=plan.message,
        repo_type=plan.repo_type,
        revision=plan.revision,
        create_pr=plan.create_pr,
        parent_commit=parent,
    )


def _check(plan: Plan, api: HfApi, info: CommitInfo) -> None:
    where = info.pr_revision if plan.create_pr and info.pr_revision else str(info.oid)
    verify_commit(plan.uploads, plan.repo_id, where, api, repo_type=plan.repo_type)


def same_commit(one: str, other: str) -> bool:
    """Whether two ids mean one commit; a Hub may shorten them in one answer and not in another."""
    return bool(one and other) and (one.startswith(other) or other.startswith(one))


def _is_owned(name: str, pattern: str) -> bool:
    """Whether a pattern matches a file; one without a folder matches no file in a folder."""
    return fnmatchcase(name, pattern) and ("/" in pattern or "/" not in name)


def _make_public(plan: Plan, api: HfApi) -> None:
    """Make the repository public if the plan says so; called when the commit is complete, never before."""
    if not plan.private and _head(plan, api).private:
        api.update_repo_settings(plan.repo_id, repo_type=plan.repo_type, private=False)


def _tag(plan: Plan, api: HfApi, commit: str) -> str:
    """Tag the commit: with the plan's version, else the version it has already, else the next number."""
    tags = _tags(plan, api)
    numbers = {int(found[1]): name for name in tags if (found := VERSION.fullmatch(name))}
    version = plan.version or next((name for name in numbers.values() if same_commit(tags[name], commit)), None)
    version = version or f"v{max(numbers, default=0) + 1}"
    if version in tags and not same_commit(tags[version], commit):
        raise InputError(
            f"committed, but {plan.repo_id} has a version {version} already; choose another and run again."
        )
    if version not in tags:  # refused where another push took it first; the next try takes the next number
        api.create_tag(plan.repo_id, tag=version, revision=commit, repo_type=plan.repo_type)
    return version


def _head(plan: Plan, api: HfApi) -> Any:
    return api.repo_info(plan.repo_id, repo_type=plan.repo_type, revision=plan.revision)


def _tags(plan: Plan, api: HfApi) -> dict[str, str]:
    refs = api.list_repo_refs(plan.repo_id, repo_type=plan.repo_type)
    return {tag.name: tag.target_commit for tag in refs.tags}


def _retry(do: Callable[[], Result], say: Progress, pause: float) -> Result:
    """Do something, and once more after a failure that may be temporary; the client retries only some of these."""
    try:
        return do()
    except Exception as error:
        if not _may_pass(error):
            raise
    say("trouble that may pass, trying once more")
    time.sleep(pause)
    return do()


def _may_pass(error: Exception) -> bool:
    if is_not_offered(error) or isinstance(error, SilentHubError):
        return False
    if isinstance(error, HfHubHTTPError):
        return error.response.status_code in (408, 409, 429) or error.response.status_code >= 500
    return isinstance(error, httpx2.TransportError)  # hf_xet has tried three times itself
