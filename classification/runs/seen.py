"""Which texts a model has seen before it is evaluated: kept as hashes beside a run, and counted among rows.

A hash tells whether a text that somebody has is one of those; the texts cannot be read from it. Texts that differ
in case and spacing only are the same text, as in splits and quality checks.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ..data.splitting import fold
from ..errors import InputError, shown
from .record import HASHES_FILE, MAX_HASHES_BYTES, RUN_FILE

logger = logging.getLogger(__name__)

Count = Annotated[int, Field(ge=0, le=10**12)]
LINE = re.compile(r"(train|validation) ([0-9a-f]{16})", re.ASCII)


class Seen(BaseModel):
    """How many rows of an evaluation a contender had seen before. A row that it saw twice counts where it is first.

    Attributes:
        train: rows whose text its model was trained on.
        demonstrations: rows whose text stands in its prompt.
        validation: rows whose text was used to choose its checkpoint.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    train: Count
    demonstrations: Count = 0
    validation: Count = 0

    @property
    def total(self) -> int:
        """Rows that it had seen in any way."""
        return self.train + self.demonstrations + self.validation


@dataclass(frozen=True)
class TextHashes:
    """Hashes of the texts that a run has seen.

    Attributes:
        train: of the texts that it was trained on.
        validation: of those that its checkpoint was chosen by.
    """

    train: frozenset[str] = frozenset()
    validation: frozenset[str] = frozenset()

    @classmethod
    def of(cls, train: Iterable[str], validation: Iterable[str] = ()) -> TextHashes:
        """Hash the texts of training and validation rows."""
        return cls(frozenset(map(folded_hash, train)), frozenset(map(folded_hash, validation)))

    def __or__(self, other: TextHashes) -> TextHashes:
        return TextHashes(self.train | other.train, self.validation | other.validation)

    def count(self, texts: Iterable[str], demonstrations: Iterable[str] = ()) -> Seen:
        """How many of these texts are among the hashes, or among the demonstrations of a prompt.

        Args:
            texts: of the rows that are evaluated; one that stands there twice counts twice.
            demonstrations: texts that the prompt shows.
        """
        shown_hashes = frozenset(map(folded_hash, demonstrations))
        counts = [0, 0, 0]
        for mark in map(folded_hash, texts):
            place = next(
                (at for at, known in enumerate((self.train, shown_hashes, self.validation)) if mark in known), None
            )
            if place is not None:
                counts[place] += 1
        return Seen(train=counts[0], demonstrations=counts[1], validation=counts[2])

    def save(self, folder: str | Path) -> None:
        """Write the file beside ``run.json``: a line for each text, sorted; a reader never sees half of it.

        What would be too large to be read again is not written, and a warning says so.
        """
        file = Path(folder) / HASHES_FILE
        lines = [f"train {mark}" for mark in sorted(self.train)]
        lines += [f"validation {mark}" for mark in sorted(self.validation)]
        text = "".join(f"{line}\n" for line in lines)
        if len(text) > MAX_HASHES_BYTES:
            file.unlink(missing_ok=True)
            logger.warning(
                "%s: its %s texts are too many to keep hashes of, so no comparison can tell which of them it has seen.",
                folder,
                f"{len(lines):,}",
            )
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_name(f".{file.name}.{os.getpid()}")
        unfinished.write_text(text, encoding="ascii")
        unfinished.replace(file)

    @classmethod
    def load(cls, file: str | Path) -> TextHashes:
        """Read what `save` wrote; ``file`` is the file itself.

        Raises:
            InputError: it cannot be read, is too large, or holds anything else; it may be a stranger's.
        """
        path = Path(file)
        try:
            if path.stat().st_size > MAX_HASHES_BYTES:
                raise InputError(
                    f"{path}: larger than {MAX_HASHES_BYTES // 10**6} MB, so it is not read; no training writes that."
                )
            lines = path.read_bytes().decode("ascii", "replace").splitlines()
        except OSError as error:
            reason = (error.strerror or "cannot be read").lower()
            raise InputError(f"{path}: {reason}; give the file that a training wrote beside {RUN_FILE}.") from None
        return cls._of_lines(lines, path)

    @classmethod
    def _of_lines(cls, lines: Sequence[str], path: Path) -> TextHashes:
        found: dict[str, set[str]] = {"train": set(), "validation": set()}
        for number, line in enumerate(lines, start=1):
            parts = LINE.fullmatch(line)
            if parts is None:
                raise InputError(
                    f"{path}: line {number} is {shown(line)}; a line is 'train' or 'validation' and 16 hexadecimal "
                    "digits, so train again or take the file away."
                )
            found[parts[1]].add(parts[2])
        if not found["train"]:
            raise InputError(f"{path}: it names no training text, and no run is without; train again or take it away.")
        return cls(frozenset(found["train"]), frozenset(found["validation"]))


def folded_hash(text: str) -> str:
    """The first 16 hexadecimal digits of the sha256 of a text, its case and spacing aside."""
    return hashlib.sha256(fold(text).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def hashes_in(folder: str | Path) -> TextHashes | None:
    """What the run in a folder has seen; ``None`` where it kept no hashes, or, as is then logged, unusable ones."""
    file = Path(folder) / HASHES_FILE
    if not file.is_file():
        return None
    try:
        return TextHashes.load(file)
    except InputError as error:
        logger.warning("%s", error)
        return None


def hashes_of_base(folder: str | Path) -> TextHashes | None:
    """What the base model in a folder has seen in trainings of this project.

    Returns:
        No hashes at all for a model that is no run: what it was pretrained on is known to nobody and not counted.
    """
    is_run = any((Path(folder) / name).is_file() for name in (RUN_FILE, HASHES_FILE))
    return hashes_in(folder) if is_run else TextHashes()
