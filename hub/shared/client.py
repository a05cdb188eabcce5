"""Create the Hub client, find out whose token it has, and check names of repositories."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from huggingface_hub import HfApi, get_session, get_token
from huggingface_hub.errors import HfHubHTTPError

from classification.errors import InputError, one_of, shown
from classification.network.hub_client import patience, prepare_client
from classification.network.hub_errors import NO_HUB, explain, explained

LIBRARY = "prompt-or-tune"
SECONDS_TO_ANSWER = 5.0
#: What the Hub allows in either part of a repository's id.
PART = re.compile(r"(?!.*(?:--|\.\.))[A-Za-z0-9](?:[\w.-]{0,94}[A-Za-z0-9])?", re.ASCII)


@dataclass(frozen=True)
class Account:
    """Whose token it is.

    Attributes:
        name: the user.
        organisations: where the user may write as well.
        may_write: whether the token is one that can write at all.
    """

    name: str
    organisations: tuple[str, ...] = ()
    may_write: bool = True

    def owns(self, repo_id: str) -> bool:
        """Whether a repository is the user's own or one of an organisation that the user belongs to."""
        return repo_id.partition("/")[0] in (self.name, *self.organisations)


def connect(token: str | None = None) -> HfApi:
    """A client that acts with this token; by default with the one of the local login.

    With an empty string no request carries a token, even where a login is stored on this machine.

    Raises:
        InputError: ``HF_ENDPOINT`` is no address, or the time to wait for the Hub is none.
    """
    prepare_client()
    found = get_token() if token is None else token
    return HfApi(token=found or False, library_name=LIBRARY)


def reachable(api: HfApi) -> bool:
    """Whether the Hub answers at all; it is asked once, and not for long."""
    try:
        with patience(SECONDS_TO_ANSWER):
            get_session().head(api.endpoint)
    except Exception as error:
        if explain(error) is None:
            raise
        return False
    return True


def account_of(api: HfApi) -> Account:
    """The account that the client's token belongs to.

    Raises:
        InputError: nobody is signed in, the token is not known, or the Hub cannot be reached.
    """
    if not api.token:
        raise InputError("nobody is signed in to the Hub; run `hf auth login`, or set HF_TOKEN.")
    with explained("sign in to the Hub"), _told_apart(api):
        found = api.whoami()
    if not isinstance(found, dict) or not found.get("name"):
        raise InputError(f"cannot sign in to the Hub: {NO_HUB} ({shown(api.endpoint)}).")
    role = (found.get("auth", {}).get("accessToken") or {}).get("role", "write")
    organisations = tuple(str(entry["name"]) for entry in found.get("orgs", ()))
    return Account(str(found["name"]), organisations, role != "read")


@contextmanager
def _told_apart(api: HfApi) -> Iterator[None]:
    """Tell a server that is no Hub from other failures: every Hub answers ``whoami``."""
    try:
        yield
    except HfHubHTTPError as error:
        if error.response.status_code in (404, 405):
            raise InputError(f"cannot sign in to the Hub: {NO_HUB} ({shown(api.endpoint)}).") from None
        raise


def checked_repo_id(text: str) -> str:
    """A repository's id, ``owner/name``.

    Raises:
        InputError: it is not one; the sentence says what is allowed.
    """
    owner, slash, name = text.strip().partition("/")
    if not slash or not PART.fullmatch(owner) or not PART.fullmatch(name) or name.endswith(".git"):
        raise InputError(
            f"{shown(text)} is not a repository id; write owner/name with letters, digits, '-', '_' and '.', "
            "beginning and ending with a letter or digit, at most 96 characters each."
        )
    return f"{owner}/{name}"


def check_owner(account: Account, repo_id: str) -> None:
    """Check that the account may write to a repository.

    Raises:
        InputError: it belongs to somebody else, or the token can only read.
    """
    if not account.may_write:
        raise InputError(
            f"the token of {account.name} can only read; make one with write access on the Hub's settings page, "
            "and sign in with it."
        )
    if not account.owns(repo_id):
        allowed = one_of(f"{owner}/..." for owner in (account.name, *account.organisations))
        raise InputError(f"{repo_id} is not yours to write to as {account.name}; use {allowed}.")
