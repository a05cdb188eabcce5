"""How long prompts of different kinds take, side by side: demonstrations by text, and reasons written in batches.

    python -m benchmarks.prompting --data demo/headlines.csv --rows 48

Every contender gets the same texts in turn, round after round, so that a machine that slows down slows them all;
figures are medians over rounds, and what counts are the ratios. The pool of demonstrations is the train split of
``--demonstrations``; rows that are asked about are not in it.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch

from classification.classifiers.chat import ChatClassifier, load_prompted
from classification.classifiers.loading import PromptToLoad
from classification.data.dataset import load_rows
from classification.errors import InputError
from classification.models.generation import TextWriter
from classification.models.pool import ModelPool
from classification.predictions import Predictions
from classification.prompting.decoding import ReasonedLabels
from classification.prompting.demonstrations import choose
from classification.prompting.settings import PromptSettings
from classification.runs.environment import hardware
from classification.task import Task, load_task

ROOT = Path(__file__).resolve().parent.parent
FIXED = "5 fixed demonstrations"
#: Texts that are asked about at a time, as a comparison does it.
CHUNK = 64


@dataclass
class Contender:
    """One way to ask, and what it took.

    Attributes:
        name: in the table.
        ask: answers texts.
        order: the one in which it answers texts fastest; finding it counts.
        seconds: for a text, one figure a round.
        tokens: of its prompts, on average.
        labels: what it answered in the last round.
    """

    name: str
    ask: Callable[[Sequence[str]], Predictions]
    order: Callable[[Sequence[str]], list[int]] = lambda texts: list(range(len(texts)))
    seconds: list[float] = field(default_factory=list)
    tokens: float = 0.0
    labels: np.ndarray = field(default_factory=lambda: np.empty(0))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark and print its tables."""
    options = _parser().parse_args(argv)
    try:
        task = load_task(options.task)
        rows = load_rows(options.data, task)
        texts = rows.select(np.random.default_rng(0).permutation(len(rows))[: options.rows]).texts
        load = _loader(task, options, texts)
        print(
            f"{len(texts)} rows of {Path(options.data).name}, {options.rounds} rounds, {options.model}, {hardware()}\n"
        )
        _demonstrations(load, texts, options)
        _reasons(load, texts[: options.reasoned_rows], options.rounds)
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.prompting", description=__doc__)
    parser.add_argument("--data", required=True, help="labelled rows to ask about")
    parser.add_argument("--demonstrations", default=str(ROOT / "demo" / "headlines.csv"), help="training rows to show")
    parser.add_argument("--task", default=str(ROOT / "tasks" / "financial-sentiment.yaml"), help="task file")
    parser.add_argument("--model", default="HuggingFaceTB/SmolLM2-135M-Instruct", help="chat model")
    parser.add_argument("--rows", type=int, default=48, help="texts (48)")
    parser.add_argument("--groups", type=int, default=100, help="of texts that share demonstrations (100)")
    parser.add_argument("--reasoned_rows", type=int, default=32, help="texts that are reasoned about (32)")
    parser.add_argument("--rounds", type=int, default=1, help="times that every contender is asked (1)")
    return parser


Loader = Callable[..., ChatClassifier]


def _loader(task: Task, options: argparse.Namespace, texts: Sequence[str]) -> Loader:
    pool = ModelPool()

    def load(**settings: Any) -> ChatClassifier:
        form = PromptSettings(**settings)
        chosen = choose(options.demonstrations, task, form, evaluated=texts) if form.shots else None
        shown = (chosen.demonstrations, chosen.candidates) if chosen else ((), ())
        return load_prompted(PromptToLoad("asked", task, options.model, None, pool, *shown, form=form))

    return load


def _demonstrations(load: Loader, texts: Sequence[str], options: argparse.Namespace) -> None:
    """Fixed demonstrations, the most similar ones, and the most similar ones in groups."""
    few = {"shots": 5, "shots_per": "prompt"}
    grouped = load(**few, selection="semantic", groups=options.groups)
    found = [
        Contender("zero-shot", load().predict),
        Contender(FIXED, load(**few).predict),
        Contender(f"5 similar, in {options.groups} groups", grouped.predict, grouped.best_order),
        Contender("5 similar for each text", load(**few, selection="semantic").predict),
    ]
    _race(found, texts, options.rounds)
    _print("Demonstrations", found, found[1])


def _reasons(load: Loader, texts: Sequence[str], rounds: int) -> None:
    """Chain of thought in batches, and with one call of ``generate`` for each text."""
    classifier = load(style="chain-of-thought")
    found = [
        Contender("in batches behind a shared start", classifier.predict),
        Contender("one generate for each text", one_by_one(classifier)),
    ]
    _race(found, texts, rounds)
    _print("Chain of thought", found, found[0])
    agree = int((found[0].labels == found[1].labels).sum())
    print(f"the same label for {agree} of {len(texts)} texts\n")


def one_by_one(classifier: ChatClassifier) -> Callable[[Sequence[str]], Predictions]:
    """The same question with plain means: ``generate`` from the whole prompt, then the labels scored, text by text."""
    decoding = classifier._decoding  # noqa: SLF001  the same steps, without what makes them fast
    assert isinstance(decoding, ReasonedLabels)  # noqa: S101  it was made for chain of thought
    tokenizer = classifier.tokenizer

    def write(model: Any, prompts: Sequence[Sequence[int]], most: int, **_: Any) -> list[list[int]]:
        found = []
        for prompt in prompts:
            ids = torch.tensor([list(prompt)], device=model.device)
            out = model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=most,
                do_sample=False,
                eos_token_id=decoding.reasoner.ends,
                pad_token_id=tokenizer.pad_token_id,
            )
            new = out[0, ids.shape[1] :].tolist()
            end = next((place for place, token in enumerate(new) if token in set(decoding.reasoner.ends)), len(new))
            found.append(new[:end])
        return found

    def ask(texts: Sequence[str]) -> Predictions:
        writer, decoding.reasoner.writer = decoding.reasoner.writer, cast("TextWriter", _Plain(write))
        try:
            return Predictions.joined([classifier.predict([text]) for text in texts])
        finally:
            decoding.reasoner.writer = writer

    return ask


@dataclass
class _Plain:
    write: Callable[..., list[list[int]]]


def _race(found: Sequence[Contender], texts: Sequence[str], rounds: int) -> None:
    for contender in found:  # what is computed once: a prefix, embeddings
        contender.ask(texts[:2])
    for _ in range(rounds):
        for contender in found:
            started = time.perf_counter()
            order = contender.order(texts)
            asked = [texts[place] for place in order]
            answers = [contender.ask(asked[at : at + CHUNK]) for at in range(0, len(asked), CHUNK)]
            contender.seconds.append((time.perf_counter() - started) / len(texts))
            joined = Predictions.joined(answers).in_order(np.argsort(order))
            contender.tokens, contender.labels = float(joined.prompt_tokens.mean()), joined.best


def _print(title: str, found: Sequence[Contender], unit: Contender) -> None:
    print(title)
    print(f"  {'':<34} {'s/text':>8} {'ratio':>7} {'tokens':>7}")
    base = statistics.median(unit.seconds)
    for contender in found:
        seconds = statistics.median(contender.seconds)
        print(f"  {contender.name:<34} {seconds:>8.4f} {seconds / base:>6.2f}x {contender.tokens:>7.0f}")
    print()


if __name__ == "__main__":
    sys.exit(main())
