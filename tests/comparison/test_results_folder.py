"""A comparison is whole or not there, and a run goes on from the contenders that are finished."""

from __future__ import annotations

import errno
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.paths import ROOT

from comparison import results_folder
from comparison.__main__ import main
from comparison.comparison import Comparison
from comparison.results_folder import ResultsFolder

LINEUP = """task: TASK
contenders:
  - {name: Majority, approach: baseline, family: majority, run: RUN}
  - {name: TF-IDF, approach: baseline, run: RUN}
"""


@pytest.fixture
def lineup(tmp_path: Path) -> Path:
    """The demo's floor, in a folder that a test may change."""
    shutil.copytree(ROOT / "demo" / "tfidf", tmp_path / "tfidf")
    file = tmp_path / "lineup.yaml"
    text = LINEUP.replace("TASK", str(ROOT / "tasks" / "financial-sentiment.yaml")).replace("RUN", "tfidf")
    file.write_text(text, encoding="utf-8")
    return file


def words(lineup: Path, out: Path, *more: str) -> list[str]:
    data = ROOT / "demo" / "headlines.csv"
    return ["run", "--lineup", str(lineup), "--data", str(data), "--limit", "30", "--output", str(out), *more]


def kept(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Names of the contenders that were not asked again; forgotten afterwards."""
    names = [message.partition(":")[0] for message in caplog.messages if ": kept from before, on the same" in message]
    caplog.clear()
    return names


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_what_has_not_changed_is_not_asked_again(lineup: Path, tmp_path: Path, caplog) -> None:
    out = tmp_path / "out"
    assert main(words(lineup, out)) == 0
    first = Comparison.load(out)
    assert kept(caplog) == []
    assert main(words(lineup, out)) == 0
    assert kept(caplog) == ["Majority", "TF-IDF"]
    assert Comparison.load(out).contenders == first.contenders


@pytest.mark.parametrize("change", [["--seed", "5"], ["--limit", "29"], ["--no-texts"]], ids=lambda words: words[0])
def test_other_rows_or_another_way_to_keep_them_are_asked_about_anew(
    lineup: Path, tmp_path: Path, caplog, change: list[str]
) -> None:
    out = tmp_path / "out"
    main(words(lineup, out))
    kept(caplog)
    main(words(lineup, out, *change))
    assert kept(caplog) == []


def test_other_weights_or_another_lineup_are_asked_about_anew(lineup: Path, tmp_path: Path, caplog) -> None:
    out = tmp_path / "out"
    main(words(lineup, out))
    kept(caplog)
    weights = tmp_path / "tfidf" / "model.safetensors"
    weights.write_bytes(weights.read_bytes())  # the same bytes, written again: perhaps others
    main(words(lineup, out))
    assert kept(caplog) == []
    lineup.write_text(lineup.read_text().replace("TF-IDF", "Floor"))
    main(words(lineup, out))
    assert kept(caplog) == ["Majority"]
    assert files(out) == {
        "comparison.json", "table.md", "table.csv", "contenders/majority.json", "contenders/majority.parquet",
        "contenders/floor.json", "contenders/floor.parquet",
        ".evaluations/tf-idf.json", ".evaluations/tf-idf.parquet",
    }  # fmt: skip


def test_contenders_that_are_left_out_once_are_kept_for_later(lineup: Path, tmp_path: Path, caplog) -> None:
    out = tmp_path / "out"
    main(words(lineup, out))
    kept(caplog)
    main(words(lineup, out, "--only", "TF-IDF"))
    assert [contender.name for contender in Comparison.load(out).contenders] == ["TF-IDF"]
    main(words(lineup, out))
    assert kept(caplog) == ["TF-IDF", "Majority", "TF-IDF"]
    assert not (out / ".evaluations").exists()


def test_a_stopped_run_never_replaces_a_whole_result(lineup: Path, tmp_path: Path, capsys, monkeypatch) -> None:
    out = tmp_path / "out"
    main(words(lineup, out))
    before = Comparison.load(out)
    real = ResultsFolder.keep

    def stop(self: ResultsFolder, evaluation) -> None:
        real(self, evaluation)
        raise KeyboardInterrupt

    monkeypatch.setattr(ResultsFolder, "keep", stop)
    assert main(words(lineup, out, "--seed", "3")) == 130
    assert capsys.readouterr().err.endswith(f"kept in {out}; run the same command again to go on\n")
    assert Comparison.load(out) == before


def test_a_damaged_evaluation_is_made_again(lineup: Path, tmp_path: Path, caplog) -> None:
    out = tmp_path / "out"
    main(words(lineup, out))
    kept(caplog)
    (out / "contenders" / "tf-idf.parquet").write_bytes(b"half")
    assert main(words(lineup, out)) == 0
    assert kept(caplog) == ["Majority"]


@pytest.mark.parametrize("moment", range(1, 9))
def test_on_a_full_disk_the_old_result_stays_and_nothing_is_left_behind(
    lineup: Path, tmp_path: Path, capsys, monkeypatch, moment: int
) -> None:
    out = tmp_path / "out"
    main(words(lineup, out))
    before, names = Comparison.load(out), files(out)
    capsys.readouterr()
    writes = [0]

    def full(function):
        def write(*args, **kwargs):
            writes[0] += 1
            if writes[0] >= moment:
                raise OSError(errno.ENOSPC, "No space left on device")
            return function(*args, **kwargs)

        return write

    monkeypatch.setattr(Path, "write_text", full(Path.write_text))
    monkeypatch.setattr("comparison.evaluation.write_answers", full(results_write_answers()))
    assert main(words(lineup, out, "--seed", "3")) == 2
    err = capsys.readouterr().err
    assert err.splitlines()[-1] == (
        f"{out}: no space left on device; make room or give another folder, and run the same command again: it goes on "
        "from the contenders that are finished."
    )
    assert "Traceback" not in err
    monkeypatch.undo()
    assert Comparison.load(out) == before
    assert {name for name in files(out) if not name.startswith(".evaluations/")} == names
    assert main(words(lineup, out, "--seed", "3")) == 0


def results_write_answers():
    from comparison.prediction_table import write_answers

    return write_answers


def test_a_file_in_the_way_is_one_sentence_and_untouched(lineup: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "out"
    out.write_text("mine")
    assert main(words(lineup, out)) == 2
    assert capsys.readouterr().err == f"{out}: file exists; give a folder that can be written to.\n"
    assert out.read_text() == "mine"
    assert main(words(lineup, out / "below")) == 2
    assert results_folder.WORKING not in str(files(tmp_path))


def test_killed_while_it_writes_a_comparison_ends_in_the_result_of_an_unkilled_run(
    lineup: Path, tmp_path: Path
) -> None:
    script, moments = str(ROOT / "tests" / "scripts" / "kill_at_writes.py"), "12"
    command = [sys.executable, script, moments, str(tmp_path / "kills"), "comparison"]
    (tmp_path / "kills").mkdir()
    done = subprocess.run(
        [*command, *words(lineup, tmp_path / "out")], cwd=ROOT, capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["wrong"] == []
    assert found["kills"] == 24
