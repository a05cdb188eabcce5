from __future__ import annotations

import pytest

from comparison.report.formatting import duration, markdown_table, percent, plain_table


def test_a_markdown_table_says_which_columns_are_numbers_and_pads_nothing() -> None:
    found = markdown_table(["Name", "Score"], [["a | b".replace("|", "\\|"), "0.500"], ["", "12"]])
    assert found.splitlines() == ["| Name | Score |", "| --- | ---: |", "| a \\| b | 0.500 |", "|  | 12 |"]


def test_a_markdown_table_without_rows_is_its_first_two_lines() -> None:
    assert markdown_table(["a", "b"], [], left=2).splitlines() == ["| a | b |", "| --- | --- |"]


def test_cells_that_look_like_numbers_stay_as_they_are() -> None:
    for table in (markdown_table(["a", "b"], [["1e5", "0.50"]]), plain_table(["a", "b"], [["1e5", "0.50"]])):
        assert "1e5" in table
        assert "0.50" in table


def test_a_plain_table_is_aligned_by_the_columns_of_a_terminal() -> None:
    lines = plain_table(["Name", "Score"], [["微调模型", "0.5"], ["cafe\u0301", "12.25"]]).splitlines()
    assert lines[2].startswith("微调模型  ")
    assert lines[3].startswith("cafe\u0301" + " " * 4)
    assert lines[2].endswith("  0.5")
    assert lines[3].endswith("12.25")
    assert not any(line != line.rstrip() for line in lines)


def test_a_list_has_no_first_line_and_keeps_its_indent() -> None:
    found = plain_table((), [("  run.json", "5 B"), ("  model.safetensors", "12.0 MB")])
    assert found.splitlines() == ["  run.json               5 B", "  model.safetensors  12.0 MB"]


@pytest.mark.parametrize(
    ("share", "shown"), [(0, "0.0%"), (0.0001, "<0.1%"), (0.5, "50.0%"), (0.99999, ">99.9%"), (1, "100.0%")]
)
def test_percentages_are_honest_at_the_ends(share: float, shown: str) -> None:
    assert percent(share) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "< 0.1 ms"), (0.0012, "1.2 ms"), (0.0421, "42 ms"), (0.25, "250 ms"), (0.9996, "1.00 s"),
        (2, "2.00 s"), (59.999, "1 min 0 s"), (491.2, "8 min 11 s"), (7500, "2 h 5 min"),
    ],
)  # fmt: skip
def test_durations_from_a_text_to_a_training(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown
