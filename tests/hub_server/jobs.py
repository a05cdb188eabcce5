"""Jobs: what was asked for, kept word by word. Nothing is run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .accounts import Account
from .clock import now, object_id


@dataclass
class ComparisonConfig:
    """A request to run a command on one of the Hub's machines."""

    owner: str
    by: Account
    request: dict[str, Any]
    id: str = field(default_factory=object_id)
    created: str = field(default_factory=now)

    def describe(self) -> dict[str, Any]:
        """The job as the Hub answers it: the names of its secrets without their values."""
        asked = self.request
        copied = ("dockerImage", "spaceId", "command", "arguments", "environment", "flavor", "labels", "volumes")
        return {
            "id": self.id,
            "createdAt": self.created,
            "startedAt": None,
            "finishedAt": None,
            **{key: asked.get(key) for key in copied},
            "secrets": dict.fromkeys(asked.get("secrets") or {}),
            "timeout": asked.get("timeoutSeconds"),
            "status": {"stage": "SCHEDULING", "message": None},
            "durations": {"schedulingSecs": 0, "runningSecs": 0, "totalSecs": 0},
            "owner": {"id": self.by.id, "name": self.owner, "type": "user" if self.owner == self.by.name else "org"},
            "initiator": {"type": "user", "id": self.by.id, "name": self.by.name},
        }
