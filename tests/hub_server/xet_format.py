"""What hf_xet sends: xorbs (packed chunks) and shards (which chunks make up a file).

The formats are those of https://github.com/huggingface/xet-core: a xorb is a run of chunks, each with a header of
eight bytes, and a footer; a shard begins with the files, each a list of chunk ranges in xorbs.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import lz4.frame
import numpy as np

from .errors import bad_request

CHUNK_HEADER, ENTRY, FOOTER_MAGIC = 8, 48, b"XETBLOB"
BOOKEND = b"\xff" * 32
UNCOMPRESSED, LZ4, GROUPED_LZ4 = 0, 1, 2
HAS_VERIFICATION, HAS_METADATA = 1 << 31, 1 << 30


@dataclass(frozen=True)
class Chunk:
    """Where a chunk lies in its xorb, header included, and how it is packed."""

    start: int
    end: int
    scheme: int
    unpacked: int


@dataclass(frozen=True)
class Segment:
    """A part of a file: the chunks from `first` up to, not including, `last` of a xorb."""

    xorb: str
    first: int
    last: int
    unpacked: int


@dataclass(frozen=True)
class ShardFile:
    """A file as a shard describes it."""

    hash: str
    segments: tuple[Segment, ...]
    sha256: str | None


def hex_of(raw: bytes) -> str:
    """A hash as text: four little-endian numbers, each in hexadecimal."""
    return "".join(f"{number:016x}" for number in struct.unpack("<4Q", raw))


def chunks_of(xorb: bytes) -> list[Chunk]:
    """The chunks of a xorb in order.

    Raises:
        HubError: 400, the bytes are no xorb.
    """
    found, at = [], 0
    while at + CHUNK_HEADER <= len(xorb) and not xorb.startswith(FOOTER_MAGIC, at):
        packed, unpacked = (
            int.from_bytes(xorb[at + 1 : at + 4], "little"),
            int.from_bytes(xorb[at + 5 : at + 8], "little"),
        )
        end = at + CHUNK_HEADER + packed
        if end > len(xorb) or xorb[at + 4] > GROUPED_LZ4:
            raise bad_request("the xorb is cut off or damaged")
        found.append(Chunk(at, end, xorb[at + 4], unpacked))
        at = end
    if not found:
        raise bad_request("the xorb is empty")
    return found


def unpack(xorb: bytes, chunk: Chunk) -> bytes:
    """A chunk's own bytes."""
    packed = xorb[chunk.start + CHUNK_HEADER : chunk.end]
    if chunk.scheme == UNCOMPRESSED:
        return packed
    flat = lz4.frame.decompress(packed)
    return _ungroup(flat) if chunk.scheme == GROUPED_LZ4 else flat


def _ungroup(grouped: bytes) -> bytes:
    """Undo the grouping of every fourth byte, which makes floating-point numbers easier to compress."""
    flat, at = np.empty(len(grouped), np.uint8), 0
    for offset in range(4):
        size = (len(grouped) - offset + 3) // 4
        flat[offset::4] = np.frombuffer(grouped, np.uint8, size, at)
        at += size
    return flat.tobytes()


def files_of(shard: bytes) -> list[ShardFile]:
    """The files that a shard describes.

    Raises:
        HubError: 400, the bytes are no shard.
    """
    found, at = [], ENTRY  # the header is as long as an entry
    try:
        while shard[at : at + 32] != BOOKEND:
            file, at = _file_at(shard, at)
            found.append(file)
    except struct.error:
        raise bad_request("the shard is cut off or damaged") from None
    return found


def _file_at(shard: bytes, at: int) -> tuple[ShardFile, int]:
    name = hex_of(shard[at : at + 32])
    flags, count = struct.unpack_from("<II", shard, at + 32)
    at += ENTRY
    segments = []
    for _ in range(count):
        _, unpacked, first, last = struct.unpack_from("<IIII", shard, at + 32)
        segments.append(Segment(hex_of(shard[at : at + 32]), first, last, unpacked))
        at += ENTRY
    at += ENTRY * count if flags & HAS_VERIFICATION else 0
    sha256 = hex_of(shard[at : at + 32]) if flags & HAS_METADATA else None
    at += ENTRY if flags & HAS_METADATA else 0
    return ShardFile(name, tuple(segments), sha256), at
