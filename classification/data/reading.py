"""Raw rows from a file or from the Hub: two columns, not yet interpreted."""

from __future__ import annotations

import codecs
import csv
import json
import logging
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from datasets import Dataset, disable_progress_bars, enable_progress_bars, load_dataset
from datasets import logging as datasets_logging
from datasets.exceptions import DatasetNotFoundError, DatasetsError
from datasets.utils import are_progress_bars_disabled
from huggingface_hub.errors import HfHubHTTPError

from ..errors import InputError, one_of, shown
from ..task import DatasetSource
from .rows import counted

#: Which reader of ``datasets`` opens a file, by suffix.
READERS = {".csv": "csv", ".tsv": "csv", ".jsonl": "json", ".json": "json", ".parquet": "parquet"}

#: Larger files are refused: rows are held in memory, and no experiment here needs as many.
MAX_BYTES = 2_000_000_000

#: Given the columns of a source, which of them holds texts and which labels.
Pick = Callable[[Sequence[str]], tuple[str, str]]


def read_file(file: Path, pick: Pick) -> Dataset:
    """The columns ``text`` and ``label`` of one CSV, TSV, JSON Lines or Parquet file, cells as they are.

    In a CSV every cell stays the string it is: ``NA``, ``null`` and ``007`` are texts like any other.

    Raises:
        InputError: unsupported suffix, over `MAX_BYTES`, not UTF-8, malformed, or no such column.
    """
    reader = READERS.get(file.suffix.lower())
    if reader is None:
        raise InputError(f"{file}: cannot read {file.suffix or 'a file without suffix'}; give {one_of(READERS)}.")
    size = file.stat().st_size
    if size > MAX_BYTES:
        raise InputError(f"{file}: {_size(size)} is over the limit of {_size(MAX_BYTES)} a file; give a sample of it.")
    if size == 0:
        raise InputError(f"{file}: the file is empty; give one with a header and labelled rows.")
    try:
        if reader == "parquet":
            return _read_parquet(file, pick)
        _check_utf8(file)
        return _read_csv(file, pick) if reader == "csv" else _read_json(file, pick)
    except OSError as error:
        raise InputError(f"{file}: {(error.strerror or 'cannot be read').lower()}; give a file you can read.") from None


def read_hub(source: DatasetSource, pick: Pick) -> dict[str, Dataset]:
    """The columns ``text`` and ``label`` of a Hub dataset: source split name to rows.

    Raises:
        InputError: no such dataset, configuration or column, or the Hub cannot be reached.
    """
    where = source.path
    try:
        loaded = load_dataset(source.path, source.config, revision=source.revision)
    except DatasetNotFoundError:
        raise InputError(
            f"{shown(where)}: no such file or folder here, and no dataset of that name that the Hub lets you read; "
            "check the spelling, or log in with `hf auth login` where it is private."
        ) from None
    except (ConnectionError, HfHubHTTPError, TimeoutError) as error:
        raise InputError(
            f"{shown(where)}: no such file or folder here, and the Hub cannot be reached ({type(error).__name__}); "
            "connect to the network, or give a local file."
        ) from None
    except (ValueError, RuntimeError, DatasetsError) as error:
        raise InputError(
            f"{where}: the Hub dataset cannot be loaded ({_first_line(error)}); correct the task's dataset section, "
            "or give a local file."
        ) from None
    return {str(name): _two_columns(rows, *pick(rows.column_names)) for name, rows in loaded.items()}


def _read_csv(file: Path, pick: Pick) -> Dataset:
    separator = "\t" if file.suffix.lower() == ".tsv" else ","
    text, label = pick(_check_csv(file, separator))
    rows = _load(
        file,
        "csv",
        sep=separator,
        encoding="utf-8-sig",  # with or without a byte order mark
        usecols=[text, label],
        converters={text: str, label: str},
        na_filter=False,
        index_col=False,
    )
    return _two_columns(rows, text, label)


def _check_csv(file: Path, separator: str) -> list[str]:
    """The header, once every row is known to have as many cells: pandas drops or shifts what is too much."""
    row = 0
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines, delimiter=separator)
            header = next(reader, [])
            for cells in reader:
                row += bool(cells)
                if cells and len(cells) != len(header):
                    raise InputError(
                        f"{file}, line {reader.line_num}: row {row} has {counted(len(cells), 'cell')} where the header "
                        f"has {len(header)}; put cells with a separator, quote or line break in double quotes."
                    )
    except csv.Error as error:
        raise InputError(f"{file}, line {reader.line_num}: malformed ({error}); is a double quote left open?") from None
    if header and not row:
        raise InputError(f"{file}: no rows below the header; add labelled rows.")
    return header


def _read_json(file: Path, pick: Pick) -> Dataset:
    try:
        rows = _load(file, "json", parse_agent_traces=False)
    except InputError:
        _explain_json(file)
        raise
    return _two_columns(rows, *pick(rows.column_names))


def _explain_json(file: Path) -> None:
    """Find the line that is to blame, which the reader does not tell."""
    rows = 0
    with file.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            rows += 1
            try:
                value = json.loads(line)
            except json.JSONDecodeError as error:
                raise InputError(
                    f"{file}, line {number}: not valid JSON ({error.msg.lower()}); write one object a line."
                ) from None
            if not isinstance(value, dict):
                raise InputError(
                    f"{file}, line {number}: found {shown(value)} where a row is an object "
                    'like {"text": "...", "label": "..."}; correct that line.'
                )
    if not rows:
        raise InputError(f"{file}: no rows; add labelled rows.")


def _read_parquet(file: Path, pick: Pick) -> Dataset:
    try:
        described = pq.read_metadata(file)
    except pa.ArrowException as error:
        raise InputError(f"{file}: not a Parquet file ({_first_line(error)}); give {one_of(READERS)}.") from None
    if not described.num_rows:
        raise InputError(f"{file}: no rows; add labelled rows.")
    columns = list(pick(described.schema.to_arrow_schema().names))
    return _two_columns(_load(file, "parquet", columns=columns), *columns)


def _load(file: Path, reader: str, **options: object) -> Dataset:
    """One file through ``datasets``, held in memory: the cache it insists on writing goes to a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="prompt-or-tune-") as cache, _quiet():
        try:
            return load_dataset(
                reader, data_files=str(file.resolve()), split="train", cache_dir=cache, keep_in_memory=True, **options
            )
        except (DatasetsError, ValueError, OSError, pa.ArrowException) as error:
            cause = error.__cause__ or error
            raise InputError(f"{file}: malformed ({_first_line(cause)}); correct the file.") from None


@contextmanager
def _quiet() -> Iterator[None]:
    """No progress bars for local files, and no log lines beside our sentence."""
    had_bars, verbosity = not are_progress_bars_disabled(), datasets_logging.get_verbosity()
    disable_progress_bars()
    datasets_logging.set_verbosity(logging.CRITICAL)
    try:
        yield
    finally:
        datasets_logging.set_verbosity(verbosity)
        if had_bars:
            enable_progress_bars()


def _two_columns(rows: Dataset, text: str, label: str) -> Dataset:
    rows = rows.select_columns([text, label])
    return rows.rename_columns({old: new for old, new in ((text, "text"), (label, "label")) if old != new})


def _check_utf8(file: Path) -> None:
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                utf16 = number == 1 and line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
                raise InputError(
                    f"{file}, line {number}: not UTF-8 text (byte 0x{line[error.start]:02x} at position "
                    f"{error.start + 1}); convert the file to UTF-8, for example with "
                    f"`iconv -f {'UTF-16' if utf16 else 'GB18030'} -t UTF-8`."
                ) from None


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
