"""How fast is label scoring? Ours and its peers on one model and the same rows, in one run.

    python -m benchmarks.scoring --data demo/headlines.csv --rows 48

Peers: cappr with its cache, transformers' ``pipeline("decision")``, skorch's ``ZeroShotClassifier`` and
``FewShotClassifier``, and one plain forward pass a label. Every contender gets the same texts in turn, round after
round, so that a machine that slows down slows them all; figures are medians over rounds, and what counts are the
ratios.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch

from benchmarks.legacy import dropped_names
from classification.classifiers.chat import ChatClassifier
from classification.data.dataset import load_rows
from classification.errors import InputError
from classification.models.pool import LoadedModel, ModelPool
from classification.models.scoring import score_plainly
from classification.models.token_tree import shared_prefix
from classification.prompting.demonstrations import fixed
from classification.prompting.encoding import encode_answers, encode_prompt, render_chat
from classification.prompting.messages import Demonstration, render
from classification.prompting.settings import PromptSettings
from classification.runs.environment import hardware
from classification.task import Task, load_task

ROOT = Path(__file__).resolve().parent.parent
OURS = "prompt-or-tune"
PLAIN = "plain forward pass per label"
#: Texts that cappr takes at once, zero-shot and with demonstrations: where it took the least processor time for a text
#: among 3, 4, 8, 16 and 32 of 32 texts. Its own default is 2.
CAPPR_BATCH = (16, 8)


@dataclass
class Peer:
    """One way to score, and what it took.

    Attributes:
        name: in the table.
        shots: demonstrations a label.
        answer: the label of each text: its column, or what the peer calls it.
        same_question: whether it is asked with the tokens that ours is asked with, so that labels are compared.
        seconds: for each text, one figure a round.
        memory: MB that the process grew by while it answered, at most.
        best: its answers in the last round.
    """

    name: str
    shots: int
    answer: Callable[[Sequence[str]], np.ndarray]
    same_question: bool = False
    seconds: list[float] = field(default_factory=list)
    memory: float = 0.0
    best: np.ndarray = field(default_factory=lambda: np.empty(0))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark and print its tables."""
    options = _parser().parse_args(argv)
    task = load_task(options.task)
    try:
        rows = load_rows(options.data, task)
        pool = load_rows(options.demonstrations, task)
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    rows_to_show = [Demonstration(text, tuple(names)) for text, names in zip(pool.texts, pool.labels, strict=True)]
    shown = fixed(rows_to_show, task, PromptSettings(shots=options.shots))
    # A text is not shown with itself, so one of these would have a prompt of its own.
    others = [row for row, text in enumerate(rows.texts) if text not in {one.text for one in shown}]
    chosen = np.random.default_rng(0).permutation(others)[: options.rows]
    texts = rows.select([int(row) for row in chosen]).texts
    base = ModelPool().chat(options.model)
    peak = matrix_peak()
    print(f"{len(texts)} rows of {Path(options.data).name}, {options.rounds} rounds, {options.model}, {hardware()}")
    print(f"fp32 matrix peak, measured: {peak / 1e9:.0f} GFLOP/s\n")
    for shots, demonstrations in ((0, []), (options.shots, shown)):
        compare(task, base, texts, demonstrations, shots, options.rounds, peak)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scoring", description=__doc__)
    parser.add_argument("--data", required=True, help="labelled rows to score")
    parser.add_argument(
        "--demonstrations", default=str(ROOT / "demo" / "headlines.csv"), help="rows for few-shot prompts"
    )
    parser.add_argument("--task", default=str(ROOT / "tasks" / "financial-sentiment.yaml"))
    parser.add_argument("--model", default="HuggingFaceTB/SmolLM2-135M-Instruct")
    parser.add_argument("--rows", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--shots", type=int, default=5, help="demonstrations a label")
    return parser


def compare(
    task: Task,
    base: LoadedModel,
    texts: Sequence[str],
    shown: Sequence[Demonstration],
    shots: int,
    rounds: int,
    peak: float,
) -> None:
    """Time every peer in turn and print a table."""
    classifier = ChatClassifier(OURS, task, base, demonstrations=shown)
    answers = encode_answers(base.tokenizer, task.words)
    prompts = [encode_prompt(base.tokenizer, render(task, text, shown)).ids for text in texts]
    peers = [
        Peer(OURS, shots, lambda some: classifier.predict(some).best, same_question=True),
        Peer(PLAIN, shots, lambda some: _plainly(base, task, some, shown, answers), same_question=True),
        _cappr(task, base, shown, shots),
        _decision(task, base, shown, shots),
        _skorch(task, base, shown, shots),
    ]
    for turn in range(rounds + 1):  # the first round warms up and measures memory
        for peer in peers:
            before = reset_peak_memory()
            started = time.perf_counter()
            found = peer.answer(texts if turn else texts[:4])
            if turn:
                peer.seconds.append((time.perf_counter() - started) / len(texts))
                peer.best = found
                peer.memory = max(peer.memory, peak_memory() - before)
    _print_table(peers, useful_flops(base, prompts, answers), peak)


def _print_table(peers: Sequence[Peer], flops: float, peak: float) -> None:
    ours = statistics.median(peers[0].seconds)
    plain = next(peer for peer in peers if peer.name == PLAIN)
    print(f"{peers[0].shots * 3} demonstrations" if peers[0].shots else "zero-shot")
    print(f"  {'':34} {'s/text':>8} {'ours is':>9} {'of peak':>8} {'memory':>9} {'as plain':>9}")
    for peer in peers:
        median = statistics.median(peer.seconds)
        same = f"{(peer.best == plain.best).mean():.0%}" if peer.same_question else "–"
        share = f"{flops / ours / peak:.0%}" if peer.name == OURS else ""
        print(f"  {peer.name:34} {median:>8.4f} {median / ours:>8.1f}x {share:>8} {peer.memory:>6.0f} MB {same:>9}")
    others = [peer for peer in peers if peer.name not in (OURS, PLAIN)]
    best = min(others, key=lambda peer: statistics.median(peer.seconds))
    ratio = statistics.median(best.seconds) / ours
    print(f"  against the best peer, {best.name}: {ratio:.1f} times the texts per second")
    for peer in others:
        if peer.same_question:
            print(f"  {peer.name} gives our label to {(peer.best == peers[0].best).sum()} of {len(peer.best)} texts")
    print()


def _plainly(
    base: LoadedModel, task: Task, texts: Sequence[str], shown: Sequence[Demonstration], answers: list[list[int]]
) -> np.ndarray:
    prompts = [encode_prompt(base.tokenizer, render(task, text, shown)).ids for text in texts]
    return np.array([score_plainly(base.model, prompt, answers).argmax() for prompt in prompts])


def _cappr(task: Task, base: LoadedModel, shown: Sequence[Demonstration], shots: int) -> Peer:
    """cappr, asked with the very tokens of ours, the end of the turn included, and in its fastest setting.

    The shared start is cached once, as ours keeps it, and no round pays for it: `cache_model` is its `cache` without an
    end, and leaves the tokenizer alone that the other peers share. It would put a space behind the start and add a
    token before it; both belong to prompts that are no chat, so neither is done. `predict` would take the mean over an
    answer's tokens; ours and plain forward passes take the sum.
    """
    with dropped_names():
        from cappr.huggingface import _utils
        from cappr.huggingface.classify import cache_model, log_probs_conditional
        from cappr.utils.classify import agg_log_probs

    @contextmanager
    def as_written() -> Iterator[None]:
        spaces = patch.object(_utils, "does_tokenizer_need_prepended_space", return_value=False)
        with dropped_names(), spaces, _utils.dont_add_bos_token(base.tokenizer):
            yield

    chat = render_chat(base.tokenizer, render(task, "TEXT", shown), add_generation_prompt=True)
    before, _, after = chat.rpartition("TEXT")
    size = CAPPR_BATCH[bool(shown)]
    completions = [base.tokenizer.decode(answer) for answer in encode_answers(base.tokenizer, task.words)]
    with as_written():
        cached = cache_model((base.model, base.tokenizer), before, logits_all=False)

    def answer(texts: Sequence[str]) -> np.ndarray:
        prompts = [text + after for text in texts]
        with as_written():
            found = log_probs_conditional(
                prompts, completions, cached, end_of_prompt="", show_progress_bar=False, batch_size=size
            )
            return np.asarray(agg_log_probs(found, np.sum)).argmax(axis=1)

    return Peer("cappr with its cache", shots, answer, same_question=True)


def _decision(task: Task, base: LoadedModel, shown: Sequence[Demonstration], shots: int) -> Peer:
    from transformers import pipeline

    decide = pipeline("decision", model=base.model, tokenizer=base.tokenizer)
    criteria = {label.word: label.description for label in task.labels}
    examples = "".join(f"{each.text}\n{each.labels[0].lower()}\n\n" for each in shown)

    def answer(texts: Sequence[str]) -> np.ndarray:
        question = {"type": "choice", "instructions": task.instruction + "\n" + examples, "criteria": criteria}
        found = [decide({"state": text, "questions": {"q": question}})["q"] for text in texts]
        return np.array([str(each) for each in found])

    return Peer('transformers pipeline("decision")', shots, answer)


def _skorch(task: Task, base: LoadedModel, shown: Sequence[Demonstration], shots: int) -> Peer:
    from skorch.llm import FewShotClassifier, ZeroShotClassifier

    if shown:
        model = FewShotClassifier(model=base.model, tokenizer=base.tokenizer, max_samples=len(shown), random_state=0)
        model.fit([each.text for each in shown], [each.labels[0].lower() for each in shown])
    else:
        model = ZeroShotClassifier(model=base.model, tokenizer=base.tokenizer)
        model.fit(None, list(task.words))

    def answer(texts: Sequence[str]) -> np.ndarray:
        model.clear_model_cache()  # else later rounds only look up what the first one kept
        return np.asarray(model.predict(list(texts)))

    return Peer(f"skorch {type(model).__name__}", shots, answer)


def useful_flops(base: LoadedModel, prompts: Sequence[Sequence[int]], answers: Sequence[Sequence[int]]) -> float:
    """Multiply-adds, twice, that one text cannot do without: its own tokens and the answers' through every matrix.

    The shared start is spread over all texts; attention and the few logits are left out, so the share of the
    peak that follows is a lower bound.
    """
    embedding = base.model.get_input_embeddings().weight.numel()
    weights = sum(parameter.numel() for parameter in base.model.parameters()) - embedding
    shared = shared_prefix(prompts)
    own = sum(len(prompt) - shared for prompt in prompts) / len(prompts)
    answer_tokens = sum(len(answer) - 1 for answer in answers)
    return 2.0 * weights * (own + answer_tokens)


def matrix_peak(size: int = 2048, repeats: int = 5) -> float:
    """FLOP/s of the best of several fp32 matrix products: what this machine can do at most."""
    left, right = torch.randn(size, size), torch.randn(size, size)
    best = 0.0
    for _ in range(repeats):
        started = time.perf_counter()
        torch.mm(left, right)
        best = max(best, 2 * size**3 / (time.perf_counter() - started))
    return best


def reset_peak_memory() -> float:
    """Start counting peak memory anew (Linux); returns what is resident now, in MB."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _status("VmRSS")


def peak_memory() -> float:
    """Peak resident memory since the last reset, in MB."""
    return _status("VmHWM")


def _status(name: str) -> float:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    sys.exit(main())
