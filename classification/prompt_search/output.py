"""What a search leaves: a lineup with the best prompt, and everything that was tried."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ..files.writing import explained_writing
from ..prompting.settings import PromptSettings
from .search import Trial

LINEUP_FILE, TRIED_FILE = "lineup.yaml", "tried.json"


@dataclass(frozen=True)
class Searched:
    """Which files and which model a search was about.

    Attributes:
        task: the task file.
        data: where training and validation rows are: a file, a folder or a Hub id.
        model: a chat model: Hub id or folder.
        revision: of it on the Hub.
    """

    task: Path
    data: str
    model: str
    revision: str | None = None


def write_tried(output: Path, searched: Searched, trials: Sequence[Trial], asked: int, best: Trial | None) -> None:
    """Write the list of trials.

    Args:
        output: a folder, made where it is missing.
        searched: what was searched.
        trials: everything that was tried, in order.
        asked: texts that the model was asked about in all.
        best: the prompt that did best; ``None`` while the search goes on.

    Raises:
        InputError: the folder cannot be written to.
    """
    tried = {
        "model": searched.model,
        "texts_asked": asked,
        "best": None if best is None else _as_dict(best),
        "trials": [_as_dict(trial) for trial in trials],
    }
    with explained_writing(output, "--output"):
        output.mkdir(parents=True, exist_ok=True)
        (output / TRIED_FILE).write_text(json.dumps(tried, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_lineup(output: Path, searched: Searched, best: Trial) -> None:
    """Write the lineup with the best prompt.

    Raises:
        InputError: the folder cannot be written to.
    """
    with explained_writing(output, "--output"):
        (output / LINEUP_FILE).write_text(lineup_text(output, searched, best), encoding="utf-8")


def lineup_text(output: Path, searched: Searched, best: Trial) -> str:
    """The lineup as YAML: the task's plain prompt, and the best one."""
    found: dict[str, Any] = {"task": _relative(searched.task, output)}
    if best.settings.needs_rows:
        local = Path(searched.data)
        found["demonstrations"] = _relative(local, output) if local.exists() else searched.data
    short = searched.model.rstrip("/").rpartition("/")[2]
    found["contenders"] = [
        _entry(f"{short} zero-shot", searched, PromptSettings()),
        _entry(f"{short} best prompt", searched, best.settings),
    ]
    head = (
        f"# The prompt that did best on validation rows: macro-F1 {best.macro_f1:.3f} on {best.rows:,} of them, which "
        "it was chosen by;\n# the figure to report is that on test rows.\n"
    )
    return head + yaml.safe_dump(found, sort_keys=False, allow_unicode=True, width=120)


def _entry(name: str, searched: Searched, settings: PromptSettings) -> dict[str, Any]:
    local = Path(searched.model)
    return {
        "name": name,
        "approach": "few-shot" if settings.shots else "zero-shot",
        "model": str(local.resolve()) if local.is_dir() else searched.model,
        **({"revision": searched.revision} if searched.revision else {}),
        **_keys(settings),
    }


def _keys(settings: PromptSettings) -> dict[str, Any]:
    """The keys that are not what they are by default."""
    return settings.model_dump(exclude_defaults=True, exclude_none=True)


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


def _as_dict(trial: Trial) -> dict[str, Any]:
    return {
        "prompt": _keys(trial.settings),
        "rows": trial.rows,
        "macro_f1": round(trial.macro_f1, 4),
        "uncalibrated_macro_f1": round(trial.uncalibrated, 4),
        "seconds_per_text": round(trial.seconds, 4),
    }


def as_table(trials: Sequence[Trial], most: int = 15) -> str:
    """The best trials on the most rows, for a terminal."""
    order = sorted(trials, key=lambda trial: (-trial.rows, -trial.macro_f1))[:most]
    lines = [f"{'rows':>6}  {'macro-F1':>8}  {'uncalibrated':>12}  {'s/text':>7}  prompt"]
    for trial in order:
        words = ", ".join(trial.settings.in_words()) or "direct"
        lines.append(
            f"{trial.rows:>6,}  {trial.macro_f1:>8.3f}  {trial.uncalibrated:>12.3f}  {trial.seconds:>7.3f}  {words}"
        )
    return "\n".join(lines)
