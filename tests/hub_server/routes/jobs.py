"""Jobs on the Hub's machines: asked for and listed. Nothing is run."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from ..access import Json, SignedIn, TheHub, check_write
from ..errors import bad_request, forbidden
from ..hardware import JOB_FLAVORS, MACHINES
from ..jobs import ComparisonConfig

router = APIRouter()


@router.get("/api/jobs/hardware")
def hardware() -> list[dict[str, Any]]:
    """The machines on offer, with prices."""
    return [machine.describe() for machine in MACHINES]


@router.post("/api/jobs/{owner}")
def run(hub: TheHub, caller: SignedIn, owner: str, body: Json) -> dict[str, Any]:
    """Ask for a job. The request is kept, and nothing is run."""
    check_write(caller, owner, "jobs")
    flavor = body.get("flavor") or "cpu-basic"
    if flavor not in JOB_FLAVORS:
        raise bad_request(f'"flavor" must be one of [{", ".join(JOB_FLAVORS)}]')
    if not body.get("dockerImage") and not body.get("spaceId"):
        raise bad_request('one of "dockerImage" and "spaceId" is required')
    job = ComparisonConfig(owner, caller.account, dict(body))
    with hub.lock:
        hub.jobs[job.id] = job
    return job.describe()


@router.get("/api/jobs/{owner}")
def list_jobs(hub: TheHub, caller: SignedIn, owner: str) -> list[dict[str, Any]]:
    """The jobs of an owner, newest first."""
    if not caller.owns(owner):
        raise forbidden(f"You don't have access to the jobs of {owner}")
    return [job.describe() for job in reversed(hub.jobs.values()) if job.owner == owner]
