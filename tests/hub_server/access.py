"""Who asks, for which repository, and whether they may: FastAPI dependencies that routes declare by their types."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import Body, Depends, Request
from starlette.convertors import Convertor, register_url_convertor

from .accounts import Token
from .errors import HubError, bad_token, forbidden, gated, no_repository, not_signed_in
from .hub import Hub
from .repository import PULLS, Kind, Repository


class KindConvertor(Convertor[str]):
    """``{kind:kind}`` in a route of the API. It takes these three words alone, and so leaves other routes alone."""

    regex = "models|datasets|spaces"

    def convert(self, value: str) -> str:
        """The word itself."""
        return value

    def to_string(self, value: str) -> str:
        """The word itself."""
        return value


class PrefixConvertor(KindConvertor):
    """``{kind:prefix}`` in front of an owner, in the address of a page or file: models have no prefix."""

    regex = "(?:datasets/|spaces/)?"

    def convert(self, value: str) -> str:
        """The kind that the prefix stands for."""
        return value.rstrip("/") or "models"

    def to_string(self, value: str) -> str:
        """The prefix of a kind."""
        return "" if value == "models" else f"{value}/"


register_url_convertor("kind", KindConvertor())
register_url_convertor("prefix", PrefixConvertor())

#: Where a repository's own routes begin.
REPOSITORY = "/api/{kind:kind}/{owner}/{name}"
#: A request's JSON object.
Json = Annotated[dict[str, Any], Body()]


async def hub_of(request: Request) -> Hub:
    """The Hub that the app serves."""
    hub: Hub = request.app.state.hub
    return hub


async def caller_of(request: Request) -> Token | None:
    """The token that a request carries, or ``None``.

    Raises:
        HubError: 401, it carries one that is not known.
    """
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not value:
        return None
    token = (await hub_of(request)).accounts.find(value)
    if token is None:
        raise bad_token()
    return token


async def signed_in(caller: Annotated[Token | None, Depends(caller_of)]) -> Token:
    """The token that a request must carry.

    Raises:
        HubError: 401, it carries none.
    """
    if caller is None:
        raise not_signed_in()
    return caller


TheHub = Annotated[Hub, Depends(hub_of)]
Caller = Annotated[Token | None, Depends(caller_of)]
SignedIn = Annotated[Token, Depends(signed_in)]


async def readable(request: Request, kind: Kind, owner: str, name: str, hub: TheHub, caller: Caller) -> Repository:
    """The repository that a route is about, if the caller may know of it.

    Raises:
        HubError: 404 or 401, it may not, or there is none; 307, it has moved.
    """
    return look_up(hub, caller, kind, unquote(f"{owner}/{name}"), request)


async def writable(hub: TheHub, caller: SignedIn, repository: Annotated[Repository, Depends(readable)]) -> Repository:
    """The repository that a route changes, if the caller may.

    Raises:
        HubError: 401, nobody is signed in; 403, it is another's, or the token may only read.
    """
    check_write(caller, repository.owner, _scope(caller, repository, "write-repos"))
    return repository


async def revision_of(revision: str) -> str:
    """A revision as it is called: slashes in it arrive as ``%2F``."""
    return unquote(revision)


Readable = Annotated[Repository, Depends(readable)]
Writable = Annotated[Repository, Depends(writable)]
Revision = Annotated[str, Depends(revision_of)]


def look_up(hub: Hub, caller: Token | None, kind: Kind, id_: str, request: Request | None = None) -> Repository:
    """A repository that the caller may see; see `readable`."""
    repository = hub.find(kind, id_)
    if repository is None and request is not None and (kind, id_) in hub.bundle_lineup:
        path = request.url.path.replace(f"/{id_}", f"/{hub.bundle_lineup[kind, id_]}", 1)
        raise HubError(307, "Moved", headers={"Location": f"{path}?{request.url.query}".rstrip("?")})
    if repository is None or not may_see(caller, repository):
        raise no_repository(signed_in=caller is not None)
    return repository


def may_see(caller: Token | None, repository: Repository) -> bool:
    """Whether a repository is there for this caller."""
    if not repository.private:
        return True
    if caller is None or not caller.owns(repository.owner):
        return False
    return caller.permits(_scope(caller, repository, "read-repos"))


def check_write(caller: Token, namespace: str, scope: str = "write-repos") -> None:
    """Raise 403 unless the caller may publish under a namespace."""
    if not caller.permits(scope):
        raise forbidden("You must use a token with write access to this repository")
    if not caller.owns(namespace):
        raise forbidden(f'You don\'t have the rights to publish under the namespace "{namespace}"')


def check_commit(caller: Token, repository: Repository, ref: str, *, create_pr: bool) -> None:
    """Raise 403 unless the caller may commit to a branch: pull requests are open to everyone who may write at all."""
    if create_pr or ref.startswith(PULLS):
        if not caller.permits("write-discussions"):
            raise forbidden("You must use a token with write access to open a pull request")
        return
    check_write(caller, repository.owner, _scope(caller, repository, "write-repos"))


def _scope(caller: Token, repository: Repository, usual: str) -> str:
    """The scope that is needed: an app that may contribute repositories may use those that it has made itself."""
    return "contribute-repos" if caller.app is not None and caller.app == repository.app else usual


def check_gate(caller: Token | None, repository: Repository) -> None:
    """Raise unless the caller has been let in to the files of a gated repository."""
    if not repository.gated:
        return
    if caller is None or not (caller.owns(repository.owner) or caller.account.name in repository.admitted):
        raise gated(repository.id, signed_in=caller is not None)
