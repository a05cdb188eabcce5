"""Check ``HF_ENDPOINT`` before the Hub client is imported: with some invalid addresses that import crashes."""

from __future__ import annotations

import os
import sys
from urllib.parse import SplitResult, urlsplit

from ..errors import InputError, shown

VARIABLE = "HF_ENDPOINT"


def end_without_address() -> None:
    """End the command with one sentence and status 2 where ``HF_ENDPOINT`` cannot even be read as an address."""
    address = os.environ.get(VARIABLE, "")
    try:
        urlsplit(address).port  # noqa: B018  what the client's import does as well
    except ValueError:
        try:
            check_endpoint(address)
        except InputError as error:
            sys.stderr.write(f"{error}\n")
            sys.exit(2)


def check_endpoint(address: str) -> None:
    """Check that the Hub's address is an address.

    A path is allowed, since mirrors of the Hub are served below one.

    Raises:
        InputError: it is not; the sentence gives examples.
    """
    try:
        found = urlsplit(address)
        whole = found.scheme in ("http", "https") and bool(found.hostname) and not (found.query or found.fragment)
        whole = whole and found.port != 0 and address.isprintable() and " " not in address
    except ValueError:  # a port that is no number, or brackets that do not close
        whole = False
    if not whole:
        raise InputError(
            f"HF_ENDPOINT={shown(_without_password(address))} is not the address of a Hub; write such as "
            "https://huggingface.co or http://localhost:8080, or unset it to use huggingface.co."
        )


def _without_password(address: str) -> str:
    try:
        found = urlsplit(address)
        if "@" not in found.netloc:
            return address
        return SplitResult(found.scheme, found.netloc.rpartition("@")[2], found.path, "", "").geturl()
    except ValueError:
        return address.rpartition("@")[2]
