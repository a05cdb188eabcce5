"""Who there is: users, organisations, and the tokens that speak for them."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import Literal

from .clock import object_id

Role = Literal["read", "write", "oauth"]
#: What a wider OAuth scope includes.
INCLUDED = {"manage-repos": {"write-repos", "contribute-repos"}, "write-repos": {"write-discussions"}}


@dataclass
class Account:
    """A user or an organisation."""

    name: str
    orgs: set[str] = field(default_factory=set)
    id: str = field(default_factory=object_id)

    @property
    def email(self) -> str:
        """An address under a domain that can never receive mail."""
        return f"{self.name}@example.invalid"


@dataclass(frozen=True)
class Token:
    """An access token: whose it is and what it may do."""

    value: str = field(repr=False)
    account: Account
    role: Role
    scopes: frozenset[str] = frozenset()
    expires: float = float("inf")
    app: str | None = None

    def owns(self, namespace: str) -> bool:
        """Whether the namespace is the user's own, or one of the user's organisations."""
        return namespace == self.account.name or namespace in self.account.orgs

    def permits(self, scope: str) -> bool:
        """Whether it may do what an OAuth scope names; a write token may do everything, a read token only read."""
        if self.role != "oauth":
            return self.role == "write" or scope == "read-repos"
        granted = set(self.scopes)
        for wide, narrow in INCLUDED.items():
            granted |= narrow if wide in granted else set()
        return scope in granted


class Accounts:
    """All users and tokens of one Hub."""

    def __init__(self) -> None:
        self.users: dict[str, Account] = {}
        self._tokens: dict[str, Token] = {}

    def user(self, name: str, orgs: tuple[str, ...] = ()) -> Account:
        """A user, made when new; organisations add up."""
        account = self.users.setdefault(name, Account(name))
        account.orgs |= set(orgs)
        return account

    def token(self, name: str, role: Role = "write", orgs: tuple[str, ...] = ()) -> str:
        """A user's token of a role: the same one whenever it is asked for. Its text is easy to search files for."""
        account = self.user(name, orgs)
        for token in self._tokens.values():
            if token.account is account and token.role == role != "oauth":
                return token.value
        return self._issue(Token(f"hf_test_{role}_{secrets.token_hex(12)}", account, role))

    def oauth_token(self, name: str, app: str, scopes: frozenset[str], seconds: float) -> str:
        """A token that an app gets for a user who has signed in: only these scopes, only for a while."""
        value = f"hf_oauth_test_{secrets.token_hex(12)}"
        return self._issue(Token(value, self.user(name), "oauth", scopes, time.time() + seconds, app))

    def find(self, value: str) -> Token | None:
        """The token with this text, unless it is unknown or has expired."""
        token = self._tokens.get(value)
        return token if token and token.expires > time.time() else None

    def revoke(self, value: str) -> None:
        """Make a token invalid from now on."""
        self._tokens.pop(value, None)

    def _issue(self, token: Token) -> str:
        self._tokens[token.value] = token
        return token.value
