"""Classifiers and lineups without models, for tests of everything that stands above them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from classification.contenders import ContenderEntry
from classification.predictions import Predictions
from classification.prompting.demonstrations import ChosenDemonstrations
from classification.runs.seen import Seen, TextHashes
from classification.task import Label, Task
from comparison.comparison import Comparison
from comparison.records import ContenderResult, FailedContender, LabelRecord, MeasuredContender, RowsRecord, TaskRecord

SENTIMENT = Task(
    name="financial-sentiment",
    language="en",
    instruction="Decide what this financial news means for the price of what it is about.",
    labels=(
        Label(name="Bearish", verbalizer="bearish", description="bad news"),
        Label(name="Bullish", verbalizer="bullish", description="good news"),
        Label(name="Neutral", verbalizer="neutral", description="no clear direction"),
    ),
    examples=(
        "Chipmaker lifts its full-year forecast after record data-centre orders",
        "Retailer warns that holiday sales will miss estimates; shares slide 9%",
        "The central bank publishes the minutes of its March meeting on Wednesday",
        "Profit fell by a third, but far less than analysts had feared",
        "Airline cuts its dividend to pay down debt, and the stock jumps",
    ),
)
EMOTIONS = Task(
    name="emotions",
    language="en",
    instruction="Name the emotions.",
    labels=tuple(Label(name=f"emotion {i}") for i in range(28)),
    multi_label=True,
)


@dataclass
class FakeClassifier:
    """Gives every text the same answer.

    Attributes:
        probabilities: one per label; ``None`` for an invalid answer.
        said: what it pretends to have written.
        label_mass: see `Predictions`.
        error: raised instead of answering.
        gate: where given, each prediction waits until it is set.
    """

    name: str
    task: Task = SENTIMENT
    probabilities: Sequence[float] | None = (0.1, 0.8, 0.1)
    seconds: float = 0.25
    prompt_tokens: int = 0
    completion_tokens: int = 0
    truncated: bool = False
    said: str | None = None
    label_mass: float | None = None
    error: Exception | None = None
    prompted: bool = False
    gate: threading.Event | None = None
    asked: list[str] = field(default_factory=list)

    def predict(self, texts: Sequence[str]) -> Predictions:
        if self.gate is not None:
            self.gate.wait(10)
        if self.error is not None:
            raise self.error
        self.asked += texts
        rows = len(texts)
        row = np.zeros(len(self.task.labels)) if self.probabilities is None else np.asarray(self.probabilities)
        return Predictions.of(
            np.tile(row, (rows, 1)).astype(np.float32),
            self.seconds * rows,
            valid=np.full(rows, self.probabilities is not None),
            prompt_tokens=[self.prompt_tokens] * rows,
            completion_tokens=[self.completion_tokens] * rows,
            truncated=[self.truncated] * rows,
            completions=None if self.said is None else [self.said] * rows,
            label_mass=None if self.label_mass is None else np.full(rows, self.label_mass, np.float32),
        )

    def prompt(self, text: str) -> str | None:
        if not self.prompted:
            return None
        return f"<|im_start|>system\n{self.task.instruction}<|im_end|>\n<|im_start|>user\n{text}<|im_end|>\n"


@dataclass
class FakeContender:
    """A line of a lineup whose classifier is there already, or comes when ``gate`` is set."""

    classifier: FakeClassifier
    approach: str = "zero-shot"
    family: str = "chat"
    about: str = ""
    error: Exception | None = None
    gate: threading.Event | None = None
    hashes: TextHashes | None = TextHashes()
    demonstrations: ChosenDemonstrations = ChosenDemonstrations()
    run: Path | None = None
    entry: ContenderEntry | None = None

    @property
    def name(self) -> str:
        return self.classifier.name

    def describe(self) -> str:
        return self.about or self.name

    def choose_demonstrations(self, evaluated: object = ()) -> ChosenDemonstrations:
        return self.demonstrations

    def configuration(self, demonstrations: ChosenDemonstrations | None = None) -> dict[str, object]:
        return {"model": self.about}

    def seen(self, texts: Sequence[str], demonstrations: ChosenDemonstrations | None = None) -> Seen | None:
        return self.hashes.count(texts, demonstrations.texts if demonstrations else ()) if self.hashes else None

    def load(self, pool: object, demonstrations: ChosenDemonstrations | None = None) -> FakeClassifier:
        if self.gate is not None:
            self.gate.wait(10)
        if self.error is not None:
            raise self.error
        return self.classifier


@dataclass
class FakeLineup:
    """A task and its contenders."""

    task: Task
    contenders: Sequence[FakeContender]
    results: Path | None = None
    path: Path | None = None


def prompt_entry(name: str, approach: str = "zero-shot", **keys: object) -> ContenderEntry:
    """What a lineup would say of a prompt on SmolLM2; with 5 demonstrations a label where it is few-shot."""
    shots = {"shots": 5} if approach == "few-shot" else {}
    model = "HuggingFaceTB/SmolLM2-135M-Instruct"
    return ContenderEntry.model_validate({"name": name, "approach": approach, "model": model, **shots, **keys})


def fake_lineup(task: Task = SENTIMENT, change: Callable[[list[FakeContender]], None] | None = None) -> FakeLineup:
    """Seven contenders shaped like the demo's: five say Bullish, two say Neutral.

    Args:
        task: three labels.
        change: alters the list of contenders in place.
    """
    chat = "SmolLM2-135M-Instruct"

    def of(name: str, approach: str, family: str, about: str, row: Sequence[float], **more: object) -> FakeContender:
        entry = prompt_entry(name, approach) if approach in ("zero-shot", "few-shot") else None
        return FakeContender(FakeClassifier(name, task, row, **more), approach, family, about, entry=entry)  # type: ignore[arg-type]

    contenders = [
        of("Majority", "baseline", "majority", "always the most frequent label", (0.15, 0.2, 0.65), seconds=0.0),
        of("TF-IDF", "baseline", "tfidf", "words and logistic regression", (0.12, 0.71, 0.17), seconds=0.0004),
        of("SmolLM2 zero-shot", "zero-shot", "chat", chat, (0.21, 0.33, 0.46), seconds=0.21, prompt_tokens=68,
           completion_tokens=9, label_mass=0.018, prompted=True),
        of("SmolLM2 1-shot", "few-shot", "chat", f"{chat}, 1 example a label", (0.3, 0.42, 0.28), seconds=0.24,
           prompt_tokens=148, completion_tokens=9, label_mass=0.953, prompted=True),
        of("SmolLM2 5-shot", "few-shot", "chat", f"{chat}, 5 examples a label", (0.19, 0.58, 0.23), seconds=0.31,
           prompt_tokens=715, completion_tokens=9, label_mass=0.981, prompted=True, truncated=True),
        of("SmolLM2 tuned", "fine-tuned", "chat", f"{chat}, LoRA", (0.01, 0.97, 0.02), seconds=0.22,
           prompt_tokens=68, completion_tokens=9, label_mass=0.9999, prompted=True),
        of("MiniLM tuned", "fine-tuned", "encoder", "all-MiniLM-L6-v2, LoRA", (0.04, 0.93, 0.03), seconds=0.012,
           prompt_tokens=17),
    ]  # fmt: skip
    if change:
        change(contenders)
    return FakeLineup(task, contenders)


def fake_scores(name: str, approach: str, macro_f1: float, seconds: float, task: Task = SENTIMENT) -> MeasuredContender:
    """Scores of a contender with this macro-F1; the rest follows from it."""
    labels = len(task.labels)
    right = round(1000 * macro_f1)
    matrix = tuple(
        tuple(right if row == column else (1000 - right) // labels for column in range(labels)) + (row,)
        for row in range(labels)
    )
    return MeasuredContender(
        name=name, approach=approach, family="chat", configuration={},  # type: ignore[arg-type]
        accuracy=macro_f1 + 0.04, accuracy_ci=(macro_f1 + 0.025, macro_f1 + 0.055),
        macro_f1=macro_f1, macro_f1_ci=(macro_f1 - 0.02, macro_f1 + 0.02), micro_f1=macro_f1 + 0.04,
        invalid_rate=0.001, auc=None if seconds == 0 else 0.5 + macro_f1 / 2, ece=0.1,
        seconds_per_text=seconds, seconds_median=seconds, seconds_p95=2 * seconds,
        prompt_tokens=68, completion_tokens=9, shortened=0, label_mass=None,
        per_class={n: LabelRecord(precision=macro_f1, recall=macro_f1, f1=macro_f1, support=1000)
                   for n in task.label_names},
        confusion_matrix=None if task.multi_label else matrix, seen=Seen(train=0),
    )  # fmt: skip


def fake_comparison(task: Task = SENTIMENT) -> Comparison:
    """The seven contenders of `fake_lineup` as if evaluated, and one that failed."""
    scores = (0.26, 0.754, 0.19, 0.36, 0.47, 0.846, 0.851)
    seconds = (0.0, 0.0004, 0.05, 0.07, 0.09, 0.06, 0.011)
    contenders: list[ContenderResult] = [
        fake_scores(contender.name, contender.approach, score, time, task)
        for contender, score, time in zip(fake_lineup().contenders, scores, seconds, strict=True)
    ]
    failed = FailedContender(
        name="Qwen tuned", approach="fine-tuned", family="chat", configuration={}, error="runs/qwen: no run.json."
    )
    return Comparison(
        created="2026-11-21T00:00:00+00:00",
        task=TaskRecord.of(task),
        rows=RowsRecord(source="zeroshot/twitter-financial-news-sentiment, test", count=2388, fingerprint="0" * 64),
        contenders=(*contenders, failed),
        pairs=(),
        versions={},
        hardware={},
    )
