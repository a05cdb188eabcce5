"""A Space made of a lineup: its README, its files, and the folder started on its own in an empty place."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from hub_server import HubServer
from playwright.sync_api import Browser, expect
from support.browser import browser, shoot, visit  # noqa: F401  a fixture
from support.environment import hub_environment
from support.paths import ROOT, needs_packages
from support.terminal import Terminal, sentence

from classification.errors import InputError
from classification.models.pool import folder_of, locate
from hub.shared.client import connect
from hub.shared.project import requirements
from hub.shared.publish import publish
from hub.space.plan import SpaceSettings, configure_space, plan_space, write

DEMO = ROOT / "demo" / "lineup.yaml"
BASES = ("HuggingFaceTB/SmolLM2-135M-Instruct", "sentence-transformers/all-MiniLM-L6-v2")


def front_matter(card: str) -> dict:
    return yaml.safe_load(card.split("---\n")[1])


def test_the_front_matter_is_complete(online: HubServer) -> None:
    front = front_matter(plan_space(DEMO, "you/space", SpaceSettings(title="Ours", hardware="t4-small")).card)
    assert front["title"] == "Ours"
    assert (front["sdk"], front["app_file"], front["python_version"]) == ("gradio", "app.py", "3.12")
    assert f"gradio[oauth,mcp]=={front['sdk_version']}" in (ROOT / "requirements.txt").read_text()
    assert front["models"] == list(BASES)
    assert front["preload_from_hub"] == list(BASES)
    assert front["datasets"] == ["zeroshot/twitter-financial-news-sentiment"]
    assert front["suggested_hardware"] == "t4-small"
    assert front["hf_oauth"] is True
    assert front["hf_oauth_scopes"] == ["contribute-repos", "write-discussions"]
    assert front["startup_duration_timeout"] == "1h"
    assert len(front["short_description"]) <= 60


def test_only_what_the_page_needs_goes_along() -> None:
    names = {upload.path for upload in plan_space(DEMO, "you/space").uploads}
    assert {name.partition("/")[0] for name in names} == {
        "README.md", "requirements.txt", "app.py", "classification", "comparison", "hub", "ui",
        "lineup.yaml", "task.yaml", "headlines.csv", "results", "runs",
    }  # fmt: skip
    assert names >= {
        "runs/minilm-lora/adapter_model.safetensors",
        "runs/tfidf/vocabulary.txt",
        "results/comparison.json",
    }
    assert not [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".bin"))]


def test_private_and_gated_models_are_not_preloaded(online: HubServer, tmp_path: Path) -> None:
    online.seed("you/secret", ROOT / "demo" / "tfidf", private=True)
    online.seed("you/open", ROOT / "demo" / "tfidf")
    os.environ["HF_TOKEN"] = online.user("you")
    try:
        file = tmp_path / "lineup.yaml"
        file.write_text(
            f"task: {ROOT}/tasks/financial-sentiment.yaml\ncontenders:\n"
            "  - {name: a, approach: baseline, run: you/secret}\n  - {name: b, approach: baseline, run: you/open}\n"
        )
        front = front_matter(plan_space(file, "you/space", api=connect()).card)
    finally:
        del os.environ["HF_TOKEN"]
    assert front["models"] == ["you/secret", "you/open"]
    assert front["preload_from_hub"] == ["you/open"]


def test_zerogpu_keeps_to_the_torch_that_it_offers() -> None:
    plan = plan_space(DEMO, "you/space", SpaceSettings(hardware="zero-a10g"))
    wanted = next(upload for upload in plan.uploads if upload.path == "requirements.txt").read().decode().splitlines()
    assert "torch>=2.8,<2.12" in wanted
    assert "spaces" in wanted
    assert not [line for line in wanted if line.startswith("trl")]
    assert "torch>=2.8,<=2.13.0" in requirements().splitlines()


def test_a_library_that_a_contender_answers_with_is_installed_there(tmp_path: Path) -> None:
    file = tmp_path / "lineup.yaml"
    entry = "approach: zero-shot, family: gliclass, model: knowledgator/gliclass-small-v1.0"
    file.write_text(
        f"task: {ROOT}/tasks/financial-sentiment.yaml\ncontenders:\n"
        f"  - {{name: a, {entry}}}\n  - {{name: b, {entry}}}\n"
    )
    wanted, without = (
        next(one for one in plan_space(place, "you/space").uploads if one.path == "requirements.txt").read().decode()
        for place in (file, DEMO)
    )
    assert [line for line in wanted.splitlines() if line.startswith("gliclass==")] == ["gliclass==0.1.21"]
    assert "gliclass" not in without


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("name: a, approach: zero-shot, model: {folder}", "a stands on a model in a folder of this machine"),
        (
            "name: a, approach: fine-tuned, run: nobody/nothing",
            "a would not load on a Space: cannot pull nobody/nothing",
        ),
    ],
)
def test_what_a_space_could_not_see_is_told_at_once(
    tmp_path: Path, chat_folder: Path, online: HubServer, entry: str, said: str
) -> None:
    file = tmp_path / "lineup.yaml"
    text = entry.format(folder=chat_folder)
    file.write_text(f"task: {ROOT}/tasks/financial-sentiment.yaml\ncontenders:\n  - {{{text}}}\n")
    with pytest.raises(InputError, match=said):
        plan_space(file, "you/space")


def test_hardware_has_a_name() -> None:
    with pytest.raises(
        InputError, match=r"no Space has the hardware 't4-smal' \(did you mean 't4-small'\?\); allowed:"
    ):
        plan_space(DEMO, "you/space", SpaceSettings(hardware="t4-smal"))


def test_a_space_is_made_brought_up_to_date_and_set_up(online: HubServer, tmp_path: Path) -> None:
    terminal = Terminal(online, online.user("you"), tmp_path / "home", {"MY_KEY": "hf_averysecretvalue000"})
    words = ["-m", "hub.space", "--repo_id", "you/new", "--lineup", "demo/lineup.yaml"]
    words += ["--hardware", "t4-small", "--variable", "MODE=demo", "--secret", "MY_KEY"]
    made = terminal.run(*words)
    assert made.stdout == f"{online.url}/spaces/you/new\n"
    assert "hf_averysecretvalue000" not in "".join(terminal.seen)
    api = connect(terminal.token)
    runtime = api.get_space_runtime("you/new")
    assert runtime.requested_hardware == "t4-small"
    assert {key: found.value for key, found in api.get_space_variables("you/new").items()} == {"MODE": "demo"}
    assert online.hub.find("spaces", "you/new").space.secrets.keys() == {"MY_KEY"}
    assert api.space_info("you/new").private
    before = len(api.list_repo_commits("you/new", repo_type="space"))
    terminal.run(*words)  # nothing has changed
    assert len(api.list_repo_commits("you/new", repo_type="space")) == before


def test_another_app_is_never_written_over(online: HubServer) -> None:
    api = connect(online.user("you"))
    api.create_repo("you/chess", repo_type="space", space_sdk="gradio")
    api.upload_file(path_or_fileobj=b"# chess", path_in_repo="app.py", repo_id="you/chess", repo_type="space")
    with pytest.raises(InputError, match="the Space you/chess holds another app; choose another name"):
        plan_space(DEMO, "you/chess", api=api)


def test_paid_hardware_that_is_refused_gets_one_sentence(online: HubServer) -> None:
    api = connect(online.user("you"))
    publish(plan_space(DEMO, "you/poor"), api)
    online.faults.add("POST", r"/hardware", status=402)
    with pytest.raises(InputError, match="cannot set up the Space you/poor: the Hub asks for a payment method"):
        configure_space("you/poor", api, variables={}, secrets={}, hardware="a100-large")


def test_wrong_words_on_the_command_line(hub_server: HubServer, tmp_path: Path) -> None:
    terminal = Terminal(hub_server, None, tmp_path / "home")
    words = ["-m", "hub.space", "--repo_id", "you/x", "--lineup", "demo/lineup.yaml"]
    for more, said in (
        (["--variable", "no-value"], "--variable 'no-value' is not KEY=VALUE; write such as --variable MODE=demo."),
        (
            ["--secret", "NOT_SET"],
            "--secret NOT_SET: no environment variable has this name; set it, then name it here.",
        ),
        (["--output", "x"], "--output goes with --dry_run; leave it out to make the Space."),
        ([], "nobody is signed in to the Hub; run `hf auth login`, or set HF_TOKEN."),
    ):
        assert sentence(terminal.run(*words, *more, status=2)) == said
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    said = sentence(terminal.run(*words, "--dry_run", "--output", tmp_path / "full", status=2))
    assert said.endswith("is not empty; name a new folder with --output.")


# The folder on its own.


@contextmanager
def started(folder: Path, python: Path, environment: dict[str, str]) -> Iterator[str]:
    """The app of a folder, in an environment that knows nothing of this repository."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment |= {"GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_SERVER_PORT": str(port)}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([python, "app.py"], cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}/"
            for _ in range(180):
                if process.poll() is not None:
                    raise AssertionError((folder / "log").read_text())
                try:
                    urllib.request.urlopen(url, timeout=2).close()
                    break
                except OSError:
                    time.sleep(0.5)
            yield url
        finally:
            process.terminate()
            process.wait(20)


@pytest.mark.browser
@pytest.mark.timeout(900)
@needs_packages
def test_the_dry_run_folder_starts_on_its_own_and_compares(
    hub_server: HubServer,
    browser: Browser,  # noqa: F811
    tmp_path: Path,
) -> None:
    hub_server.faults.clear()
    for model in BASES:  # a Space has no packaged weights: it takes its base models from the Hub
        weights = locate(model)
        folder = folder_of(weights)
        assert folder is not None
        hub_server.seed(model, folder)
    write(plan_space(DEMO, "you/space"), tmp_path / "space")
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"],
        cwd=tmp_path / "space", check=True, timeout=600,
    )  # fmt: skip
    environment = hub_environment(hub_server, None, tmp_path / "home")
    for name in [name for name in environment if name.startswith(("PYTHON", "PROMPT_OR_TUNE"))]:
        del environment[name]
    with started(tmp_path / "space", python, environment) as url, visit(browser, url) as page:
        expect(page.locator("#waiting .summary")).to_contain_text("7 contenders are ready", timeout=180_000)
        page.fill("#text textarea", "Retailer warns that holiday sales will miss estimates; shares slide 9%")
        page.click("#ask")
        expect(page.locator("#answers .summary")).to_contain_text("7 of 7 answered", timeout=120_000)
        expect(page.locator("#answers .card.answered")).to_have_count(7)
        shoot(page, "space-on-its-own")
        page.get_by_role("tab", name="Results").click()
        expect(page.get_by_role("table").first).to_contain_text("SmolLM2 fine-tuned")


@pytest.mark.parametrize("name", ["README.md", "app.py", "task.yaml", "lineup.yaml", "requirements.txt", "ui"])
def test_rows_called_like_a_file_of_the_space_do_not_take_its_place(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes((ROOT / "demo" / "headlines.csv").read_bytes())
    file = tmp_path / ("lineup.yml" if name == "lineup.yaml" else "lineup.yaml")
    file.write_text(
        f"task: {ROOT}/tasks/financial-sentiment.yaml\ndemonstrations: {name}\ncontenders:\n"
        "  - {name: a, approach: few-shot, shots: 1, model: HuggingFaceTB/SmolLM2-135M-Instruct}\n"
    )
    uploads = plan_space(file, "you/space").uploads
    names = [upload.path for upload in uploads]
    assert len(names) == len(set(names))
    assert f"rows-{name}" in names
    lineup = next(upload for upload in uploads if upload.path == "lineup.yaml")
    assert yaml.safe_load(lineup.read())["demonstrations"] == f"rows-{name}"


def test_no_path_of_this_machine_is_in_a_space(tmp_path: Path) -> None:
    task = yaml.safe_load((ROOT / "tasks" / "financial-sentiment.yaml").read_text())
    task["dataset"] = {"path": str(tmp_path / "private" / "rows")}
    (tmp_path / "task.yaml").write_text(yaml.safe_dump(task))
    file = tmp_path / "lineup.yaml"
    file.write_text(
        f"task: task.yaml\nresults: {ROOT}/demo/results\ncontenders:\n"
        f"  - {{name: a, approach: baseline, run: {ROOT}/demo/tfidf}}\n"
    )
    for upload in plan_space(file, "you/space").uploads:
        assert str(tmp_path).encode() not in upload.read(), upload.path


def test_titles_names_and_links_stay_what_they_are(tmp_path: Path) -> None:
    file = tmp_path / "lineup.yaml"
    name = "a | <script>alert(1)</script>\\n---\\nlicense: evil"
    file.write_text(
        f"task: {ROOT}/tasks/financial-sentiment.yaml\ncontenders:\n"
        f'  - {{name: "{name}", approach: zero-shot, model: HuggingFaceTB/SmolLM2-135M-Instruct}}\n'
    )
    card = plan_space(file, "you/space", SpaceSettings(title="x\n---\nlicense: evil\n# [y](javascript:z)")).card
    assert front_matter(card)["license"] == "apache-2.0"
    assert "<script>" not in card
    assert "license: evil" not in card.splitlines()
    with pytest.raises(InputError, match="is not a repository id"):
        plan_space(file, "you/space", SpaceSettings(comparison="x) [y](https://evil"))


@pytest.mark.parametrize(
    ("method", "path", "fault"),
    [
        ("POST", "/commit/main", {"status": 503}),
        ("POST", "/commit/main", {"cut_after": 100}),
        ("POST", "/preupload/", {"status": 403}),
        ("POST", "/secrets|/variables", {"status": 500}),
        ("POST", "/hardware", {"lose_answer": True}),
    ],
)
def test_a_space_that_broke_off_is_completed_by_running_it_again(
    online: HubServer, tmp_path: Path, method: str, path: str, fault: dict[str, Any]
) -> None:
    terminal = Terminal(online, online.user("you"), tmp_path / "home")
    repo_id = f"you/broke-{abs(hash((path, str(fault))))}"
    words = ["-m", "hub.space", "--repo_id", repo_id, "--lineup", "demo/lineup.yaml", "--variable", "A=b"]
    online.faults.add(method, path, times=None, **fault)
    said = sentence(terminal.run(*words, "--hardware", "cpu-basic", status=2))
    assert said.startswith(("cannot push to", "cannot set up the Space"))
    online.faults.clear()
    terminal.run(*words, "--hardware", "cpu-basic")
    assert "app.py" in connect(terminal.token).list_repo_files(repo_id, repo_type="space")
