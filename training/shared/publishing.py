"""``--push_to_hub``: a finished run folder goes to the Hub in the same way as by ``python -m hub.push``."""

from __future__ import annotations

import logging
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi

from classification.errors import InputError
from hub.push.runs import PushOptions, plan_run
from hub.shared.client import account_of, check_owner, checked_repo_id, connect
from hub.shared.publish import Published, publish

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PushRequest:
    """Where a finished run is to go, and who may see it."""

    repo_id: str
    private: bool
    revision: str | None
    api: HfApi


def requested_push(args: Any) -> PushRequest | None:
    """Read and clear ``--push_to_hub``: the trainer's own push writes a wrong card and uploads a pickle.

    The account is checked now, not after hours of training.

    Args:
        args: transformers' `TrainingArguments`, or anything with their ``hub_...`` fields.

    Raises:
        InputError: nobody is signed in, or the repository is not the user's.
    """
    if not args.push_to_hub:
        return None
    args.push_to_hub = False
    if hasattr(args, "trackio_static_space_id"):
        args.trackio_static_space_id = False  # else trackio publishes the log of the training as a public Space
    api = connect(getattr(args, "hub_token", None))
    account = account_of(api)
    name = args.hub_model_id or Path(str(args.output_dir)).name
    repo_id = checked_repo_id(name if "/" in name else f"{account.name}/{name}")
    check_owner(account, repo_id)
    return PushRequest(repo_id, args.hub_private_repo is not False, getattr(args, "hub_revision", None), api)


def push_run(push_request: PushRequest | None, folder: Path) -> Published | None:
    """Publish the finished run folder.

    Raises:
        InputError: it did not work; the run folder is kept, and the sentence says how to push it later.
    """
    if push_request is None:
        return None
    try:
        options = PushOptions(private=push_request.private, revision=push_request.revision)
        plan = plan_run(folder, push_request.repo_id, options, api=push_request.api)
        done = publish(plan, push_request.api, progress=logger.info)
    except InputError as error:
        raise InputError(f"{error} {_later(push_request, folder)}") from None
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"stopped. {_later(push_request, folder)}") from None
    logger.warning("published: %s", done.url)
    return done


def _later(push_request: PushRequest, folder: Path) -> str:
    words = ["python", "-m", "hub.push", str(folder), "--repo_id", push_request.repo_id]
    words += ["--revision", push_request.revision] if push_request.revision else []
    words += [] if push_request.private else ["--public"]
    return f"The run is complete in {folder}; push it with: {shlex.join(words)}"
