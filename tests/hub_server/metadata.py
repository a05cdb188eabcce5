"""The YAML front matter of a README: what the Hub reads from it, and what it refuses in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from .hardware import SPACE_FLAVORS
from .repository import Kind

FRONT_MATTER = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
REPOSITORY_ID = re.compile(r"(?!.*(?:--|\.\.))[A-Za-z0-9][\w.-]*(?:/[\w][\w.-]*)?", re.ASCII)
COLOURS = ("red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray")
SDKS = ("gradio", "docker", "static", "streamlit")
RELATIONS = ("adapter", "merge", "quantized", "finetune")
LONGEST_SHORT_DESCRIPTION = 60
LICENSES = (
    "apache-2.0", "mit", "openrail", "bigscience-openrail-m", "creativeml-openrail-m", "bigscience-bloom-rail-1.0",
    "bigcode-openrail-m", "afl-3.0", "artistic-2.0", "bsl-1.0", "bsd", "bsd-2-clause", "bsd-3-clause",
    "bsd-3-clause-clear", "c-uda", "cc", "cc0-1.0", "cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0",
    "cc-by-sa-3.0", "cc-by-sa-4.0", "cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nd-4.0",
    "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0", "cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0",
    "cdla-sharing-1.0", "cdla-permissive-1.0", "cdla-permissive-2.0", "wtfpl", "ecl-2.0", "epl-1.0", "epl-2.0",
    "etalab-2.0", "eupl-1.1", "eupl-1.2", "agpl-3.0", "gfdl", "gpl", "gpl-2.0", "gpl-3.0", "lgpl", "lgpl-2.1",
    "lgpl-3.0", "isc", "h-research", "intel-research", "lppl-1.3c", "ms-pl", "apple-ascl", "apple-amlr", "mpl-2.0",
    "odc-by", "odbl", "openmdw-1.0", "openrail++", "osl-3.0", "postgresql", "ofl-1.1", "ncsa", "unlicense", "zlib",
    "pddl", "lgpl-lr", "deepfloyd-if-license", "fair-noncommercial-research-license", "llama2", "llama3",
    "llama3.1", "llama3.2", "llama3.3", "llama4", "grok2-community", "gemma", "unknown", "other",
)  # fmt: skip


def front_matter(text: str) -> dict[str, Any]:
    """What stands between the two lines of dashes.

    Raises:
        ValueError: it is no YAML, or no mapping.
    """
    match = FRONT_MATTER.match(text)
    if match is None:
        return {}
    try:
        found = yaml.safe_load(match.group(1))
    except yaml.YAMLError as error:
        raise ValueError(f"YAML parse error: {error}") from None
    if found is not None and not isinstance(found, dict):
        raise ValueError("the metadata must be a mapping of names to values")
    return found or {}


def problems(kind: Kind, text: str) -> tuple[list[str], list[str]]:
    """The errors, which make the Hub refuse the README, and the warnings."""
    try:
        card = front_matter(text)
    except ValueError as error:
        return [str(error)], []
    if not card:
        missing = 'Missing configuration in README: add front matter with at least "sdk"'
        return ([missing], []) if kind == "spaces" else ([], ["empty or missing yaml metadata in repo card"])
    checks = [_license(card), _model_index(card), _references(card)]
    checks += [_space(card)] if kind == "spaces" else []
    return [error for check in checks for error in check], []


def listed(value: object) -> list[str]:
    """A value that may stand alone, in a list, or not at all."""
    if value is None:
        return []
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def tags_of(card: Mapping[str, Any]) -> list[str]:
    """The tags that a repository gets from its card, by which it is found."""
    tags = listed(card.get("tags")) + listed(card.get("library_name")) + listed(card.get("pipeline_tag"))
    prefixes = {"license": "license", "base_model": "base_model", "datasets": "dataset", "language": ""}
    for key, prefix in prefixes.items():
        tags += [f"{prefix}:{value}" if prefix else value for value in listed(card.get(key))]
    relation = card.get("base_model_relation")
    tags += [f"base_model:{relation}:{base}" for base in listed(card.get("base_model"))] if relation else []
    return list(dict.fromkeys([*tags, "region:us"]))


def _license(card: Mapping[str, Any]) -> Iterator[str]:
    for name in listed(card.get("license")):
        if name not in LICENSES:
            yield f'"license" must be one of [{", ".join(sorted(LICENSES))}]'
    if card.get("license") == "other" and not card.get("license_name"):
        yield '"license_name" is required when "license" is "other"'


def _references(card: Mapping[str, Any]) -> Iterator[str]:
    for key, where in (("base_model", "models"), ("datasets", "datasets"), ("models", "models")):
        for value in listed(card.get(key)):
            if not REPOSITORY_ID.fullmatch(value):
                yield f'"{key}" with value "{value}" is not valid. Use an id from https://hf.co/{where}.'
    relation = card.get("base_model_relation")
    if relation is not None and relation not in RELATIONS:
        yield f'"base_model_relation" must be one of [{", ".join(RELATIONS)}]'


def _model_index(card: Mapping[str, Any]) -> Iterator[str]:
    index = card.get("model-index")
    if index is None:
        return
    for model in index if isinstance(index, list) else [{}]:
        results = model.get("results") if isinstance(model, dict) and model.get("name") else None
        if not isinstance(results, list):
            yield '"model-index" must be a list of models, each with "name" and "results"'
            return
        for number, result in enumerate(results):
            for key in ("task", "dataset", "metrics"):
                if not isinstance(result, dict) or not result.get(key):
                    yield f'"model-index[0].results[{number}].{key}" is required'


def _space(card: Mapping[str, Any]) -> Iterator[str]:
    if card.get("sdk") not in SDKS:
        yield f'"sdk" must be one of [{", ".join(SDKS)}]'
    for key in ("colorFrom", "colorTo"):
        if card.get(key, COLOURS[0]) not in COLOURS:
            yield f'"{key}" must be one of [{", ".join(COLOURS)}]'
    if len(str(card.get("short_description") or "")) > LONGEST_SHORT_DESCRIPTION:
        yield f'"short_description" length must be less than or equal to {LONGEST_SHORT_DESCRIPTION} characters long'
    flavor = card.get("suggested_hardware")
    if flavor is not None and flavor not in SPACE_FLAVORS:
        yield f'"suggested_hardware" must be one of [{", ".join(SPACE_FLAVORS)}]'
    for key in ("sdk_version", "python_version", "title", "emoji", "app_file"):
        if card.get(key) is not None and not isinstance(card[key], str):
            yield f'"{key}" must be a string'
    if not isinstance(card.get("hf_oauth", False), bool):
        yield '"hf_oauth" must be a boolean'
