"""Whatever the Hub client raises, as one sentence that says what to do, and never with a token in it."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
from huggingface_hub import errors

from .errors import InputError, shown

#: What a Hub token looks like, also inside a header or an address; `hf_hub_download` and other such words are none.
TOKEN = re.compile(r"\b(?:hf|api_org)_(?:[a-z]+_)*[A-Za-z0-9]{16,}[\w.-]*|(?<=Bearer )[\w.~+/=-]{16,}")
#: Characters of the Hub's own words that a sentence repeats.
LONGEST_MESSAGE = 200

UNREACHABLE = (
    "the Hub cannot be reached; check the connection (and HF_ENDPOINT, HF_HUB_OFFLINE), or work with local runs"
)
BY_STATUS = {
    400: "the Hub refused the request (400)",
    401: "the Hub does not know this token; sign in with `hf auth login`, or set HF_TOKEN",
    402: "the Hub asks for a payment method on that account (402); add one in its billing settings",
    403: "this token may not do that; use a token with write access to it, or a name of your own",
    404: "it is not on the Hub, or it is private and this token may not see it; check the name and the token",
    409: "it changed or came to be meanwhile (409); run the same command again",
    412: "somebody else committed meanwhile (412); run the same command again to go on from there",
    413: "the Hub found it too large (413); publish fewer or smaller files",
    429: "the Hub asks to slow down (429); wait a few minutes and run the same command again",
}
#: What a disk refuses, to whoever downloads into a cache.
LOCAL = {
    errno.EACCES: "no permission to read or write there; let HF_HOME name a folder of your own",
    errno.EPERM: "no permission to read or write there; let HF_HOME name a folder of your own",
    errno.EROFS: "nothing can be written there; let HF_HOME name another folder",
    errno.ENOTDIR: "is no folder; let HF_HOME name one",
    errno.EEXIST: "is no folder; let HF_HOME name one",
    errno.ENOSPC: "the disk is full; make room and run the same command again",
    errno.EDQUOT: "the disk is full; make room and run the same command again",
}
#: Said after an upload or download that broke off for a reason that may pass.
AGAIN = "run the same command again, what was transferred is not transferred twice"


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turn what the Hub client raises into an `InputError` that begins with what could not be done.

    Args:
        doing: completes the sentence "cannot ...", such as ``"push to you/name"``.

    Raises:
        InputError: with the cause and a way to go on. Anything that is not the Hub's or the network's passes.
    """
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        reason = explain(error)
        if reason is None:
            raise
        raise InputError(without_tokens(f"cannot {doing}: {reason}.")) from None


def explain(error: BaseException) -> str | None:
    """The reason as part of a sentence, or ``None`` for what is neither the Hub's nor the network's."""
    named = _named(error)
    if named:
        return named
    if isinstance(error, errors.HfHubHTTPError):
        return _by_status(error)
    if isinstance(error, OSError) and error.errno in LOCAL:
        return f"{error.filename or 'the cache'}: {LOCAL[error.errno]}"
    if isinstance(error, httpx2.TimeoutException):
        return f"the Hub took too long to answer; {AGAIN}"
    if isinstance(error, httpx2.ConnectError | errors.OfflineModeIsEnabled):
        return UNREACHABLE
    if isinstance(error, httpx2.TransportError | errors.XetDownloadError) or is_transfer(error):
        return f"the transfer was cut off; {AGAIN}"
    cause = error.__cause__ or error.__context__
    # The client wraps some causes in errors of Python's own, such as ValueError for a gated repository.
    return explain(cause) if cause is not None and isinstance(error, OSError | ValueError | RuntimeError) else None


def _named(error: BaseException) -> str | None:
    if isinstance(error, errors.GatedRepoError):
        return "access has to be granted first; ask for it on its page on the Hub, then use a token of that account"
    if isinstance(error, errors.RepositoryNotFoundError):
        return BY_STATUS[404]  # which the Hub also says with 401, to whoever is not signed in
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
    if status >= 500:
        return f"the Hub failed ({status}); {AGAIN}"
    reason = BY_STATUS.get(status, f"the Hub answered {status}")
    said = without_tokens((error.server_message or "").strip())  # before it is cut, which could leave half of one
    # The Hub's own words name the missing right or the wrong value; what it says of 401 and 404 adds nothing.
    return f"{reason}; the Hub said {shown(said, LONGEST_MESSAGE)}" if said and status not in (401, 404) else reason


def is_transfer(error: BaseException) -> bool:
    """Whether hf_xet, which raises Python's own errors, or a size check of the client found a transfer incomplete."""
    if isinstance(error, ConnectionError):
        return not isinstance(error, errors.OfflineModeIsEnabled)
    text = str(error)
    marks = ("CAS", "Data processing error", "Consistency check failed", "File reconstruction error", "xet")
    return isinstance(error, RuntimeError | OSError) and any(mark in text for mark in marks)


def without_tokens(text: str) -> str:
    """A text with everything that looks like a Hub token blotted out."""
    return TOKEN.sub("[token]", text)
