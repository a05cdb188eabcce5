"""A folder that holds a model: one that our trainings wrote, or what anybody's `save_pretrained` left there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from .remote import check_names
from .record import RUN_FILE, check_in_place


@dataclass(frozen=True)
class LocalRun:
    """A model in a folder, of which nothing is loaded yet; what `classification.runs.remote.RemoteRun` is for the Hub.

    Attributes:
        folder: where it is.
        names: its files, as paths relative to the folder.
    """

    folder: Path
    names: tuple[str, ...]
    what = "folder"

    @classmethod
    def at(cls, folder: Path) -> LocalRun:
        """The model in a folder, looked over by the names of its files.

        Raises:
            InputError: there is no such folder, or it holds no weights that can be read safely.
        """
        if not folder.is_dir():
            raise InputError(
                f"{folder}: no such folder; give one that a training of ours or save_pretrained of transformers or "
                "PEFT wrote, or a repository as owner/name."
            )
        check_in_place(folder)
        names = tuple(
            path.relative_to(folder).as_posix()
            for pattern in ("*", "onnx/*")
            for path in sorted(folder.glob(pattern))
            if path.is_file()
        )
        if RUN_FILE not in names:  # a record of ours says itself what there is; a majority class has no weights
            _check_checkpoints(folder, names)
            check_names(folder, names, "folder", "save it again with save_pretrained, which writes safetensors")
        return cls(folder, names)

    @property
    def name(self) -> str:
        """What a record calls it."""
        return self.folder.resolve().name

    def __str__(self) -> str:
        return str(self.folder)


def _check_checkpoints(folder: Path, names: tuple[str, ...]) -> None:
    """A training that was given this folder may have written into folders below it."""
    steps = [path.name for path in folder.glob("checkpoint-*") if path.is_dir()]
    if steps and not any(name.endswith((".safetensors", ".onnx")) for name in names):
        last = max(steps, key=lambda name: (len(name), name))
        raise InputError(f"{folder}: the weights of a training are in the folders below it; name {folder / last}.")
