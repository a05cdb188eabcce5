"""Where a comparison is written: every contender is kept as it is finished, and a result is whole or not there.

Evaluations gather in ``.evaluations`` inside the output folder. When the last one is there, they take the place of
what the folder held before: the old ``comparison.json`` goes first, the new one comes last, so that nobody ever reads
one beside evaluations of the other. A run that was stopped at any moment finds what it had finished there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from classification.errors import InputError

from .comparison import COMPARISON_FILE, Comparison
from .evaluation import Evaluation, slug
from .records import MeasuredContender
from .report.tables import as_csv, as_markdown

CONTENDERS = "contenders"
WORKING = ".evaluations"
TABLES = ("table.md", "table.csv")


@dataclass(frozen=True)
class ResultsFolder:
    """The output folder of a comparison.

    Attributes:
        folder: made where it is missing.
        with_texts: whether evaluations keep the texts.
    """

    folder: Path
    with_texts: bool

    @classmethod
    def open(cls, folder: Path, *, with_texts: bool) -> ResultsFolder:
        """Make the folder, and see that it can be written to.

        Raises:
            InputError: it is a file, or cannot be made or written to.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = (error.strerror or "cannot be made").lower()
            raise InputError(f"{folder}: {reason}; give a folder that can be written to.") from None
        if not os.access(folder, os.W_OK):
            raise InputError(f"{folder}: cannot be written to; give another folder.")
        return cls(folder, with_texts)

    @property
    def is_whole(self) -> bool:
        """Whether a result is there."""
        return (self.folder / COMPARISON_FILE).is_file()

    def kept(self, name: str, inputs: str) -> Evaluation | None:
        """The evaluation of a contender that was made before from the same inputs; ``None`` where there is none."""
        for place in (WORKING, CONTENDERS):
            file = self.folder / place / f"{slug(name)}.json"
            if not file.is_file():
                continue
            try:
                found = Evaluation.load(file)
            except InputError:  # half written, or of another version: it is made again
                continue
            if found.name == name and found.inputs == inputs and isinstance(found.contender, MeasuredContender):
                return found
        return None

    def keep(self, evaluation: Evaluation) -> None:
        """Keep the evaluation of one contender until all are there.

        Raises:
            InputError: it cannot be written, for want of space for example; what was kept before still is.
        """
        with self._written():
            evaluation.save(self.folder / WORKING, with_texts=self.with_texts)

    def finish(self, comparison: Comparison, evaluations: Sequence[Evaluation]) -> None:
        """Put a comparison in the place of what the folder held.

        Evaluations of contenders that are not in it stay in the working folder, for a later run.

        Raises:
            InputError: it cannot be written; what the folder held before is untouched then.
        """
        new, names = self.folder / f"{WORKING}.new", {slug(evaluation.name) for evaluation in evaluations}
        with self._written():
            shutil.rmtree(new, ignore_errors=True)  # of a run that was stopped here
            for evaluation in evaluations:
                evaluation.save(new / CONTENDERS, with_texts=self.with_texts)
            comparison.save(new)
            for name, text in zip(TABLES, (as_markdown(comparison), as_csv(comparison)), strict=True):
                (new / name).write_text(text, encoding="utf-8")
            self._keep_others(names)
            (self.folder / COMPARISON_FILE).unlink(missing_ok=True)
            shutil.rmtree(self.folder / CONTENDERS, ignore_errors=True)
            (new / CONTENDERS).rename(self.folder / CONTENDERS)
            for name in (*TABLES, COMPARISON_FILE):  # the record last
                (new / name).replace(self.folder / name)
            new.rmdir()
            self._forget(names)

    def _keep_others(self, names: set[str]) -> None:
        working = self.folder / WORKING
        for file in (self.folder / CONTENDERS).glob("*"):
            if file.stem not in names and file.is_file():
                working.mkdir(exist_ok=True)
                shutil.copy2(file, working / file.name)

    def _forget(self, names: set[str]) -> None:
        """Remove from the working folder what is in the result now."""
        working = self.folder / WORKING
        for file in working.glob("*") if working.is_dir() else ():
            if file.stem in names:
                file.unlink(missing_ok=True)
        if working.is_dir() and not any(working.iterdir()):
            working.rmdir()

    @contextmanager
    def _written(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            shutil.rmtree(self.folder / f"{WORKING}.new", ignore_errors=True)
            reason = (error.strerror or type(error).__name__).lower()
            raise InputError(
                f"{self.folder}: {reason}; make room or give another folder, and run the same command again: it goes "
                "on from the contenders that are finished."
            ) from None
