"""Trainings as jobs: what would be sent, what it costs, and the job's own command run for real."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hub_server import HubServer
from support.environment import hub_environment
from support.paths import ROOT
from support.terminal import Terminal, sentence

from classification.errors import InputError
from hub.jobs.inputs import inputs_of
from hub.jobs.plan import MOUNT, plan_job, price, seconds, start
from hub.shared.client import connect

TRAIN = ["--task", "tasks/financial-sentiment.yaml", "--data", "demo/headlines.csv"]


def test_a_dry_run_shows_files_command_and_price(hub_server: HubServer, tmp_path: Path) -> None:
    terminal = Terminal(hub_server, None, tmp_path / "home")
    words = ["training.sft", "--repo_id", "you/chat", "--flavor", "a10g-small", "--timeout", "90m", "--dry_run"]
    shown = terminal.run("-m", "hub.jobs", *words, "--", *TRAIN, "--use_peft").stdout
    assert "  inputs/headlines.csv " in shown
    assert "  training/sft.py " in shown
    assert (
        "python -m training.sft --task inputs/financial-sentiment.yaml --data inputs/headlines.csv --use_peft" in shown
    )
    assert "--output_dir /tmp/run --push_to_hub --hub_model_id you/chat" in shown
    assert "at most $" in shown.splitlines()[-1]
    assert "in 90 minutes." in shown.splitlines()[-1]


def test_the_price_is_the_hubs_own_times_the_limit(online: HubServer) -> None:
    api = connect("")
    machine = next(m for m in api.list_jobs_hardware() if m.name == "t4-small")
    plan = plan_job("training.sft", [], "you/x", "you", flavor="t4-small", timeout="2h")
    assert f"at most ${machine.unit_cost_usd * 120:.2f} in 120 minutes." in price(plan, api)
    wrong = plan_job("training.sft", [], "you/x", "you", flavor="t4-smal", timeout="2h")
    with pytest.raises(InputError, match=r"no machine for jobs is called 't4-smal' \(did you mean 't4-small'\?\)"):
        price(wrong, api)


@pytest.mark.parametrize(("script", "library"), [("training.static", "model2vec"), ("training.setfit", "setfit")])
def test_a_training_with_a_library_of_its_own_gets_it(script: str, library: str) -> None:
    plan = plan_job(script, [], "you/x", "you", flavor="t4-small", timeout="2h")
    (found,) = (upload for upload in plan.bundle.uploads if upload.path == "requirements.txt")
    assert f"\n{library}==" in found.read().decode()
    other = plan_job("training.probe", [], "you/x", "you", flavor="t4-small", timeout="2h")
    assert all(library.encode() not in upload.read() for upload in other.bundle.uploads[:2])


@pytest.mark.parametrize(("text", "value"), [("45m", 2700), ("2h", 7200), ("1d", 86400), ("90s", 90)])
def test_times_have_a_unit(text: str, value: int) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "5", "h", "0m", "-1h", "1.5h", "1w", "999999m"])
def test_other_times_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not a time; write such as 45m, 2h or 1d"):
        seconds(text)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--task", "nowhere.yaml"], "--task nowhere.yaml: no such file; the job needs it from here"),
        (["--task", "README.md"], "README.md"),
        (["--output_dir", "x"], "--output_dir is set by the job"),
        (["--hub_token=hf_secret"], "--hub_token is set by the job"),
    ],
)
def test_mistakes_cost_nothing(words: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        plan_job("training.sft", words, "you/x", "you", flavor="t4-small", timeout="1h")
    assert "hf_secret" not in str(caught.value)


def test_the_job_that_is_started_trains_and_pushes(online: HubServer, tmp_path: Path) -> None:
    """The recorded job is run here: its repository at its mount, its command, and the secret that it was given."""
    token = online.user("jobber")
    terminal = Terminal(online, token, tmp_path / "home")
    words = ["training.baseline", "--repo_id", "jobber/floor-job", "--flavor", "cpu-basic", "--timeout", "10m"]
    found = terminal.run("-m", "hub.jobs", *words, "--", *TRAIN)
    assert found.stdout.startswith(f"{online.url}/jobs/jobber/")
    assert token not in "".join(terminal.seen)
    (job,) = connect(token).list_jobs(namespace="jobber")
    assert job.flavor == "cpu-basic"
    assert token not in json.dumps(job.environment or {})
    (volume,) = job.volumes
    folder = connect(token).snapshot_download(volume.source, repo_type=volume.type, revision=volume.revision)
    line = job.command[-1].replace(MOUNT, folder).replace("/tmp/run", str(tmp_path / "run"))
    line = line.replace("uv run --no-project --with-requirements requirements.txt python", sys.executable)
    environment = hub_environment(online, token, tmp_path / "job") | {"PATH": os.environ["PATH"]}
    environment.pop("PYTHONPATH", None)
    ran = subprocess.run(
        [*job.command[:-1], line], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert "jobber/floor-job" in [model.id for model in connect(token).list_models(author="jobber")]


def test_somebody_elses_name_is_refused_before_anything_is_sent(hub_server: HubServer, tmp_path: Path) -> None:
    hub_server.faults.clear()
    terminal = Terminal(hub_server, hub_server.user("you"), tmp_path / "home")
    found = terminal.run("-m", "hub.jobs", "training.baseline", "--repo_id", "them/x", "--", *TRAIN, status=2)
    assert "them/x is not yours to write to as you" in sentence(found)
    assert ROOT.name not in found.stdout


def test_two_files_of_one_name_stay_apart_and_a_joined_option_is_read(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "rows.csv").write_text(f"text,label\n{name},x\n")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "private.txt").write_text("x")
    found = inputs_of(
        ["--task=tasks/sms-spam.yaml", "--data", f"{tmp_path}/a/rows.csv", f"--data={tmp_path}/b/rows.csv",
         "--run_name", str(tmp_path / "run"), "--seed", "3", "--use_peft"]
    )  # fmt: skip
    assert found.words == [
        "--task=inputs/sms-spam.yaml", "--data", "inputs/rows.csv", "--data=inputs/2/rows.csv",
        "--run_name", str(tmp_path / "run"), "--seed", "3", "--use_peft",
    ]  # fmt: skip
    assert found.uploads["inputs/2/rows.csv"].read() == b"text,label\nb,x\n"
    assert len(found.uploads) == 3


def test_of_a_folder_only_rows_and_models_go_along(tmp_path: Path) -> None:
    for name in ("train.csv", ".env", "notes.txt", "model.safetensors", "optimizer.pt", "test.parquet"):
        (tmp_path / name).write_text("x")
    found = {Path(path).name for path in inputs_of(["--data", str(tmp_path)]).uploads}
    assert found == {"train.csv", "model.safetensors", "test.parquet"}
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="neither rows nor a model are in this folder; name one that a job can use"):
        inputs_of(["--data", str(tmp_path / "empty")])


def test_files_that_the_job_would_miss_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"--data nowhere.csv: no such file; the job needs it from here"):
        inputs_of(["--data=nowhere.csv"])
    config = tmp_path / "config.yaml"
    config.write_text(f"data: {ROOT}/demo/headlines.csv\nseed: 3\n")
    with pytest.raises(InputError, match=r"headlines.csv, which would not go along with the job; give --data"):
        inputs_of(["--config", str(config)])
    assert inputs_of(["--config", str(config), "--data", "imdb"]).words[1:] == ["inputs/config.yaml", "--data", "imdb"]
    assert inputs_of(["--lora_config", "x" * 5000]).words[1] == "x" * 5000


def test_a_token_in_rows_or_configuration_is_not_bundled(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("text,label\nmy key is hf_abcdefghijklmnopqrst,spam\n")
    words = ["--data", str(tmp_path / "rows.csv")]
    with pytest.raises(InputError, match=r"inputs/rows.csv holds what looks like a token") as caught:
        plan_job("training.sft", words, "you/x", "you", flavor="t4-small", timeout="1h")
    assert "hf_abc" not in str(caught.value)
    with pytest.raises(InputError, match="is not a repository id"):
        plan_job("training.sft", [], "you/x", "../them", flavor="t4-small", timeout="1h")


def test_rows_never_go_to_a_bundle_that_everybody_sees(online: HubServer) -> None:
    api = connect(online.user("open"))
    api.create_repo("open/prompt-or-tune-jobs", repo_type="dataset", private=False)
    plan = plan_job("training.baseline", TRAIN, "open/x", "open", flavor="cpu-basic", timeout="1h")
    with pytest.raises(InputError, match="the dataset open/prompt-or-tune-jobs is public, and your rows are to go"):
        start(plan, api, secrets={})
    assert api.list_repo_files("open/prompt-or-tune-jobs", repo_type="dataset") == [".gitattributes"]


def test_a_job_that_may_be_running_is_not_started_again_blindly(online: HubServer, tmp_path: Path) -> None:
    online.faults.add("POST", r"/api/jobs/", lose_answer=True, times=None)
    terminal = Terminal(online, online.user("you"), tmp_path / "home")
    found = terminal.run("-m", "hub.jobs", "training.baseline", "--repo_id", "you/lost-job", "--", *TRAIN, status=2)
    assert sentence(found).startswith("the Hub's answer was lost, so the job may be running; see `hf jobs ps`")
