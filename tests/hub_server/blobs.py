"""Contents of files on disk, each once, under the SHA-256 of its bytes."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

#: Files of these kinds, and all large or binary ones, are kept outside git.
LARGE_SUFFIXES = (
    "7z", "arrow", "bin", "bz2", "ckpt", "ftz", "gguf", "gz", "h5", "joblib", "mlmodel", "model", "msgpack", "npy",
    "npz", "onnx", "ot", "parquet", "pb", "pickle", "pkl", "pt", "pth", "rar", "safetensors", "tar", "tflite",
    "tgz", "wasm", "xz", "zip", "zst", "jpg", "jpeg", "png", "webp", "gif", "mp3", "mp4", "wav", "flac",
)  # fmt: skip
LARGE_BYTES = 10_000_000
GIT_ATTRIBUTES = "".join(f"*.{suffix} filter=lfs diff=lfs merge=lfs -text\n" for suffix in LARGE_SUFFIXES)


@dataclass(frozen=True)
class FileEntry:
    """A file in a revision: which contents it has, and whether they are kept outside git."""

    sha256: str
    size: int
    git_oid: str
    lfs: bool

    @property
    def etag(self) -> str:
        """What tells a client that its copy is the same."""
        return self.sha256 if self.lfs else self.git_oid

    @property
    def pointer_size(self) -> int:
        """Bytes of the pointer file that git holds in place of large contents."""
        return len(_pointer(self.sha256, self.size))


def belongs_outside_git(path: str, size: int, sample: bytes) -> bool:
    """Whether a file is to be uploaded as a large one, judged by its name, size and first bytes."""
    if path.rpartition(".")[2].lower() in LARGE_SUFFIXES or size > LARGE_BYTES:
        return True
    try:
        sample.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.end < len(sample)  # a character that the end of the sample cuts in two is no sign of binary
    return b"\0" in sample


def large_entry(sha256: str, size: int) -> FileEntry:
    """An entry whose contents are kept outside git."""
    return FileEntry(sha256, size, git_oid(_pointer(sha256, size)), lfs=True)


def git_oid(content: bytes) -> str:
    """The name that git gives to contents."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _pointer(sha256: str, size: int) -> bytes:
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n".encode()


class BlobStore:
    """A folder of contents. A blob appears whole under its name or not at all."""

    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, sha256: str) -> Path:
        """Where the contents with this hash are, or would be."""
        return self.folder / sha256

    def has(self, sha256: str) -> bool:
        """Whether they are there."""
        return self.path(sha256).is_file()

    def read(self, entry: FileEntry) -> bytes:
        """The contents of a file."""
        return self.path(entry.sha256).read_bytes()

    def add(self, content: bytes) -> FileEntry:
        """Keep a small file's contents, as git does."""
        with self.incoming() as file:
            file.write(content)
        return FileEntry(file.sha256, len(content), git_oid(content), lfs=False)

    def adopt(self, source: Path) -> FileEntry:
        """Take a file from elsewhere on this disk, linked where that can be done, so that large ones cost nothing."""
        digest = hashlib.sha256()
        with source.open("rb") as file:
            sample = file.read(512)
            file.seek(0)
            while block := file.read(1 << 20):
                digest.update(block)
        sha256, size = digest.hexdigest(), source.stat().st_size
        if not self.has(sha256):
            _link_or_copy(source.resolve(), self.path(sha256))
        if belongs_outside_git(source.name, size, sample):
            return large_entry(sha256, size)
        return FileEntry(sha256, size, git_oid(source.read_bytes()), lfs=False)

    @contextmanager
    def incoming(self, expected: str | None = None) -> Iterator[Incoming]:
        """A file to write to, kept under its hash at the end unless something fails or the hash is another.

        Raises:
            ValueError: what was written has another hash than the expected one.
        """
        partial = self.folder / f"{uuid4().hex}.partial"
        try:
            with partial.open("wb") as file:
                incoming = Incoming(file)
                yield incoming
            if expected and incoming.sha256 != expected:
                raise ValueError(f"the contents have the hash {incoming.sha256} and not {expected}")
            partial.replace(self.path(incoming.sha256))
        finally:
            partial.unlink(missing_ok=True)


class Incoming:
    """Contents on their way in, hashed as they are written."""

    def __init__(self, file: BinaryIO):
        self._file, self._digest = file, hashlib.sha256()
        self.size = 0

    def write(self, block: bytes) -> None:
        """Add bytes at the end."""
        self._file.write(block)
        self._digest.update(block)
        self.size += len(block)

    @property
    def sha256(self) -> str:
        """The hash of what was written so far."""
        return self._digest.hexdigest()


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
