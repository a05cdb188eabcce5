"""Where the page runs, and what follows from it: what it says of itself, and what needs a borrowed GPU."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from classification.runs.environment import hardware, library_versions

LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")
TRUE = ("1", "t", "true")
#: Seconds of a GPU that ZeroGPU is asked for, and takes from the visitor's quota: one question, or one chunk of rows.
BORROWED = 30
#: What the driver of an NVIDIA card says of it; there is no such folder without one.
NVIDIA = Path("/proc/driver/nvidia/gpus")

Hardware = Literal["CPU", "GPU", "ZeroGPU"]
AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])


@dataclass(frozen=True)
class Runtime:
    """Where the page runs.

    Attributes:
        space: ``owner/name`` of the Space; ``None`` on a computer of one's own.
        hardware: what the models run on.
        about: the hardware in words.
        signs_in: whether visitors can sign in with Hugging Face (a Space with ``hf_oauth: true``).
        shared: whether others than who started it can reach it, as they can every Space.
    """

    space: str | None = None
    hardware: Hardware = "CPU"
    about: str = ""
    signs_in: bool = False
    shared: bool = False

    @classmethod
    def here(cls, environ: Mapping[str, str] | None = None) -> Runtime:
        """What the environment tells; no model library is asked, and none is loaded for it."""
        found = os.environ if environ is None else environ
        space = found.get("SPACE_ID") or None
        served = found.get("GRADIO_SERVER_NAME") or LOOPBACK[0]
        kind, about = _hardware(found)
        return cls(
            space=space,
            hardware=kind,
            about=about,
            signs_in=bool(space and found.get("OAUTH_CLIENT_ID")),
            shared=bool(space) or served not in LOOPBACK or _true(found.get("GRADIO_SHARE")),
        )

    @property
    def borrows(self) -> bool:
        """Whether the GPU is there only inside a function that asks for it, in a process of its own (ZeroGPU)."""
        return self.hardware == "ZeroGPU"

    def describe(self) -> str:
        """In a few words, for the head of the page."""
        return f"{f'on the Space {self.space}' if self.space else 'on this computer'}, {self.about or self.hardware}"

    def on_gpu(self, function: AnyFunction) -> AnyFunction:
        """The function as ZeroGPU wants it, with a GPU while it runs; anywhere else the function itself.

        ZeroGPU runs it in a forked process: arguments and results are pickled on the way, and what it
        changes in memory is lost. So it may take no lock that another thread can hold.
        """
        if not self.borrows:
            return function
        import spaces  # only Spaces with ZeroGPU have it, and there app.py has imported it before torch

        decorated: AnyFunction = spaces.GPU(duration=BORROWED)(function)
        return decorated


def _true(value: str | None) -> bool:
    return (value or "").lower() in TRUE


def _hardware(environ: Mapping[str, str]) -> tuple[Hardware, str]:
    if _true(environ.get("SPACES_ZERO_GPU")):
        return "ZeroGPU", "ZeroGPU"
    card = _card()
    if card and not library_versions().get("torch", "").endswith("+cpu"):
        return "GPU", card
    cores = hardware()["cores"]
    return "CPU", f"{cores} CPU core{'' if cores == 1 else 's'}"


def _card() -> str:
    """The name of the first NVIDIA card, or an empty string."""
    try:
        for file in sorted(NVIDIA.glob("*/information")):
            for line in file.read_text(encoding="utf-8").splitlines():
                if line.startswith("Model:"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass  # not ours to read: then there is none for us
    return ""
