"""Checkpoints that are complete, name their training, and resume it as if it had never been stopped.

transformers writes a checkpoint in place, so one that was being written when the process was killed looks complete and
lacks files. Here it is written to a temporary folder, and renamed when everything in it is on the disk. It also holds a
record of what was trained, and hashes of the texts that were seen.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from transformers import TrainerState
from transformers.trainer_callback import ExportableState

from classification.errors import InputError
from classification.files.writing import sync, sync_tree
from classification.runs.folder import tidy
from classification.runs.record import UNFINISHED, EnergyRecord
from classification.runs.seen import TextHashes

from .energy import EnergyMeter
from .record import RECORD, Training

if TYPE_CHECKING:
    from transformers import Trainer as _Trainer
else:
    _Trainer = object  # a mixin for each trainer there is

logger = logging.getLogger(__name__)

STATE = "trainer_state.json"
NAME = re.compile(r"checkpoint-(\d+)")
#: The state besides the weights. torch writes each as a zip archive, whose index is at its end: one cut off has none.
ARCHIVES = ("optimizer.pt", "scheduler.pt")
WEIGHTS = ("model.safetensors", "adapter_model.safetensors")


class WholeCheckpoints(_Trainer):
    """A mixin for trainers: checkpoints are complete or absent, and a resumed training ends as an uninterrupted one.

    Attributes:
        training: what is trained, for the record in every checkpoint.
        seen: hashes of the texts that every checkpoint has seen, where that is known.
    """

    training: Training
    seen: TextHashes | None = None
    _beside: Path | None = None

    def create_model_card(self, *args: Any, **kwargs: Any) -> None:
        """Write none: the card is made from the run's record when it is published."""

    def _get_output_dir(self, trial: Any) -> str:
        return str(self._beside) if self._beside else super()._get_output_dir(trial)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        folder = Path(self._get_output_dir(trial))
        folder.mkdir(parents=True, exist_ok=True)
        self._beside = Path(mkdtemp(prefix=UNFINISHED, dir=folder))
        try:
            best = self.state.best_model_checkpoint
            super()._save_checkpoint(model, trial)
            written = self._beside / f"checkpoint-{self.state.global_step}"
            self.state.best_model_checkpoint = self._best(folder, best)
            self.state.save_to_json(str(written / STATE))
            self.training.save(written)
            if self.seen is not None:
                self.seen.save(written)
            sync_tree(written)
            place = folder / written.name
            if place.exists():  # of an earlier training
                place.replace(self._beside / "older")
            written.replace(place)
            sync(folder)
            self._rotate(folder)
        finally:
            shutil.rmtree(self._beside, ignore_errors=True)
            self._beside = None

    def _best(self, folder: Path, before: str | None) -> str | None:
        """The path of the best checkpoint; transformers noted that of the temporary folder."""
        step = self.state.best_global_step
        if step is None:
            return before
        place = folder / f"checkpoint-{step}"
        ours = step == self.state.global_step or self._is_ours(place)
        return str(place) if ours else before

    def _is_ours(self, checkpoint: Path) -> bool:
        return Training.of_checkpoint(checkpoint) == self.training

    def _rotate(self, folder: Path) -> None:
        """Remove the oldest checkpoints beyond ``--save_total_limit``, but never the newest or the best."""
        limit = self.args.save_total_limit
        if not limit or limit < 1:
            return
        places = sorted(
            _checkpoints(folder), key=lambda place: (Training.of_checkpoint(place) == self.training, _step(place))
        )
        kept = {folder / f"checkpoint-{self.state.global_step}", Path(str(self.state.best_model_checkpoint))}
        others = [place for place in places if place not in kept]
        for place in others[: max(len(places) - max(limit, len(kept.intersection(places))), 0)]:
            gone = folder / f"{UNFINISHED}{place.name}"
            place.replace(gone)
            shutil.rmtree(gone, ignore_errors=True)

    def _init_training_state(self, *args: Any, **kwargs: Any) -> tuple[int, int]:
        checkpoint = self._resumed_from
        found: tuple[int, int] = super()._init_training_state(*args, **kwargs)
        if checkpoint is None:
            return found
        if self.state.best_global_step is not None:
            self.state.best_model_checkpoint = str(checkpoint.parent / f"checkpoint-{self.state.best_global_step}")
        for one in (*self.callback_handler.callbacks, self.control):
            if isinstance(one, ExportableState):  # else saving the first checkpoint fails where a callback was added
                self.state.stateful_callbacks.setdefault(type(one).__name__, one.state())
        if hasattr(self, "_total_train_tokens"):
            self._total_train_tokens = int(max((e.get("num_tokens", 0) for e in self.state.log_history), default=0))
        return found

    def _run_epoch(self, *args: Any, **kwargs: Any) -> None:
        if not self.control.should_training_stop:  # set before the first step where patience had already run out
            super()._run_epoch(*args, **kwargs)

    _resumed_from: Path | None = None
    energy: EnergyRecord | None = None  # set by `train_whole`, where codecarbon is installed

    def train_whole(self, checkpoint: str | None) -> Any:
        """Train to the end, from a checkpoint if one is given."""
        folder = Path(str(self.args.output_dir))
        self._resumed_from = None if checkpoint is None else Path(checkpoint)
        with _begun(folder, self.training):
            with EnergyMeter() as meter:
                trained = self.train(resume_from_checkpoint=checkpoint)
            self.energy = meter.record
            return trained


@contextmanager
def _begun(folder: Path, training: Training) -> Iterator[None]:
    """Record which training the folder's checkpoints belong to; restored if it fails before its first checkpoint."""
    tidy(folder)
    file = folder / RECORD
    before = file.read_bytes() if file.is_file() else None
    training.save(folder)
    try:
        yield
    except Exception:
        if not any(Training.of_checkpoint(place) == training for place in _checkpoints(folder)):
            file.unlink(missing_ok=True)
            if before is not None:
                file.write_bytes(before)
        raise


def resume_point(arguments: Any, training: Training) -> tuple[str | None, Training]:
    """What ``--resume_from_checkpoint`` means: the newest whole checkpoint of the run folder, or the one it names.

    Args:
        arguments: transformers' `TrainingArguments`.
        training: what the arguments describe.

    Returns:
        The checkpoint's folder and its training; ``None`` and ``training`` where it starts from the beginning.

    Raises:
        InputError: there is no such checkpoint, it is not whole, or it is of another training.
    """
    asked = str(arguments.resume_from_checkpoint or "")
    if asked.lower() in ("", "false", "no"):
        return None, training
    if asked.lower() in ("true", "yes"):
        place = _newest(Path(str(arguments.output_dir)))
    else:
        place = Path(asked)
        if not place.is_dir():
            raise InputError(f"there is no checkpoint at {asked} to resume from; {ANEW}.")
        if wrong := not_whole(place):
            raise InputError(f"{place}: not a complete checkpoint, since {wrong}; name another, or {ANEW}.")
    known = Training.of_checkpoint(place)
    if known is None:
        raise InputError(
            f"{place}: it has no record of its labels and rows, since an earlier version wrote it; {ANEW}."
        )
    known.check_same(training, place)
    return str(place), training.model_copy(update={"id": known.id})


#: What a sentence advises where no checkpoint fits.
ANEW = "leave --resume_from_checkpoint out to start anew"


def _newest(folder: Path) -> Path:
    current = Training.of_checkpoint(folder)
    for place in sorted(_checkpoints(folder), key=_step, reverse=True):
        wrong = not_whole(place)
        found = Training.of_checkpoint(place)
        if wrong:
            logger.warning("%s is skipped, since %s.", place, wrong)
        elif current is not None and found is not None and found.id != current.id:
            logger.warning("%s is skipped, since it is of an earlier training.", place)
        else:
            return place
    raise InputError(f"there is no checkpoint in {folder} to resume from; {ANEW}.")


def not_whole(checkpoint: Path) -> str | None:
    """Why a checkpoint cannot be resumed from, as a part of a sentence, or ``None`` where it is complete."""
    try:
        state = TrainerState.load_from_json(str(checkpoint / STATE))
        weights = [name for name in WEIGHTS if (checkpoint / name).is_file()] or _shards(checkpoint)
        if not weights:
            return "its weights are missing"
        for name in weights:
            if not _is_whole_safetensors(checkpoint / name):
                return f"{name} is cut off"
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return f"{STATE} or an index of its weights cannot be read"
    random = [path.name for path in checkpoint.glob("rng_state*.pth")] or ["rng_state.pth"]
    for name in (*ARCHIVES, *random):
        if not (checkpoint / name).is_file():
            return f"{name} is missing"
        if not zipfile.is_zipfile(checkpoint / name):
            return f"{name} is cut off"
    best = None if state.best_global_step is None else checkpoint.parent / f"checkpoint-{state.best_global_step}"
    if best is not None and best != checkpoint and not any((best / name).is_file() for name in (*WEIGHTS, INDEX)):
        return f"the best one until then, {best.name}, is gone"
    return None


INDEX = "model.safetensors.index.json"


def _shards(checkpoint: Path) -> list[str]:
    if not (checkpoint / INDEX).is_file():
        return []
    return sorted(set(json.loads((checkpoint / INDEX).read_text(encoding="utf-8"))["weight_map"].values()))


def _is_whole_safetensors(file: Path) -> bool:
    """Whether a file is as long as its own header says."""
    size = file.stat().st_size
    with file.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if not 2 <= length <= size - 8:
            return False
        header = json.loads(stream.read(length))
    ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
    return size == 8 + length + max(ends, default=0)


def _checkpoints(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [Path(entry.path) for entry in os.scandir(folder) if entry.is_dir() and NAME.fullmatch(entry.name)]


def _step(checkpoint: Path) -> int:
    found = NAME.fullmatch(checkpoint.name)
    return int(found[1]) if found else -1
