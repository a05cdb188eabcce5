"""Serve an empty Hub for people: ``PYTHONPATH=tests python -m hub_server --port 8777 --data /tmp/hub --user you``."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path

from .server import HubServer, serving


def main() -> int:
    """Serve until interrupted."""
    options = _parser().parse_args()
    # A shell that starts it in the background has it ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with serving(options.data, port=options.port) as server, suppress(KeyboardInterrupt):
        sys.stdout.write(_welcome(server, options.user))
        sys.stdout.flush()
        threading.Event().wait()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m hub_server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="the port to listen on; a free one by default")
    parser.add_argument("--data", type=Path, required=True, help="folder for the contents of files")
    parser.add_argument("--user", nargs="+", default=["you"], help="users to make; the first is who signs in to apps")
    return parser


def _welcome(server: HubServer, users: list[str]) -> str:
    server.hub.oauth.user = users[0]
    lines = [f"export HF_ENDPOINT={server.url}"]
    for user in users:
        lines.append(f"export HF_TOKEN={server.user(user)}  # {user}, may write")
        lines.append(f"# HF_TOKEN={server.user(user, role='read')}  # {user}, may only read")
    lines += ["# with HF_HOME in a fresh folder: what an earlier Hub was sent is taken for sent", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
