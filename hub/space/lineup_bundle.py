"""A lineup and every file that it names, laid out for the root of a Space."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from classification.contenders import Contender
from classification.errors import InputError
from classification.files.yaml_files import read_yaml
from classification.lineup import Lineup
from classification.runs.remote import Reference, RemoteRun
from comparison.comparison import COMPARISON_FILE

from ..push.run_files import result_file, run_uploads, without_paths
from ..shared.public import base_id
from ..shared.publish import README, Upload

LINEUP, TASK, RESULTS = "lineup.yaml", "task.yaml", "results"


@dataclass(frozen=True)
class LineupBundle:
    """A lineup at its new place.

    Attributes:
        uploads: the lineup, its task, its rows for prompts, its results and its local runs.
        models: Hub ids of all models and runs that it names.
        datasets: Hub id of its task's rows, where they are on the Hub.
    """

    uploads: tuple[Upload, ...]
    models: tuple[str, ...]
    datasets: tuple[str, ...]


def bundle_lineup(lineup: Lineup) -> LineupBundle:
    """Copy a lineup to the root of a folder, with local runs beneath it.

    Raises:
        InputError: a contender needs a model in a local folder, or cannot be loaded here either.
    """
    found: dict[str, Any] = read_yaml(lineup.path, what="lineup file")
    task = lineup.task.model_dump(mode="json", exclude_defaults=True)
    task |= {"dataset": without_paths(task["dataset"])} if "dataset" in task else {}
    uploads: list[Upload] = [Upload(TASK, _yaml(task))]
    found["task"] = TASK
    found.pop("demonstrations", None)  # a path of this machine must not be published
    rows = _demonstrations(lineup)
    if isinstance(rows, str):
        found["demonstrations"] = rows
    elif rows is not None:
        # Rows that are called like a file or folder of the Space must not take its place.
        found["demonstrations"] = f"rows-{rows.name}" if _is_reserved(rows.name) else rows.name
        uploads.append(Upload(found["demonstrations"], rows))
    found.pop("results", None)
    if lineup.results is not None and (lineup.results / COMPARISON_FILE).is_file():
        found["results"] = RESULTS
        uploads.append(Upload(f"{RESULTS}/{COMPARISON_FILE}", result_file(lineup.results / COMPARISON_FILE)))
    places: dict[Path, str] = {}
    for entry, contender in zip(found["contenders"], lineup.contenders, strict=True):
        _check(contender)
        _check_encoder(contender)
        if isinstance(contender.run, Path) and contender.record is not None:
            place = places.get(contender.run)
            if place is None:
                place = places[contender.run] = _free(contender.run.resolve().name, places)
                runs = run_uploads(contender.run, contender.record)
                uploads += [Upload(f"{place}/{upload.path}", upload.content) for upload in runs]
            entry["run"] = place
    uploads.append(Upload(LINEUP, _yaml(found)))
    return LineupBundle(tuple(uploads), models_of(lineup), datasets_of(lineup))


def _demonstrations(lineup: Lineup) -> Path | str | None:
    """The rows that prompts of a lineup show: a file, or a dataset on the Hub; none where no prompt shows any.

    Raises:
        InputError: they are a folder, or not there.
    """
    shown = (contender.demonstrations for contender in lineup.contenders if contender.entry.needs_rows)
    rows = next((rows for rows in shown if rows is not None), None)
    if rows is None or rows.is_file():
        return rows
    if not rows.exists() and not rows.suffix and Reference.parse(rows.as_posix()):
        return rows.as_posix()
    raise InputError(f"{rows}: the demonstrations of a Space are one file; name it in the lineup.")


def _check(contender: Contender) -> None:
    if contender.error:
        raise InputError(f"{contender.name} would not load on a Space: {contender.error}")
    model = contender.entry.model
    stands_on_path = contender.record is not None and contender.record.needs_base and not model
    base = contender.record.base if contender.record else None
    if (model and _is_here(model)) or (stands_on_path and base is not None and base.from_folder):
        raise InputError(
            f"{contender.name} stands on a model in a folder of this machine ({model or (base and base.id)}), which a "
            "Space cannot see; name a model on the Hub."
        )


def _check_encoder(contender: Contender) -> None:
    encoder = contender.entry.encoder
    if encoder and _is_here(encoder):
        raise InputError(
            f"{contender.name} finds its demonstrations with an encoder in a folder of this machine ({encoder}), which "
            "a Space cannot see; name an encoder on the Hub."
        )


def _is_here(name: str) -> bool:
    """Whether a model is a folder of this machine and no id on the Hub."""
    return Path(name).exists() or Reference.parse(name) is None


def _is_reserved(name: str) -> bool:
    files = (README, LINEUP, TASK, "requirements.txt", "app.py", ".gitattributes")
    return name in files or "." not in name or name.startswith(".")


def _free(name: str, taken: dict[Path, str]) -> str:
    plain = re.sub(r"[^\w.-]+", "-", name, flags=re.ASCII).strip("-.") or "run"
    place, number = f"runs/{plain}", 1
    while place in taken.values():
        number += 1
        place = f"runs/{plain}-{number}"
    return place


def models_of(lineup: Lineup) -> tuple[str, ...]:
    """Hub ids of every model and run that a lineup names; a folder of this machine is none."""
    found: dict[str, None] = {}
    for contender in lineup.contenders:
        model = contender.entry.model
        if model and Reference.parse(model) and not Path(model).exists():
            found[model] = None
        if contender.record is not None and (base := base_id(contender.record)):
            found[base] = None
        if contender.entry.by_text:
            found[contender.entry.encoder_for(lineup.task.language)] = None
        if isinstance(contender.run, RemoteRun):
            found[contender.run.reference.repo_id] = None
    return tuple(found)


def datasets_of(lineup: Lineup) -> tuple[str, ...]:
    """Hub id of the rows of its task, where they are on the Hub."""
    source = lineup.task.dataset.path if lineup.task.dataset else ""
    return (source,) if Reference.parse(source) and not Path(source).exists() else ()


def _yaml(data: object) -> bytes:
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120).encode("utf-8")
