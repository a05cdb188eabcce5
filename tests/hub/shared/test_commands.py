"""How commands end: no token in what they say, a sentence for an outside failure, a traceback for a defect alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from hub_server import HubServer
from support.environment import hub_environment
from support.paths import ROOT
from support.terminal import Terminal, sentence

from hub.shared.commands import shown_command
from hub.shared.tokens import redacted

TOKEN = "hf_amarkedtokenofthistest00"
PUSH = ["-m", "hub.push", "demo/tfidf", "--repo_id", "you/commands", "--comparison", "demo/results"]


def ended(code: str) -> subprocess.CompletedProcess[str]:
    """A command whose ``main`` is this code."""
    program = (
        "from hub.shared.commands import command, secrets_from_environment\nimport logging\n"
        f"def main():\n    {code}\ncommand(main)"
    )
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False,
        env={"PATH": "/usr/bin", "PASSWORD": "open sesame"},
    )  # fmt: skip


def test_a_defect_keeps_its_traceback_and_loses_the_token() -> None:
    found = ended(f"raise RuntimeError('sent {TOKEN}')")
    assert (found.returncode, TOKEN in found.stderr) == (1, False)
    assert "Traceback" in found.stderr
    assert "RuntimeError: sent [token]" in found.stderr


def test_logs_show_neither_tokens_nor_secrets() -> None:
    found = ended(
        "secrets_from_environment(['PASSWORD'])\n"
        f"    try: raise ValueError('{TOKEN}')\n"
        f"    except ValueError: logging.exception('sent %s and %s', '{TOKEN}', 'open sesame')"
    )
    assert "sent [token] and [secret]" in found.stderr
    assert "ValueError: [token]" in found.stderr
    assert TOKEN not in found.stderr


def test_a_file_that_cannot_be_had_is_a_sentence_and_a_closed_pipe_is_none(tmp_path: Path) -> None:
    found = ended("open('/nowhere/at/all')")
    assert found.stderr == "/nowhere/at/all: no such file or directory; correct that and run it again.\n"
    assert found.returncode == 2
    assert ended("raise BrokenPipeError").stderr == ""


def test_a_token_on_the_command_line_is_refused_and_not_repeated(hub_server: HubServer, tmp_path: Path) -> None:
    terminal = Terminal(hub_server, None, tmp_path / "home")
    space = ["-m", "hub.space", "--repo_id", "you/x", "--lineup", "demo/lineup.yaml", "--dry_run"]
    for words in ([*PUSH, "--token", TOKEN], [*PUSH, "--title", TOKEN], [*space, "--variable", f"KEY={TOKEN}"]):
        said = sentence(terminal.run(*words, status=2))
        assert said.startswith("a word of this command holds what looks like a token; sign in with `hf auth login`")
    assert TOKEN not in "".join(terminal.seen)


def test_a_marked_token_is_in_no_log_however_talkative(online: HubServer, tmp_path: Path) -> None:
    token = online.user("you")
    loud = {"HF_DEBUG": "1", "HF_HUB_VERBOSITY": "debug", "MY_KEY": "open-sesame-12345"}
    terminal = Terminal(online, token, tmp_path / "home", loud)
    terminal.run(*PUSH)
    secrets = ["--secret", "MY_KEY", "--secret", "HF_TOKEN"]
    terminal.run("-m", "hub.space", "--repo_id", "you/loud", "--lineup", "demo/lineup.yaml", *secrets)
    words = ["training.baseline", "--repo_id", "you/loud-job", "--flavor", "cpu-basic", "--"]
    rows = ["--task", "tasks/financial-sentiment.yaml", "--data", "demo/headlines.csv"]
    terminal.run("-m", "hub.jobs", *words, *rows)
    shown = "".join(terminal.seen)
    assert "curl" in shown  # the client does log what it sends
    assert token not in shown
    assert "open-sesame" not in shown
    assert not [p for p in (tmp_path / "home").rglob("*") if p.is_file() and token.encode() in p.read_bytes()]


def test_a_token_kept_by_the_login_works_and_is_shown_nowhere(online: HubServer, tmp_path: Path) -> None:
    token = online.user("you")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "token").write_text(f"{token}\n")
    terminal = Terminal(online, None, tmp_path / "home", {"HF_DEBUG": "1"})
    terminal.run(*PUSH)
    assert token not in "".join(terminal.seen)


def test_a_token_of_impossible_characters_gets_one_sentence(hub_server: HubServer, tmp_path: Path) -> None:
    environment = hub_environment(hub_server, "hf_ä" * 8, tmp_path / "home") | {"PYTHONPATH": str(ROOT)}
    found = subprocess.run(
        [sys.executable, *PUSH], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert found.stderr == "cannot sign in to the Hub: the token holds characters that no token has; copy it again.\n"


def test_a_command_is_shown_as_it_is_to_be_run() -> None:
    assert shown_command("hub.push", ["a b", "--dry_run"]) == "python -m hub.push 'a b'"
    assert redacted(f"Authorization: Bearer {TOKEN}") == "Authorization: Bearer [token]"
