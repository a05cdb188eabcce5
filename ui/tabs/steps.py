"""Long work in a thread, as an iterator of its messages that a page can show."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable, Generator, Iterator
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

import gradio as gr

from classification.errors import InputError
from classification.network.hub_errors import without_tokens
from hub.shared.publish import Published

from ..html import publish_form as view
from ..session.hub_actions import Say

logger = logging.getLogger(__name__)

Result = TypeVar("Result")


class _End(Generic[Result]):
    """How it ended: with a result, or an error."""

    def __init__(self, result: Result | None, error: Exception | None) -> None:
        self.result, self.error = result, error


def run_in_steps(work: Callable[[Say], Result]) -> Generator[str, None, Result]:
    """Run something in a thread and yield each message it gives of itself, then return its result.

    Whoever stops iterating does not stop the work: a push goes to its end, so that nothing is left half done.

    Args:
        work: gets a function to say in a few words what it is doing.

    Raises:
        InputError: the work did. A defect is logged, without tokens, and becomes a sentence too.
    """
    messages: SimpleQueue[str | _End[Result]] = SimpleQueue()

    def run() -> None:
        try:
            messages.put(_End(work(messages.put), None))
        except Exception as error:  # noqa: BLE001  it is raised again below, in the thread that iterates
            messages.put(_End(None, error))

    threading.Thread(target=run, name="run-in-steps", daemon=True).start()
    while not isinstance(message := messages.get(), _End):
        yield without_tokens(message)
    if message.error is not None:
        raise _as_sentence(message.error) from None
    return message.result  # type: ignore[return-value]  # where there is no error there is a result


def _as_sentence(error: Exception) -> InputError:
    if isinstance(error, InputError):
        return InputError(without_tokens(str(error)))
    logger.error("%s", without_tokens("".join(traceback.format_exception(error))))
    return InputError(f"this failed because of a defect ({type(error).__name__}); the server's log says more.")


def steps_as_html(work: Generator[str, None, Published], kind: str) -> Iterator[tuple[str, Any]]:
    """Each step so far and how it ended as HTML, and the `Published` once there is one."""
    steps: list[str] = []
    try:
        while True:
            try:
                steps.append(next(work))
            except StopIteration as end:
                done: Published = end.value
                break
            yield view.steps(steps), gr.skip()
    except InputError as error:
        yield view.steps(steps, error=str(error), busy=False), gr.skip()
        return
    yield view.steps(steps, busy=False) + view.published(done, kind), done
