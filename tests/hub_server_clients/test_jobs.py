"""Jobs on the Hub server: kept as they were asked for, and not run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hub_server import HubServer
from support.hub_clients import call


def client_asks_for_jobs() -> dict[str, Any]:
    from huggingface_hub import HfApi

    api = HfApi()
    job = api.run_job(image="python:3.12", command=["python", "-V"], flavor="t4-small", timeout="2h",
                      secrets={"HF_TOKEN": "hf_job_secret"}, env={"A": "b"})  # fmt: skip
    return {
        "id": job.id, "stage": job.status.stage, "secrets": job.secrets,
        "jobs": [item.docker_image for item in api.list_jobs()],
        "price": next(item.unit_cost_usd for item in api.list_jobs_hardware() if item.name == "t4-small"),
    }  # fmt: skip


def test_a_job_is_kept_as_it_was_asked_for(server: HubServer, tmp_path: Path) -> None:
    seen = call(server, tmp_path, client_asks_for_jobs)
    assert (seen["stage"], seen["secrets"], seen["jobs"]) == ("SCHEDULING", {"HF_TOKEN": None}, ["python:3.12"])
    assert seen["price"] == pytest.approx(0.40 / 60, abs=1e-6)
    asked = server.hub.jobs[seen["id"]].request
    assert (asked["flavor"], asked["timeoutSeconds"], asked["environment"]) == ("t4-small", 7200, {"A": "b"})
    assert asked["secrets"] == {"HF_TOKEN": "hf_job_secret"}
    assert asked["command"] == ["python", "-V"]
