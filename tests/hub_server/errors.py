"""What the Hub answers when it refuses: a status, a sentence and, for some, a code that clients tell apart."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import JSONResponse


class HubError(Exception):
    """An answer that is a refusal. Raise it anywhere below a route."""

    def __init__(
        self, status: int, message: str, code: str | None = None, headers: dict[str, str] | None = None, **body: object
    ):
        super().__init__(message)
        self.status, self.message, self.code = status, message, code
        self.headers, self.body = headers or {}, body

    def all_headers(self) -> dict[str, str]:
        """The headers by which the client tells refusals apart; header values are Latin-1 and one line."""
        line = " ".join(self.message.split()).encode("latin-1", "replace").decode("latin-1")
        named = {"X-Error-Code": self.code} if self.code else {}
        return {"X-Error-Message": line, **named, **self.headers}

    def response(self) -> JSONResponse:
        """The refusal as it goes over the wire."""
        return JSONResponse({"error": self.message, **self.body}, self.status, headers=self.all_headers())


def answer_refusal(_: Request, error: Exception) -> JSONResponse:
    """FastAPI's handler for `HubError`."""
    if not isinstance(error, HubError):
        raise error
    return error.response()


def bad_request(message: str) -> HubError:
    """400: the request itself is wrong."""
    return HubError(400, message)


def bad_token() -> HubError:
    """401: a token was sent that nobody has."""
    return HubError(401, "Invalid credentials in Authorization header")


def not_signed_in() -> HubError:
    """401: a token is needed and none was sent."""
    return HubError(401, "Invalid username or password.")


def forbidden(message: str) -> HubError:
    """403: the token is known and may not do that."""
    return HubError(403, message)


def no_repository(*, signed_in: bool) -> HubError:
    """A repository that is not there, or that the caller may not know to be there."""
    if signed_in:
        return HubError(404, "Repository not found", "RepoNotFound")
    return HubError(401, "Invalid username or password.", "RepoNotFound")


def no_revision(revision: str) -> HubError:
    """404: no branch, tag or commit goes by that name."""
    return HubError(404, f"Invalid rev id: {revision}", "RevisionNotFound")


def no_entry(path: str) -> HubError:
    """404: the revision has no such file or folder."""
    return HubError(404, f"Entry not found: {path}", "EntryNotFound")


def gated(repo_id: str, *, signed_in: bool) -> HubError:
    """A repository whose files are for those whom its owner has let in."""
    if signed_in:
        ask = f"Access to {repo_id} is restricted and you are not in the authorized list. Ask for access on its page."
        return HubError(403, ask, "GatedRepo")
    return HubError(401, f"Access to {repo_id} is restricted. You must be signed in to access it.", "GatedRepo")
