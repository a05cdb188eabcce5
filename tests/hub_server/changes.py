"""A commit's request: lines of JSON that add, replace and delete files, applied to a copy or not at all."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import Any

from .blobs import BlobStore, FileEntry, large_entry
from .errors import HubError, bad_request, no_entry
from .metadata import problems
from .repository import Kind

README = "README.md"
LONGEST_PATH = 1000


class Changes:
    """The files of a revision, being changed. Nobody else sees them until they are committed."""

    def __init__(self, files: Mapping[str, FileEntry], blobs: BlobStore):
        self.files, self.blobs = dict(files), blobs
        self.header: dict[str, Any] = {}
        self.touched: set[str] = set()

    def apply(self, body: bytes, kind: Kind) -> None:
        """Apply every line of a request.

        Raises:
            HubError: a line is wrong, or what comes of them all is no repository that the Hub takes.
        """
        steps: dict[str, Callable[[dict[str, Any]], None]] = {
            "header": self.header.update,
            "file": self._small,
            "lfsFile": self._large,
            "deletedFile": self._delete_file,
            "deletedFolder": self._delete_folder,
        }
        for line in body.splitlines():
            try:
                record = json.loads(line)
                steps[record["key"]](record["value"])
            except (ValueError, KeyError, TypeError) as error:
                raise bad_request(f"a line of the commit cannot be read: {error!r}") from None
        if not self.header.get("summary"):
            raise bad_request("a commit needs a summary in its header")
        self._check(kind)

    def _small(self, value: dict[str, Any]) -> None:
        path = checked_path(value["path"])
        try:
            content = base64.b64decode(value["content"], validate=True)
        except binascii.Error:
            raise bad_request(f"the contents of {path} are no base64") from None
        self._put(path, self.blobs.add(content))

    def _large(self, value: dict[str, Any]) -> None:
        path, sha256 = checked_path(value["path"]), str(value["oid"])
        if not self.blobs.has(sha256):
            raise bad_request(f"LFS pointer pointed to a file that does not exist: {sha256}")
        size = self.blobs.path(sha256).stat().st_size
        if value.get("size", size) != size:
            raise bad_request(f"{path} has {size} bytes, not {value['size']}")
        self._put(path, large_entry(sha256, size))

    def _put(self, path: str, entry: FileEntry) -> None:
        self.files[path] = entry
        self.touched.add(path)

    def _delete_file(self, value: dict[str, Any]) -> None:
        if self.files.pop(value["path"], None) is None:
            raise no_entry(value["path"])

    def _delete_folder(self, value: dict[str, Any]) -> None:
        folder = value["path"].rstrip("/") + "/"
        inside = [path for path in self.files if path.startswith(folder)]
        if not inside:
            raise no_entry(value["path"])
        for path in inside:
            del self.files[path]

    def _check(self, kind: Kind) -> None:
        for path in self.touched & set(self.files):
            above = path.split("/")[:-1]
            if any("/".join(above[: n + 1]) in self.files for n in range(len(above))):
                raise bad_request(f"{path} lies in what is a file")
        if README in self.touched & set(self.files):
            errors, _ = problems(kind, self.blobs.read(self.files[README]).decode("utf-8", "replace"))
            if errors:
                raise HubError(400, "Invalid metadata in README.md", errors=[{"message": error} for error in errors])


def checked_path(path: str) -> str:
    """A file's path as it may stand in a repository.

    Raises:
        HubError: 400, it could lead elsewhere, or no file system takes it.
    """
    parts = path.split("/")
    odd = any(ord(letter) < 32 or letter in "\\\x7f" for letter in path)
    if odd or len(path) > LONGEST_PATH or {"", ".", "..", ".git"} & {part.lower() for part in parts}:
        raise bad_request(f"Invalid file path: {path!r}")
    return path
