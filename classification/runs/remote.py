"""Runs from the Hub: found by id and revision, looked over before anything of them is loaded, and kept in the cache.

A repository on the Hub is a stranger's. Its descriptions (JSON) are read first and held against what is asked
of it; only then are its weights downloaded, as safetensors or ONNX. No code and no pickle is ever fetched.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import httpx2
from huggingface_hub import HfApi, hf_hub_download, snapshot_download, try_to_load_from_cache
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled
from huggingface_hub.utils import validate_repo_id

from ..errors import InputError
from ..network.hub_errors import UNREACHABLE, explain, explained, is_not_offered
from .record import DESCRIPTIONS, HASHES_FILE, MAX_HASHES_BYTES, run_files

logger = logging.getLogger(__name__)

#: ``owner/name``, and behind an at sign a branch, tag or commit.
REFERENCE = re.compile(r"(?!.*\.\.)(?P<id>\w[\w.-]*/\w[\w.-]*)(?:@(?P<revision>\w[\w./-]*))?", re.ASCII)
WEIGHTS = re.compile(r"(?:adapter_)?model(?:-\d+-of-\d+)?\.safetensors|head\.safetensors|onnx/model\.onnx(?:_data)?")
PICKLES = re.compile(r".*\.(?:bin|pt|pth|ckpt|pkl|pickle|joblib|h5|msgpack|npy)")
GIT_COMMIT = re.compile(r"[0-9a-f]{40}")
#: In bytes; the largest tokenizers in use have a tenth of it.
LONGEST_DESCRIPTION, LONGEST_VOCABULARY = 5_000_000, 300_000_000
LIMITS = dict.fromkeys(DESCRIPTIONS, LONGEST_DESCRIPTION) | {HASHES_FILE: MAX_HASHES_BYTES}


@dataclass(frozen=True)
class Reference:
    """A repository on the Hub at a revision; without one, as it is now."""

    repo_id: str
    revision: str | None = None

    @classmethod
    def parse(cls, text: str) -> Reference | None:
        """``owner/name`` or ``owner/name@revision``; ``None`` where a text is neither."""
        found = REFERENCE.fullmatch(text)
        if found is None:
            return None
        try:
            validate_repo_id(found["id"])
        except HFValidationError:
            return None
        return cls(found["id"], found["revision"])

    def __str__(self) -> str:
        return f"{self.repo_id}@{self.revision}" if self.revision else self.repo_id


@dataclass(frozen=True)
class RemoteRun:
    """A run on the Hub, of which the descriptions are here and the weights are not yet.

    Attributes:
        reference: how it was asked for.
        commit: what that was when it was looked up; everything is read at this commit.
        folder: the descriptions, in the cache.
        names: its files.
        from_cache: whether the Hub could not be asked, so that this is the last known state.
    """

    reference: Reference
    commit: str
    folder: Path
    names: tuple[str, ...]
    from_cache: bool = False
    what = "repository"

    @property
    def name(self) -> str:
        """What a record calls it."""
        return self.reference.repo_id.partition("/")[2]

    def __str__(self) -> str:
        return f"{self.reference.repo_id}@{self.reference.revision or self.commit[:7]}"

    def download(self, *, onnx: bool = False) -> Path:
        """The folder with its weights and tokenizer as well, downloaded once.

        Raises:
            InputError: the download failed, or there is no copy in the cache and no Hub.
        """
        both = (*DESCRIPTIONS, HASHES_FILE)
        wanted = [name for name in run_files() if name.startswith("onnx/") == onnx or name in both]
        wanted += [name for name in run_files() if onnx and "token" in name]
        return _snapshot(self.reference, self.commit, wanted, local=self.from_cache)

    def hashes_folder(self) -> Path | None:
        """The folder with the hashes of the texts that it was trained on; ``None`` where they cannot be had."""
        if HASHES_FILE not in self.names:
            return None
        if self.from_cache:
            return self.folder
        try:
            with explained(f"pull {self.reference}"):
                file = hf_hub_download(self.reference.repo_id, HASHES_FILE, revision=self.commit)
        except InputError as error:
            logger.warning("%s", error)
            return None
        return Path(file).parent


def find(reference: Reference) -> RemoteRun:
    """Look a run up on the Hub, or in the cache where the Hub cannot be reached, and look it over.

    Raises:
        InputError: it is not there, may not be seen, or holds what is never loaded; the sentence says which.
    """
    try:
        from_cache, seen = False, _look(reference, reference.revision)
        # By the revision and not by its commit: the cache then knows next time what the revision was.
        folder = _snapshot(reference, reference.revision, DESCRIPTIONS)
        # Whoever commits between the look and the download has that commit looked over as well.
        names = seen.names if seen.commit == folder.name else _look(reference, folder.name).names
    except _UnreachableError as error:
        folder, from_cache = _kept(reference, str(error)), True
        names = tuple(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        logger.warning("%s: %s; using the copy in the cache (commit %s).", reference, error, folder.name[:7])
    _check_sizes(reference, {name: (folder / name).stat().st_size for name in DESCRIPTIONS if (folder / name).exists()})
    return RemoteRun(reference, folder.name, folder, names, from_cache)


class _UnreachableError(Exception):
    """The Hub gave no answer, so the cache is asked; as text, why."""


@dataclass(frozen=True)
class _Look:
    """A repository as the Hub describes it: the commit, and its files."""

    commit: str
    names: tuple[str, ...]


def _look(reference: Reference, revision: str | None) -> _Look:
    """Look a repository over before anything of it is downloaded."""
    with explained(f"pull {reference}"):
        try:
            info = HfApi().model_info(reference.repo_id, revision=revision, files_metadata=True)
        except (httpx2.TransportError, OfflineModeIsEnabled, HfHubHTTPError) as error:
            if isinstance(error, HfHubHTTPError) and (error.response.status_code < 500 or is_not_offered(error)):
                raise
            raise _UnreachableError(explain(error) or UNREACHABLE) from None
    sizes = {sibling.rfilename: sibling.size or 0 for sibling in info.siblings or ()}
    check_names(reference, tuple(sizes), "repository", "ask its owner to publish those")
    _check_sizes(reference, sizes)
    return _Look(str(info.sha), tuple(sizes))


def _kept(reference: Reference, reason: str) -> Path:
    """The descriptions of a run in the cache, as it was last seen.

    Raises:
        InputError: there is no copy; the sentence begins with the reason for asking the cache.
    """
    try:
        return _snapshot(reference, reference.revision, DESCRIPTIONS, local=True)
    except InputError:
        raise InputError(f"cannot pull {reference}: {reason}; no copy is in the cache.") from None


def _snapshot(reference: Reference, revision: str | None, names: Sequence[str], *, local: bool = False) -> Path:
    """The files of a run that go by these names or patterns, downloaded or in the cache.

    Raises:
        InputError: they cannot be had.
    """
    found = _by_commit(reference, revision, names) if local and revision else None
    if found is not None:
        return found
    with explained(f"pull {reference}"):
        found = snapshot_download(
            reference.repo_id, revision=revision, allow_patterns=list(names), local_files_only=local
        )
    return Path(found)


def _by_commit(reference: Reference, revision: str, names: Sequence[str]) -> Path | None:
    """The copy of a commit whose id is none of git's 40 digits, by which the client finds nothing in its cache."""
    if GIT_COMMIT.fullmatch(revision):
        return None
    files = (try_to_load_from_cache(reference.repo_id, name, revision=revision) for name in DESCRIPTIONS)
    folder = next((Path(file).parent for file in files if isinstance(file, str)), None)
    if folder is None or folder.name != revision:  # a branch or tag, which the client finds
        return None
    there = [path.relative_to(folder).as_posix() for path in folder.rglob("*")]
    whole = any(WEIGHTS.fullmatch(name) for name in there)
    return folder if whole or set(names) <= set(DESCRIPTIONS) else None


def check_names(run: object, names: Sequence[str], what: str, remedy: str) -> None:
    """Refuse a run without weights that can be read safely.

    Args:
        run: what a sentence calls it.
        names: its files.
        what: a repository or a folder.
        remedy: what to do about a pickle.

    Raises:
        InputError: it holds none, or pickles alone.
    """
    if any(WEIGHTS.fullmatch(name) for name in names):
        return
    pickled = next((name for name in names if PICKLES.fullmatch(name)), None)
    if pickled:
        raise InputError(
            f"{run}: its weights are a pickle ({pickled[:80]}), which could run code when it is read; only "
            f"safetensors and ONNX are loaded, so {remedy}."
        )
    raise InputError(
        f"{run}: the {what} holds no weights; name one with model.safetensors, adapter_model.safetensors "
        "or onnx/model.onnx."
    )


def _check_sizes(reference: Reference, sizes: Mapping[str, int]) -> None:
    """Refuse files that would fill the memory when they are read, before they are downloaded."""
    for name, size in sizes.items():
        limit = LIMITS.get(name, LONGEST_VOCABULARY)
        if size > limit and any(fnmatchcase(name, pattern) for pattern in run_files()) and not WEIGHTS.fullmatch(name):
            raise InputError(
                f"{reference}: {name} is larger than {limit // 10**6} MB; use a repository that describes itself."
            )
