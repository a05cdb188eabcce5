"""What stands behind the answer of a prompt, as HTML: the prompt itself, its demonstrations and the model's reasons."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from classification.data.counting import quantity
from classification.prompting.messages import Demonstration
from comparison.report.formatting import percent

from ..live.answer import Answer, Uncalibrated

LONGEST_PROMPT = 20_000
LONGEST_REASONING = 5_000
#: Demonstrations that a card lists, and characters of each; the prompt has all of them in full.
MOST_LISTED, LONGEST_DEMONSTRATION = 64, 200


def cut(text: str, limit: int) -> str:
    """Escaped text of at most ``limit`` characters, saying how many are left out."""
    left_out = len(text) - limit
    return escape(text if left_out <= 0 else f"{text[:limit]}… ({left_out:,} more characters)")


def behind(answer: Answer) -> str:
    """What can be opened on a card; empty where nothing was prompted."""
    parts = [_prompt(answer.prompt), _demonstrations(answer.demonstrations), _reasoning(answer.reasoning)]
    return f'<div class="behind">{"".join(parts)}</div>' if any(parts) else ""


def without_calibration(before: Uncalibrated | None, now: Sequence[str], *, several: bool) -> str:
    """What would have been said without a calibration, marked where it is something else.

    Args:
        before: ``None`` where nothing was calibrated.
        now: the labels that are given.
        several: whether a text may have several labels, so that no probability stands for all of them.
    """
    if before is None:
        return ""
    sure = "" if several else f" {percent(before.probability)}"
    said = escape(f"{', '.join(before.labels) or 'no label'}{sure}")
    if tuple(now) == before.labels:
        return f'<p class="mass">without calibration: {said}</p>'
    return f'<p class="mass warn">without calibration: <strong>{said}</strong>, another answer</p>'


def _prompt(prompt: str | None) -> str:
    if prompt is None:
        return ""
    return (
        '<details class="prompt"><summary>Exact prompt</summary>'
        f'<pre tabindex="0">{cut(prompt, LONGEST_PROMPT)}</pre></details>'
    )


def _demonstrations(shown: Sequence[Demonstration]) -> str:
    if not shown:
        return ""
    more = len(shown) - MOST_LISTED
    rest = f'<li class="rest">and {more} more in the prompt</li>' if more > 0 else ""
    rows = "".join(_demonstration(one) for one in shown[:MOST_LISTED])
    return (
        f'<details class="shown"><summary>{quantity(len(shown), "demonstration")}</summary>'
        f'<ol tabindex="0">{rows}{rest}</ol></details>'
    )


def _demonstration(one: Demonstration) -> str:
    labels = cut(", ".join(one.labels) or "no label", LONGEST_DEMONSTRATION)
    alike = "" if one.similarity is None else f'<span class="alike">similarity {one.similarity:.2f}</span>'
    return f"<li><strong>{labels}</strong>{alike}<span>{cut(one.text, LONGEST_DEMONSTRATION)}</span></li>"


def _reasoning(reasoning: str | None) -> str:
    if reasoning is None:
        return ""
    said = cut(reasoning.strip(), LONGEST_REASONING) or "The model wrote nothing."
    return f'<details class="reasoning"><summary>Reasoning</summary><pre tabindex="0">{said}</pre></details>'
