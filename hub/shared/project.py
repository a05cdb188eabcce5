"""The files of this repository that run elsewhere: on a Space, or on a machine that trains."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from .publish import Upload

ROOT = Path(__file__).resolve().parents[2]
#: Suffixes of the source files of a folder; other files were left there by tools.
SOURCE_SUFFIXES = (".py", ".css", ".js", ".j2", ".json", ".txt")


def sources(names: Sequence[str]) -> tuple[Upload, ...]:
    """Files and whole folders of the repository, at the places that they have in it."""
    files: list[Path] = []
    for name in names:
        place = ROOT / name
        files += [place] if place.is_file() else sorted(path for path in place.rglob("*") if _is_source(path))
    return tuple(Upload(path.relative_to(ROOT).as_posix(), path) for path in files)


def requirements(
    *, without: Sequence[str] = (), instead: dict[str, str] | None = None, also: Sequence[str] = ()
) -> str:
    """``requirements.txt`` without some packages, with other lines for some, and with more at its end."""
    lines = []
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        name = line.partition("#")[0]
        package = _package(name)
        if package in without:
            continue
        lines.append((instead or {}).get(package, line))
    return "\n".join([*lines, *also]) + "\n"


def extras(files: Iterable[str]) -> list[str]:
    """The lines of some files of ``requirements/``, each file once."""
    return [line for file in sorted(set(files)) for line in (ROOT / file).read_text(encoding="utf-8").splitlines()]


def _package(line: str) -> str:
    """``gradio[mcp]==6.31.0`` as ``gradio``; nothing for a comment."""
    name = line.strip()
    for sign in ("[", "=", ">", "<", "~", ";", " "):
        name = name.partition(sign)[0]
    return name.lower()


def _is_source(path: Path) -> bool:
    return path.is_file() and path.suffix in SOURCE_SUFFIXES and "__pycache__" not in path.parts
