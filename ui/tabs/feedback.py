"""A visitor marks the right label of what was asked, on pages whose owner said where that is to be kept."""

from __future__ import annotations

import tempfile
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from classification.errors import InputError
from classification.task import Task
from hub.feedback.log import FeedbackLog, fetch_marks, write_training_set

from ..context import FeedbackConfig, PageContext
from ..events import PRIVATE, PUSHING
from ..html.answer_cards import alert
from ..session.hub_actions import HubActions
from ..session.session import Session

#: Labels that are shown as buttons side by side; more go into a list.
SIDE_BY_SIDE = 8
#: Marks that one visitor may leave without opening the page again.
MOST_OF_ONE = 200


class FeedbackPanel:
    """Stands below the answers; shows up once something was asked."""

    def __init__(self, config: FeedbackConfig, task: Task, text: gr.State) -> None:
        """Lay the panel out inside the current Blocks and connect it.

        Args:
            config: where marks go.
            task: whose labels can be marked.
            text: what this visitor asked about last; kept by the server, so that only such texts are marked.
        """
        self._task = task
        if config.log is None:
            gr.HTML(f'<p class="notice">Feedback is off: {escape(config.error)}</p>', apply_default_css=False)
            return
        self._log = config.log
        self._marked = gr.State(0)
        with gr.Column(visible=False, elem_id="feedback", elem_classes="sheet") as self._panel:
            gr.HTML(notice(self._log), apply_default_css=False)
            with gr.Row(elem_id="marks"):
                self._right = self._choice()
                mark = gr.Button("Mark as right", elem_id="mark", scale=0, min_width=140)
            self._message = gr.HTML(elem_id="marked", apply_default_css=False)
        text.change(self._show, text, [self._panel, self._right, self._message], queue=False, **PRIVATE)
        mark.click(self._mark, [self._right, text, self._marked], [self._message, self._marked], **PRIVATE)

    def _choice(self) -> gr.components.Component:
        names, about = list(self._task.label_names), {"label": "Right is", "elem_id": "right"}
        if self._task.multi_label:
            return gr.Dropdown(names, multiselect=True, **about)
        return gr.Radio(names, **about) if len(names) <= SIDE_BY_SIDE else gr.Dropdown(names, value=None, **about)

    def _show(self, text: str) -> tuple[Any, Any, str]:
        return gr.update(visible=bool(text)), gr.update(value=None), ""

    def _mark(self, right: object, text: str, marked: int) -> tuple[str, int]:
        """Keep the label for the text that was asked."""
        labels = [str(name) for name in (right if isinstance(right, list) else [right]) if name is not None]
        try:
            if marked >= MOST_OF_ONE:
                raise InputError(f"{MOST_OF_ONE} marks are enough from one visitor; thank you.")
            self._log.add(text, labels)
        except InputError as error:
            return alert(str(error)), marked
        named = escape(", ".join(labels) or "no label")
        return f'<p class="kept">Kept as <strong>{named}</strong>. Thank you.</p>', marked + 1


class FeedbackForm:
    """Everything that visitors marked, as a file to train on, for whoever may read the dataset."""

    def __init__(self, context: PageContext, log: FeedbackLog) -> None:
        """Lay the form out inside the current Blocks and connect it."""
        self._log, self._task = log, context.task
        gr.HTML(
            f'<h2>What visitors marked</h2><p class="notice">Kept in {escape(log.repo_id)}; a file that every '
            "training script reads.</p>",
            apply_default_css=False,
        )
        fetch = gr.Button("Get it as a training set", elem_id="fetch-marks")
        message = gr.HTML(elem_id="fetched", apply_default_css=False)
        file = gr.DownloadButton("Download", visible=False, elem_id="download-marks")
        fetch.click(context.event(self._fetch), None, [message, file], **PUSHING)

    def _fetch(self, session: Session) -> tuple[str, Any]:
        """Everything in the dataset, for whoever may read it with a sign-in of their own."""
        hub = HubActions(session)
        try:
            if hub.account().owns(self._log.repo_id):
                self._log.flush()
            rows, _ = fetch_marks(self._log.repo_id, self._task, hub.api)
        except InputError as error:
            return alert(str(error)), gr.update(visible=False)
        file = Path(tempfile.mkdtemp(prefix="marks-")) / "feedback.csv"
        write_training_set(rows, file)
        label = f"Download {len(rows):,} row{'' if len(rows) == 1 else 's'} (CSV)"
        return "", gr.update(value=str(file), label=label, visible=True)


def notice(log: FeedbackLog) -> str:
    """What is kept of a mark, and where."""
    seen = "private" if log.private else "public"
    return (
        f'<p class="notice"><strong>Is that right?</strong> What you mark is kept with its text in the {seen} dataset '
        f"{escape(log.repo_id)} on the Hub, to train on later. Nothing else about you is.</p>"
    )
