"""Kill ``comparison run`` at every write it makes, run it again, and see that the result is an unkilled run's.

    python tests/kill_at_writes.py FOLDER comparison run --lineup LINEUP --data ROWS --output OUT

Prints a line of JSON: how many moments were tried, and what went wrong. A process of its own, since it forks: nothing
that starts threads may be imported before.
"""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import signal
import sys
from collections.abc import Callable
from typing import Any

sys.path.insert(0, os.getcwd())

#: What changes a file or a folder, and is counted.
WRITES = ((os, ("replace", "rename", "unlink", "rmdir", "mkdir", "open", "remove")), (pathlib.Path, ("open",)))


def counting(die_at: int | None) -> list[int]:
    """Count calls that write from here on; the process kills itself in place of call number ``die_at``."""
    calls = [0]

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            calls[0] += 1
            if calls[0] == die_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*args, **kwargs)

        return call

    for owner, names in WRITES:
        for name in names:
            setattr(owner, name, counted(getattr(owner, name)))
    return calls


def forked(work: Callable[[], int]) -> int:
    """Do work in a child; its exit status, or minus the signal that ended it."""
    child = os.fork()
    if child == 0:
        status = 70
        try:
            sys.stdout = sys.stderr = open(os.devnull, "w")
            status = work()
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def main(folder: str, words: list[str]) -> None:
    from comparison.__main__ import main as compare
    from comparison.comparison import Comparison
    from comparison.evaluation import Evaluation

    place = words.index("--output") + 1

    def run(out: str, die_at: int | None = None, tell: str = "") -> int:
        def work() -> int:
            calls = counting(die_at)
            status = compare([*words[1:place], out, *words[place + 1 :]])
            if tell:
                pathlib.Path(tell).write_text(str(calls[0]))
            return status

        return forked(work)

    def result(out: str) -> object:
        """All that a result says, but for times."""
        found = Comparison.load(out).model_dump(mode="json")
        for contender in found["contenders"]:
            for key in [key for key in contender if key.startswith("seconds")]:
                del contender[key]
        names = sorted(file.name for file in pathlib.Path(out, "contenders").iterdir())
        answers = [Evaluation.load(file).answers for file in sorted(pathlib.Path(out, "contenders").glob("*.json"))]
        decided = [(one.ids, one.predictions.probabilities.tolist()) for one in answers if one]
        return [found["contenders"], found["rows"], found["pairs"], names, decided]

    base, count = f"{folder}/unkilled", f"{folder}/count"
    assert run(base, tell=count) == 0
    wanted, writes = result(base), int(pathlib.Path(count).read_text())
    wrong: list[str] = []
    # Into an empty folder, and over the result of other rows, which must never be seen beside new evaluations.
    old = f"{folder}/old"
    assert forked(lambda: compare([*words[1:place], old, *words[place + 1 :], "--limit", "9"])) == 0
    before = result(old)
    for moment in range(1, writes + 2):
        for start in ("nothing", "another result"):
            out = f"{folder}/out"
            shutil.rmtree(out, ignore_errors=True)
            if start == "another result":
                shutil.copytree(old, out)
            killed = run(out, die_at=moment)
            if pathlib.Path(out, "comparison.json").is_file():
                try:
                    seen = result(out)
                    if seen not in (before, wanted):
                        wrong.append(f"{start}, killed at {moment}: a mixed result")
                except Exception as error:  # noqa: BLE001  whatever it is, it is told
                    wrong.append(f"{start}, killed at {moment}: {error}")
            if run(out) != 0 or result(out) != wanted:
                wrong.append(f"{start}, killed at {moment} ({killed}): run again, another result")
            if {path.name for path in pathlib.Path(out).iterdir()} != {path.name for path in pathlib.Path(base).iterdir()}:
                wrong.append(f"{start}, killed at {moment}: something is left behind")
    print(json.dumps({"writes": writes, "moments": 2 * (writes + 1), "wrong": wrong}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
