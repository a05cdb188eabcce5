"""Answers of Hubs that give less than huggingface.co does, and what a repository holds after them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from huggingface_hub import HfApi


def names_at(api: HfApi, repo_id: str) -> set[str]:
    return set(api.list_repo_files(repo_id))


def without_card(about: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in about.items() if key not in ("cardData", "tags")}


def dropped(name: str) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    return lambda files: [file for file in files if file["path"] != name]


def changed(name: str, **to: Any) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    return lambda files: [file | to if file["path"] == name else file for file in files]
