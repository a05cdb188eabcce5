"""Under which licence a model made from another may be passed on: the base model's, since the Hub inherits none.

The base model's own card says it. This is a help and no legal advice; whoever publishes can give another licence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from classification.errors import InputError, shown

from ..shared.public import model_id, public
from .markdown import HUB

OTHER, UNKNOWN = "other", "unknown"
#: Licences that let anybody use a model and pass on what was made from it; a card says of any other to read it.
PERMISSIVE = ("apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "isc", "unlicense", "cc0-1.0", "cc-by-4.0")
IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}")
WEB = re.compile(r"https?://[\w.-]+(?:/[\w.~%/?#=&+-]*)?", re.ASCII)


@dataclass(frozen=True)
class Licence:
    """A licence as a card states it.

    Attributes:
        id: the Hub's identifier.
        name: the same; of `other`, the identifier that its owner gave it.
        link: where a base model tells of it; ``None`` for a licence that a person chose.
    """

    id: str
    name: str
    link: str | None = None

    @property
    def permissive(self) -> bool:
        """Whether it is a well-known one that forbids nothing that a user of a model would do."""
        return self.id in PERMISSIVE


def licence_of(base_id: str | None, card_data: Mapping[str, object] | None = None) -> Licence:
    """The licence of a base model, which is that of what was made from it.

    Args:
        base_id: Hub id; empty or ``None`` where there is no base model, or it is not on the Hub.
        card_data: metadata of its card, where that could be read.
    """
    said, name, link = (_first((card_data or {}).get(key)) for key in ("license", "license_name", "license_link"))
    if not base_id or not IDENTIFIER.fullmatch(said) or said == UNKNOWN:
        return Licence(UNKNOWN, UNKNOWN)
    home = f"{HUB}/{base_id}" if model_id(base_id) else None
    its_own = re.sub(r"[^a-z0-9.+-]+", "-", public(name).lower()).strip("-")[:60] or "base-model-licence"
    return Licence(said, its_own if said == OTHER else said, link if WEB.fullmatch(link) else home)


def licence_from_id(identifier: str) -> Licence:
    """The licence that a person chose; whether the Hub knows it, the Hub says when it is published.

    Raises:
        InputError: it is no identifier.
    """
    if not IDENTIFIER.fullmatch(identifier):
        raise InputError(
            f"{shown(identifier)} is not the identifier of a licence; write such as apache-2.0, mit, cc-by-4.0 or "
            "llama3.2 (https://huggingface.co/docs/hub/repositories-licenses), or other."
        )
    return Licence(identifier, identifier)


def _first(value: object) -> str:
    """A value of a card's metadata as text, of a list its first, of anything else nothing."""
    if isinstance(value, list):
        value = value[0] if value else None
    return value.strip() if isinstance(value, str) else ""
