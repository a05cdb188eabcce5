"""Jobs on the Hub's machines: asked for, looked at, cancelled. Nothing is run."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import PlainTextResponse

from ..access import Json, SignedIn, TheHub, check_write
from ..errors import HubError, bad_request, forbidden
from ..hardware import JOB_FLAVORS, MACHINES
from ..jobs import Job

router = APIRouter()
JOB = "/api/jobs/{owner}/{job_id}"


async def owned(hub: TheHub, caller: SignedIn, owner: str, job_id: str) -> Job:
    """The job that a route is about, for its owner alone."""
    job = hub.jobs.get(job_id)
    if job is None or job.owner != owner or not caller.owns(owner):
        raise HubError(404, "Job not found")
    return job


Owned = Annotated[Job, Depends(owned)]


@router.get("/api/jobs/hardware")
def hardware() -> list[dict[str, Any]]:
    """The machines on offer, with prices."""
    return [machine.describe(free_basic=False) for machine in MACHINES]


@router.post("/api/jobs/{owner}")
def run(hub: TheHub, caller: SignedIn, owner: str, body: Json) -> dict[str, Any]:
    """Ask for a job. The request is kept; unless `hold_jobs` is set on the Hub, it counts as done at the next look."""
    check_write(caller, owner, "jobs")
    flavor = body.get("flavor") or "cpu-basic"
    if flavor not in JOB_FLAVORS:
        raise bad_request(f'"flavor" must be one of [{", ".join(JOB_FLAVORS)}]')
    if not body.get("dockerImage") and not body.get("spaceId"):
        raise bad_request('one of "dockerImage" and "spaceId" is required')
    job = Job(owner, caller.account, dict(body))
    asked = job.describe()
    with hub.lock:
        hub.jobs[job.id] = job
        if not hub.hold_jobs:
            job.become("COMPLETED", "This Hub keeps jobs and does not run them.")
    return asked


@router.get("/api/jobs/{owner}")
def list_jobs(
    hub: TheHub, caller: SignedIn, owner: str, stage: Annotated[list[str] | None, Query()] = None
) -> list[dict[str, Any]]:
    """The jobs of an owner, newest first."""
    if not caller.owns(owner):
        raise forbidden(f"You don't have access to the jobs of {owner}")
    jobs = [job for job in reversed(hub.jobs.values()) if job.owner == owner]
    return [job.describe() for job in jobs if not stage or job.stage in stage]


@router.get(JOB)
def inspect(job: Owned) -> dict[str, Any]:
    """What was asked, and how far it is."""
    return job.describe()


@router.post(JOB + "/cancel")
def cancel(hub: TheHub, caller: SignedIn, job: Owned) -> dict[str, Any]:
    """Stop it."""
    check_write(caller, job.owner, "jobs")
    with hub.lock:
        job.become("CANCELED")
    return job.describe()


@router.get(JOB + "/logs")
def logs(job: Owned, tail: int | None = None) -> PlainTextResponse:
    """What it has written, as a stream of events."""
    lines = job.logs[-tail:] if tail else job.logs
    moment = job.finished or job.created
    events = [f"data: {json.dumps({'timestamp': moment, 'data': line})}\n\n" for line in lines]
    return PlainTextResponse("".join(events), media_type="text/event-stream")
