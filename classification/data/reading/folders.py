"""Which files of a folder hold which split: by their names, by a dataset's own README, or as `datasets` saved them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from ...errors import InputError, one_of, shown
from ..counting import first_few, quantity
from .files import SHOWN_SUFFIXES, is_data_file, kind_of
from .split_names import Named, one_a_split, split_of

#: How deep rows are looked for: ``folder/config/train/part.parquet``.
DEPTH = 3
MAX_FILES = 10_000
#: Files that `datasets` writes into a folder with ``save_to_disk``.
SAVED = ("dataset_dict.json", "state.json")
_PART = re.compile(r"(\d+)-of-(\d+)")
_FRONT_MATTER = re.compile(r"\A---\s*\n(.*?\n)---\s*(?:\n|\Z)", re.DOTALL)
MAX_README = 1_000_000


@dataclass(frozen=True)
class Layout:
    """Which files to read.

    Attributes:
        splits: our split to its files, in the order of their names. The split ``""`` is a folder's only file.
        notes: sentences on files that are not used, and on names that are not ours.
    """

    splits: Mapping[str, tuple[Path, ...]]
    notes: tuple[str, ...] = field(default=())


def is_saved(folder: Path) -> bool:
    """Whether `datasets` saved this folder with ``save_to_disk``."""
    return any((folder / name).is_file() for name in SAVED)


def files_of_rows(folder: Path) -> list[Path]:
    """Every file that reading this folder may need, so that a copy of them reads the same."""
    if is_saved(folder):
        return sorted(file for end in ("*.json", "*.arrow") for file in folder.rglob(end) if file.is_file())
    files, readme = list(_data_files(folder, DEPTH)), folder / "README.md"
    return [*files, *([readme] if files and readme.is_file() else [])]


def layout_of(folder: Path, config: str | None = None) -> Layout:
    """Find the splits of a folder.

    Args:
        folder: files named after splits (``train.csv``, ``Dev.tsv``, ``data/test-00000-of-00002.parquet``,
            ``train/part.jsonl``), or the layout of a Hub dataset with ``configs`` in its README.
        config: which of the README's configurations; by default its default.

    Raises:
        InputError: no split is found, a split could be two things, or a part of one is missing.
    """
    files = list(_data_files(folder, DEPTH))
    if len(files) > MAX_FILES:
        raise InputError(f"{folder}: over {MAX_FILES:,} files of rows; name a folder with fewer.")
    declared = _declared_patterns(folder, config)
    found = _files_of(folder, files, declared) if declared else _by_name(folder, files)
    for split, chosen in found.items():
        _check_parts(folder, split, chosen)
    used = {file for chosen in found.values() for file in chosen}
    unused = [file.relative_to(folder).as_posix() for file in files if file not in used]
    notes = [f"{folder}: not used: {first_few(unused)}."] if unused else []
    return Layout(found, (*notes, *_notes_on(folder, found)))


def _data_files(folder: Path, depth: int) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise InputError(
            f"{folder}: {(error.strerror or 'cannot be read').lower()}; give a folder you can read."
        ) from None
    for entry in entries:
        if entry.name.startswith((".", "_")):
            continue
        if entry.is_file() and is_data_file(entry.name):
            yield entry
        elif entry.is_dir() and depth and not entry.is_symlink():
            yield from _data_files(entry, depth - 1)


# --- by name


def _by_name(folder: Path, files: Sequence[Path]) -> dict[str, tuple[Path, ...]]:
    named = {file: name for file in files if (name := _split_of_file(file, folder)) is not None}
    top = min((len(file.relative_to(folder).parts) for file in named), default=0)
    # Files that lie deeper than others are copies or other configurations, unless they lie in data/.
    named = {file: name for file, name in named.items() if len(file.relative_to(folder).parts) == top}
    if not named:
        if len(files) == 1:
            return {"": (files[0],)}
        raise InputError(
            f"{folder}: no file named train, validation or test in it; name them so, with {one_of(SHOWN_SUFFIXES)}."
        )
    chosen, _ = one_a_split(named.values(), str(folder))
    found = {}
    for split, best in chosen.items():
        parts = tuple(file for file, own in named.items() if own == Named(best, split))
        _check_alike(folder, split, parts)
        found[split] = parts
    return found


def _split_of_file(file: Path, folder: Path) -> Named | None:
    """The split in a file's own name, else in that of its folder."""
    stem = file.name.partition(".")[0]
    for name in (stem, *(parent.name for parent in file.parents if parent.is_relative_to(folder) and parent != folder)):
        found = split_of(name)
        if found is not None:
            return found
    return None


def _check_alike(folder: Path, split: str, parts: Sequence[Path]) -> None:
    """Several files are one split only where they are its parts: in one folder, of one kind, told apart by numbers."""
    numbered = all(re.search(r"\d", part.name) or split_of(part.parent.name) for part in parts)
    alike = len({(part.parent, kind_of(part.name)) for part in parts}) == 1
    if len(parts) > 1 and not (numbered and alike):
        names = one_of(part.relative_to(folder).as_posix() for part in parts)
        raise InputError(f"{folder}: the {split} split could be {names}; keep one of them.")


def _check_parts(folder: Path, split: str, parts: Sequence[Path]) -> None:
    """Refuse a split of which a part is missing: ``train-00000-of-00002`` says that there are two."""
    numbers = [(int(match[1]), int(match[2])) for part in parts if (match := _PART.search(part.name))]
    totals = {total for _, total in numbers}
    if not numbers:
        return
    missing = sorted(set(range(max(totals))) - {number for number, _ in numbers})
    if len(totals) > 1 or missing:
        raise InputError(
            f"{folder}: the {split} split should have {max(totals)} parts, and {quantity(len(missing), 'part')} "
            f"of them {'is' if len(missing) == 1 else 'are'} missing or of another set "
            f"(number {missing[0] if missing else numbers[0][0]}); complete the folder."
        )


def _notes_on(folder: Path, found: Mapping[str, Sequence[Path]]) -> Iterator[str]:
    for split, files in found.items():
        names = [file.relative_to(folder).as_posix() for file in files]
        if split == "":
            yield f"{folder}: read as one file of rows, {names[0]}."
        elif len(names) > 1 and not _PART.search(names[0]):
            yield f"{folder}: the {split} split is {quantity(len(names), 'file')}: {first_few(names)}."
        elif split == "validation" and "eval" in files[0].name.lower():
            yield f"{folder}: {names[0]} is used as the validation split."


# --- by a README


def _declared_patterns(folder: Path, config: str | None) -> list[tuple[str, str]]:
    """Split and pattern of the files that a Hub dataset's README declares; empty where it declares none."""
    readme = folder / "README.md"
    if not readme.is_file() or readme.stat().st_size > MAX_README:
        return []
    match = _FRONT_MATTER.match(readme.read_text(encoding="utf-8", errors="replace"))
    try:
        front = yaml.safe_load(match[1]) if match else None
    except (yaml.YAMLError, RecursionError, ValueError):
        return []
    configs = front.get("configs") if isinstance(front, dict) else None
    configs = [entry for entry in configs if isinstance(entry, dict)] if isinstance(configs, list) else []
    if not configs:
        return []
    return list(_patterns(_choose_config(folder, configs, config).get("data_files")))


def _choose_config(folder: Path, configs: Sequence[dict[str, Any]], config: str | None) -> dict[str, Any]:
    names = [str(entry.get("config_name", "default")) for entry in configs]
    if config is not None and config in names:
        return configs[names.index(config)]
    default = [entry for entry, name in zip(configs, names, strict=True) if entry.get("default") or name == "default"]
    if len(configs) > 1 and len(default) != 1:
        raise InputError(
            f"{folder}: it has the configurations {one_of(names)}; give the folder or file of one of them."
        )
    return default[0] if default else configs[0]


def _patterns(declared: Any) -> Iterator[tuple[str, str]]:
    if isinstance(declared, str):
        yield "train", declared
    for entry in declared if isinstance(declared, list) else []:
        if isinstance(entry, str):
            yield "train", entry
        elif isinstance(entry, dict):
            paths = entry.get("path")
            for path in paths if isinstance(paths, list) else [paths]:
                if isinstance(path, str):
                    yield str(entry.get("split", "train")), path


def _files_of(folder: Path, files: Sequence[Path], declared: Sequence[tuple[str, str]]) -> dict[str, tuple[Path, ...]]:
    by_name: dict[str, list[Path]] = {}
    for name, pattern in declared:
        fitting = [file for file in files if _matches_pattern(file.relative_to(folder).as_posix(), pattern)]
        if not fitting:
            raise InputError(
                f"{folder}: its README names {shown(pattern)}, and no file fits that; complete the folder."
            )
        by_name.setdefault(name, []).extend(file for file in fitting if file not in by_name.get(name, []))
    named = {name: split for name in by_name if (split := split_of(name)) is not None}
    if not named:
        raise InputError(f"{folder}: no split train, validation or test; its README has {one_of(by_name)}.")
    chosen, _ = one_a_split(named.values(), str(folder))
    return {
        split: tuple(by_name[next(name for name, own in named.items() if own == Named(best, split))])
        for split, best in chosen.items()
    }


def _matches_pattern(path: str, pattern: str) -> bool:
    pattern = os.path.normpath(pattern).replace(os.sep, "/")
    return fnmatchcase(path, pattern) or fnmatchcase(path, pattern.replace("**/", ""))
