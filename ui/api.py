"""What programs call: the same functions over HTTP (``gradio_client``) and as tools of an MCP server.

Names, arguments and docstrings are what a caller sees: Gradio makes the API's documentation and the tools'
descriptions of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import gradio as gr
from gradio.events import api

from classification.errors import InputError, one_of
from comparison.comparison import Comparison
from comparison.report.tables import as_csv, as_markdown, as_table
from comparison.verdict import verdict

from .context import PageContext
from .data import answer_of, answers_of_all, contenders_now
from .events import TURNS
from .live.evaluate_rows import Progress, checked_rows, evaluate_rows
from .session.session import Session

#: What programs may call, and how many of them at a time.
FUNCTIONS: dict[str, dict[str, Any]] = {
    "classify": TURNS,
    "compare": TURNS,
    "evaluate": {"concurrency_limit": 1},
    "contenders": {},
    "results": {},
    "report": {},
}
FORMATS: dict[str, Callable[[Comparison], str]] = {"table": as_table, "markdown": as_markdown, "csv": as_csv}


class Api:
    """The functions of the API."""

    def __init__(self, context: PageContext) -> None:
        self._context, self._server = context, context.server

    def register(self) -> None:
        """Offer every function; call inside the page's Blocks."""
        for name, options in FUNCTIONS.items():
            api(getattr(self, name), api_name=name, **options)

    def classify(self, text: str, contender: str) -> dict[str, Any]:
        """Ask one contender what label a text has.

        The answer holds label (null for an invalid answer), labels, valid, a probability for each label, seconds,
        prompt_tokens, completion_tokens, shortened, said, label_mass, reasoning (what the model wrote first, else
        null), uncalibrated (labels and probability without its calibration, else null), error (why there is none, else
        null), characters (of the text as it was given) and cut_to (how many were read of a text that was too long,
        else null).

        Args:
            text: the text to classify; of a longer one, the first 5,000 characters are read.
            contender: the name of one contender, as `contenders` lists them.
        """
        with refusals():
            return answer_of(self._server, text, contender)

    def compare(self, text: str) -> dict[str, Any]:
        """Ask every contender what label a text has, to see where prompts and fine-tuned models agree.

        The answer holds task, labels, majority (the label that most contenders give, or null), characters and cut_to
        (as of `classify`), and for each contender what else `classify` gives, with differs: whether it contradicts
        the majority.

        Args:
            text: the text to classify; of a longer one, the first 5,000 characters are read.
        """
        with refusals():
            return answers_of_all(self._server, text)

    def evaluate(self, rows: list[dict[str, Any]], contenders: list[str] | None = None) -> Iterator[dict[str, Any]]:
        """Measure contenders on labelled rows: accuracy and macro-F1 with 95 % intervals, every pair tested, a verdict.

        The answer holds finished, task, labels, rows (how many), best, verdict, for each contender its scores,
        intervals, confusion matrix and how many of the rows it had seen (in training, as demonstrations, in
        validation; null where nobody knows), and for each pair the paired tests. Until then, a caller that
        reads along gets finished (false), contender, done and of; cancelling the call stops the evaluation.

        Args:
            rows: 1 to 200 objects with "text" and "label"; where the task allows several labels, "label" is a list.
            contenders: names of the contenders to evaluate; all of them where it is left out.
        """
        with refusals():
            checked = checked_rows(self._server.task, rows)
            names = [state.name for state in self._server.states()] if contenders is None else contenders
            for step in evaluate_rows(self._server, checked, names):
                yield _progress(step) if isinstance(step, Progress) else _finished(step)

    def contenders(self) -> list[dict[str, str]]:
        """List the contenders that can be asked about the task.

        Each has a name, an approach (baseline, zero-shot, few-shot or fine-tuned), about (which model, asked or
        trained how), a status (waiting, loading, ready or failed) and a note (why it failed, else empty).
        """
        return contenders_now(self._server)

    def results(  # noqa: D417  Gradio fills the last two in, and shows them to nobody
        self, comparison: str = "", request: gr.Request | None = None, oauth: gr.OAuthToken | None = None
    ) -> list[dict[str, Any]]:
        """Scores of every contender in a finished comparison, as numbers.

        Each has name, approach, family, accuracy, macro_f1, their 95 % intervals, speed, tokens, scores of each
        label and a confusion matrix; one that failed has an error in their place.

        Args:
            comparison: a comparison on the Hub, "owner/name" or "owner/name@revision"; the page's own when empty.
        """
        with refusals():
            return _records(self._comparison(comparison, request, oauth))

    def report(  # noqa: D417
        self,
        format: Literal["table", "markdown", "csv"] = "markdown",  # noqa: A002  the word that callers expect
        comparison: str = "",
        request: gr.Request | None = None,
        oauth: gr.OAuthToken | None = None,
    ) -> str:
        """Write a finished comparison as a table for people or for a spreadsheet; the first two end with the verdict.

        Args:
            format: "table" (aligned text), "markdown" or "csv".
            comparison: a comparison on the Hub, "owner/name" or "owner/name@revision"; the page's own when empty.
        """
        with refusals():
            if format not in FORMATS:
                raise InputError(f"there is no format {format!r}; ask for {one_of(FORMATS)}.")
            return FORMATS[format](self._comparison(comparison, request, oauth))

    def _comparison(self, reference: str, request: gr.Request | None, oauth: gr.OAuthToken | None) -> Comparison:
        session = Session.of(self._context.runtime, request, oauth)
        return self._context.comparisons.get(reference.strip(), session.visitor.token)


@contextmanager
def refusals() -> Iterator[None]:
    """Hand the sentence of an `InputError` to whoever calls, without a traceback in the log."""
    try:
        yield
    except InputError as error:
        raise gr.Error(str(error), print_exception=False) from None


def _progress(step: Progress) -> dict[str, Any]:
    return {"finished": False, "contender": step.contender, "done": step.done, "of": step.count}


def _records(comparison: Comparison) -> list[dict[str, Any]]:
    """A dictionary for each contender; its configuration may name what only its owner knows."""
    return [contender.model_dump(mode="json", exclude={"configuration"}) for contender in comparison.contenders]


def _finished(comparison: Comparison) -> dict[str, Any]:
    judged = verdict(comparison)
    return {
        "finished": True,
        "task": comparison.task.name,
        "labels": list(comparison.task.labels),
        "rows": comparison.rows.count,
        "best": judged.best if judged else None,
        "verdict": judged.sentence if judged else "No contender answered.",
        "contenders": _records(comparison),
        "pairs": [pair.model_dump(mode="json") for pair in comparison.pairs],
    }


def speak_json(page: gr.Blocks) -> None:
    """Let MCP clients get JSON; Gradio writes a result as Python would (``None``, single quotes)."""
    server = page.mcp_server_obj
    if server is not None:
        plain = server.postprocess_output_data
        server.postprocess_output_data = lambda data, root: plain([_as_text(part) for part in data], root)


def _as_text(part: object) -> object:
    return part if isinstance(part, str) else json.dumps(part, ensure_ascii=False)
