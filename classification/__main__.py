"""``python -m classification predict`` asks a lineup about texts; ``check`` says what is wrong with a dataset."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence

from .dataset import load_splits
from .errors import InputError, one_of
from .lineup import Contender, Lineup, load_lineup
from .predictions import Predictions
from .quality import report
from .task import Task, load_task

#: Characters of a text that are looked at; a model's context ends long before.
MAX_TEXT = 20_000


def main(argv: Sequence[str] | None = None) -> int:
    """Run one of the commands; returns the exit status."""
    options = _parser().parse_args(argv)
    try:
        return int(options.run(options))
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m classification", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    predict = commands.add_parser("predict", help="ask every contender of a lineup about texts")
    predict.add_argument(
        "texts", nargs="+", metavar="TEXT", help="a text to decide about, or - for lines of standard input"
    )
    predict.add_argument("--lineup", required=True, help="lineup file (YAML), such as demo/lineup.yaml")
    predict.add_argument("--only", action="append", metavar="NAME", help="ask this contender only; may be repeated")
    predict.add_argument("--json", action="store_true", help="print JSON, one object a text and contender")
    predict.set_defaults(run=_predict)
    check = commands.add_parser("check", help="look for duplicates, leaks, contradictions, imbalance, broken encoding")
    check.add_argument("--task", required=True, help="task file (YAML)")
    check.add_argument("--data", help="a file, a folder of split files, or a Hub id; by default the task's dataset")
    check.set_defaults(run=_check)
    return parser


def _check(options: argparse.Namespace) -> int:
    task = load_task(options.task)
    found = report(load_splits(task, options.data, need=(), validation_size=0, test_size=0), task)
    sys.stdout.write(f"{found.as_text()}\n")
    return 1 if found.has_errors else 0


def _predict(options: argparse.Namespace) -> int:
    lineup = load_lineup(options.lineup)
    texts = _texts(options.texts)
    contenders = _chosen(lineup, options.only)
    pool, failed = lineup.pool(), 0
    for contender in contenders:
        try:
            found = contender.load(pool).predict(texts)
        except InputError as error:  # the others still answer
            failed += 1
            sys.stderr.write(f"{contender.name}: {error}\n")
            continue
        lines = _json_lines if options.json else _readable_lines
        sys.stdout.writelines(f"{line}\n" for line in lines(contender, lineup.task, texts, found))
        sys.stdout.flush()
    return 2 if failed == len(contenders) else 0


def _texts(given: Sequence[str]) -> list[str]:
    texts = [line for text in given for line in (sys.stdin if text == "-" else [text])]
    texts = [text.strip()[:MAX_TEXT] for text in texts if text.strip()]
    if not texts:
        raise InputError("the text is empty; give one to decide about, in quotes.")
    return texts


def _chosen(lineup: Lineup, names: Sequence[str] | None) -> list[Contender]:
    known = [contender.name for contender in lineup.contenders]
    for name in names or ():
        if name not in known:
            raise InputError(f"no contender is called {name!r}; the lineup has {one_of(known)}.")
    return [contender for contender in lineup.contenders if not names or contender.name in names]


def _json_lines(contender: Contender, task: Task, texts: Sequence[str], found: Predictions) -> Iterator[str]:
    for row, text in enumerate(texts):
        yield json.dumps(
            {
                "text": text,
                "name": contender.name,
                "approach": contender.approach,
                "labels": answered(task, found, row),
                "valid": bool(found.valid[row]),
                "probabilities": {
                    name: round(float(share), 6) for name, share in zip(task.label_names, found.probabilities[row])
                },
                "seconds": round(float(found.seconds[row]), 4),
                "prompt_tokens": int(found.prompt_tokens[row]),
                "said": found.said[row] if found.said else None,
            },
            ensure_ascii=False,
        )


def _readable_lines(contender: Contender, task: Task, texts: Sequence[str], found: Predictions) -> Iterator[str]:
    for row, text in enumerate(texts):
        if len(texts) > 1:
            yield f"{text[:100]}"
        labels = ", ".join(answered(task, found, row)) or "none"
        if not found.valid[row]:
            labels = f"invalid answer: {found.said[row][:60]!r}" if found.said else "invalid answer"
        sure = float(found.probabilities[row].max())
        yield f"{contender.approach:<11} {contender.name:<34} {labels:<12} {sure:>6.1%} {found.seconds[row]:>8.3f} s"


def answered(task: Task, found: Predictions, row: int) -> list[str]:
    """Names of the labels that an answer holds: the best one, or for several labels those over one half."""
    if not found.valid[row]:
        return []
    if not task.multi_label:
        return [task.label_names[int(found.best[row])]]
    return [name for name, share in zip(task.label_names, found.probabilities[row]) if share > 0.5]


if __name__ == "__main__":
    sys.exit(main())
