"""The run folders that can be published from the page, by names that say nothing of this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from classification.errors import InputError, shown
from classification.lineup import Lineup
from classification.runs.record import RUN_FILE, RunRecord, load_record
from comparison.comparison import COMPARISON_FILE, Comparison, find_run
from hub.cards.evidence import Evidence

from .runtime import Runtime

#: Where training scripts are told to write, relative to where the page was started.
TRAINED = Path("runs")
MOST = 200


@dataclass(frozen=True)
class Run:
    """A run that can be published.

    Attributes:
        folder: where it is.
        record: what it is.
        comparison: folder of a comparison in which it was measured.
        measured: whether anybody knows how good it is.
    """

    folder: Path
    record: RunRecord
    comparison: Path | None
    measured: bool


class Runs:
    """The runs of a lineup, and on a computer of one's own every one in ``runs/``."""

    def __init__(self, lineup: Lineup, runtime: Runtime, trained: Path = TRAINED) -> None:
        runs = [contender.run for contender in lineup.contenders]
        self._named = list(dict.fromkeys(run for run in runs if isinstance(run, Path)))
        self._trained = None if runtime.space else trained
        self._results = lineup.results

    def names(self) -> list[str]:
        """What can be chosen now; a training may have finished since the page was opened."""
        return list(self._folders())

    def get(self, name: object) -> Run:
        """The run of this name.

        Raises:
            InputError: there is none, or its record cannot be read.
        """
        folder = self._folders().get(str(name))
        if folder is None:
            raise InputError(f"there is no run {shown(name)}; choose one from the list, or train one into runs/.")
        record = load_record(folder)
        comparison = self._comparison_with(record)
        return Run(folder, record, comparison, bool(comparison) or Evidence.of(record) is not None)

    def _folders(self) -> dict[str, Path]:
        """Folders by name: that of the folder, and where two have the same, with its parent's before it."""
        newest: list[Path] = []
        if self._trained is not None:
            files = sorted(self._trained.glob(f"*/{RUN_FILE}"), key=lambda file: -file.stat().st_mtime)
            newest = [file.parent for file in files[:MOST]]
        found: dict[str, Path] = {}
        for folder in [*newest, *self._named]:
            if folder.resolve() not in [other.resolve() for other in found.values()]:
                short = folder.resolve().name
                found[short if short not in found else f"{folder.resolve().parent.name}/{short}"] = folder
        return found

    def _comparison_with(self, record: RunRecord) -> Path | None:
        """The folder of the page's own comparison, if the run is one of its contenders."""
        if self._results is None or not (self._results / COMPARISON_FILE).is_file():
            return None
        try:
            find_run(Comparison.load(self._results), record)
        except InputError:
            return None
        return self._results
