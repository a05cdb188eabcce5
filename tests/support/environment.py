"""The environment of every test: an empty home, no account, and the address of a Hub server of our own.

Imported by ``conftest.py`` before everything else, since the Hub client reads its environment when it is imported.
"""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hub_server import HubServer

# The port is kept bound from here on, and listened on once a test asks for `hub_server`; until then nobody answers.
HUB_SOCKET = socket.socket()
HUB_SOCKET.bind(("127.0.0.1", 0))
HUB_HOME = tempfile.TemporaryDirectory(prefix="hf-home-", ignore_cleanup_errors=True)
os.environ["HF_ENDPOINT"] = "http://127.0.0.1:{1}".format(*HUB_SOCKET.getsockname())
os.environ["HF_HOME"] = HUB_HOME.name  # fresh for each server: hf_xet skips uploads that an earlier one has taken
os.environ.pop("HF_TOKEN", None)
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
# By itself, hf_xet goes on for minutes where a connection is cut every time.
IMPATIENT = {"HF_XET_CLIENT_RETRY_MAX_ATTEMPTS": "2", "HF_XET_CLIENT_RETRY_BASE_DELAY": "100ms"}
os.environ.update(IMPATIENT)
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")


def hub_environment(server: HubServer, token: str | None, home: Path, **more: str) -> dict[str, str]:
    """The environment for a command in a process of its own that is to reach a Hub: its address, a token, a home."""
    own = ("HF_", "HUGGING_FACE_", "TRANSFORMERS_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    signed_in = {"HF_TOKEN": token} if token else {}
    return inherited | signed_in | IMPATIENT | {
        "HF_ENDPOINT": server.url, "HF_HOME": str(home), "HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1", **more,
    }  # fmt: skip
