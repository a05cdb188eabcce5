"""A collection on the Hub with everything that a lineup names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from huggingface_hub import HfApi
from huggingface_hub.errors import RepositoryNotFoundError

from classification.errors import InputError
from classification.lineup import Lineup
from classification.network.hub_errors import explained
from classification.runs.remote import RemoteRun

from ..space.lineup_bundle import datasets_of, models_of

Kind = Literal["model", "dataset", "space"]
#: Longest title and description that the Hub takes, in characters.
LONGEST_TITLE, LONGEST_DESCRIPTION = 59, 149


@dataclass(frozen=True)
class Item:
    """One entry of a collection, and why it is in it."""

    kind: Kind
    repo_id: str
    note: str = ""


def items_of(lineup: Lineup, *, space: str | None = None, comparison: str | None = None) -> tuple[Item, ...]:
    """What a lineup's collection consists of: the Space first, then results, runs, base models and rows."""
    runs = {c.run.reference.repo_id: c.name for c in lineup.contenders if isinstance(c.run, RemoteRun)}
    found = [Item("space", space, "Try every contender")] if space else []
    found += [Item("dataset", comparison, "What was measured")] if comparison else []
    found += [Item("model", repo_id, name) for repo_id, name in runs.items()]
    found += [Item("model", model, "A base model") for model in models_of(lineup) if model not in runs]
    return (*found, *(Item("dataset", rows, "The rows") for rows in datasets_of(lineup)))


def collect(
    items: Sequence[Item], *, title: str, api: HfApi, description: str = "", private: bool = True
) -> tuple[str, tuple[str, ...]]:
    """Put items into the collection of this title, made where it is missing.

    An item that is in it already stays where it is, so running it again completes it.

    Returns:
        The address of the collection, and a sentence for each item that is not on the Hub.

    Raises:
        InputError: the title is too long, or the Hub refused.
    """
    if not title.strip() or len(title) > LONGEST_TITLE:
        raise InputError(f"a collection's title has 1 to {LONGEST_TITLE} characters, and this one {len(title)}.")
    missing = []
    with explained(f"make the collection {title!r}"):
        slug = api.create_collection(
            title, description=description[:LONGEST_DESCRIPTION] or None, private=private, exists_ok=True
        ).slug
        for item in items:
            try:
                api.add_collection_item(
                    slug, item_id=item.repo_id, item_type=item.kind, note=item.note or None, exists_ok=True
                )
            except RepositoryNotFoundError:
                missing.append(f"{item.repo_id} is not on the Hub, or not visible to you; it was left out.")
    return f"{api.endpoint}/collections/{slug}", tuple(missing)
