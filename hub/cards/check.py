"""A card's front matter held against what the Hub asks of it, before the Hub does."""

from __future__ import annotations

import re
from typing import Any

import yaml
from huggingface_hub import ModelCard
from huggingface_hub.repocard import REGEX_YAML_BLOCK

from classification.errors import InputError, one_of, shown

from .licences import IDENTIFIER, OTHER
from .public import hub_id

LANGUAGE = re.compile(r"[a-z]{2,3}|code|multilingual")
RELATIONS = ("adapter", "finetune", "quantized", "merge")


def check_card(text: str) -> None:
    """Hold a card against what the Hub asks of its front matter, before the Hub does.

    Raises:
        InputError: it has none, it is no YAML, or a key is wrong; the sentence says which.
    """
    block = REGEX_YAML_BLOCK.search(text)
    if block is None:
        raise InputError("the card has no front matter; begin it with YAML between two lines of ---.")
    try:
        found = yaml.safe_load(block.group(2))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 2}" if mark else ""
        raise InputError(f"the card's front matter is not valid YAML{where}; correct it.") from None
    if not isinstance(found, dict):
        raise InputError(f"the card's front matter is {shown(found)} where it holds `key: value` lines.")
    for wrong in (_wrong_licence(found), _wrong_ids(found), _wrong_words(found)):
        if wrong:
            raise InputError(f"the card's front matter: {wrong}.")
    try:
        ModelCard(text)
    except (TypeError, ValueError, AttributeError) as error:
        raise InputError(f"the card's model-index cannot be read ({str(error)[:200]}); make the card anew.") from None


def checked(text: str) -> str:
    """A card that `check_card` has nothing against."""
    check_card(text)
    return text


def _wrong_licence(found: dict[str, Any]) -> str | None:
    licence = found.get("license")
    if not isinstance(licence, str) or not IDENTIFIER.fullmatch(licence):
        return f"'license' is {shown(licence)}; give an identifier such as apache-2.0"
    if licence == OTHER and not isinstance(found.get("license_name"), str):
        return "'license' is other, which needs a 'license_name'; add it"
    return None


def _wrong_ids(found: dict[str, Any]) -> str | None:
    for key in ("base_model", "datasets"):
        value = found.get(key)
        for name in value if isinstance(value, list) else [] if value is None else [value]:
            if not isinstance(name, str) or not hub_id(name if "/" in name else f"models/{name}"):
                return f"{key!r} has {shown(name)}, which is no Hub id; write owner/name, or leave it out"
    relation = found.get("base_model_relation")
    if relation is not None and relation not in RELATIONS:
        return f"'base_model_relation' is {shown(relation)}; allowed are {one_of(RELATIONS)}"
    return None


def _wrong_words(found: dict[str, Any]) -> str | None:
    languages = found.get("language")
    for code in languages if isinstance(languages, list) else [] if languages is None else [languages]:
        if not isinstance(code, str) or not LANGUAGE.fullmatch(code):
            return f"'language' has {shown(code)}; give ISO 639 codes such as en, and put no in quotes"
    tags = found.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        return f"'tags' is {shown(tags)}; give a list of words"
    return None
