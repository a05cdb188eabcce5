"""What the *Publish* tab does on the Hub, for whoever is signed in; no component is known here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import HfApi

from classification.errors import InputError
from classification.lineup import load_lineup
from hub.collect.collection import Item, collect, items_of
from hub.comparisons.datasets import plan_comparison
from hub.push.runs import PushOptions, plan_run
from hub.shared.client import Account, account_of, check_owner, checked_repo_id, connect, reachable
from hub.shared.publish import Plan, Published, publish
from hub.space.plan import SpaceSettings, configure_space, plan_space

from .runs import Run
from .session import Session

UNMEASURED = "Nobody has measured how good this run is: compare it first, or tick that it goes without an evaluation."
LONGEST_TITLE = 120

#: Gets, in a few words, what is being done.
Say = Callable[[str], object]


@dataclass(frozen=True)
class PublishRequest:
    """What somebody asks to be published, as the form says it.

    Attributes:
        repo_id: ``owner/name``.
        title: of the card; empty for the one that is made from the task.
        licence: identifier; empty for the base model's.
        public: whether everybody may see a repository that is new.
        pull_request: ask the owner to take it.
        unevaluated: publish although nobody knows how good it is.
    """

    repo_id: str
    title: str = ""
    licence: str = ""
    public: bool = False
    pull_request: bool = False
    unevaluated: bool = False


@dataclass(frozen=True)
class HubActions:
    """Acts on the Hub for one visitor, and for nobody else.

    Attributes:
        session: whose token is used; and where the page runs, since from a Space only what is the visitor's own is
            ever written to.
    """

    session: Session

    @property
    def api(self) -> HfApi:
        """A client with the visitor's token, or with none."""
        return connect(self.session.visitor.token)

    def reaches_the_hub(self) -> bool:
        """Whether the Hub can be reached."""
        return reachable(self.api)

    def account(self) -> Account:
        """Who is signed in.

        Raises:
            InputError: nobody; the sentence says how to.
        """
        if not self.session.visitor.known:
            raise InputError(self.session.visitor.reason)
        return account_of(self.api)

    def plan(self, run: Run, publish_request: PublishRequest, *, look: bool = True) -> Plan:
        """The run as it would be published.

        Args:
            run: what.
            publish_request: where and how.
            look: whether the Hub is asked about the repository and the base model.

        Raises:
            InputError: it cannot be published so; the sentence says why.
        """
        if not run.measured and not publish_request.unevaluated:
            raise InputError(UNMEASURED)
        options = PushOptions(
            comparison=run.comparison,
            private=not publish_request.public,
            create_pr=publish_request.pull_request,
            unevaluated=publish_request.unevaluated,
            title=publish_request.title.strip()[:LONGEST_TITLE] or None,
            licence=publish_request.licence.strip() or None,
            space=self.session.runtime.space,
        )
        return plan_run(run.folder, publish_request.repo_id, options, api=self.api if look else None)

    def push(self, run: Run, publish_request: PublishRequest, say: Say) -> Published:
        """Publish a run, if the repository is the visitor's to write to.

        Raises:
            InputError: it is not, the run cannot be published so, or the Hub refused.
        """
        self._check(publish_request.repo_id, say, pull_request=publish_request.pull_request)
        say("putting the card together")
        return publish(self.plan(run, publish_request), self.api, progress=say)

    def push_comparison(self, folder: Path, repo_id: str, *, public: bool, say: Say) -> Published:
        """Publish the page's own comparison as a dataset.

        Raises:
            InputError: the repository is not the visitor's, or the Hub refused.
        """
        self._check(repo_id, say)
        say("reading the comparison")
        plan = plan_comparison(folder, repo_id, private=not public, space=self.session.runtime.space)
        return publish(plan, self.api, progress=say)

    def make_space(self, lineup: Path, repo_id: str, *, public: bool, hardware: str, say: Say) -> Published:
        """Make a Space of the page's lineup, or bring one up to date.

        Raises:
            InputError: the Space is not the visitor's, or the Hub refused.
        """
        self._check(repo_id, say)
        say("putting the Space together")
        settings = SpaceSettings(hardware=hardware or SpaceSettings.hardware)
        plan = plan_space(lineup, repo_id, settings, private=not public, api=self.api)
        published = publish(plan, self.api, progress=say)
        if settings.hardware != SpaceSettings.hardware:
            say(f"asking for {settings.hardware}")
            configure_space(published.repo_id, self.api, variables={}, secrets={}, hardware=settings.hardware)
        return published

    def _check(self, repo_id: str, say: Say, *, pull_request: bool = False) -> None:
        """Refuse a repository that is not the visitor's to write to, before anything is read or sent.

        A pull request to a repository of others may be made from a computer of one's own, never from a Space.
        """
        say("checking who is signed in")
        account = self.account()
        if self.session.runtime.space or not pull_request:
            check_owner(account, checked_repo_id(repo_id))

    def collect(self, lineup: Path, title: str, published: tuple[Item, ...], *, public: bool) -> tuple[str, list[str]]:
        """Put what was published beside the lineup's models and rows, in a collection of the visitor's.

        Returns:
            Its address, and a sentence for each thing that was left out.

        Raises:
            InputError: nobody is signed in, the title is too long, or the Hub refused.
        """
        self.account()
        found = load_lineup(lineup)
        seen = {(item.kind, item.repo_id) for item in published}
        items = [*published, *(item for item in items_of(found) if (item.kind, item.repo_id) not in seen)]
        url, missing = collect(
            items,
            title=title.strip(),
            api=self.api,
            private=not public,
            description=f"Prompt or fine-tune? Measured on {found.task.name}.",
        )
        return url, list(missing)
