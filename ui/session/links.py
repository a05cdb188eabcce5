"""Links that bring others to what one sees: a question, a comparison on the Hub, a tab."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

import gradio as gr

TABS = ("compare", "results", "publish")
#: A link is kept to what browsers, proxies and chat programs pass on whole.
LONGEST_LINK = 4000
LONGEST_REFERENCE = 300
#: No server passes on a longer one.
LONGEST_ADDRESS = 100_000
#: Two links of a chain.
ICON = (
    '<svg viewBox="0 0 16 16" width="13" height="13" aria-hidden="true" fill="none" stroke="currentColor" '
    'stroke-width="1.6" stroke-linecap="round"><path d="M6.6 9.4a2.6 2.6 0 0 0 3.7 0l2.4-2.4a2.6 2.6 0 0 0-3.7-3.7'
    'l-.9.9M9.4 6.6a2.6 2.6 0 0 0-3.7 0L3.3 9a2.6 2.6 0 0 0 3.7 3.7l.9-.9"/></svg>'
)


@dataclass(frozen=True)
class LinkParams:
    """The parameters in the address of the page; every one may be missing, and none is trusted.

    Attributes:
        text: what to ask the contenders about.
        comparison: on the Hub, to be shown.
        tab: the one to show first.
    """

    text: str = ""
    comparison: str = ""
    tab: str = ""

    @classmethod
    def of(cls, request: gr.Request | None) -> LinkParams:
        """Read ``?text=...&comparison=...&tab=...``."""
        query: Mapping[str, str] = dict(request.query_params) if request is not None else {}
        text = str(query.get("text", ""))[:LONGEST_ADDRESS]  # and then cut like a text that is typed
        comparison = str(query.get("comparison", ""))[:LONGEST_REFERENCE].strip()
        tab = str(query.get("tab", ""))
        return cls(text, comparison, tab if tab in TABS else "results" if comparison else "")


def query(**parts: str) -> str:
    """``?text=...`` and the like; empty where the link would be too long to be passed on."""
    link = "?" + urlencode({name: value for name, value in parts.items() if value})
    return link if len(link) <= LONGEST_LINK else ""


def copy_button(link: str, label: str = "Copy link") -> str:
    """A button that copies the page's own address with this query; says so where a text is too long for a link."""
    if not link:
        return '<span class="copy none">too long for a link</span>'
    return (
        f'<button type="button" class="copy" data-copy-link="{escape(link)}">'
        f'{ICON}<span aria-live="polite">{escape(label)}</span></button>'
    )
