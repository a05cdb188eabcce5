"""Records of runs for tests of their cards, and a card's Markdown as the HTML that a reader's browser gets."""

from __future__ import annotations

import os
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from huggingface_hub import ModelCard
from markdown_it import MarkdownIt

from classification.runs.record import BaseRecord, DataRecord, ExampleAnswer, RunRecord
from classification.task import Label, Task
from comparison.comparison import Comparison
from comparison.records import LabelRecord, Scores
from hub.cards.evidence import Evidence
from hub.cards.licences import Licence, licence_of
from hub.cards.model import model_card
from support.comparisons import ABC, compared

CARDS = Path(__file__).parents[1] / "hub" / "cards" / "expected"
#: Set to write the expected cards anew after a change that is meant.
WRITE = "PROMPT_OR_TUNE_WRITE_CARDS"

LETTERS = ABC.model_copy(update={"examples": ("The first one", "Another")})
TAGS = LETTERS.model_copy(update={"name": "tags", "multi_label": True})
BASE = BaseRecord(id="HuggingFaceTB/SmolLM2-135M-Instruct", weights="hub")


def run_record(**changes: Any) -> RunRecord:
    """A chat model with LoRA for the letters A, B and C, unless told otherwise."""
    plain: dict[str, Any] = {
        "name": "letters", "created": "2026-11-21T07:10:38+00:00", "family": "chat", "method": "lora",
        "task": LETTERS, "base": BASE, "seed": 42, "seconds": 100.0,
        "data": DataRecord(source="letters.csv", fingerprint="f" * 64, rows={"train": 900, "validation": 100}),
        "answers": (ExampleAnswer(text="The first one", labels=("B",), probability=0.87),),
        "hardware": {"processor": "A processor", "cores": 4}, "versions": {"torch": "2.13.0+cpu"},
    }  # fmt: skip
    if changes.get("family") in ("tfidf", "majority"):
        plain |= {"base": None, "method": "fit"}
    return RunRecord(**plain | changes)


def scores(**changes: Any) -> Scores:
    """Scores of a model that is good at A, fair at B and weak at C, on 300 rows."""
    plain: dict[str, Any] = {
        "accuracy": 0.8, "accuracy_ci": (0.75, 0.85), "macro_f1": 0.79, "macro_f1_ci": (0.74, 0.84), "micro_f1": 0.8,
        "invalid_rate": 0.0, "auc": 0.9, "ece": 0.02, "seconds_per_text": 0.1, "seconds_median": 0.1,
        "seconds_p95": 0.2, "prompt_tokens": 30, "completion_tokens": 3, "shortened": 0, "label_mass": 0.997,
        "per_class": {
            "A": LabelRecord(precision=0.9, recall=0.95, f1=0.92, support=100),
            "B": LabelRecord(precision=0.8, recall=0.8, f1=0.8, support=100),
            "C": LabelRecord(precision=0.7, recall=0.65, f1=0.67, support=100),
        },
        "confusion_matrix": ((95, 3, 2, 0), (10, 80, 10, 0), (5, 30, 65, 0)),
    }  # fmt: skip
    return Scores(**plain | changes)


def evaluation(**changes: Any) -> dict[str, Any]:
    """What a training writes of its validation rows."""
    return {"split": "validation", "rows": 300, **scores(**changes).model_dump(mode="json")}


def comparison_with(record: RunRecord, name: str = "tuned") -> Comparison:
    """A comparison on 60 rows of which this contender is the run."""
    found = compared()
    configuration = {
        "base": record.base.model_dump(exclude_none=True) if record.base else None,
        "method": record.method,
        "data": record.data.model_dump(),
        "training_seconds": record.seconds,
        **({"run_id": record.id} if record.id else {}),
    }
    return found.model_copy(
        update={
            "contenders": tuple(
                contender.model_copy(update={"configuration": configuration, "family": record.family})
                if contender.name == name
                else contender
                for contender in found.contenders
            )
        }
    )


def card_of(record: RunRecord, evidence: Evidence | None = None, **options: Any) -> str:
    """The card of a run with the options that every push gives."""
    return model_card(record, evidence, **{"repo_id": "you/letters", "licence": licence_for(record)} | options)


def licence_for(record: RunRecord) -> Licence:
    """The licence of a run whose base model, if it has one, says apache-2.0 on its card."""
    return licence_of(record.base.id, {"license": "apache-2.0"}) if record.base else licence_of(None)


def body(card: str) -> str:
    """A card without its front matter."""
    return str(ModelCard(card).text)


def expected(name: str, text: str) -> str:
    """What a card is to be; see `WRITE`."""
    file = CARDS / name
    if os.environ.get(WRITE):
        file.write_text(text, encoding="utf-8")
    return file.read_text(encoding="utf-8")


class Seen(HTMLParser):
    """What a browser makes of a card: how often each tag stands in it, where its links lead, and its words."""

    def __init__(self, card: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.addresses: list[str] = []
        self.words = ""
        renderer = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
        self.feed(renderer.render(body(card)))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Count it, and keep where it leads."""
        self.tags[tag] += 1
        self.addresses += [str(value) for name, value in attrs if name in ("href", "src")]
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        """Keep the words."""
        self.words += data


def many_labels(count: int) -> Task:
    """A task with so many labels."""
    labels = tuple(Label(name=f"label {number}") for number in range(count))
    return Task(name="many", language="en", instruction="Choose one.", labels=labels, examples=("A text",))
