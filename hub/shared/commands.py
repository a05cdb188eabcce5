"""Shared by the commands of this folder: what they print, and their exit status."""

from __future__ import annotations

import os
import shlex
import sys
import traceback
from collections.abc import Callable, Sequence

from classification.errors import InputError
from comparison.report.formatting import plain_table

from .publish import Plan, size
from .tokens import HIDDEN, check_command_words, redact_logs, redacted

DEFECT, BAD_INPUT, STOPPED = 1, 2, 130


def command(main: Callable[[], object]) -> None:
    """Run a command's ``main``: an `InputError` becomes one sentence and status 2, Ctrl-C status 130.

    Any other error keeps its traceback, with tokens removed.
    """
    redact_logs()
    try:
        check_command_words(sys.argv[1:])
        main()
        sys.stdout.flush()
    except InputError as error:
        sys.exit(_end(str(error), BAD_INPUT))
    except KeyboardInterrupt:
        sys.exit(_end("stopped; run the same command again to go on, nothing unfinished was published", STOPPED))
    except BrokenPipeError:  # the reader of the pipe has closed it, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        if error.filename is None:
            sys.exit(_end(traceback.format_exc(), DEFECT))
        sys.exit(_end(f"{error.filename}: {str(error.strerror).lower()}; correct that and run it again.", BAD_INPUT))
    except Exception:  # noqa: BLE001 - a defect of the program, told as Python tells it
        sys.exit(_end(traceback.format_exc(), DEFECT))


def shown_command(module: str, words: Sequence[str]) -> str:
    """The command line without ``--dry_run``, to be run as it is."""
    return shlex.join(["python", "-m", module, *(word for word in words if word != "--dry_run")])


def secrets_from_environment(names: Sequence[str]) -> dict[str, str]:
    """Secrets by name; their values come from the environment, so that they stand on no command line.

    Raises:
        InputError: there is no such environment variable.
    """
    for name in names:
        if not os.environ.get(name):
            raise InputError(f"--secret {name}: no environment variable has this name; set it, then name it here.")
    HIDDEN.update(os.environ[name] for name in names)
    return {name: os.environ[name] for name in names}


def say(doing: str) -> None:
    """Write a line about the progress to standard error."""
    sys.stderr.write(f"{doing}\n")


def describe(plan: Plan, *, command: str) -> str:
    """What a dry run shows: every file with its size, the card as it will be, and the commands that go on from it."""
    files = plain_table((), [(f"  {upload.path}", size(upload.size)) for upload in plan.uploads])
    seen = "private" if plan.private else "public"
    asked = f", branch {plan.revision}" if plan.revision else ""
    asked += ", as a pull request" if plan.create_pr else ""
    kind = "" if plan.repo_type == "model" else f" --repo-type {plan.repo_type}"
    return (
        f"{plan.repo_type} repository {plan.repo_id} ({seen} if it is new){asked}\n"
        f"{len(plan.uploads)} files, {size(plan.bytes)}:\n{files}\n\n"
        f"----- README.md -----\n{plan.card.rstrip()}\n----- end of README.md -----\n\n"
        f"To publish:  {command}\nTo get back: hf download {plan.repo_id}{kind}\n"
        "Nothing was sent: this was a dry run.\n"
    )


def _end(sentence: str, status: int) -> int:
    sys.stderr.write(f"{redacted(sentence)}\n")
    return status
