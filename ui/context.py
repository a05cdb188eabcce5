"""What the parts of the page share, made once when the page is built."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from classification.errors import InputError
from classification.lineup import Lineup
from classification.task import Task
from hub.feedback.log import FeedbackLog, feedback_from_environment

from .live.comparison_cache import ComparisonCache
from .live.contender_server import ContenderServer
from .session.runtime import Runtime
from .session.session import with_session


@dataclass(frozen=True)
class FeedbackConfig:
    """Where visitors' marks go, or why they cannot go there."""

    log: FeedbackLog | None = None
    error: str = ""


def feedback_config(environ: Mapping[str, str], task: Task) -> FeedbackConfig | None:
    """What the environment asks for; ``None`` where it asks for nothing, which is how it is by default."""
    try:
        log = feedback_from_environment(environ, task)
    except InputError as error:
        return FeedbackConfig(error=str(error))
    return FeedbackConfig(log) if log else None


@dataclass(frozen=True)
class PageContext:
    """What every tab and the API work with.

    Attributes:
        lineup: the task, its contenders, their file and the folder of saved results.
        server: loads and asks the contenders.
        comparisons: the page's own comparison, and those that visitors open.
        runtime: where the page runs.
        feedback: where visitors' marks go; ``None`` where there are none.
    """

    lineup: Lineup
    server: ContenderServer
    comparisons: ComparisonCache
    runtime: Runtime
    feedback: FeedbackConfig | None = None

    @property
    def task(self) -> Task:
        """What all contenders decide."""
        return self.lineup.task

    def event(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """An event function for Gradio from one whose first argument is the `Session`."""
        return with_session(self.runtime, function)
