"""Kill trainings and an export with SIGKILL at their writes and in between, run them again, and compare.

    python tests/scripts/kill_sweep.py --kills 50

Each command is run into a folder that holds an older, finished run of fewer rows. It is killed in a process of its own
that is forked from one in which the libraries are loaded: at every so many of its writes (files that are opened for
writing, renames, removals), and at random moments between its first write and its last. What is there then has to be
the old run, the new one, or a sentence. Run again, with ``--resume_from_checkpoint true`` where there is a checkpoint,
it has to end in the files, the record and the answers of a run that nobody killed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
os.environ |= {
    "HF_HUB_OFFLINE": "1",
    "CUDA_VISIBLE_DEVICES": "",
    "TOKENIZERS_PARALLELISM": "false",
    "OMP_NUM_THREADS": "1",
}

#: Parts of a record that tell when and how fast, which differ from run to run.
TIMES = ("created", "seconds", "hardware", "train_runtime", "eval_runtime", "eval_samples_per_second",
         "eval_steps_per_second", "train_samples_per_second", "train_steps_per_second",
         "seconds_per_text", "seconds_median", "seconds_p95")  # fmt: skip
WRITES = {"os.rename": 0, "os.remove": 0, "os.mkdir": 0, "os.rmdir": 0, "open": 0}
STEPS = ["--eval_strategy", "steps", "--eval_steps", "2", "--save_strategy", "steps", "--save_steps", "2",
         "--logging_steps", "3", "--dataloader_pin_memory", "false", "--use_cpu", "true",
         "--disable_tqdm", "true"]  # fmt: skip


@dataclass
class Case:
    """One command: what it is called, the run that is there before, and the words of it and of the older one."""

    name: str
    words: list[str]
    before: list[str] | None
    resumes: bool = True
    writes: int = 0
    seconds: float = 0.0
    wanted: dict[str, Any] = field(default_factory=dict)
    older: dict[str, Any] = field(default_factory=dict)


def child(do: Callable[[], object]) -> tuple[int, Any]:
    """Do something in a forked process: how it ended (below 0: by which signal), and what it returned."""
    with tempfile.NamedTemporaryFile("r+", suffix=".json") as answer:
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):  # noqa: PTH123
                    found = do()
                Path(answer.name).write_text(json.dumps(found))
                status = 0
            except BaseException as error:  # noqa: BLE001 - it is told to the other process
                Path(answer.name).write_text(json.dumps(f"{type(error).__name__}: {error}"))
            finally:
                os._exit(status)
        _, ended = os.waitpid(pid, 0)
        text = Path(answer.name).read_text()
        return os.waitstatus_to_exitcode(ended), json.loads(text) if text else None


def run(case: Case, words: list[str]) -> None:
    """One command, as its script does it."""
    from training import baseline, encoder, export, sft

    script = {"sft": sft, "encoder": encoder, "baseline": baseline, "export": export}[case.name.partition(" ")[0]]
    script.main(words)


def watched(folder: Path, on_write: Callable[[int], None]) -> None:
    """Call ``on_write`` before each write below a folder, with its number; cannot be taken back in a process."""
    count, below = [0], str(folder)

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event not in WRITES or not isinstance(args[0], str | bytes | os.PathLike):
            return
        if event == "open" and not (isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)):
            return
        if os.fsdecode(args[0]).startswith(below):
            count[0] += 1
            on_write(count[0])

    sys.addaudithook(hook)


def quantity(case: Case, folder: Path, words: list[str]) -> tuple[int, float]:
    """How many writes a command makes in its folder, and how many seconds lie between the first and the last."""
    times: list[float] = []
    watched(folder, lambda _: times.append(time.perf_counter()))
    run(case, words)
    return len(times), times[-1] - times[0]


def killed_at_write(case: Case, folder: Path, words: list[str], moment: int) -> None:
    """Run a command that ends at its so-manieth write, before that write is made."""

    def on_write(number: int) -> None:
        if number == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    watched(folder, on_write)
    run(case, words)


def killed_after(case: Case, folder: Path, words: list[str], seconds: float) -> None:
    """Run a command that ends so many seconds after its first write, wherever it is then."""

    def on_write(number: int) -> None:
        if number == 1:
            threading.Timer(seconds, lambda: os.kill(os.getpid(), signal.SIGKILL)).start()

    watched(folder, on_write)
    run(case, words)


def without_times(value: Any) -> Any:
    """A record without what tells when and how fast."""
    if isinstance(value, dict):
        return {key: without_times(item) for key, item in value.items() if key not in TIMES}
    return [without_times(item) for item in value] if isinstance(value, list) else value


def found_in(folder: Path, base: Path, rows: Path) -> dict[str, Any]:
    """A run as its user has it: files, record, and answers; or the sentence in place of a run."""
    from classification.contenders import Contender, ContenderEntry
    from classification.errors import InputError
    from classification.models.pool import ModelPool
    from classification.runs.record import load_record

    try:
        record = load_record(folder)
        adapted = record.method == "lora" and record.export is None
        approach = "baseline" if record.family == "tfidf" else "fine-tuned"
        entry = ContenderEntry(name="x", approach=approach, run=str(folder), model=str(base) if adapted else None)
        texts = rows.read_text().split("\n")[1:20]
        shares = Contender(entry, record.task, record, folder).load(ModelPool()).predict(texts).probabilities
    except InputError as error:
        return {"sentence": str(error)}
    names = sorted(
        path.name for path in folder.iterdir() if not path.name.startswith(("checkpoint-", ".", "training.json"))
    )
    kept = without_times(record.model_dump(mode="json", exclude={"id"}))  # new for every training
    if record.export:  # an exporter names its nodes anew each time, so its files are compared by their answers
        kept["sha256"] = sorted(kept["sha256"])
    return {"files": names, "record": kept, "answers": shares.round(5).tolist()}


def prepared(place: Path) -> None:
    """Tiny models, rows and a task, as the tests have them."""
    import conftest

    names = ("Bearish", "Bullish", "Neutral")
    words = dict(zip(names, ("falls", "rises", "meets"), strict=True))
    lines = [f"Company {n} {word} today,{label}" for n in range(12) for label, word in words.items()]
    (place / "rows.csv").write_text("text,label\n" + "\n".join(lines) + "\n")
    labels = "".join(f"  - {{name: {name}, verbalizer: {name.lower()}}}\n" for name in names)
    (place / "task.yaml").write_text(
        f"name: tiny\nlanguage: en\ninstruction: Decide.\nexamples: [Company 3 falls]\nlabels:\n{labels}"
    )
    tokenizer = _plain(conftest.tokenizer)()
    for name, model in (("chat", conftest.chat_model()), ("encoder", conftest.encoder_model())):
        model.save_pretrained(place / name)
        tokenizer.save_pretrained(place / name)


def _plain(fixture: Any) -> Any:
    """The function behind a fixture of pytest."""
    return getattr(fixture, "__wrapped__", fixture)


def cases(place: Path, folder: Path) -> list[Case]:
    """The commands, into one folder."""
    data = ["--task", str(place / "task.yaml"), "--data", str(place / "rows.csv"), "--output_dir", str(folder)]
    chat = [*data, "--model_name_or_path", str(place / "chat"), *STEPS, "--per_device_train_batch_size", "6"]
    chat += ["--use_peft", "--lora_r", "4", "--learning_rate", "0.01", "--max_length", "160", "--num_train_epochs", "2"]
    encoder = [*data, "--model_name_or_path", str(place / "encoder"), *STEPS, "--learning_rate", "0.01"]
    encoder += ["--num_train_epochs", "2", "--per_device_train_batch_size", "6"]
    fewer = ["--train_limit", "9"]
    return [
        Case("sft lora", chat, [*chat, *fewer]),
        Case("encoder full", encoder, [*encoder, *fewer, "--method", "lora"]),
        Case("baseline", data, [*data, *fewer], resumes=False),
        Case("export", [str(place / "trained"), "--output_dir", str(folder)], None, resumes=False),
    ]


def measured(case: Case, place: Path, folder: Path) -> None:
    """Run a command once without a kill, over the older run, and keep what comes of it."""
    rows, base = place / "rows.csv", place / ("chat" if case.name.startswith("sft") else "encoder")
    older = place / f"older {case.name}"
    shutil.rmtree(folder, ignore_errors=True)
    if case.before is not None:
        _must(child(lambda: run(case, case.before or [])))
        case.older = _must(child(lambda: found_in(folder, base, rows)))
        folder.rename(older)
        shutil.copytree(older, folder)
    _must(child(lambda: run(case, case.words)))
    case.wanted = _must(child(lambda: found_in(folder, base, rows)))
    shutil.rmtree(folder)
    if case.before is not None:
        shutil.copytree(older, folder)
    case.writes, case.seconds = _must(child(lambda: quantity(case, folder, case.words)))
    again = _must(child(lambda: found_in(folder, base, rows)))
    if again != case.wanted:
        sys.exit(f"{case.name}: two runs that nobody killed differ: {difference(again, case.wanted)}")
    shutil.rmtree(folder)


def _must(found: tuple[int, Any]) -> Any:
    status, answer = found
    if status:
        sys.exit(f"a run that nobody killed failed: {answer}")
    return answer


def difference(found: Any, wanted: Any, at: str = "") -> str:
    """Where two results first differ, for whoever reads the table."""
    if isinstance(found, dict) and isinstance(wanted, dict) and found.keys() == wanted.keys():
        return next((told for key in found if (told := difference(found[key], wanted[key], f"{at}.{key}"))), "")
    if isinstance(found, list) and isinstance(wanted, list) and len(found) == len(wanted):
        pairs = enumerate(zip(found, wanted, strict=True))
        return next((told for n, (a, b) in pairs if (told := difference(a, b, f"{at}[{n}]"))), "")
    return "" if found == wanted else f"{at}: {str(found)[:200]} and not {str(wanted)[:200]}"


def moments(case: Case, kills: int, chance: random.Random) -> Iterator[tuple[str, float]]:
    """Two thirds of the kills at writes, the last and those before it among them; the others at random times."""
    at_writes = min(max(kills * 2 // 3, 1), case.writes)
    last = list(range(max(case.writes - at_writes // 2, 1), case.writes + 1))  # where the result is put in place
    rest = [number for number in range(1, case.writes + 1) if number not in last]
    chosen = sorted([*last, *chance.sample(rest, min(max(at_writes - len(last), 0), len(rest)))])
    yield from (("write", float(number)) for number in chosen[:at_writes] or [1.0])
    yield from (("time", chance.uniform(0, case.seconds)) for _ in range(kills - at_writes))


def sweep(case: Case, place: Path, folder: Path, kills: int, chance: random.Random) -> tuple[Counter[str], list[str]]:
    """Kill a command that often: what was there after each kill, and whatever was not as it has to be."""
    rows, base = place / "rows.csv", place / ("chat" if case.name.startswith("sft") else "encoder")
    seen: Counter[str] = Counter()
    wrong = []
    for kind, moment in moments(case, kills, chance):
        shutil.rmtree(folder, ignore_errors=True)
        if case.before is not None:
            shutil.copytree(place / f"older {case.name}", folder)
        kill = killed_at_write if kind == "write" else killed_after
        status, _ = child(lambda kill=kill, moment=moment: kill(case, folder, case.words, moment))  # type: ignore[misc]
        seen[f"killed at a {kind}" if status == -signal.SIGKILL else "ended before"] += 1
        left = _must(child(lambda: found_in(folder, base, rows)))
        state = "old run" if left == case.older else "new run" if left == case.wanted else "sentence"
        seen[state] += 1
        if state == "sentence" and "sentence" not in left:
            wrong.append(f"{case.name}, {kind} {moment:g}: a record beside weights that it does not describe")
        status, answer = again(case)
        end = _must(child(lambda: found_in(folder, base, rows)))
        litter = [path.name for path in folder.parent.rglob(".unfinished-*")]
        if status or end != case.wanted or litter:
            told = answer if status else litter or difference(end, case.wanted) or end
            wrong.append(f"{case.name}, {kind} {moment:g}, {state} after it: {told}")
    return seen, wrong


def again(case: Case) -> tuple[int, Any]:
    """The same command once more, from a checkpoint where there is one."""
    if case.resumes:
        status, answer = child(lambda: run(case, [*case.words, "--resume_from_checkpoint", "true"]))
        if "to start anew" not in str(answer):  # else it was killed before it had begun, or had a checkpoint
            return status, answer
    status, answer = child(lambda: run(case, case.words))
    if case.name == "export" and "is not empty" in str(answer):  # it had come to its end
        return 0, None
    return status, answer


def main() -> int:
    """Sweep all commands, print a table, and return 1 where any kill left something else."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50, help="in all, over the commands (default: 50)")
    parser.add_argument("--only", help="the commands whose names begin so")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    from training import baseline, encoder, export, sft  # noqa: F401 - once, for all processes that are forked

    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as at:
        place = Path(at)
        os.environ["HF_DATASETS_CACHE"] = str(place / "datasets")
        _must(child(lambda: prepared(place)))
        folder = place / "runs" / "run"
        every = cases(place, folder)
        trained = Case("encoder full", [*every[1].words, "--output_dir", str(place / "trained")], None)
        _must(child(lambda: run(trained, trained.words)))
        chosen = [case for case in every if case.name.startswith(options.only or "")]
        print(f"{'command':<14}{'writes':>7}{'kills':>6}  what was there after the kills")
        for number, case in enumerate(chosen):
            share = options.kills // len(chosen) + (number < options.kills % len(chosen))
            measured(case, place, folder)
            seen, bad = sweep(case, place, folder, share, random.Random(options.seed))
            told = ", ".join(f"{count} {what}" for what, count in sorted(seen.items()))
            print(f"{case.name:<14}{case.writes:>7}{share:>6}  {told}; {len(bad)} wrong", flush=True)
            wrong += bad
    print("\n".join([*wrong, f"{options.kills} kills, {len(wrong)} that did not end as an unkilled run"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
