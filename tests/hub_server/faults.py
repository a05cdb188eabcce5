"""Faults on request: refusals, slow answers, and connections that are cut in the middle of a file."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from fastapi.responses import JSONResponse, PlainTextResponse, Response

from .errors import HubError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
#: Another answer in place of one, both as JSON values.
Change = Callable[[Any], Any]

#: What the Hub says with each status, and the code that it sends along.
REFUSALS: dict[int, tuple[str, str | None]] = {
    400: ("Bad request", None),
    401: ("Invalid credentials in Authorization header", None),
    402: ("Payment required: add a payment method to your account", None),
    403: ("You don't have the required permissions to do this", None),
    404: ("Repository not found", "RepoNotFound"),
    409: ("Another conflicting operation is in progress", None),
    412: ("A commit has happened since. Please refresh and try again.", None),
    413: ("The request is too large", None),
    429: ("We had to rate limit you. To continue using our service, please wait", None),
}
UNAVAILABLE = "Internal Error - We're working hard to fix this as soon as possible!"


@dataclass
class Fault:
    """One fault, and to which requests it happens."""

    method: str
    path: re.Pattern[str]
    status: int | None = None
    code: str | None = None
    message: str | None = None
    retry_after: int | None = None
    delay: float = 0.0
    cut_after: int | None = None
    lose_answer: bool = False
    hang: bool = False
    body: object = None
    change: Change | None = None
    times: int | None = 1
    after: int = 0
    happened: int = field(default=0, init=False)

    def matches(self, method: str, path: str) -> bool:
        """Whether a request is one of those that it is meant for."""
        return self.method in ("*", method) and self.path.search(path) is not None

    def response(self) -> Response:
        """The refusal."""
        status = self.status or 500
        if isinstance(self.body, str):
            return PlainTextResponse(self.body, status)
        if self.body is not None:
            return JSONResponse(self.body, status)
        message, code = REFUSALS.get(status, (UNAVAILABLE, None))
        headers = {}
        if self.retry_after is not None:
            headers = {"Retry-After": str(self.retry_after), "RateLimit": f'"api";r=0;t={self.retry_after}'}
        return HubError(status, self.message or message, self.code or code, headers).response()


class Faults:
    """The faults that are still to happen."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(
        self, method: str, path: str, *,
        status: int | None = None, code: str | None = None, message: str | None = None, retry_after: int | None = None,
        delay: float = 0.0, cut_after: int | None = None, lose_answer: bool = False,
        hang: bool = False, body: object = None, change: Change | None = None,
        times: int | None = 1, after: int = 0,
    ) -> Fault:  # fmt: skip
        """Make something go wrong with requests to come.

        Args:
            method: such as ``"GET"``; ``"*"`` for all.
            path: a regular expression that is searched for in the raw path, without the query.
            status: refuse with this status; `code`, `message` and `retry_after` (seconds) go with it.
            delay: wait so many seconds first.
            cut_after: close the connection after so many bytes of the body: of the answer's for GET, whose headers
                promise all of it, and of the request's for every other method, which is then not acted on.
            lose_answer: act on the request, and close the connection instead of answering.
            hang: say nothing, or for GET with `cut_after` nothing after so many bytes, until the client hangs up.
            body: with `status`, the whole answer, as text or as a JSON value: how a Hub refuses that others wrote.
            change: give the JSON of the answer to this function, and answer what it returns.
            times: to how many requests it happens; ``None`` for all.
            after: how many of them pass unharmed before.
        """
        pattern = re.compile(path)
        fault = Fault(
            method.upper(), pattern, status, code, message, retry_after, delay, cut_after, lose_answer, hang, body,
            change, times, after,
        )  # fmt: skip
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Let everything go right from now on."""
        with self._lock:
            self._faults.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that happens to a request now."""
        with self._lock:
            for fault in self._faults:
                if not fault.matches(method, path) or fault.times == 0:
                    continue
                if fault.after > 0:
                    fault.after -= 1
                    continue
                fault.times = None if fault.times is None else fault.times - 1
                fault.happened += 1
                return fault
        return None


class FaultInjection:
    """ASGI middleware that lets faults happen. What stands around it must hand `receive` on."""

    def __init__(self, app: App, faults: Faults):
        self.app, self.faults = app, faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, with its fault if it has one."""
        fault = self.faults.take(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if fault is None:
            await self.app(scope, receive, send)
            return
        await asyncio.sleep(fault.delay)
        if fault.status is not None:
            await _drain(receive)
            await fault.response()(scope, receive, send)  # type: ignore[arg-type]
        elif fault.lose_answer:
            await self.app(scope, receive, _nowhere)
            await _hang_up(receive)
        elif fault.change is not None:
            await self.app(scope, receive, _changed(send, fault.change))
        elif fault.hang and fault.cut_after is None:
            await _until_gone(receive)
        elif fault.cut_after is None:
            await self.app(scope, receive, send)
        elif scope["method"] == "GET":
            end = _until_gone if fault.hang else _hang_up
            await self.app(scope, receive, _cut_answer(receive, send, fault.cut_after, end))
        else:
            await _drain(receive, fault.cut_after)
            await _hang_up(receive)


def _changed(send: Send, change: Change) -> Send:
    """Hold an answer back until it is whole, and send another one."""
    started: Message = {}
    parts: list[bytes] = []

    async def changed(message: Message) -> None:
        if message["type"] == "http.response.start":
            started.update(message)
            return
        parts.append(message.get("body", b""))
        if message.get("more_body"):
            return
        body = json.dumps(change(json.loads(b"".join(parts)))).encode()
        headers = [(name, value) for name, value in started["headers"] if name.lower() != b"content-length"]
        await send({**started, "headers": [*headers, (b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})

    return changed


def _cut_answer(receive: Receive, send: Send, limit: int, end: Callable[[Receive], Awaitable[None]]) -> Send:
    left = limit

    async def cut(message: Message) -> None:
        nonlocal left
        body = message.get("body", b"")
        if left < 0:
            return  # it was cut: what the app still has to say goes nowhere
        if len(body) <= left:
            await send(message)
            left -= len(body)
        else:
            await send({"type": "http.response.body", "body": body[:left], "more_body": True})
            left = -1
            await end(receive)

    return cut


async def _drain(receive: Receive, limit: int | None = None) -> None:
    """Read a request's body, or so many bytes of it."""
    read = 0
    while limit is None or read < limit:
        message = await receive()
        read += len(message.get("body", b""))
        if not message.get("more_body"):
            return


async def _nowhere(_: Message) -> None:
    """Send nothing."""


async def _until_gone(receive: Receive) -> None:
    """Wait for the client to give up; its request is read meanwhile, and not acted on."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _hang_up(receive: Receive) -> None:
    """Close the connection once what was sent is out. ASGI has no word for it, so uvicorn's own transport is asked."""
    transport = receive.__self__.transport  # type: ignore[attr-defined]
    transport.close()
    while (await receive())["type"] != "http.disconnect":
        pass  # what was still on its way in
