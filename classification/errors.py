"""The one exception that means: a person gave something that cannot be used."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """Bad input from a person, explained in one sentence that is fit to be shown as it is.

    The sentence says what was wrong, what is allowed and what to do. Command lines print it and
    exit with status 2; the page shows it in place of an answer. Anything else that is raised is a
    defect of the program and keeps its traceback.
    """


def one_of(names: Iterable[str]) -> str:
    """``["a", "b", "c"]`` as ``"a, b or c"``, for the part of a sentence that says what is allowed."""
    listed = [str(name) for name in names]
    if len(listed) < 2:
        return "".join(listed)
    return f"{', '.join(listed[:-1])} or {listed[-1]}"


def nearest(name: str, allowed: Iterable[str]) -> str:
    """`` (did you mean 'x'?)`` where an allowed name comes close, otherwise an empty string."""
    by_folded = {str(candidate).casefold(): str(candidate) for candidate in allowed}
    close = difflib.get_close_matches(str(name).casefold(), by_folded, n=1, cutoff=0.6)
    return f" (did you mean {by_folded[close[0]]!r}?)" if close else ""


def shown(value: object, limit: int = 60) -> str:
    """``repr`` of a value from outside, cut to ``limit`` characters so that a message stays a sentence."""
    text = repr(value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
