"""Kill ``comparison run`` at its writes, run it again, and see that the result is an unkilled run's.

    python tests/scripts/kill_at_writes.py 25 FOLDER comparison run --lineup LINEUP --data ROWS --output OUT

kills at 25 writes evenly spread over all of them, each into an empty folder and over another result. Prints a line of
JSON: how many kills there were, and what went wrong. A process of its own, since it forks: nothing that starts threads
may be imported before.
"""

from __future__ import annotations

import io
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

    def quantity(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            calls[0] += 1
            if calls[0] == die_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*args, **kwargs)

        return call

    for owner, names in WRITES:
        for name in names:
            setattr(owner, name, quantity(getattr(owner, name)))
    return calls


def forked(work: Callable[[], int]) -> int:
    """Do work in a child; its exit status, or minus the signal that ended it."""
    child = os.fork()
    if child == 0:
        status = 70
        try:
            sys.stdout = sys.stderr = io.StringIO()
            status = work()
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def whole(out: str) -> bool:
    """Whether a result is there."""
    return pathlib.Path(out, "comparison.json").is_file()


def names_in(out: str) -> set[str]:
    """Names of what a folder holds."""
    return {path.name for path in pathlib.Path(out).iterdir()}


def readable(out: str) -> object:
    """All that a result says, but for times; or why it cannot be read."""
    from comparison.comparison import Comparison
    from comparison.evaluation import Evaluation

    try:
        found = Comparison.load(out).model_dump(mode="json")
        files = sorted(pathlib.Path(out, "contenders").iterdir())
        answers = [Evaluation.load(file).answers for file in files if file.suffix == ".json"]
    except Exception as error:  # noqa: BLE001  whatever it is, it is told
        return str(error)
    for contender in found["contenders"]:
        for key in [key for key in contender if key.startswith("seconds")]:
            del contender[key]
    predicted = [(one.ids, one.predictions.probabilities.tolist()) for one in answers if one]
    return [found["contenders"], found["rows"], found["pairs"], [file.name for file in files], predicted]


def main(moments: int, folder: str, words: list[str]) -> None:
    """Try this many moments, and print what went wrong."""
    from comparison.__main__ import main as compare

    place = words.index("--output") + 1

    def run(out: str, die_at: int | None = None, tell: str = "") -> int:
        def work() -> int:
            calls = counting(die_at)
            status = compare([*words[1:place], out, *words[place + 1 :]])
            if tell:
                pathlib.Path(tell).write_text(str(calls[0]))
            return status

        return forked(work)

    base, count = f"{folder}/unkilled", f"{folder}/count"
    assert run(base, tell=count) == 0
    wanted, writes = readable(base), int(pathlib.Path(count).read_text())
    wrong: list[str] = []
    # Into an empty folder, and over the result of other rows, which must never be seen beside new evaluations.
    old = f"{folder}/old"
    assert forked(lambda: compare([*words[1:place], old, *words[place + 1 :], "--limit", "9"])) == 0
    before = readable(old)
    step = max(writes / moments, 1)
    tried = sorted({round(number * step) + 1 for number in range(moments)} & set(range(1, writes + 1)))
    for moment in tried:
        for start in ("nothing", "another result"):
            out = f"{folder}/out"
            shutil.rmtree(out, ignore_errors=True)
            if start == "another result":
                shutil.copytree(old, out)
            run(out, die_at=moment)
            complaints = [
                "a mixed result" if whole(out) and readable(out) not in (before, wanted) else "",
                "another result when it is run again" if run(out) != 0 or readable(out) != wanted else "",
                "something is left behind" if names_in(out) != names_in(base) else "",
            ]
            wrong += [f"over {start}, killed at write {moment}: {what}" for what in complaints if what]
    print(json.dumps({"writes": writes, "kills": 2 * len(tried), "wrong": wrong}))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
