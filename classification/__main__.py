"""``python -m classification predict`` asks a lineup about texts; ``check`` says what is wrong with a dataset."""
# ruff: noqa: E402  the Hub's address is looked at before the Hub client is imported

from __future__ import annotations

if __name__ == "__main__":  # before the Hub client is imported
    from .network.endpoint import end_without_address

    end_without_address()

import argparse
import json
import sys
from collections.abc import Iterator, Sequence

from .data.dataset import ReadOptions, load_splits
from .data.quality.report import report
from .data.texts import Given, Text, given_texts
from .errors import InputError, one_of
from .lineup import Contender, Lineup, load_lineup
from .predictions import Predictions
from .prompt_search.options import add_options as search_options
from .task import Task, load_task

#: Characters of a text that are looked at; a model's context ends long before.
MAX_TEXT = 20_000
#: Sentences about single texts; a file in another encoding would fill the screen with them.
MOST_TOLD = 5


def main(argv: Sequence[str] | None = None) -> int:
    """Run one of the commands; returns the exit status."""
    options = _parser().parse_args(argv)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")  # what a terminal cannot show must not end the command
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
    check.add_argument("--text_column", metavar="NAME", help="the column that holds the texts")
    check.add_argument("--label_column", metavar="NAME", help="the column that holds the labels")
    check.add_argument(
        "--use_label_values",
        action="store_true",
        help="read labels through the task's label_values, also where --data is not the task's dataset",
    )
    check.set_defaults(run=_check)
    search = commands.add_parser("search-prompt", help="find the prompt that does best on validation rows")
    search_options(search)
    search.set_defaults(run=_search)
    return parser


def _search(options: argparse.Namespace) -> int:
    from .prompt_search.command import run  # loads torch and transformers, which `check` does without

    return run(options)


def _check(options: argparse.Namespace) -> int:
    task = load_task(options.task)
    how = ReadOptions(options.text_column, options.label_column, options.use_label_values)
    splits = load_splits(task, options.data, need=(), validation_size=0, test_size=0, options=how, tell=False)
    found = report(splits, task)
    sys.stdout.write(f"{found.as_text()}\n")
    return 1 if found.has_errors else 0


def _predict(options: argparse.Namespace) -> int:
    lineup = load_lineup(options.lineup)
    contenders = _chosen(lineup, options.only)
    given = given_texts(options.texts, _standard_input, MAX_TEXT)
    _tell(given)
    if not given.texts:
        return 2
    pool, failed, texts = lineup.pool(), 0, [given_text.text for given_text in given.texts]
    for contender in contenders:
        try:
            found = contender.load(pool).predict(texts)
        except InputError as error:  # the others still answer
            failed += 1
            sys.stderr.write(f"{contender.name}: {error}\n")
            continue
        lines = _json_lines if options.json else _readable_lines
        sys.stdout.writelines(f"{line}\n" for line in lines(contender, lineup.task, given.texts, found))
        sys.stdout.flush()
    return 2 if failed == len(contenders) else int(bool(given.refused))


def _standard_input() -> bytes:
    return sys.stdin.buffer.read()


def _tell(given: Given) -> None:
    """Say which texts are refused, in one sentence each, and which are cut."""
    told = [*given.refused[:MOST_TOLD]]
    if len(given.refused) > MOST_TOLD:
        told.append(f"{len(given.refused) - MOST_TOLD:,} more are refused.")
    cut = [text.cut for text in given.texts if text.cut]
    if cut:
        which = (
            "the text is"
            if len(given.texts) == 1
            else f"{len(cut):,} of {len(given.texts):,} texts are too long: one is"
        )
        told.append(f"{which} {cut[0]}, for every contender.")
    sys.stderr.writelines(f"{sentence}\n" for sentence in told)


def _chosen(lineup: Lineup, names: Sequence[str] | None) -> list[Contender]:
    known = [contender.name for contender in lineup.contenders]
    for name in names or ():
        if name not in known:
            raise InputError(f"no contender is called {name!r}; the lineup has {one_of(known)}.")
    return [contender for contender in lineup.contenders if not names or contender.name in names]


def _json_lines(contender: Contender, task: Task, texts: Sequence[Text], found: Predictions) -> Iterator[str]:
    for row, text in enumerate(texts):
        yield json.dumps(
            {
                "text": text.text,
                "characters": text.characters,
                "cut_to": len(text.text) if text.cut else None,
                "name": contender.name,
                "approach": contender.approach,
                "labels": answered(task, found, row),
                "valid": bool(found.valid[row]),
                "probabilities": {
                    name: round(float(share), 6) for name, share in zip(task.label_names, found.probabilities[row])
                },
                "seconds": round(float(found.seconds[row]), 4),
                "prompt_tokens": int(found.prompt_tokens[row]),
                "shortened": bool(found.truncated[row]),
                "said": found.completions[row] if found.completions else None,
            },
            ensure_ascii="utf" not in (sys.stdout.encoding or "").lower(),  # else it would not be JSON any more
        )


def _readable_lines(contender: Contender, task: Task, texts: Sequence[Text], found: Predictions) -> Iterator[str]:
    for row, text in enumerate(texts):
        if len(texts) > 1:
            yield f"{text.text[:100]}"
        labels = ", ".join(answered(task, found, row)) or "none"
        if not found.valid[row]:
            labels = f"invalid answer: {found.completions[row][:60]!r}" if found.completions else "invalid answer"
        sure = float(found.probabilities[row].max())
        line = f"{contender.approach:<11} {contender.name:<34} {labels:<12} {sure:>6.1%} {found.seconds[row]:>8.3f} s"
        notes = [f"text {text.cut}"] * bool(text.cut) + ["shortened to fit the model"] * bool(found.truncated[row])
        yield f"{line}  ({'; '.join(notes)})" if notes else line


def answered(task: Task, found: Predictions, row: int) -> list[str]:
    """Names of the labels that an answer holds: the best one, or for several labels those from one half."""
    return list(found.labels(task)[row])


if __name__ == "__main__":
    sys.exit(main())
