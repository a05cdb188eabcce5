"""What the page's functions need to know of a request: where the page runs, who asks, and what the link asks for."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from .account import Visitor, visitor
from .links import LinkParams
from .runtime import Runtime


@dataclass(frozen=True)
class Session:
    """One request, as far as the page's functions care.

    Attributes:
        runtime: where the page runs.
        visitor: for whom the request acts, and with which token.
        link: what the address of the page asks for.
    """

    runtime: Runtime
    visitor: Visitor
    link: LinkParams = LinkParams()

    @classmethod
    def of(cls, runtime: Runtime, request: gr.Request | None, oauth: gr.OAuthToken | None) -> Session:
        """Read a request and the sign-in that came with it, both as Gradio has them."""
        return cls(runtime, visitor(runtime, request, oauth), LinkParams.of(request))


def with_session(runtime: Runtime, function: Callable[..., Any]) -> Callable[..., Any]:
    """Make an event function for Gradio of one whose first argument is the `Session`.

    Gradio itself fills in the arguments that are annotated as its request and its sign-in. They stand before the
    values of the components, so that nothing a caller sends is ever taken for one of them.

    Args:
        runtime: where the page runs.
        function: takes the session and the values of the event's components; may be a generator.
    """

    def event(request: gr.Request | None, oauth: gr.OAuthToken | None, *values: Any) -> Any:
        return function(Session.of(runtime, request, oauth), *values)

    def streaming_event(request: gr.Request | None, oauth: gr.OAuthToken | None, *values: Any) -> Iterator[Any]:
        yield from function(Session.of(runtime, request, oauth), *values)

    # Gradio streams only from what is a generator function itself. `functools.wraps` would also copy the annotations.
    made = streaming_event if inspect.isgeneratorfunction(function) else event
    made.__name__, made.__doc__ = function.__name__, function.__doc__
    return made
