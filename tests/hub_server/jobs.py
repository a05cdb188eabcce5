"""Jobs: what was asked for, kept word by word, and a stage that a test can set. Nothing is run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from .accounts import Account
from .clock import now, object_id

Stage = Literal["SCHEDULING", "RUNNING", "COMPLETED", "ERROR", "CANCELED"]
FINISHED = ("COMPLETED", "ERROR", "CANCELED")


@dataclass
class Job:
    """A request to run a command on one of the Hub's machines."""

    owner: str
    by: Account
    request: dict[str, Any]
    stage: Stage = "SCHEDULING"
    message: str | None = None
    logs: list[str] = field(default_factory=list)
    id: str = field(default_factory=object_id)
    created: str = field(default_factory=now)
    finished: str | None = None

    @property
    def is_finished(self) -> bool:
        """Whether its stage is a last one."""
        return self.stage in FINISHED

    def become(self, stage: Stage, *logs: str, message: str | None = None) -> None:
        """Go to another stage, with lines for its log."""
        self.stage, self.message = stage, message
        self.logs += logs
        self.finished = now() if self.is_finished else None

    def describe(self) -> dict[str, Any]:
        """The job as the Hub answers it: the names of its secrets without their values."""
        asked = self.request
        copied = ("dockerImage", "spaceId", "command", "arguments", "environment", "flavor", "labels", "volumes")
        return {
            "id": self.id,
            "createdAt": self.created,
            "startedAt": None if self.stage == "SCHEDULING" else self.created,
            "finishedAt": self.finished,
            **{key: asked.get(key) for key in copied},
            "secrets": dict.fromkeys(asked.get("secrets") or {}),
            "timeout": asked.get("timeoutSeconds"),
            "status": {"stage": self.stage, "message": self.message},
            "durations": {"schedulingSecs": 0, "runningSecs": 0, "totalSecs": 0},
            "owner": {"id": self.by.id, "name": self.owner, "type": "user" if self.owner == self.by.name else "org"},
            "initiator": {"type": "user", "id": self.by.id, "name": self.by.name},
        }
