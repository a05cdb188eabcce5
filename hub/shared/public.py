"""What of a record may be shown to the world: no local path, no token, and Hub ids told from mere names.

A record is written on somebody's machine and a card is read by everybody, so every text is filtered here.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from huggingface_hub.utils import HFValidationError, validate_repo_id

from classification.errors import InputError, shown
from classification.network.hub_errors import without_tokens
from classification.runs.record import RunRecord

#: Access tokens of the services that people keep beside the Hub.
OTHER_TOKEN = re.compile(
    r"(?:\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}|\bsk-[\w-]{20,}"
    r"|\bxox[abprs]-[\w-]{10,}|\bAKIA[0-9A-Z]{16}\b|\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*)"
)
#: Absolute paths of two parts and more, those from a home folder, and those of Windows; ``and/or`` is none.
LOCAL_PATH = re.compile(
    r"(?:file:/{1,3}|(?<![\w/.:~<])~?/)(?:[^\s/\\\"'`<>|]+/)+[^\s/\\\"'`<>|,;]*"
    r"|(?<![\w/.:])~/[^\s\"'`<>|,;]+"
    r"|(?<!\w)[A-Za-z]:[\\/](?:[^\s\\/\"'`<>|]+[\\/])*[^\s\\/\"'`<>|,;]*"
    r"|\\\\[^\s\"'`<>|,;]+"
)
#: Endings of the files that rows come in; such a name is a file and never a dataset on the Hub.
ROW_FILE = re.compile(r"\.(?:csv|tsv|jsonl?|parquet|txt)(?:\.\w+)?$", re.IGNORECASE)
#: Control characters, those that turn lines around or end them, and halves of characters; in lines all but \t and \n.
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+")
UNSEEN_IN_LINES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+")


def public(text: object) -> str:
    """A text to be read: without secrets, on one line, and without the characters that would turn it around."""
    return re.sub(" {2,}", " ", UNSEEN.sub(" ", without_secrets(str(text)))).strip()


def without_secrets(text: str) -> str:
    """A text with its tokens blotted out, and with the last part only of each local path."""
    return LOCAL_PATH.sub(lambda found: _last_part(found.group()), OTHER_TOKEN.sub("[token]", without_tokens(text)))


def public_values(value: object) -> object:
    """Plain values without secrets in their texts, whose lines stay lines."""
    if isinstance(value, str):
        return UNSEEN_IN_LINES.sub(" ", without_secrets(value))
    if isinstance(value, dict):
        return {public_values(key): public_values(item) for key, item in value.items()}
    return [public_values(item) for item in value] if isinstance(value, list | tuple) else value


def source_name(source: str) -> str:
    """What rows are called: a Hub id as it is, of anything else with slashes the last part."""
    return source if hub_id(source) else public(_last_part(source))


def hub_id(text: str | None) -> str | None:
    """``owner/name`` where a text is one that the Hub allows, else ``None``; a file of rows is none."""
    if text is None or text.count("/") != 1 or ROW_FILE.search(text) or public(text) != text:
        return None
    try:
        validate_repo_id(text)
    except HFValidationError:
        return None
    return text


def model_id(text: str) -> str | None:
    """The Hub id of a model, else ``None``; a few old ones have no owner (``gpt2``)."""
    return text if hub_id(text if "/" in text else f"models/{text}") else None


def base_id(record: RunRecord) -> str | None:
    """The base model's Hub id; ``None`` without a base model, or where it came from a folder."""
    return None if record.base is None or record.base.from_folder else model_id(record.base.id)


def dataset_id(record: RunRecord) -> str | None:
    """The Hub id of the rows that a run was trained on, where the record knows one.

    The task's own dataset counts only when the rows came from there: whoever trains on rows of their own for
    a task of somebody else's did not train on that dataset.
    """
    declared = record.task.dataset.path if record.task.dataset else None
    if hub_id(record.data.source):
        return record.data.source
    return declared if declared == record.data.source and hub_id(f"datasets/{declared}") else None


def checked_dataset(said: str | None) -> str | None:
    """The id of a dataset, as a person gave it.

    Raises:
        InputError: it is none.
    """
    if said is not None and not hub_id(said):
        raise InputError(f"{shown(said)} is not the id of a dataset on the Hub; write owner/name.")
    return said


def _last_part(path: str) -> str:
    return PurePosixPath(path.replace("\\", "/").rstrip("/")).name
