"""A training on the Hub's machines: the code and rows it needs, its command, its price, and its start."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

import httpx2
from huggingface_hub import HfApi, Volume
from huggingface_hub.errors import RepositoryNotFoundError
from huggingface_hub.hf_api import DEFAULT_UV_IMAGE

from classification.errors import InputError, nearest, one_of, shown
from classification.families import FAMILIES
from classification.network.hub_errors import explained

from ..shared.client import checked_repo_id
from ..shared.commands import say
from ..shared.project import extras, requirements, sources
from ..shared.publish import README, Plan, Upload, publish
from .inputs import INPUTS, inputs_of

FOLDERS = ("classification", "comparison", "hub", "training")
MOUNT, RUN = "/bundle", "/tmp/run"  # noqa: S108  places in the job's own container
BUNDLE = "prompt-or-tune-jobs"
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
UNITS = {"second": 1, "minute": 60, "hour": 3600}


@dataclass(frozen=True)
class JobPlan:
    """A job that could be started.

    Attributes:
        bundle: code, rows and task, as a private dataset repository.
        command: what the machine runs.
        flavor: which machine.
        seconds: after which it is stopped, finished or not.
    """

    bundle: Plan
    command: tuple[str, ...]
    flavor: str
    seconds: int


def plan_job(script: str, words: Sequence[str], repo_id: str, owner: str, *, flavor: str, timeout: str) -> JobPlan:
    """Everything that a training on the Hub's machines consists of.

    Args:
        script: one of `classification.families.scripts`.
        words: the script's own arguments; files and folders among them go along.
        repo_id: where the finished run is pushed.
        owner: whose bundle repository holds code and rows.
        flavor: the machine, such as ``t4-small``.
        timeout: such as ``90m`` or ``2h``.

    Raises:
        InputError: an argument that the job sets itself, a file that is missing, or no such time.
    """
    repo_id, bundle_id = checked_repo_id(repo_id), checked_repo_id(f"{owner}/{BUNDLE}")
    for taken in ("--output_dir", "--push_to_hub", "--hub_model_id", "--hub_token"):
        if any(word.partition("=")[0] == taken for word in words):
            raise InputError(f"{taken} is set by the job, since its run goes to {repo_id}; leave it out.")
    inputs = inputs_of(words)
    line = ["python", "-m", script, *inputs.words, "--output_dir", RUN, "--push_to_hub", "--hub_model_id", repo_id]
    run = f"cd {MOUNT} && uv run --no-project --with-requirements requirements.txt {shlex.join(line)}"
    card = f"# Code and rows of a training\n\nBundle of the job that makes {repo_id}. Made by `python -m hub.jobs`.\n"
    bundle = Plan(
        bundle_id,
        (
            Upload(README, card.encode()),
            Upload("requirements.txt", requirements(without=("gradio",), also=_extras(script)).encode()),
            *sources(FOLDERS),
            *inputs.uploads.values(),
        ),
        f"Train {repo_id}",
        repo_type="dataset",
        replaces=(f"{INPUTS}/*", *(f"{room}/*" for room in FOLDERS)),
    )
    return JobPlan(bundle, ("bash", "-c", run), flavor, seconds(timeout))


def _extras(script: str) -> list[str]:
    """Lines with the libraries that a training needs beside those of every training."""
    return extras(one.requirements for one in FAMILIES.values() if one.script == script and one.requirements)


def start(plan: JobPlan, api: HfApi, *, secrets: dict[str, str], namespace: str | None = None) -> str:
    """Send the bundle, start the job, and return the address of its page.

    Raises:
        InputError: the Hub refused, for want of credit or of the right to; the bundle is not private; or the answer
            was lost, so that the job may be running.
    """
    _check_private(plan.bundle.repo_id, api)
    sent = publish(plan.bundle, api, progress=say)
    volume = Volume(type="dataset", source=plan.bundle.repo_id, mount_path=MOUNT, revision=sent.commit)
    with explained("start the job"):
        try:
            job = api.run_job(
                image=DEFAULT_UV_IMAGE,
                command=list(plan.command),
                flavor=plan.flavor,
                timeout=plan.seconds,
                secrets=secrets,
                volumes=[volume],
                namespace=namespace,
            )
        except (httpx2.ReadError, httpx2.RemoteProtocolError, httpx2.ReadTimeout):
            raise InputError(
                "the Hub's answer was lost, so the job may be running; see `hf jobs ps` before you run this again."
            ) from None
    return str(job.url)


def _check_private(repo_id: str, api: HfApi) -> None:
    """Refuse to send rows to a repository that is public: one of that name may exist already."""
    with explained(f"look at {repo_id}"):
        try:
            private = api.dataset_info(repo_id).private
        except RepositoryNotFoundError:
            return
    if not private:
        raise InputError(f"the dataset {repo_id} is public, and your rows are to go there; make it private first.")


def price(plan: JobPlan, api: HfApi) -> str:
    """What the job costs at most, by the Hub's current prices.

    Raises:
        InputError: the Hub has no such machine, or cannot be reached.
    """
    with explained("look up the price of a job"):
        machines = {machine.name: machine for machine in api.list_jobs_hardware()}
    found = machines.get(plan.flavor)
    if found is None:
        raise InputError(
            f"no machine for jobs is called {plan.flavor!r}{nearest(plan.flavor, machines)}; "
            f"allowed: {one_of(machines)}."
        )
    most = found.unit_cost_usd * plan.seconds / UNITS.get(found.unit_label, 60)
    return (
        f"{found.pretty_name}, {found.cpu}, {found.ram}: ${found.unit_cost_usd:.4f} a {found.unit_label}, "
        f"at most ${most:.2f} in {plan.seconds / 60:.0f} minutes."
    )


def seconds(text: str) -> int:
    """``"90m"`` as 5400.

    Raises:
        InputError: it is not a number with s, m, h or d.
    """
    found = re.fullmatch(r"(\d{1,5})([smhd])", text.strip())
    if not found or int(found[1]) == 0:
        raise InputError(f"{shown(text)} is not a time; write such as 45m, 2h or 1d.")
    return int(found[1]) * SECONDS[found[2]]
