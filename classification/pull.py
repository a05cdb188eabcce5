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
from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled
from huggingface_hub.utils import validate_repo_id

from .errors import InputError
from .hub_errors import UNREACHABLE, explained
from .run import DESCRIPTIONS, RUN_FILES

logger = logging.getLogger(__name__)

#: ``owner/name``, and behind an at sign a branch, tag or commit.
REFERENCE = re.compile(r"(?!.*\.\.)(?P<id>\w[\w.-]*/\w[\w.-]*)(?:@(?P<revision>\w[\w./-]*))?", re.ASCII)
WEIGHTS = re.compile(r"(?:adapter_)?model(?:-\d+-of-\d+)?\.safetensors|onnx/model\.onnx(?:_data)?")
PICKLES = re.compile(r".*\.(?:bin|pt|pth|ckpt|pkl|pickle|joblib|h5|msgpack|npy)")
#: In bytes; the largest tokenizers in use have a tenth of it.
LONGEST_DESCRIPTION, LONGEST_VOCABULARY = 5_000_000, 300_000_000
SECONDS_TO_ANSWER = 20.0


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

    def __str__(self) -> str:
        return f"{self.reference.repo_id}@{self.reference.revision or self.commit[:7]}"

    def download(self, *, onnx: bool = False) -> Path:
        """The folder with its weights and tokenizer as well, downloaded once.

        Raises:
            InputError: the download failed, or there is no copy in the cache and no Hub.
        """
        wanted = [name for name in RUN_FILES if name.startswith("onnx/") == onnx or name in DESCRIPTIONS]
        wanted += [name for name in RUN_FILES if onnx and "token" in name]
        return _snapshot(self.reference, self.commit, wanted, local=self.from_cache)


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
    except _UnreachableError:
        folder, from_cache = _snapshot(reference, reference.revision, DESCRIPTIONS, local=True), True
        names = tuple(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        logger.warning("%s: %s; using the copy in the cache (commit %s).", reference, UNREACHABLE, folder.name[:7])
    _check_sizes(reference, {name: (folder / name).stat().st_size for name in DESCRIPTIONS if (folder / name).exists()})
    return RemoteRun(reference, folder.name, folder, names, from_cache)


class _UnreachableError(Exception):
    """The Hub gave no answer, so the cache is asked."""


@dataclass(frozen=True)
class _Look:
    """A repository as the Hub describes it: the commit, and its files."""

    commit: str
    names: tuple[str, ...]


def _look(reference: Reference, revision: str | None) -> _Look:
    """Look a repository over before anything of it is downloaded."""
    with explained(f"pull {reference}"):
        try:
            info = HfApi().model_info(
                reference.repo_id, revision=revision, timeout=SECONDS_TO_ANSWER, files_metadata=True
            )
        except (httpx2.TransportError, OfflineModeIsEnabled):
            raise _UnreachableError from None
        except HfHubHTTPError as error:
            if error.response.status_code >= 500:
                raise _UnreachableError from None
            raise
    sizes = {sibling.rfilename: sibling.size or 0 for sibling in info.siblings or ()}
    _check_names(reference, tuple(sizes))
    _check_sizes(reference, sizes)
    return _Look(str(info.sha), tuple(sizes))


def _snapshot(reference: Reference, revision: str | None, names: Sequence[str], *, local: bool = False) -> Path:
    with explained(f"pull {reference}"):
        found = snapshot_download(
            reference.repo_id, revision=revision, allow_patterns=list(names), local_files_only=local
        )
    return Path(found)


def _check_names(reference: Reference, names: tuple[str, ...]) -> None:
    """Refuse a repository without weights that can be read safely."""
    if any(WEIGHTS.fullmatch(name) for name in names):
        return
    pickled = next((name for name in names if PICKLES.fullmatch(name)), None)
    if pickled:
        raise InputError(
            f"{reference}: its weights are a pickle ({pickled[:80]}), which could run code when it is read; only "
            "safetensors and ONNX are loaded, so ask its owner to publish those."
        )
    raise InputError(
        f"{reference}: the repository holds no weights; name one with model.safetensors, adapter_model.safetensors "
        "or onnx/model.onnx."
    )


def _check_sizes(reference: Reference, sizes: Mapping[str, int]) -> None:
    """Refuse files that would fill the memory when they are read, before they are downloaded."""
    for name, size in sizes.items():
        limit = LONGEST_DESCRIPTION if name in DESCRIPTIONS else LONGEST_VOCABULARY
        if size > limit and any(fnmatchcase(name, pattern) for pattern in RUN_FILES) and not WEIGHTS.fullmatch(name):
            raise InputError(
                f"{reference}: {name} is larger than {limit // 10**6} MB; use a repository that describes itself."
            )
