"""The Hub over HTTP on this machine: the app, and a thread that serves it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import Literal

import uvicorn
from fastapi import FastAPI

from .accounts import Role
from .errors import HubError, answer_refusal
from .faults import App, FaultInjection, Faults, Message, Receive, Scope, Send
from .hub import Hub
from .repository import KIND_OF_TYPE, MAIN, Repository
from .routes import ROUTERS

START_SECONDS, STOP_SECONDS = 20.0, 10.0


@dataclass(frozen=True)
class Request:
    """A request that was answered; status 0 is one whose connection was cut before any answer."""

    method: str
    path: str
    query: str
    status: int


class HubServer:
    """A Hub that listens at `url`. Its `hub` is what it knows, and may be looked at and changed by tests."""

    def __init__(self, hub: Hub):
        self.hub = hub
        self.faults = Faults()
        self.requests: list[Request] = []

    @property
    def url(self) -> str:
        """Its address, for ``HF_ENDPOINT``."""
        return self.hub.url

    def user(self, name: str, *, role: Role = "write", orgs: tuple[str, ...] = ()) -> str:
        """A user's token, the user made when new. Ask for another `role` to get a second token."""
        return self.hub.accounts.token(name, role, orgs)

    def seed(
        self, repo_id: str, folder: Path | str, *,
        repo_type: str = "model", private: bool = False, gated: Literal["auto", "manual", False] = False,
    ) -> Repository:  # fmt: skip
        """Put a folder's files into a repository, new or not, as one commit, with no transfer.

        Files are hard-linked where they can be, so that a large base model is there at once. Do not change them after.
        """
        kind, source, owner = KIND_OF_TYPE[repo_type], Path(folder), repo_id.partition("/")[0]
        paths = [path for path in sorted(source.rglob("*")) if path.is_file()]
        files = {path.relative_to(source).as_posix(): self.hub.blobs.adopt(path) for path in paths}
        self.hub.accounts.user(owner)
        with self.hub.lock:
            repository = self.hub.find(kind, repo_id) or self.hub.create(kind, repo_id, owner)
            repository.private, repository.gated = private, gated
            repository.commit(MAIN, {**repository.head().files, **files}, "Add files", owner)
        return repository

    def app(self) -> App:
        """The ASGI app: a record of each request around faults around the routes."""
        api = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
        api.state.hub = self.hub
        api.add_exception_handler(HubError, answer_refusal)
        for router in ROUTERS:
            api.include_router(router)
        return _by_raw_path(self._recorded(FaultInjection(api, self.faults)))

    def _recorded(self, app: App) -> App:
        async def hyperparameters_of(scope: Scope, receive: Receive, send: Send) -> None:
            status = 0

            async def noting(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                    # uvicorn's own may be a second old, which makes clients drop log lines as newer than the answer.
                    message["headers"] = [*message["headers"], (b"date", formatdate(usegmt=True).encode())]
                await send(message)

            await app(scope, receive, noting)
            if scope["type"] == "http":
                query = scope["query_string"].decode("latin-1")
                self.requests.append(Request(scope["method"], scope["path"], query, status))

        return hyperparameters_of


def _by_raw_path(app: App) -> App:
    """Route on the path as it was sent, so that the ``%2F`` in ``refs%2Fpr%2F1`` is no slash between segments."""

    async def routed(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["path"] = scope["raw_path"].decode("latin-1").partition("?")[0]
        await app(scope, receive, send)

    return routed


def reserve_port(port: int = 0) -> socket.socket:
    """A port of the loopback interface that is ours from now on, free to listen on later."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return listener


@contextmanager
def serving(folder: Path, *, port: int = 0, listener: socket.socket | None = None) -> Iterator[HubServer]:
    """Serve a new, empty Hub on loopback, and stop it at the end.

    Args:
        folder: where contents of files are kept.
        port: the port to listen on; 0 for a free one.
        listener: a port from `reserve_port` instead.
    """
    bound = listener or reserve_port(port)
    hub_server = HubServer(Hub(folder, f"http://127.0.0.1:{bound.getsockname()[1]}"))
    config = uvicorn.Config(
        hub_server.app(), http="h11", ws="none", lifespan="off", log_level="critical",
        access_log=False, date_header=False, timeout_graceful_shutdown=2,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([bound],), name="hub-server", daemon=True)
    thread.start()
    try:
        _wait_until_started(server, thread)
        yield hub_server
    finally:
        server.should_exit = True
        thread.join(STOP_SECONDS)
        bound.close()


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    until = time.monotonic() + START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > until:
            raise RuntimeError("the Hub server did not start")
        time.sleep(0.01)
