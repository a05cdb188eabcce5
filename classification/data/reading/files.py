"""One file to a table: its bytes unpacked, decoded and read by its kind."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ...errors import InputError, one_of
from ...task import Task
from .columns import ColumnNames
from .delimited import read_delimited, separators_of
from .encodings import decode
from .json_rows import read_json_rows
from .table import Table

#: Ends of names that rows are read from.
SUFFIXES = (".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".json", ".parquet")
#: Those that sentences name; the others are read in the same way.
SHOWN_SUFFIXES = (".csv", ".tsv", ".jsonl", ".json", ".parquet")
_OPENERS: Mapping[str, Callable[[Path], Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
PACKED = (*_OPENERS, ".zip")

#: Larger files are refused, packed or unpacked: rows are held in memory, and no experiment here needs as many.
MAX_BYTES = 2_000_000_000


def is_data_file(name: str) -> bool:
    """Whether a file's name says that it holds rows, packed or not."""
    return kind_of(name) in (*SUFFIXES, ".zip")


def bare_name(name: str) -> str:
    """A file's name without the suffixes that say how it is packed and read: ``sms.test`` of ``sms.test.csv.gz``."""
    path = PurePosixPath(name)
    while path.suffix.lower() in (*SUFFIXES, *PACKED):
        path = PurePosixPath(path.stem)
    return path.name


def kind_of(name: str) -> str:
    """The suffix that says how a file is read, in small letters; without that of its packing."""
    suffixes = [suffix.lower() for suffix in PurePosixPath(name).suffixes]
    if suffixes and suffixes[-1] in PACKED:
        # A zip archive need not say what is in it.
        return suffixes[-2] if len(suffixes) > 1 and suffixes[-2] in SUFFIXES else suffixes[-1]
    return suffixes[-1] if suffixes else ""


def read_file(file: Path, task: Task, asked: ColumnNames, where: str = "") -> Table:
    """The table in one file. In CSV and TSV every cell stays the string it is: ``NA`` and ``007`` are texts.

    Args:
        file: CSV, TSV, JSON, JSON Lines or Parquet; also packed with gzip, bzip2, xz or zip.
        task: its labels tell headers from rows, its language encodings.
        asked: names of columns that a person gave.
        where: what sentences call the file; by default its path.

    Raises:
        InputError: a suffix that is not read, too large, malformed, or of an encoding that cannot be told.
    """
    where = where or str(file)
    kind = kind_of(file.name)
    if kind not in (*SUFFIXES, ".zip"):
        raise InputError(
            f"{where}: cannot read {kind or 'a file without suffix'}; give {one_of(SHOWN_SUFFIXES)}"
            f"{', or save the sheet as CSV in UTF-8' if kind in ('.xlsx', '.xls', '.ods') else ''}."
        )
    try:
        raw, kind = _read_bytes(file, kind, where)
    except InputError:
        raise
    except OSError as error:
        raise InputError(
            f"{where}: {(error.strerror or str(error) or 'cannot be read').lower()}; give a file you can read."
        ) from None
    except (EOFError, lzma.LZMAError, zipfile.BadZipFile, RuntimeError, ValueError) as error:
        raise InputError(f"{where}: cannot be unpacked ({error or 'it ends too early'}); pack it again.") from None
    if not raw:
        raise InputError(f"{where}: the file is empty; give one with a header and labelled rows.")
    if kind == ".parquet":
        return _read_parquet(raw, where)
    decoded = decode(raw, task.language, where)
    table = (
        read_json_rows(decoded.text, where)
        if kind in (".json", ".jsonl", ".ndjson")
        else read_delimited(decoded.text, separators_of(kind), task, asked, where)
    )
    notes = (*([decoded.note] if decoded.note else []), *table.notes)
    return Table(where, table.names, table.cells_of, table.class_names, notes, table.suspects)


def _read_bytes(file: Path, kind: str, where: str) -> tuple[bytes, str]:
    """What is in a file, unpacked, and its kind."""
    packing = file.suffix.lower()
    _check_size(file.stat().st_size, where)
    if packing == ".zip":
        return _unzip(file, where)
    with (_OPENERS.get(packing) or (lambda path: path.open("rb")))(file) as stream:
        raw = stream.read(MAX_BYTES + 1)
    _check_size(len(raw), where, "unpacked, ")
    return raw, kind


def _unzip(file: Path, where: str) -> tuple[bytes, str]:
    with zipfile.ZipFile(file) as archive:
        inside = [
            entry
            for entry in archive.infolist()
            if kind_of(entry.filename) in SUFFIXES and not entry.filename.startswith("__MACOSX/")
        ]
        if len(inside) != 1:
            found = one_of(entry.filename for entry in inside[:5]) or "none"
            raise InputError(f"{where}: a zip archive with just one file of rows can be read; it has {found}.")
        _check_size(inside[0].file_size, where, f"{inside[0].filename} in it, ")
        with archive.open(inside[0]) as stream:
            raw = stream.read(MAX_BYTES + 1)  # the size that the archive states may be wrong
    _check_size(len(raw), where, f"{inside[0].filename} in it, ")
    return raw, kind_of(inside[0].filename)


def _check_size(size: int, where: str, what: str = "") -> None:
    if size > MAX_BYTES:
        raise InputError(
            f"{where}: {what}{_size(size)} is over the limit of {_size(MAX_BYTES)} a file; give a sample of it."
        )


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


# --- Parquet


def _read_parquet(raw: bytes, where: str) -> Table:
    try:
        source = pq.ParquetFile(io.BytesIO(raw))
        rows, schema = source.metadata.num_rows, source.schema_arrow
    except (pa.ArrowException, OSError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise InputError(f"{where}: not a Parquet file ({reason}); give {one_of(SHOWN_SUFFIXES)}.") from None
    if not rows:
        raise InputError(f"{where}: no rows; add labelled rows.")

    def cells_of(name: str) -> list[object]:
        try:
            return source.read(columns=[name]).column(0).to_pylist()
        except (pa.ArrowException, OSError, ValueError) as error:
            raise InputError(f"{where}: the column {name!r} cannot be read ({error}); write the file again.") from None

    return Table(where, tuple(schema.names), cells_of, class_names_of(schema.metadata))


def class_names_of(metadata: Mapping[bytes, bytes] | None) -> dict[str, tuple[str, ...]]:
    """Column to the names of its `ClassLabel`, from what `datasets` writes into an Arrow schema."""
    try:
        features = json.loads((metadata or {}).get(b"huggingface", b"{}"))["info"]["features"]
        return {name: names for name, feature in features.items() if (names := _class_names(feature))}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _class_names(feature: Any) -> tuple[str, ...]:
    if isinstance(feature, list) and len(feature) == 1:  # how `datasets` wrote a list before it had a type for it
        return _class_names(feature[0])
    if not isinstance(feature, dict):
        return ()
    if feature.get("_type") == "ClassLabel":
        return tuple(map(str, feature.get("names") or ()))
    return _class_names(feature.get("feature"))
