"""Content-addressed storage: xorbs on disk, and the files that are put together from their chunks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from .blobs import BlobStore
from .errors import HubError, bad_request
from .xet_format import Chunk, Segment, ShardFile, chunks_of, files_of, unpack

HASH = re.compile(r"[0-9a-f]{64}")


class XetStore:
    """Xorbs on disk, and the files that shards have put together from them."""

    def __init__(self, folder: Path, blobs: BlobStore):
        self.folder, self.blobs = folder, blobs
        folder.mkdir(parents=True, exist_ok=True)
        self._chunks: dict[str, list[Chunk]] = {}
        self._files: dict[str, tuple[Segment, ...]] = {}
        self._hash_of_sha256: dict[str, str] = {}

    def hash_of(self, sha256: str) -> str | None:
        """The Xet hash of contents that came in over Xet."""
        return self._hash_of_sha256.get(sha256)

    def path(self, xorb: str) -> Path:
        """Where a xorb is kept.

        Raises:
            HubError: 404, it is not there.
        """
        if xorb not in self._chunks:
            raise HubError(404, f"no such xorb: {xorb}")
        return self.folder / xorb

    def add_xorb(self, name: str, content: bytes) -> bool:
        """Keep a xorb; says whether it is new."""
        if not HASH.fullmatch(name):
            raise bad_request("a xorb goes by 64 hexadecimal digits")
        if name in self._chunks:
            return False
        chunks = chunks_of(content)
        (self.folder / name).write_bytes(content)
        self._chunks[name] = chunks
        return True

    def add_shard(self, content: bytes) -> None:
        """Register a shard's files, each put together once, so that none is registered that cannot be read back.

        Raises:
            HubError: 400, it names xorbs or chunks that were never uploaded, or a file has another SHA-256.
        """
        files = files_of(content)
        for file in files:
            for segment in file.segments:
                if segment.last > len(self._chunks.get(segment.xorb, ())):
                    raise bad_request(f"the shard names chunks that were not uploaded, of the xorb {segment.xorb}")
        built = [(file, self._assemble(file)) for file in files]
        for file, sha256 in built:
            self._files[file.hash] = file.segments
            self._hash_of_sha256[sha256] = file.hash

    def _assemble(self, file: ShardFile) -> str:
        try:
            with self.blobs.incoming(file.sha256) as blob:
                opened, xorb = "", b""
                for segment in file.segments:
                    if segment.xorb != opened:
                        opened, xorb = segment.xorb, self.path(segment.xorb).read_bytes()
                    for chunk in self._chunks[segment.xorb][segment.first : segment.last]:
                        blob.write(unpack(xorb, chunk))
        except ValueError as error:
            raise bad_request(f"the file {file.hash} is not what the shard says: {error}") from None
        return blob.sha256

    def reconstruction(self, name: str, wanted: tuple[int, int | None] | None, xorbs: str) -> dict[str, Any]:
        """What a client has to fetch for a file, or for a byte range (first, last) of it.

        Args:
            xorbs: the address below which xorbs are served.

        Raises:
            HubError: 404, no such file; 416, the range begins after its end.
        """
        if name not in self._files:
            raise HubError(404, f"no such file: {name}")
        segments = self._files[name]
        total = sum(segment.unpacked for segment in segments)
        first, last = wanted or (0, None)
        if first >= total > 0:
            raise HubError(416, "the range begins after the end of the file")
        chosen, skipped = _overlapping(segments, first, total if last is None else last + 1)
        terms = [
            {"hash": s.xorb, "unpacked_length": s.unpacked, "range": {"start": s.first, "end": s.last}} for s in chosen
        ]
        names = dict.fromkeys(segment.xorb for segment in chosen)
        fetch = {xorb: self._fetches(xorb, chosen, f"{xorbs}/{xorb}") for xorb in names}
        return {"offset_into_first_range": skipped, "terms": terms, "fetch_info": fetch}

    def _fetches(self, xorb: str, segments: list[Segment], url: str) -> list[dict[str, Any]]:
        chunks = self._chunks[xorb]
        ranges = merged(sorted((s.first, s.last) for s in segments if s.xorb == xorb))
        return [
            {
                "range": {"start": first, "end": last},
                "url": url,
                "url_range": {"start": chunks[first].start, "end": chunks[last - 1].end - 1},
            }
            for first, last in ranges
        ]


def merged(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sorted ranges with those that touch or overlap made one; a client gives up on a xorb that names a chunk twice."""
    result: list[tuple[int, int]] = []
    for first, last in ranges:
        if result and first <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], last))
        else:
            result.append((first, last))
    return result


def _overlapping(segments: tuple[Segment, ...], first: int, end: int) -> tuple[list[Segment], int]:
    """The segments that hold the bytes from `first` to `end`, and how many bytes of them come before `first`."""
    chosen: list[Segment] = []
    skipped = at = 0
    for segment in segments:
        if at + segment.unpacked > first and at < end:
            skipped = skipped if chosen else first - at
            chosen.append(segment)
        at += segment.unpacked
    return chosen, skipped
