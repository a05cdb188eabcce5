from __future__ import annotations

import csv
import io

import pytest
from support.comparisons import compared, evaluated

from classification.errors import InputError
from comparison.comparison import Comparison, compare
from comparison.report.tables import as_csv, as_markdown, as_table


def renamed(comparison: Comparison, name: str) -> Comparison:
    """The comparison with its failed contender called otherwise."""
    *others, last = comparison.contenders
    return comparison.model_copy(update={"contenders": (*others, last.model_copy(update={"name": name}))})


def test_the_table_is_aligned_and_marks_the_floor() -> None:
    lines = as_table(compared()).splitlines()
    assert lines[0].split() == [
        "Contender", "Approach", "Accuracy", "Macro-F1", "AUC", "ECE", "Invalid", "Time", "per", "text", "Tokens",
        "per", "text",
    ]  # fmt: skip
    assert lines[2].startswith("majority (floor)  baseline  ")
    assert "0.983 [0.911, 0.997]" in lines[3]
    assert "1.7%" in lines[3]
    assert lines[2].split()[-3:] == ["0.1", "ms", "12"]
    assert lines[4].split()[-3:] == ["2.00", "s", "12"]
    assert len({len(line) for line in lines[:6]}) == 1


def test_the_notes_name_the_rows_what_failed_and_the_verdict() -> None:
    notes = as_table(compared()).splitlines()[7:]
    assert notes[0].startswith("60 rows of letters.csv, task abc; brackets hold 95 % intervals.")
    assert notes[1] == "broken failed: RuntimeError: out of memory"
    assert notes[2].startswith("tuned has the highest macro-F1")


def test_wide_characters_keep_the_table_aligned() -> None:
    lines = as_table(renamed(compared(), "微调模型")).splitlines()
    assert lines[5].startswith("微调模型" + " " * (len("majority (floor)") - 8) + "  zero-shot")


def test_markdown_has_the_best_values_in_bold() -> None:
    lines = as_markdown(compared()).splitlines()
    tuned = next(line for line in lines if line.startswith("| tuned"))
    assert "| **0.983 [0.911, 0.997]** | **0.991 [0.970, 1.000]** |" in tuned
    majority = next(line for line in lines if line.startswith("| majority (floor) |"))
    assert "**0.1 ms**" in majority
    assert "**0.333" not in majority
    assert {line.count("|") for line in lines if line.startswith("|")} == {10}


@pytest.mark.parametrize(
    ("seconds", "shown"), [(1e-7, "< 0.1 ms"), (0.0012, "1.2 ms"), (0.25, "250 ms"), (1.3, "1.30 s")]
)
def test_times_are_shown_as_precisely_as_they_matter(seconds: float, shown: str) -> None:
    found = as_table(compare([evaluated("one", "ABC", "ABC", seconds=seconds)]))
    assert f" {shown} " in found


def test_a_value_that_all_share_is_not_bold() -> None:
    found = as_markdown(compare([evaluated("one", "ABC", "ABC"), evaluated("two", "ABC", "ABC")]))
    assert "**" not in found


def test_markdown_cannot_be_broken_by_a_name() -> None:
    found = as_markdown(renamed(compared(), "a|b\n<img src=x> **c**"))
    row = next(line for line in found.splitlines() if line.startswith("| a"))
    assert row.startswith("| a\\|b &lt;img src=x> \\*\\*c\\*\\* | zero-shot |")


def test_a_terminal_cannot_be_steered_by_a_name() -> None:
    assert "\x1b" not in as_table(renamed(compared(), "\x1b[2Jgone"))


def test_csv_has_the_numbers_as_they_are() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(compared()))))
    assert [row["name"] for row in rows] == ["majority", "tuned", "bad", "broken"]
    assert float(rows[1]["accuracy"]) == pytest.approx(59 / 60, abs=1e-6)
    assert float(rows[1]["accuracy_low"]) < float(rows[1]["accuracy"]) < float(rows[1]["accuracy_high"])
    assert rows[3]["accuracy"] == ""
    assert rows[3]["error"] == "RuntimeError: out of memory"


@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "-2", "+2"])
def test_csv_holds_no_formula(name: str) -> None:
    assert f"\n'{name}," in as_csv(renamed(compared(), name))


def test_a_comparison_in_which_all_failed_has_a_table_and_no_verdict() -> None:
    failed = compare([evaluated("broken", "", "ABC", error=InputError("no weights; get some."))])
    table = as_table(failed)
    assert "broken failed: no weights; get some." in table
    assert "highest" not in table
