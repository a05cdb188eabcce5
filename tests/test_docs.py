"""What the documentation says is true: commands run, options exist, links lead somewhere, figures are committed."""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from support.paths import ROOT, needs_packages

from classification.__main__ import _parser as classification_parser
from comparison.__main__ import make_parser as comparison_parser
from hub.collect import __main__ as collect
from hub.comparisons import __main__ as comparisons
from hub.feedback import __main__ as feedback
from hub.jobs import __main__ as jobs
from hub.push import __main__ as push
from hub.space import __main__ as space
from training.shared.quick_help import export_parser

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
README = ROOT / "README.md"
PARSERS = {
    "classification": classification_parser,
    "comparison": comparison_parser,
    "hub.collect": collect.make_parser,
    "hub.comparisons": comparisons.make_parser,
    "hub.feedback": feedback.make_parser,
    "hub.jobs": jobs.make_parser,
    "hub.push": push.make_parser,
    "hub.space": space.make_parser,
    "training.export": export_parser,
}


def commands() -> list[tuple[str, str]]:
    """Every `python -m` line in a code block or between backticks, with the page it stands on."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8").replace("\\\n", " ")
        for match in re.finditer(r"python -m [a-z0-9_.]+(?: [^\n`]*)?", text):
            found.append((page.name, match.group().removesuffix(" -->")))
    return sorted(set(found))


def options(parser: argparse.ArgumentParser) -> dict[str, set[str]]:
    """Long options of each subcommand; of a command without any, under an empty name."""
    nested = next((action for action in parser._actions if isinstance(action, argparse._SubParsersAction)), None)
    return {
        name: {word for action in sub._actions for word in action.option_strings if word.startswith("--")} - {"--help"}
        for name, sub in (nested.choices if nested else {"": parser}).items()
    }


@pytest.mark.parametrize(("page", "command"), commands(), ids=lambda value: value[:60])
def test_every_documented_command_exists_and_takes_its_options(page: str, command: str) -> None:
    _, _, module, *words = shlex.split(command)
    path = ROOT / module.replace(".", "/")
    assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), f"{page}: {command}"
    if module in PARSERS and any(word.startswith("--") for word in words):  # a bare name is only a mention
        PARSERS[module]().parse_args(words[: words.index("--")] if "--" in words else words)
    for word in words:
        if word.endswith((".yaml", ".csv")) and "/" in word:
            assert (ROOT / word).is_file(), f"{page}: {word} is not there"


@pytest.mark.parametrize("module", PARSERS)
def test_every_option_is_documented(module: str) -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    for name, words in options(PARSERS[module]()).items():
        assert f"python -m {module} {name}".strip() in page
        for word in words:
            assert re.search(rf"`{word}\b", page), f"docs/commands.md does not explain {word} of {module} {name}"


def test_every_option_of_ours_in_training_is_documented() -> None:
    from dataclasses import fields

    from training.shared.options import BaselineArguments, ComparisonDefaults, TaskArguments
    from training.shared.quick_help import OWN

    page = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    ours = {TaskArguments, *(arguments for own in OWN.values() for arguments in own)}
    ours -= {BaselineArguments, ComparisonDefaults}  # the libraries' own, with other defaults
    for arguments in ours:
        for entry in fields(arguments):
            assert f"--{entry.name}`" in page, f"docs/training.md does not explain --{entry.name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)\)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_file_tree_is_the_tree() -> None:
    text = README.read_text(encoding="utf-8")
    named = set(re.findall(r"^(\w+/|app\.py) {2,}\w", text, re.MULTILINE))
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    folders = {f"{Path(name).parts[0]}/" for name in tracked if len(Path(name).parts) > 1 and not name.startswith(".")}
    assert {name.rstrip("/") for name in named} >= {folder.rstrip("/") for folder in folders} - {"requirements"}
    assert all((ROOT / name).exists() for name in named)


def test_the_files_of_the_architecture_page_are_there() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:[a-z_]+/)+(?:[a-z_]+\.py)?|[a-z_]+\.py)`", text))
    inside = {
        "reading/",
        "labels/",
        "quality/",
        "plots/",
        "report/",
        "cards/",
        "shared/",
    }  # of the folder of their line
    inside |= {f"{name}/" for name in ("tabs", "html", "live", "session", "style")}
    gone = sorted(name for name in named - inside if not (ROOT / name).exists())
    assert len(named) > 50
    assert not gone, f"docs/architecture.md names {', '.join(gone)}"


def test_the_floors_of_the_architecture_page_are_those_that_are_tested() -> None:
    from test_architecture import FLOORS

    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = text.partition("| `classification/` | `comparison/`")
    lines = (table[1] + table[2]).partition("\n\n")[0].splitlines()
    heads, _, *rows = [[cell.replace("`", "").split() for cell in line.strip("|").split("|")] for line in lines]
    for column, (folder,) in enumerate(heads):
        drawn = [row[column] for row in rows if row[column]]
        assert drawn == [line.split() for line in FLOORS[folder.strip("/")]], f"docs/architecture.md: {folder}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_table_of_results_is_that_of_its_comparison(page: Path) -> None:
    from comparison.comparison import Comparison
    from comparison.report.tables import as_markdown

    text = page.read_text(encoding="utf-8")
    command = r"python -m comparison report (\S+) --format markdown"
    marked = re.findall(rf"<!-- results: {command} -->\n(.*?)\n<!-- /results -->", text, re.DOTALL)
    assert len(marked) == text.count("<!-- results:")
    assert marked or page.name not in ("README.md", "results.md")
    for folder, shown in marked:
        assert shown.strip() == as_markdown(Comparison.load(ROOT / folder)).strip(), f"{page.name}: {folder}"


def test_the_front_matter_is_that_of_a_space() -> None:
    front = yaml.safe_load(README.read_text(encoding="utf-8").split("---")[1])
    pinned = dict(
        re.findall(r"^([a-z_]+)(?:\[[a-z,]+\])?==(\S+?);?$", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    )
    assert front["sdk_version"] == pinned["gradio"]
    assert (ROOT / front["app_file"]).is_file()
    assert len(front["short_description"]) <= 60
    assert front["license"] == "apache-2.0"


def run(command: str, tmp_path: Path) -> str:
    words = [str(tmp_path / "out") if word == "results/quick" else word for word in shlex.split(command)]
    done = subprocess.run(
        [sys.executable, *words[1:]], cwd=ROOT, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Traceback" not in done.stderr
    return done.stdout


def test_the_commands_that_take_no_model_run_as_written(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    for start in ("classification predict", "classification check", "comparison run", "comparison report"):
        (command,) = re.findall(rf"^(python -m {start} .*)$", page, re.MULTILINE)
        assert len(run(command, tmp_path)) > 50


@needs_packages
@pytest.mark.packaged
def test_the_readmes_prediction_runs_as_written(tmp_path: Path) -> None:
    (command,) = re.findall(r"^(python -m classification predict .*)$", README.read_text("utf-8"), re.MULTILINE)
    lines = run(command, tmp_path).strip().splitlines()
    assert len(lines) == 7
    assert all(any(label in line for label in ("Bearish", "Bullish", "Neutral")) for line in lines)


def test_the_readmes_python_runs_as_written(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", README.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    compiled = compile(code.replace('"demo/', f'"{ROOT}/demo/'), "README.md", "exec")
    exec(compiled, {})  # noqa: S102 - it is ours
    assert capsys.readouterr().out.startswith("[('Bearish',)] [[")


def test_no_file_names_a_path_of_the_machine_it_was_made_on() -> None:
    words = re.compile(f"{re.escape(str(ROOT))}|{re.escape(str(Path.home()))}/")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    for name in listed.stdout.split():
        path = ROOT / name
        text = path.suffix in (".py", ".md", ".yaml", ".yml", ".json", ".toml", ".txt", ".css", ".js")
        if text and path.is_file():
            assert not words.search(path.read_text(encoding="utf-8")), name
