"""Errors of the Hub client as one sentence that says what to do, with any token removed."""

from __future__ import annotations

import errno
import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx2
from huggingface_hub import errors

from ..errors import InputError, shown
from .hub_client import prepare_client, seconds_to_wait, silence, silent_cause, xet_seconds

#: What a Hub token looks like, also inside a header or an address; words such as `hf_hub_download` do not match.
TOKEN = re.compile(r"\b(?:hf|api_org)_(?:[a-z]+_)*[A-Za-z0-9]{16,}[\w.-]*|(?<=Bearer )[\w.~+/=-]{16,}")
#: Most characters of the Hub's own message that a sentence repeats.
LONGEST_MESSAGE = 200

TIMED_OUT = re.compile(r"timed? ?out", re.IGNORECASE)

UNREACHABLE = (
    "the Hub cannot be reached; check the connection (and HF_ENDPOINT, HF_HUB_OFFLINE), or work with local runs"
)
BY_STATUS = {
    400: "the Hub refused the request (400)",
    401: "the Hub does not know this token; sign in with `hf auth login`, or set HF_TOKEN",
    402: "the Hub asks for a payment method on that account (402); add one in its billing settings",
    403: "this token may not do that; use a token with write access to it, or a name of your own",
    404: "it is not on the Hub, or it is private and this token may not see it; check the name and the token",
    405: "this Hub cannot do that (405)",
    409: "it changed or came to be meanwhile (409); run the same command again",
    412: "somebody else committed meanwhile (412); run the same command again to go on from there",
    413: "the Hub found it too large (413); publish fewer or smaller files",
    429: "the Hub asks to slow down (429); wait a few minutes and run the same command again",
    501: "this Hub cannot do that (501)",
}
#: Status codes of a Hub that does not offer a request at all, so that a retry is useless.
NOT_OFFERED = (405, 501)
NO_HUB = "what answers there is no Hub; check HF_ENDPOINT"
FULL = "the disk is full; make room and run the same command again"
#: Error numbers of the disk on which the cache of downloads is.
LOCAL = {
    errno.EACCES: "no permission to read or write there; let HF_HOME name a folder of your own",
    errno.EPERM: "no permission to read or write there; let HF_HOME name a folder of your own",
    errno.EROFS: "nothing can be written there; let HF_HOME name another folder",
    errno.ENOTDIR: "is no folder; let HF_HOME name one",
    errno.EEXIST: "is no folder; let HF_HOME name one",
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
}
#: Said after an upload or download that broke off for a reason that may pass.
AGAIN = "run the same command again, what was transferred is not transferred twice"


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turn what the Hub client raises into an `InputError` that begins with what could not be done.

    Every request to the Hub is made inside of this context, which also sets the client's timeouts.

    Args:
        doing: completes the sentence "cannot ...", such as ``"push to you/name"``.

    Raises:
        InputError: with the cause and what to do. Errors that are not of the Hub or the network pass through.
    """
    prepare_client()
    began = time.monotonic()
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        reason = explain(error, time.monotonic() - began)
        if reason is None:
            raise
        raise InputError(without_tokens(f"cannot {doing}: {reason}.")) from None


def explain(error: BaseException, waited: float = 0.0) -> str | None:
    """The reason as part of a sentence, or ``None`` for what is neither the Hub's nor the network's.

    Args:
        error: what was raised.
        waited: seconds from the beginning of what failed. hf_xet says the same of a connection that was cut and of one
            on which nothing came, so after a long time both are named.
    """
    silent = silent_cause(error)
    if silent is not None:
        return silence(silent.seconds)
    named = _status_reason(error)
    if named:
        return named
    if isinstance(error, errors.HfHubHTTPError):
        return _by_status(error)
    if isinstance(error, OSError) and error.errno in LOCAL:
        return f"{error.filename or 'the cache'}: {LOCAL[error.errno]}"
    if isinstance(error, json.JSONDecodeError | errors.FileMetadataError):
        return NO_HUB
    broken = _transfer_reason(error, waited)
    if broken:
        return broken
    cause = error.__cause__ or error.__context__
    # The client wraps some causes in errors of Python's own, such as ValueError for a gated repository.
    return explain(cause) if cause is not None and isinstance(error, OSError | ValueError | RuntimeError) else None


def _transfer_reason(error: BaseException, waited: float) -> str | None:
    """The reason where no answer came, or not all of it."""
    if isinstance(error, httpx2.TimeoutException) or _timed_out(error):
        return silence(seconds_to_wait())
    if _disk_full(error):
        return FULL
    if isinstance(error, httpx2.ConnectError | errors.OfflineModeIsEnabled):
        return UNREACHABLE
    if isinstance(error, httpx2.TransportError):
        return f"the transfer was cut off; {AGAIN}"
    if not isinstance(error, errors.XetDownloadError) and not is_transfer(error):
        return None
    if waited >= xet_seconds():
        return f"the transfer was cut off, or {silence(xet_seconds())}"
    return f"the transfer was cut off; {AGAIN}"


def _status_reason(error: BaseException) -> str | None:
    if isinstance(error, errors.GatedRepoError):
        return "access has to be granted first; ask for it on its page on the Hub, then use a token of that account"
    if isinstance(error, errors.RepositoryNotFoundError):
        return BY_STATUS[404]  # the Hub answers 401 where a repository is not there and the user is not signed in
    if isinstance(error, errors.RevisionNotFoundError):
        return "it has no such revision; name a branch, a tag or a commit that it has"
    if isinstance(error, errors.LocalEntryNotFoundError):
        inner = error.__cause__
        if isinstance(inner, errors.HfHubHTTPError) and not isinstance(inner, errors.RemoteEntryNotFoundError):
            return _by_status(inner)
        return f"{UNREACHABLE}; no copy is in the cache"
    if isinstance(error, errors.RemoteEntryNotFoundError):
        return "a file that it should have is missing there; check the name and the revision"
    if isinstance(error, errors.DisabledRepoError):
        return "the Hub has disabled it"
    if isinstance(error, UnicodeEncodeError):
        return "the token holds characters that no token has; copy it again"
    if isinstance(error, errors.LocalTokenNotFoundError):
        return BY_STATUS[401]
    return None


def _by_status(error: errors.HfHubHTTPError) -> str:
    status = error.response.status_code
    if status >= 500 and status not in BY_STATUS:
        return f"the Hub failed ({status}); {AGAIN}"
    reason = BY_STATUS.get(status, f"the Hub answered {status}")
    said = without_tokens(_explanation(error))  # before it is cut, which could leave half of one
    # The Hub's own words name the missing right or the wrong value; what it says of 401 and 404 adds nothing.
    return f"{reason}; the Hub said {shown(said, LONGEST_MESSAGE)}" if said and status not in (401, 404) else reason


def is_not_offered(error: BaseException) -> bool:
    """Whether the Hub does not offer this request at all, so that a retry is useless."""
    return isinstance(error, errors.HfHubHTTPError) and error.response.status_code in NOT_OFFERED


def _explanation(error: errors.HfHubHTTPError) -> str:
    """The Hub's own words: from where huggingface.co puts them, else from ``detail``, where other Hubs do."""
    if error.server_message:
        return str(error.server_message).strip()
    try:
        found = error.response.json()
    except (ValueError, httpx2.StreamError):
        return ""
    for key in ("detail", "message", "error"):
        if not isinstance(found, Mapping):
            break
        found = found.get(key, found)
    return found.strip() if isinstance(found, str) else ""


def is_transfer(error: BaseException) -> bool:
    """Whether hf_xet, which raises Python's own errors, or a size check of the client found a transfer incomplete."""
    if isinstance(error, ConnectionError):
        return not isinstance(error, errors.OfflineModeIsEnabled)
    text = str(error)
    if _timed_out(error) or _disk_full(error):
        return False
    marks = ("CAS", "Data processing error", "Consistency check failed", "File reconstruction error", "xet")
    return isinstance(error, RuntimeError | OSError) and any(mark in text for mark in marks)


def _timed_out(error: BaseException) -> bool:
    """Whether hf_xet ran into a timeout; its errors differ in their text only."""
    return isinstance(error, RuntimeError | OSError) and TIMED_OUT.search(str(error)) is not None


def _disk_full(error: BaseException) -> bool:
    """Whether hf_xet found the disk full; its errors have no ``errno``."""
    return isinstance(error, RuntimeError | OSError) and "No space left on device" in str(error)


def without_tokens(text: str) -> str:
    """A text in which everything that looks like a Hub token is replaced by ``[token]``."""
    return TOKEN.sub("[token]", text)
