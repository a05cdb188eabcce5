"""How the Hub's client is used here: to which address it speaks, and how long it waits for an answer.

By itself the client waits without end for some answers, and tries others six times. Here one time holds for every
request, of this project and of the libraries that go through the client, and whoever is silent for so long is given up.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

import httpx2
from huggingface_hub import constants, get_session, set_client_factory

from ..errors import InputError, shown
from .endpoint import check_endpoint

TIMEOUT_VARIABLE = "PROMPT_OR_TUNE_HUB_TIMEOUT"
#: Seconds without a byte from the Hub; the longest time that can be set is a day.
SECONDS, MOST_SECONDS = 60.0, 86_400.0
#: What hf_xet waits by itself, and how often it tries again here. Its time runs from the first byte of a part of 64 MB
#: that it sends, so that less would be too little on a slow line.
XET_SECONDS, XET_TRIES = 120.0, 2
#: What `patience` has set for the requests in it.
_MOST: ContextVar[float] = ContextVar("most", default=MOST_SECONDS)


class SilentHubError(httpx2.TransportError):
    """Nothing came from the Hub for as long as it is waited for.

    It is none of httpx2's timeouts: those the client would try again, five times.

    Attributes:
        seconds: how long that was.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no answer for {seconds:g} seconds")
        self.seconds = seconds


def prepare_client() -> None:
    """See to it that the Hub's client speaks to an address, and gives up in time. Doing it again changes nothing.

    Raises:
        InputError: ``HF_ENDPOINT`` is no address, or ``PROMPT_OR_TUNE_HUB_TIMEOUT`` no time.
    """
    check_endpoint(constants.ENDPOINT)
    for name, value in _xet_settings().items():  # read when hf_xet first transfers; whoever set one of them meant it
        os.environ.setdefault(name, value)
    _install()


def xet_seconds() -> float:
    """How long hf_xet waits at each of its tries: as long as was asked for, else no less than by itself.

    Raises:
        InputError: the environment variable holds no number of seconds.
    """
    seconds = seconds_to_wait()
    return seconds if os.environ.get(TIMEOUT_VARIABLE, "").strip() else max(seconds, XET_SECONDS)


def _xet_settings() -> dict[str, str]:
    """By itself it would try five times more, and wait for twelve minutes in all."""
    milliseconds = f"{math.ceil(xet_seconds() * 1000)}ms"
    return {
        "HF_XET_CLIENT_CONNECT_TIMEOUT": milliseconds,
        "HF_XET_CLIENT_READ_TIMEOUT": milliseconds,
        "HF_XET_CLIENT_RETRY_MAX_ATTEMPTS": str(XET_TRIES),
    }


def seconds_to_wait() -> float:
    """How long the Hub may be silent.

    Raises:
        InputError: the environment variable holds no number of seconds.
    """
    text = os.environ.get(TIMEOUT_VARIABLE, "").strip()
    try:
        seconds = float(text) if text else SECONDS
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= MOST_SECONDS:
        raise InputError(
            f"{TIMEOUT_VARIABLE}={shown(text)} is no time to wait for the Hub; write seconds, more than 0 and at most "
            f"{MOST_SECONDS:.0f}, such as {SECONDS:.0f}."
        )
    return seconds


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Wait no longer than so many seconds for each answer in here, where nothing much depends on it."""
    before = _MOST.set(seconds)
    try:
        yield
    finally:
        _MOST.reset(before)


def silence(seconds: float) -> str:
    """What a sentence says of a Hub that was given up."""
    unit = "second" if seconds == 1 else "seconds"
    return (
        f"the Hub gave no answer for {seconds:g} {unit}; run the same command again, or set {TIMEOUT_VARIABLE} to "
        "wait longer"
    )


def silent_cause(error: BaseException | None) -> SilentHubError | None:
    """The silence behind what a library made of it, if that is what happened."""
    while error is not None and not isinstance(error, SilentHubError):
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return error


class _Client(httpx2.Client):
    """The client's own, but for how long it waits."""

    def send(self, request: httpx2.Request, *, stream: bool = False, **options: Any) -> httpx2.Response:
        seconds = min(seconds_to_wait(), _MOST.get())
        request.extensions = {**request.extensions, "timeout": httpx2.Timeout(seconds).as_dict()}
        with _noticed(seconds):
            response = super().send(request, stream=stream, **options)
        if stream and isinstance(response.stream, httpx2.SyncByteStream):
            response.stream = _Stream(response.stream, seconds)
        return response


class _Stream(httpx2.SyncByteStream):
    """An answer that is read piece by piece, where the Hub may fall silent between two of them."""

    def __init__(self, pieces: httpx2.SyncByteStream, seconds: float) -> None:
        self._pieces, self._seconds = pieces, seconds

    def __iter__(self) -> Iterator[bytes]:
        with _noticed(self._seconds):
            yield from self._pieces

    def close(self) -> None:
        self._pieces.close()


@contextmanager
def _noticed(seconds: float) -> Iterator[None]:
    try:
        yield
    except httpx2.TimeoutException as error:
        raise SilentHubError(seconds) from error


@cache
def _install() -> None:
    hooks = get_session().event_hooks  # the client's own, which keep requests in while it is offline
    set_client_factory(lambda: _Client(event_hooks=hooks, follow_redirects=True, timeout=None))
