"""The *Publish* tab: a run becomes a model on the Hub, with the card that is shown here before it goes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from classification.errors import InputError
from hub.shared.publish import Plan, Published

from ..context import PageContext
from ..events import PRIVATE, PUSHING
from ..html import publish_form as view
from ..html.answer_cards import alert
from ..session.hub_actions import HubActions, PublishRequest, Say
from ..session.runs import Runs
from ..session.session import Session
from .compare import CompareTab
from .next_steps import NextSteps
from .steps import run_in_steps, steps_as_html

OWN_LICENCE = "as the base model"
#: Licences that people choose, by the Hub's identifiers.
LICENCES = (
    "apache-2.0", "mit", "bsd-3-clause", "gpl-3.0", "agpl-3.0", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0",
    "cc-by-nc-sa-4.0", "openrail", "llama3.1", "llama3.2", "llama3.3", "llama4", "gemma", "unknown",
)  # fmt: skip


class PublishTab:
    """The tab's components, and what happens between them. Whose token is used is decided anew by each request."""

    def __init__(self, context: PageContext, compare: CompareTab) -> None:
        """Lay out the tab inside the current Blocks and connect it."""
        self._context, self._runs = context, Runs(context.lineup, context.runtime)
        self._offered = gr.State(("", ""))  # the run and repository that this visitor found filled in
        self._done = gr.State(None)  # what this visitor published, for the steps that come after it
        with gr.Row(elem_id="account-row"):
            self._account = gr.HTML(elem_id="account", apply_default_css=False)
            if context.runtime.signs_in:
                gr.LoginButton(elem_id="login", size="sm", scale=0, min_width=200)
        with gr.Row(elem_id="publish", visible=False) as self._form:
            with gr.Column(scale=4, min_width=300, elem_classes="sheet form-sheet"):
                self._fields()
            with gr.Column(scale=6, min_width=300, elem_classes="sheet card-sheet"):
                gr.HTML("<h2>The card as it will be</h2>", apply_default_css=False)
                self._matter = gr.HTML(elem_id="matter", apply_default_css=False)
                self._card = gr.Markdown(elem_id="card", latex_delimiters=[], container=False)
        self._afterwards = NextSteps(context, compare, self._done)
        self._connect()

    def _fields(self) -> None:
        self._run = gr.Dropdown([], label="Run", elem_id="run", filterable=False)
        self._repo = gr.Textbox(label="Repository", placeholder="owner/name", max_lines=1, elem_id="repo")
        self._title = gr.Textbox(
            label="Title", placeholder="made from the task and the model", max_lines=1, elem_id="title"
        )
        self._licence = gr.Dropdown([(OWN_LICENCE, ""), *LICENCES], value="", label="Licence", elem_id="licence")
        self._public = gr.Checkbox(label="Public: everybody may see a new repository", elem_id="public")
        self._pull_request = gr.Checkbox(label="As a pull request", elem_id="pull-request")
        self._unevaluated = gr.Checkbox(label="Without an evaluation", elem_id="unevaluated")
        self._push = gr.Button("Publish", variant="primary", elem_id="push")
        self._message = gr.HTML(elem_id="told", apply_default_css=False)
        gr.HTML(view.PROMISE, apply_default_css=False)

    @property
    def _inputs(self) -> list[Any]:
        return [
            self._run,
            self._repo,
            self._title,
            self._licence,
            self._public,
            self._pull_request,
            self._unevaluated,
        ]

    def _connect(self) -> None:
        preview, card = self._context.event(self._preview), [self._matter, self._card]
        changed = [
            self._repo.blur,
            self._repo.submit,
            self._title.blur,
            self._title.submit,
            self._licence.input,
            self._public.input,
            self._pull_request.input,
            self._unevaluated.input,
        ]
        self._run.input(self._suggest, [self._run, self._repo], self._repo, **PRIVATE).then(
            preview, self._inputs, card, **PRIVATE
        )
        # a card takes a moment to make, and what was changed meanwhile must not be missed
        gr.on(changed, preview, self._inputs, card, trigger_mode="always_last", **PRIVATE)
        publish = self._context.event(self._publish)
        self._push.click(publish, self._inputs, [self._message, self._done], **PUSHING)

    def connect(self, tab: gr.Tab) -> None:
        """Have the tab open this form whenever it is selected, by a visitor or by the page's address."""
        opened = [self._account, self._form, self._afterwards.row, self._run, self._repo, self._offered]
        tab.select(self._context.event(self._open), opened[-3:], opened, **PRIVATE).then(
            self._context.event(self._preview), self._inputs, [self._matter, self._card], **PRIVATE
        )

    def _open(self, session: Session, run: str | None, repo: str, offered: tuple[str, str]) -> list[Any]:
        """Say who is signed in; offer the newest run, unless this visitor has changed what was offered before."""
        if session.visitor.off:
            return [view.nobody_line(session.visitor.reason), *[gr.update(visible=False)] * 2, *[gr.skip()] * 3]
        names = self._runs.names()
        line, owner = _account(session)
        if run not in names or (run, repo) == offered:
            run = names[0] if names else None
            repo = f"{owner}/{_name(run)}" if run and owner else ""
            offered = (run or "", repo)
        return [line, *[gr.update(visible=True)] * 2, gr.update(choices=names, value=run), repo, offered]

    def _suggest(self, run: str, repo: str) -> str:
        """Another run goes to a repository of its own name, with the same owner."""
        owner = (repo or "").partition("/")[0]
        return f"{owner}/{_name(run)}" if owner and run else repo

    def _preview(self, session: Session, run: str | None, repo: str, *form: Any) -> tuple[str, str]:
        """The front matter and files, and the card's text; or the sentence that says why there is none."""
        try:
            plan, doubt = self._planned(session, run, _request(repo or f"you/{_name(run)}", *form))
        except InputError as error:
            return alert(str(error)), ""
        matter, body = view.split_card(plan.card)
        return (alert(doubt) if doubt else "") + view.files(plan) + view.front_matter_table(matter), body

    def _planned(self, session: Session, run: object, request: PublishRequest) -> tuple[Plan, str]:
        """The plan as the Hub bears it out; else as far as is known here, and what the Hub has against it."""
        if session.visitor.off:
            raise InputError(session.visitor.reason)
        hub, chosen = HubActions(session), self._runs.get(run)
        plan = hub.plan(chosen, request, look=False)
        if not hub.reaches_the_hub():
            return plan, "The Hub cannot be reached, so this is the card as far as it is known here."
        try:
            return hub.plan(chosen, request), ""
        except InputError as error:
            return plan, str(error)

    def _publish(self, session: Session, run: str, repo: str, *form: Any) -> Iterator[tuple[str, Any]]:
        """Push, telling each step."""

        def work(say: Say) -> Published:
            if not session.visitor.known:
                raise InputError(session.visitor.reason)
            return HubActions(session).push(self._runs.get(run), _request(repo or "", *form), say)

        yield from steps_as_html(run_in_steps(work), "model")


def _request(
    repo: str, title: str | None, licence: str | None, public: bool, pull_request: bool, unevaluated: bool
) -> PublishRequest:
    """What the form's fields ask for; a text field that was never touched may be empty in either way."""
    return PublishRequest(repo, title or "", licence or "", public, pull_request, unevaluated)


def _account(session: Session) -> tuple[str, str]:
    """Who is signed in, as HTML, and that account's name; else why nobody is, and no name."""
    try:
        account = HubActions(session).account()
    except InputError as error:
        return view.nobody_line(str(error)), ""
    return view.account_line(account), account.name


def _name(run: str | None) -> str:
    """A run's name as that of a repository."""
    return (run or "run").rpartition("/")[2]
