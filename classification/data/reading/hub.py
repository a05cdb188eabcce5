"""Datasets through the `datasets` library: those on the Hub, and folders that it saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...errors import InputError, shown
from ...task import DatasetSource
from .files import class_names_of
from .table import Table


def hub_tables(source: DatasetSource) -> dict[str, Table]:
    """Split, as the source calls it, to the table of each split of a Hub dataset.

    Raises:
        InputError: no such dataset or configuration, or the Hub cannot be reached.
    """
    from ...network.hub_errors import explained

    with explained(f"read {shown(source.path)}"):
        return _hub_tables(source)


def _hub_tables(source: DatasetSource) -> dict[str, Table]:
    from datasets import load_dataset
    from datasets.exceptions import DatasetNotFoundError, DatasetsError
    from huggingface_hub.errors import HfHubHTTPError

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
    return _tables(loaded, where)


def saved_tables(folder: Path) -> dict[str, Table]:
    """Split to table of a folder that ``save_to_disk`` wrote; a single dataset is the split ``""``.

    Raises:
        InputError: files are missing or damaged.
    """
    from datasets import load_from_disk

    try:
        with _no_progress():
            loaded = load_from_disk(str(folder), keep_in_memory=True)
    except Exception as error:  # noqa: BLE001  damaged files make the library fail in any of its ways
        raise InputError(
            f"{folder}: saved by datasets, and cannot be loaded ({type(error).__name__}: {_first_line(error)}); "
            "save it again."
        ) from None
    return _tables(loaded if isinstance(loaded, dict) else {"": loaded}, str(folder))


def _tables(loaded: Mapping[Any, Any], where: str) -> dict[str, Table]:
    found = {}
    for name, rows in loaded.items():
        place = f"{where} ({name})" if str(name) else where
        if not len(rows):
            raise InputError(f"{place}: no rows; add labelled rows.")
        metadata = rows.features.arrow_schema.metadata
        found[str(name)] = Table(place, tuple(rows.column_names), _cells_of(rows, place), class_names_of(metadata))
    return found


def _cells_of(rows: Any, where: str) -> Any:
    def cells_of(name: str) -> list[object]:
        try:
            return list(rows[name])
        except Exception as error:  # noqa: BLE001  images and sound need libraries that texts do not
            raise InputError(
                f"{where}: the column {name!r} cannot be read ({_first_line(error)}); name another one."
            ) from None

    return cells_of


@contextmanager
def _no_progress() -> Iterator[None]:
    from datasets import disable_progress_bars, enable_progress_bars
    from datasets.utils import are_progress_bars_disabled

    had_bars = not are_progress_bars_disabled()
    disable_progress_bars()
    try:
        yield
    finally:
        if had_bars:
            enable_progress_bars()


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
