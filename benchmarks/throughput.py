"""How many texts a second? Static embeddings beside TF-IDF and a linear probe, on the same rows, in one run.

    python -m benchmarks.throughput --data demo/headlines.csv

All three are trained on the rows first, into a folder that is thrown away, and loaded as anybody loads a run; runs that
are there already are taken with ``--run``. Every contender gets the same texts in turn, round after round, so that a
machine that slows down slows them all. Where other programs are at work, the texts for each second of processor time
say more than those for each second of the clock.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from classification import load_classifier
from classification.data.dataset import load_rows
from classification.errors import InputError
from classification.predictions import Classifier
from classification.runs.environment import hardware
from classification.task import load_task

ROOT = Path(__file__).resolve().parent.parent
#: Contenders in the order of the table; a probe embeds every text with its encoder, so it gets fewer of them.
SCRIPTS = {"static": "training.static", "tfidf": "training.baseline", "probe": "training.probe"}
FLOOR = "tfidf"
SLOW = ("probe",)


@dataclass
class Measured:
    """A contender, and what its rounds took.

    Attributes:
        name: of the contender.
        classifier: loaded.
        texts: that it gets.
        wall: texts for each second of the clock, one figure a round.
        processor: texts for each second of processor time, of all threads together.
    """

    name: str
    classifier: Classifier
    texts: Sequence[str]
    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    def round(self) -> None:
        """Answer all texts once, and note how long it took."""
        wall, processor = time.perf_counter(), time.process_time()
        self.classifier.predict(self.texts)
        self.wall.append(len(self.texts) / (time.perf_counter() - wall))
        self.processor.append(len(self.texts) / (time.process_time() - processor))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark and print its table."""
    options = _parser().parse_args(argv)
    try:
        rows = load_rows(options.data, load_task(options.task))
        with TemporaryDirectory(prefix="throughput-") as place:
            runs = {name: Path(run) for name, _, run in (each.partition("=") for each in options.run)}
            texts = repeated(rows.texts, options.texts)
            contenders = [
                Measured(
                    name,
                    load_classifier(runs.get(name) or _trained(name, script, options, Path(place))),
                    texts[: options.slow] if name in SLOW else texts,
                )
                for name, script in SCRIPTS.items()
            ]
            compare(contenders, options.rounds)
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    tokens = contenders[0].classifier.predict(texts[:1000]).prompt_tokens.mean()
    print(f"{len(texts):,} texts of {Path(options.data).name}, {tokens:.0f} tokens each, {options.rounds} rounds")
    print(f"{hardware()}, {os.getloadavg()[0]:.1f} programs at work at the end, this one among them\n")
    print_table(contenders)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.throughput", description=__doc__)
    parser.add_argument("--data", required=True, help="labelled rows to train on and to answer")
    parser.add_argument("--task", default=str(ROOT / "tasks" / "financial-sentiment.yaml"))
    parser.add_argument("--model", default="sentence-transformers/all-MiniLM-L6-v2", help="the sentence encoder")
    parser.add_argument("--texts", type=int, default=20_000, help="texts a round; the rows, over and over")
    parser.add_argument("--slow", type=int, default=200, help="texts a round for the probe")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--run", action="append", default=[], metavar="NAME=FOLDER", help=f"a run to take for {', '.join(SCRIPTS)}"
    )
    return parser


def repeated(texts: Sequence[str], count: int) -> list[str]:
    """``count`` texts: the given ones, over and over."""
    return [texts[place % len(texts)] for place in range(count)]


def compare(contenders: Sequence[Measured], rounds: int) -> None:
    """Let every contender answer in turn; the first round warms up."""
    for turn in range(rounds + 1):
        for each in contenders:
            each.round()
        if not turn:
            for each in contenders:
                each.wall.clear()
                each.processor.clear()


def print_table(contenders: Sequence[Measured]) -> None:
    """Medians over the rounds, and each beside TF-IDF."""
    floor = statistics.median(next(each.processor for each in contenders if each.name == FLOOR))
    print(f"{'':8} {'texts/s':>10} {'texts per processor second':>28} {f'of {FLOOR}':>10}")
    for each in contenders:
        processor = statistics.median(each.processor)
        print(f"{each.name:8} {statistics.median(each.wall):>10,.0f} {processor:>28,.0f} {processor / floor:>9.2f}x")


def _trained(name: str, script: str, options: argparse.Namespace, place: Path) -> Path:
    model = ["--model_name_or_path", options.model] if name != FLOOR else []
    run = place / name
    words = ["--task", options.task, "--data", str(Path(options.data).resolve()), "--output_dir", str(run), *model]
    subprocess.run([sys.executable, "-m", script, *words], cwd=ROOT, check=True)  # noqa: S603  our own scripts
    return run


if __name__ == "__main__":
    sys.exit(main())
