"""Commands of this repository in processes of their own, signed in to a test Hub as a user would be."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from hub_server import HubServer

from support.environment import hub_environment
from support.paths import ROOT


@dataclass
class Terminal:
    """A user at a terminal: remembers everything that was ever shown there."""

    server: HubServer
    token: str | None
    home: Path
    more: dict[str, str] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

    def run(self, *words: object, status: int = 0, cwd: Path = ROOT, **more: str) -> subprocess.CompletedProcess[str]:
        """Run ``python WORDS`` and hold it to an exit status."""
        command = [sys.executable, *map(str, words)]
        environment = hub_environment(self.server, self.token, self.home, **self.more, **more)
        environment |= {"PYTHONPATH": str(ROOT)}
        found = subprocess.run(
            command, env=environment, cwd=cwd, capture_output=True, text=True, timeout=240, check=False
        )
        self.seen += [found.stdout, found.stderr]
        assert found.returncode == status, f"{' '.join(command)}\n{found.stdout}\n{found.stderr}"
        assert "Traceback" not in found.stdout + found.stderr, found.stderr
        return found


def sentence(found: subprocess.CompletedProcess[str]) -> str:
    """The one line that a refused command leaves behind, after whatever it said about its progress."""
    return found.stderr.strip().splitlines()[-1]
