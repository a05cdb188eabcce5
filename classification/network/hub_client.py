"""Settings of the Hub client: its address, and how long it waits for an answer.

By default the client has no timeout for some requests, and retries others five times. Here one timeout holds for every
request, those of other libraries that use the client included; after it, the request fails.
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
#: Default and longest timeout: seconds without a byte from the Hub. The longest is a day.
SECONDS, MOST_SECONDS = 60.0, 86_400.0
#: The default timeout of hf_xet, and how often it retries here. Its timeout runs from the first byte of a part of 64 MB
#: that it sends, so a shorter one would fail on a slow line.
XET_SECONDS, XET_TRIES = 120.0, 2
#: The timeout that `patience` has set for the requests in it.
_MOST: ContextVar[float] = ContextVar("most", default=MOST_SECONDS)


class SilentHubError(httpx2.TransportError):
    """The Hub sent nothing for as long as the timeout.

    It does not inherit from the timeouts of httpx2: after those the client would retry five times.

    Attributes:
        seconds: how long that was.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no answer for {seconds:g} seconds")
        self.seconds = seconds


def prepare_client() -> None:
    """Check the Hub's address and set the client's timeouts. Calling it again changes nothing.

    Raises:
        InputError: ``HF_ENDPOINT`` is no address, or ``PROMPT_OR_TUNE_HUB_TIMEOUT`` no time.
    """
    check_endpoint(constants.ENDPOINT)
    for name, value in _xet_settings().items():  # hf_xet reads them at its first transfer; the user's own settings stay
        os.environ.setdefault(name, value)
    _install()


def xet_seconds() -> float:
    """The timeout of each try of hf_xet: the one in the environment variable, else its own default if that is longer.

    Raises:
        InputError: the environment variable holds no number of seconds.
    """
    seconds = seconds_to_wait()
    return seconds if os.environ.get(TIMEOUT_VARIABLE, "").strip() else max(seconds, XET_SECONDS)


def _xet_settings() -> dict[str, str]:
    """By default hf_xet would retry five times, and wait for twelve minutes in all."""
    milliseconds = f"{math.ceil(xet_seconds() * 1000)}ms"
    return {
        "HF_XET_CLIENT_CONNECT_TIMEOUT": milliseconds,
        "HF_XET_CLIENT_READ_TIMEOUT": milliseconds,
        "HF_XET_CLIENT_RETRY_MAX_ATTEMPTS": str(XET_TRIES),
    }


def seconds_to_wait() -> float:
    """The timeout of every request, in seconds.

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
    """A context with a shorter timeout, for requests whose answer is not needed."""
    before = _MOST.set(seconds)
    try:
        yield
    finally:
        _MOST.reset(before)


def silence(seconds: float) -> str:
    """The part of a sentence that says that the Hub did not answer in time, and what to do."""
    unit = "second" if seconds == 1 else "seconds"
    return (
        f"the Hub gave no answer for {seconds:g} {unit}; run the same command again, or set {TIMEOUT_VARIABLE} to "
        "wait longer"
    )


def silent_cause(error: BaseException | None) -> SilentHubError | None:
    """The `SilentHubError` in an exception's chain of causes, or ``None``: libraries wrap it in their own errors."""
    while error is not None and not isinstance(error, SilentHubError):
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return error


class _Client(httpx2.Client):
    """The Hub client's own HTTP client, with our timeout."""

    def send(self, request: httpx2.Request, *, stream: bool = False, **options: Any) -> httpx2.Response:
        seconds = min(seconds_to_wait(), _MOST.get())
        request.extensions = {**request.extensions, "timeout": httpx2.Timeout(seconds).as_dict()}
        with _as_silent_hub(seconds):
            response = super().send(request, stream=stream, **options)
        if stream and isinstance(response.stream, httpx2.SyncByteStream):
            response.stream = _Stream(response.stream, seconds)
        return response


class _Stream(httpx2.SyncByteStream):
    """A body that is read in pieces, where the Hub may stop sending between two of them."""

    def __init__(self, pieces: httpx2.SyncByteStream, seconds: float) -> None:
        self._pieces, self._seconds = pieces, seconds

    def __iter__(self) -> Iterator[bytes]:
        with _as_silent_hub(self._seconds):
            yield from self._pieces

    def close(self) -> None:
        self._pieces.close()


@contextmanager
def _as_silent_hub(seconds: float) -> Iterator[None]:
    try:
        yield
    except httpx2.TimeoutException as error:
        raise SilentHubError(seconds) from error


@cache
def _install() -> None:
    hooks = get_session().event_hooks  # the client's own hooks, which block requests in offline mode
    set_client_factory(lambda: _Client(event_hooks=hooks, follow_redirects=True, timeout=None))
