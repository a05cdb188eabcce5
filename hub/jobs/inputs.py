"""The files that a training's arguments name, and the same arguments for a machine that has those files elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from classification.data.reading.files import is_data_file
from classification.data.reading.folders import files_of_rows
from classification.errors import InputError
from classification.files.yaml_files import read_yaml
from classification.runs.record import run_files
from classification.task import load_task

from ..shared.publish import Upload

INPUTS = "inputs"
#: Options of the scripts whose value is a file or folder.
PLACES = ("--task", "--config", "--data", "--model_name_or_path")
NEEDED = ("--task", "--config")


@dataclass
class Inputs:
    """What goes along with a job.

    Attributes:
        words: the script's arguments, with the places that files have on the machine.
        uploads: those files.
    """

    words: list[str] = field(default_factory=list)
    uploads: dict[str, Upload] = field(default_factory=dict)
    _places: dict[Path, str] = field(default_factory=dict)

    def place(self, path: Path) -> str:
        """Where a file or folder goes; two of the same name do not share a place."""
        real = path.resolve()
        if real not in self._places:
            taken = f"{INPUTS}/{real.name}" in self._places.values()
            self._places[real] = "/".join((INPUTS, *([str(len(self._places))] if taken else []), real.name))
            for file, below in _files(path):
                upload = Upload(f"{self._places[real]}{below}", file)
                self.uploads[upload.path] = upload
        return self._places[real]


def inputs_of(words: Sequence[str]) -> Inputs:
    """Find the files among a script's arguments, written as ``--data FILE`` or ``--data=FILE``.

    Raises:
        InputError: a file is missing, or a configuration names files that would not go along.
    """
    inputs, option, named = Inputs(), "", {word.partition("=")[0] for word in words}
    for word in words:
        joined = word.startswith("--") and "=" in word
        if joined:
            option, _, value = word.partition("=")
        else:
            value = "" if word.startswith("-") else word
        bundle_lineup = _place_on_machine(inputs, option, value, named) if option in PLACES and value else value
        inputs.words.append(f"{option}={bundle_lineup}" if joined else word if word.startswith("-") else bundle_lineup)
        option = word if word.startswith("--") and not joined else ""
    return inputs


def _place_on_machine(inputs: Inputs, option: str, value: str, named: set[str]) -> str:
    path = Path(value)
    if (option in NEEDED and not path.is_file()) or (is_data_file(path.name) and not path.exists()):
        raise InputError(f"{option} {value}: no such file; the job needs it from here.")
    if option == "--task":
        load_task(path)  # an error found here costs nothing; on the machine it costs a start
    if option == "--config":
        _check_config(path, named)
    return inputs.place(path) if path.exists() else value


def _check_config(file: Path, named: set[str]) -> None:
    """Files that a configuration names would not be on the machine, so they are named on the command line."""
    found = read_yaml(file, what="configuration")
    for option in PLACES:
        value = found.get(option.removeprefix("--"))
        if isinstance(value, str) and option not in named and Path(value).exists():
            raise InputError(
                f"{file}: it names {value}, which would not go along with the job; give {option} {value} behind the --."
            )


def _files(path: Path) -> Iterator[tuple[Path, str]]:
    """A file, or the files of a folder that hold rows or belong to a model, with the place of each in it."""
    if path.is_file():
        yield path, ""
        return
    own = [file for file in sorted(path.iterdir()) if any(fnmatchcase(file.name, pattern) for pattern in run_files())]
    kept = dict.fromkeys([*files_of_rows(path), *(file for file in own if file.is_file())])
    if not kept:
        raise InputError(f"{path}: neither rows nor a model are in this folder; name one that a job can use.")
    yield from ((file, f"/{file.relative_to(path).as_posix()}") for file in kept)
