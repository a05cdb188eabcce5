"""What a Space has beyond a repository: the machine it runs on, its secrets and its variables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .clock import now
from .errors import bad_request
from .hardware import SPACE_FLAVORS

FREE_SLEEP_SECONDS = 48 * 3600


@dataclass
class Setting:
    """A secret or a variable. A secret's value is kept to be handed to the app, and never answered."""

    value: str
    description: str | None = None
    updated: str = field(default_factory=now)


@dataclass
class Space:
    """The running side of a Space. It is not run: it counts as running once something is committed to it."""

    sdk: str
    stage: str = "NO_APP_FILE"
    hardware: str | None = None
    requested: str = "cpu-basic"
    sleep_seconds: int | None = FREE_SLEEP_SECONDS
    secrets: dict[str, Setting] = field(default_factory=dict)
    variables: dict[str, Setting] = field(default_factory=dict)

    def request(self, flavor: str, sleep_seconds: int | None = None) -> None:
        """Ask for a machine.

        Raises:
            HubError: 400, there is no such machine.
        """
        if flavor not in SPACE_FLAVORS:
            raise bad_request(f'"flavor" must be one of [{", ".join(SPACE_FLAVORS)}]')
        self.requested = flavor
        self.sleep_seconds = sleep_seconds if flavor != "cpu-basic" else FREE_SLEEP_SECONDS
        if self.stage == "RUNNING":
            self.hardware = flavor

    def start(self) -> None:
        """Run the app on the machine that was asked for."""
        self.stage, self.hardware = "RUNNING", self.requested

    def configure(self, body: Mapping[str, Any]) -> None:
        """Apply what a request to create a Space says beside its name."""
        if body.get("hardware"):
            self.request(str(body["hardware"]), body.get("sleepTimeSeconds"))
        keep(self.secrets, body.get("secrets") or ())
        keep(self.variables, body.get("variables") or ())

    def runtime(self) -> dict[str, Any]:
        """What is known of its machine, as the Hub answers it."""
        return {
            "stage": self.stage,
            "hardware": {"current": self.hardware, "requested": self.requested},
            "gcTimeout": self.sleep_seconds,
            "storage": None,
            "devMode": False,
            "replicas": {"current": 1 if self.stage == "RUNNING" else 0, "requested": 1},
        }


def keep(settings: dict[str, Setting], items: Iterable[Mapping[str, str]]) -> None:
    """Add or replace secrets or variables."""
    for item in items:
        settings[item["key"]] = Setting(item["value"], item.get("description"))
