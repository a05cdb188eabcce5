"""Signing in with the Hub: an OpenID Connect provider that says yes at once."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

from .accounts import Accounts
from .errors import HubError, bad_request

SCOPES = (
    "openid", "profile", "email", "read-billing", "read-repos", "contribute-repos", "write-repos", "manage-repos",
    "write-discussions", "inference-api", "jobs", "webhooks", "write-collections",
)  # fmt: skip
TOKEN_SECONDS = 8 * 3600
CODE_SECONDS = 60


@dataclass(frozen=True)
class Approval:
    """What a user agreed to, until the app comes for its token."""

    user: str
    client_id: str
    redirect_uri: str
    scopes: frozenset[str]
    nonce: str | None
    challenge: str | None
    expires: float


class OAuthProvider:
    """Approves every request as the user in `user`; set it to choose who signs in, or to ``None`` to refuse."""

    def __init__(self, accounts: Accounts):
        self.accounts = accounts
        self.user: str | None = None
        self.clients: dict[str, str] = {}
        self._approvals: dict[str, Approval] = {}

    @cached_property
    def key(self) -> RSAKey:
        """The key that identity tokens are signed with, made when the first one is."""
        return RSAKey.generate_key(2048, {"kid": "hub", "use": "sig", "alg": "RS256"}, auto_kid=False)

    def register(self, client_id: str, client_secret: str) -> None:
        """Make an app known. While none is, any id and secret are taken."""
        self.clients[client_id] = client_secret

    def approve(
        self, client_id: str, redirect_uri: str, scope: str, nonce: str | None = None, challenge: str | None = None
    ) -> str:
        """A code for the app to come back with.

        Raises:
            HubError: 400, the app or a scope is unknown; 403, nobody is set to sign in.
        """
        scopes = frozenset(scope.split())
        if self.clients and client_id not in self.clients:
            raise bad_request("invalid_client: no app goes by this client id")
        if not scopes <= set(SCOPES):
            raise bad_request(f"invalid_scope: {' '.join(sorted(scopes - set(SCOPES)))}")
        if self.user is None:
            raise HubError(403, "access_denied: nobody is signed in")
        code = secrets.token_urlsafe(24)
        until = time.time() + CODE_SECONDS
        self._approvals[code] = Approval(self.user, client_id, redirect_uri, scopes, nonce, challenge, until)
        return code

    def exchange(
        self, issuer: str, code: str, client: tuple[str, str], redirect_uri: str, verifier: str | None = None
    ) -> dict[str, Any]:
        """The tokens for a code, which is good once.

        Raises:
            HubError: 400, the code is not this app's or was used; 401, the app's secret is wrong.
        """
        client_id, client_secret = client
        if self.clients and not secrets.compare_digest(self.clients.get(client_id, ""), client_secret):
            raise HubError(401, "invalid_client: the client secret is wrong")
        approval = self._approvals.pop(code, None)
        if approval is None or approval.expires < time.time():
            raise bad_request("invalid_grant: the code is unknown or was used")
        if (approval.client_id, approval.redirect_uri) != (client_id, redirect_uri):
            raise bad_request("invalid_grant: the code is for another app or another address")
        if approval.challenge and approval.challenge != _challenge(verifier or ""):
            raise bad_request("invalid_grant: the code verifier is wrong")
        return {
            "access_token": self.accounts.oauth_token(
                approval.user, approval.client_id, approval.scopes, TOKEN_SECONDS
            ),
            "token_type": "bearer",
            "expires_in": TOKEN_SECONDS,
            "scope": " ".join(sorted(approval.scopes)),
            "id_token": self._id_token(issuer, approval),
        }

    def profile(self, issuer: str, user: str) -> dict[str, Any]:
        """Who signed in, as OpenID says it."""
        account = self.accounts.user(user)
        return {
            "sub": account.id,
            "name": user.title(),
            "preferred_username": user,
            "profile": f"{issuer}/{user}",
            "picture": f"{issuer}/avatars/{user}.svg",
            "website": "",
            "email": account.email,
            "email_verified": True,
            "isPro": False,
            "orgs": [{"sub": org, "name": org, "preferred_username": org} for org in sorted(account.orgs)],
        }

    def _id_token(self, issuer: str, approval: Approval) -> str:
        moment = int(time.time())
        claims = self.profile(issuer, approval.user) | {
            "iss": issuer,
            "aud": approval.client_id,
            "iat": moment,
            "exp": moment + TOKEN_SECONDS,
            "auth_time": moment,
            **({"nonce": approval.nonce} if approval.nonce else {}),
        }
        return jwt.encode({"alg": "RS256", "kid": "hub"}, claims, self.key)


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
