"""Unmodified clients of the Hub server, each in a process of its own, over Xet and over LFS.

Functions called `client_...` run in such a process: they import what they need, and return what JSON can say.
"""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from hub_server import HubServer

from support.environment import hub_environment
from support.paths import ROOT

ADAPTER = ROOT / "demo" / "smollm2-lora"

WEIGHTS = "adapter_model.safetensors"

Transfer = Literal["xet", "lfs"]

both = pytest.mark.parametrize("transfer", ["xet", "lfs"])

#: The requests that carry a large file, by direction and way of transfer.
CARRIES = {
    ("up", "xet"): ("POST", r"^/v1/xorbs/"),
    ("up", "lfs"): ("PUT", r"^/lfs/\w+$"),
    ("down", "xet"): ("GET", r"^/xorbs/"),
    ("down", "lfs"): ("GET", r"/resolve/.*\.safetensors$"),
}


def alice(server: HubServer) -> str:
    """The token of a user who belongs to an organisation."""
    return server.user("alice", orgs=("acme",))


def environment(server: HubServer, home: Path, transfer: Transfer, token: str | None) -> dict[str, str]:
    return hub_environment(
        server, token, home, HF_HUB_DISABLE_XET="1" if transfer == "lfs" else "0", PYTHONWARNINGS="ignore"
    )


def call(
    server: HubServer, home: Path, client: Callable[..., Any], *arguments: object,
    transfer: Transfer = "xet", token: str | None = None,
) -> Any:  # fmt: skip
    """Run a `client_...` function in a process of its own, as alice unless told otherwise."""
    token = token or alice(server)
    source = f"from __future__ import annotations\n{textwrap.dedent(inspect.getsource(client))}"
    source += f"\nimport json, sys\nprint(json.dumps({client.__name__}(*json.loads(sys.argv[1]))))"
    ran = subprocess.run(
        [sys.executable, "-c", source, json.dumps(arguments, default=str)],
        env=environment(server, home, transfer, token), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-3000:]
    return json.loads(ran.stdout.splitlines()[-1])


def hf(server: HubServer, home: Path, *arguments: object, transfer: Transfer = "xet") -> str:
    """What the `hf` command prints."""
    command = [str(Path(sys.executable).with_name("hf")), *map(str, arguments)]
    env = environment(server, home, transfer, alice(server))
    ran = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr[-3000:]
    return ran.stdout


def contents(folder: Path | str) -> dict[str, str]:
    """The hash of each file below a folder that is not hidden."""
    root = Path(folder)
    files = [path for path in sorted(root.rglob("*")) if path.is_file() and not path.name.startswith(".")]
    return {
        path.relative_to(root).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in files
        if ".cache" not in path.parts
    }


def carried(server: HubServer, way: str, transfer: Transfer, since: int = 0) -> int:
    """How many requests carried a large file that way."""
    method, path = CARRIES[way, transfer]
    return sum(1 for request in server.requests[since:] if request.method == method and re.search(path, request.path))


def commit(server: HubServer, repo: str, *lines: dict[str, Any], token: str | None = None) -> httpx.Response:
    header = {"key": "header", "value": {"summary": "Try"}}
    body = "\n".join(json.dumps(line) for line in (header, *lines))
    signed_in = {"Authorization": f"Bearer {token or alice(server)}"}
    return httpx.post(f"{server.url}/api/models/{repo}/commit/main", content=body, headers=signed_in)


def small(path: str, content: str = "aGVsbG8=") -> dict[str, Any]:
    return {"key": "file", "value": {"path": path, "content": content, "encoding": "base64"}}
