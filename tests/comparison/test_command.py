from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest
from support.comparisons import ABC, Scripted

from classification.errors import InputError
from classification.predictions import Predictions
from classification.prompting.demonstrations import ChosenDemonstrations
from classification.runs.seen import Seen, TextHashes
from classification.task import Task
from comparison import running
from comparison.__main__ import main, make_parser


class Echo(Scripted):
    """Answers with the letter that a text ends with."""

    def __init__(self, name: str, fail: BaseException | None = None) -> None:
        super().__init__("", name)
        self.fail = fail
        self.asked: list[str] = []

    def predict(self, texts: Sequence[str]) -> Predictions:
        if self.fail is not None:
            raise self.fail
        self.asked += texts
        self.answers, self._next = "".join(text[-1] for text in texts), 0
        return super().predict(texts)


@dataclass
class Entry:
    """A contender that is loaded at once, unless ``missing`` says why it cannot be."""

    name: str
    approach: str = "zero-shot"
    family: str = "chat"
    fail: BaseException | None = None
    missing: Exception | None = None
    task: Task = ABC
    hashes: TextHashes | None = TextHashes()
    loaded: list[Echo] = field(default_factory=list)

    def choose_demonstrations(self, evaluated: Sequence[str]) -> ChosenDemonstrations:
        return ChosenDemonstrations()

    def configuration(self, demonstrations: ChosenDemonstrations | None = None) -> dict[str, object]:
        return {"model": self.name}

    def files_mark(self) -> list[tuple[str, int, int]]:
        return []

    def seen(self, texts: Sequence[str], demonstrations: ChosenDemonstrations) -> Seen | None:
        return self.hashes.count(texts, demonstrations.texts) if self.hashes else None

    def load(self, pool: object, demonstrations: ChosenDemonstrations) -> Echo:
        if self.missing:
            raise self.missing
        self.loaded.append(Echo(self.name, self.fail))
        return self.loaded[-1]


@dataclass
class Fake:
    task: Task
    contenders: Sequence[Entry]

    def pool(self) -> object:
        return object()


Setup = Callable[..., list[str]]


@pytest.fixture
def arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Setup:
    """Make a lineup of these contenders and 30 rows, and give the arguments that run it."""
    data = tmp_path / "rows.csv"
    data.write_text("text,label\n" + "".join(f"text {n} {'ABC'[n % 3]},{'ABC'[n % 3]}\n" for n in range(30)))

    def prepare(*contenders: Entry) -> list[str]:
        monkeypatch.setattr(running, "load_lineup", lambda path: Fake(ABC, contenders))
        return ["run", "--lineup", "lineup.yaml", "--data", str(data), "--output", str(tmp_path / "out")]

    return prepare


def test_run_writes_everything_and_prints_the_table(
    arguments: Setup, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments(Entry("floor", "baseline", "majority"), Entry("model"))) == 0
    out = tmp_path / "out"
    found = json.loads((out / "comparison.json").read_text())
    assert [contender["name"] for contender in found["contenders"]] == ["floor", "model"]
    assert found["rows"]["source"] == "rows.csv"  # never a path of the machine
    assert found["contenders"][0]["accuracy"] == 1
    files = {str(file.relative_to(out)) for file in out.rglob("*") if file.is_file()}
    assert files == {
        "comparison.json", "table.md", "table.csv", "contenders/floor.json", "contenders/floor.parquet",
        "contenders/model.json", "contenders/model.parquet",
    }  # fmt: skip
    printed = capsys.readouterr()
    assert printed.out.startswith("Contender")
    assert "60/60" in printed.err  # the progress bar counts contenders x rows


def test_report_shows_a_saved_comparison_in_each_format(
    arguments: Setup, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(arguments(Entry("model")))
    capsys.readouterr()
    starts = {"table": "Contender", "markdown": "| Contender", "csv": "name,approach"}
    for name, start in starts.items():
        assert main(["report", str(tmp_path / "out"), "--format", name]) == 0
        assert capsys.readouterr().out.startswith(start)


def test_report_without_a_comparison_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(tmp_path)]) == 2
    printed = capsys.readouterr()
    assert printed.err == (
        f"{tmp_path / 'comparison.json'}: no such file or directory; "
        "give the folder that a comparison was written to.\n"
    )
    assert printed.out == ""


def test_limit_takes_the_same_rows_for_all_contenders(arguments: Setup, tmp_path: Path) -> None:
    one, two = Entry("one"), Entry("two")
    assert main([*arguments(one, two), "--limit", "6"]) == 0
    assert one.loaded[0].asked == two.loaded[0].asked
    assert sorted(text[-1] for text in one.loaded[0].asked) == list("AABBCC")
    found = json.loads((tmp_path / "out" / "comparison.json").read_text())["rows"]
    assert (found["count"], found["source"]) == (6, "rows.csv, a sample with seed 0")


def test_only_chooses_contenders_by_name(arguments: Setup, tmp_path: Path) -> None:
    assert main([*arguments(Entry("one"), Entry("two"), Entry("three")), "--only", "three", "one"]) == 0
    found = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert [contender["name"] for contender in found["contenders"]] == ["one", "three"]


def test_only_with_an_unknown_name_is_one_sentence(arguments: Setup, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*arguments(Entry("model one"), Entry("floor")), "--only", "model on"]) == 2
    assert capsys.readouterr().err == (
        "the lineup has no contender 'model on' (did you mean 'model one'?); it has model one or floor.\n"
    )


def test_no_texts_keeps_them_out_of_every_file(arguments: Setup, tmp_path: Path) -> None:
    assert main([*arguments(Entry("model")), "--no-texts"]) == 0
    assert "text" not in pd.read_parquet(tmp_path / "out" / "contenders" / "model.parquet")
    for file in (tmp_path / "out").rglob("*.*"):
        assert b"text 7 B" not in file.read_bytes()


def test_a_contender_that_fails_does_not_stop_the_others(
    arguments: Setup, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = Entry("gone", missing=InputError("no adapter; train one."))
    broken = Entry("broken", fail=InputError("out of memory; use a smaller model."))
    assert main(arguments(gone, broken, Entry("model"))) == 0
    found = json.loads((tmp_path / "out" / "comparison.json").read_text())["contenders"]
    assert [contender["error"] for contender in found] == [
        "no adapter; train one.", "out of memory; use a smaller model.", None,
    ]  # fmt: skip
    printed = capsys.readouterr()
    assert "gone failed: no adapter; train one." in printed.out
    assert "Traceback" not in printed.err
    assert "90/90" in printed.err


def test_a_run_in_which_all_failed_says_so(arguments: Setup, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments(Entry("gone", missing=InputError("no adapter; train one.")))) == 2
    assert "gone failed: no adapter; train one." in capsys.readouterr().out


def test_ctrl_c_keeps_what_is_finished(arguments: Setup, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stopped, never = Entry("stopped", fail=KeyboardInterrupt()), Entry("never")
    assert main(arguments(Entry("model"), stopped, never)) == 130
    out = tmp_path / "out"
    found = json.loads((out / "comparison.json").read_text())
    assert [contender["name"] for contender in found["contenders"]] == ["model"]
    assert (out / "table.md").is_file()
    assert never.loaded == []
    assert capsys.readouterr().err.endswith(
        f"stopped; 1 contender is finished and kept in {out}; run the same command again to go on\n"
    )


def test_ctrl_c_before_anything_is_finished(
    arguments: Setup, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments(Entry("stopped", fail=KeyboardInterrupt()))) == 130
    assert capsys.readouterr().err.endswith("stopped; nothing was finished\n")
    assert not (tmp_path / "out" / "comparison.json").exists()


def test_bad_rows_are_one_sentence(arguments: Setup, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.csv").write_text("text,label\nhello,D\n")
    assert main([*arguments(Entry("model")), "--data", str(tmp_path / "bad.csv")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "'D'" in error


def test_an_output_that_is_a_file_is_one_sentence(
    arguments: Setup, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "taken"
    file.write_text("")
    assert main([*arguments(Entry("model")), "--output", str(file)]) == 2
    assert capsys.readouterr().err == f"{file}: file exists; give a folder that can be written to.\n"


def test_contenders_that_would_share_a_file_are_refused_before_the_work(
    arguments: Setup, capsys: pytest.CaptureFixture[str]
) -> None:
    one = Entry("a b")
    assert main(arguments(one, Entry("A-b"))) == 2
    assert capsys.readouterr().err == "the contenders 'a b' and 'A-b' would share the file a-b.json; rename one.\n"
    assert one.loaded == []


@pytest.mark.parametrize("limit", ["0", "-1", "many"])
def test_limit_has_to_be_a_number_of_rows(limit: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as status:
        main(["run", "--lineup", "l", "--data", "d", "--output", "o", f"--limit={limit}"])
    assert status.value.code == 2
    assert f"argument --limit: '{limit}' is not a number of rows; give 1 or more" in capsys.readouterr().err


def test_help_says_how_limit_chooses(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        make_parser().parse_args(["run", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "a random sample of N rows that keeps the share of every label; the same rows for all contenders" in said


def test_a_contender_that_breaks_is_recorded_with_the_demonstrations_that_it_was_to_show(
    arguments: Setup, tmp_path: Path
) -> None:
    class FewShot(Entry):
        def configuration(self, demonstrations: ChosenDemonstrations | None = None) -> dict[str, object]:
            return {"demonstrations": None if demonstrations is None else demonstrations.hashes}

    assert (
        main(arguments(FewShot("unloaded", missing=InputError("no weights")), FewShot("broken", fail=ValueError())))
        == 2
    )
    found = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert [contender["configuration"] for contender in found["contenders"]] == [{"demonstrations": []}] * 2
