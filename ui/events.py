"""How the page's events run: unseen by programs, and so many at a time."""

from __future__ import annotations

from typing import Any

VISITORS_AT_ONCE = 8
#: An event of the page itself, not of its API.
PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
#: Questions to the contenders, those of programs among them.
TURNS: dict[str, Any] = {"concurrency_limit": VISITORS_AT_ONCE, "concurrency_id": "ask"}
#: Questions with prompts that a visitor picked, which may first have to be built: few, so that others need not wait.
PICKED: dict[str, Any] = {"concurrency_limit": 2, "concurrency_id": "picked"}
#: What writes to the Hub.
PUSHING: dict[str, Any] = {"concurrency_limit": 4, "concurrency_id": "push", **PRIVATE}
