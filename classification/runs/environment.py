"""What a figure was measured on: library versions and hardware, without anything that names a person or a path."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = ("torch", "transformers", "peft", "trl", "datasets", "scikit-learn", "gradio")


def library_versions(*more: str) -> dict[str, str]:
    """Version of Python and of each library that bears on a result, those that are not installed left out.

    Args:
        more: libraries that bear on this one.
    """
    found = {"python": platform.python_version()}
    for library in (*LIBRARIES, *more):
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found


def hardware() -> dict[str, str | int]:
    """Processor name, the number of cores that this process may use, and which graphics boards there are."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    found: dict[str, str | int] = {"processor": _processor(), "cores": cores, "system": platform.system()}
    boards = _boards()
    return found | {"gpu": boards[0], "gpus": len(boards)} if boards else found


def _boards(folder: Path = Path("/proc/driver/nvidia/gpus")) -> list[str]:
    """Names of NVIDIA boards, as the Linux driver tells them; no other makers' are looked for."""
    found = []
    for file in sorted(folder.glob("*/information")):
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        found += [line.partition(":")[2].strip() for line in lines if line.startswith("Model:")]
    return found


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # not Linux; the platform module knows what there is to know
    return platform.processor() or platform.machine()
