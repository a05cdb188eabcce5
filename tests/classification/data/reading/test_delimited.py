"""CSV and TSV as people and programs write them: quotation marks, separators, headers."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.tables import HEADER, MOOD, TAGS, labels, pairs, refusal, task_of, told, write

from classification.data.dataset import ReadOptions, load_splits

# --- quotation marks


def lines(*rows: str, separator: str = "\t") -> str:
    return "".join(f"{row}\n" for row in (separator.join(("text", "label")), *rows))


@pytest.mark.parametrize(
    "rows",
    [
        ['"Good soup\tgood', "Wet chair\tbad", 'fresh bread" she said\tgood'],  # a mark closes three lines later
        ['"Good soup\tgood', "Wet chair\tbad", 'fresh bread"\tgood'],  # ... and right before a separator
        ['"Good soup\tgood', "Wet chair\tbad"],  # ... and never
        ['"Good" soup\tgood', '"\tbad', '""\tgood', '"""\tbad'],
        ['say "hi\tgood', '"hi" they said\tbad', 'the 5" pan\tgood'],
        ['"a\tgood', 'b"\tbad', '"c\tgood', 'd"\tbad'],
    ],
)
def test_quotation_marks_that_are_characters_swallow_no_row(tmp_path: Path, rows: list[str]) -> None:
    file = write(tmp_path, "rows.tsv", lines(*rows))
    with told() as sentences:
        found = pairs(file)
    assert found == [(row.split("\t")[0].strip(), (row.split("\t")[1],)) for row in rows]
    assert any("quotation marks are just characters" in sentence for sentence in sentences)


def test_commas_do_not_change_that(tmp_path: Path) -> None:
    file = write(tmp_path, "rows.csv", HEADER + '"Good soup,good\nWet chair,bad\nfresh bread",good\n')
    assert [text for text, _ in pairs(file)] == ['"Good soup', "Wet chair", 'fresh bread"']


def test_enclosed_cells_may_hold_anything(tmp_path: Path) -> None:
    file = write(tmp_path, "rows.csv", HEADER + '"a, ""b""\nc, d",good\n"e",bad\n')
    with told() as sentences:
        assert pairs(file) == [('a, "b"\nc, d', ("good",)), ("e", ("bad",))]
    assert sentences == [
        f"{file}: 1 row with a cell that holds both separators and line breaks (row 1); make sure that no quotation "
        "mark is missing there."
    ]


def test_rows_that_are_swallowed_beside_rightly_enclosed_ones_are_refused_with_their_lines(tmp_path: Path) -> None:
    file = write(tmp_path, "rows.csv", HEADER + '"one, two",good\n"Good soup,good\nWet chair,bad\nbread",good\n')
    assert refusal(file) == (
        "rows.csv, lines 3 to 5: one row by its quotation marks, and every line of it looks like a row of its own; "
        "write quotation marks that are just characters twice and enclose their cell, or remove them."
    )


def test_backslashes_before_quotation_marks_are_read_and_told(tmp_path: Path) -> None:
    file = write(tmp_path, "rows.csv", HEADER + '"say \\"hi\\", twice",good\nplain,bad\n')
    with told() as sentences:
        assert pairs(file)[0] == ('say "hi", twice', ("good",))
    assert sentences == [f"{file}: a backslash stands before quotation marks in this file."]


def test_check_shows_the_rows_that_hold_separators_and_line_breaks(tmp_path: Path) -> None:
    from classification.data.quality.report import report

    rows = "".join(f"text {row},{'good' if row % 2 else 'bad'}\n" for row in range(40))
    file = write(tmp_path, "rows.csv", HEADER + '"a, b\nc",good\n' + rows)
    (found,) = (
        finding
        for finding in report(load_splits(MOOD, str(file), need=(), validation_size=0, test_size=0), MOOD).findings
        if finding.kind == "swallowed-rows"
    )
    assert (found.severity, found.count, found.examples[0].row, found.examples[0].text) == ("warning", 1, 1, "a, b c")


def test_a_text_of_any_length_is_one_cell(tmp_path: Path) -> None:
    long = "word, " * 50_000
    assert pairs(write(tmp_path, "rows.csv", f'{HEADER}"{long}",good\n'))[0][0] == long.strip()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system_are_read(tmp_path: Path, end: str) -> None:
    file = write(tmp_path, "rows.csv", end.join(["text,label", "a\u2028b,good", "", "c\x0bd,bad", ""]))
    assert [text for text, _ in pairs(file)] == ["a\u2028b", "c\x0bd"]


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ("a,b,good\nc,bad\n", "rows.csv, line 2: row 1 has 3 cells where the header has 2;"),
        ('"a",good\nb\n', "rows.csv, line 3: row 2 has 1 cell where the header has 2;"),
        (
            '"a, b",good\n"c,good\n',
            "rows.csv, line 3: malformed (unexpected end of data); is a double quote left open?",
        ),
        ('"a, b",good\n"c" d,good,\n', "rows.csv, line 3: malformed ("),
    ],
)
def test_rows_that_do_not_fit_are_refused_with_their_line(tmp_path: Path, rows: str, sentence: str) -> None:
    assert refusal(write(tmp_path, "rows.csv", HEADER + rows)).startswith(sentence)


# --- separators


@pytest.mark.parametrize(
    ("name", "separator", "said"),
    [
        ("rows.csv", ";", "semicolons"),
        ("rows.csv", "\t", "tabs"),
        ("rows.csv", "|", "bars"),
        ("rows.tsv", ",", "commas"),
    ],
)
def test_another_separator_is_read_where_the_header_shows_it(
    tmp_path: Path, name: str, separator: str, said: str
) -> None:
    other = "," if separator != "," else ";"
    file = write(tmp_path, name, lines(f"warm{other} quick{separator}good", f"cold{separator}bad", separator=separator))
    with told() as sentences:
        assert pairs(file) == [(f"warm{other} quick", ("good",)), ("cold", ("bad",))]
    assert sentences == [f"{file}: its cells are separated by {said}."]


def test_excels_own_first_line_names_the_separator(tmp_path: Path) -> None:
    file = write(tmp_path, "rows.csv", "sep=;\r\ntext;label\r\na, b;good\r\n")
    assert pairs(file) == [("a, b", ("good",))]
    assert refusal(write(tmp_path, "short.csv", "sep=;\ntext;label\na\n")).startswith(
        "short.csv, line 3: row 1 has 1 cell"
    )


def test_semicolons_without_a_header_are_read_as_well(tmp_path: Path) -> None:
    file = write(tmp_path, "rows.csv", "Lovely soup, warm;good\nCold soup;bad\n")
    assert pairs(file) == [("Lovely soup, warm", ("good",)), ("Cold soup", ("bad",))]


# --- headers


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("Text,Label", ["the texts are read from the column 'Text'", "the labels are read from the column 'Label'"]),
        ("TEXT, LABEL ", ["the texts are read from the column 'TEXT'", "the labels are read from the column 'LABEL'"]),
        ("text,labels", ["the labels are read from the column 'labels'"]),
        ("sentence,label", ["the texts are read from the column 'sentence'"]),
        ("Review,Sentiment", ["the texts are read from the column 'Review'", "labels are read from the column 'Sent"]),
        ("文本,标签", ["the texts are read from the column '文本'", "the labels are read from the column '标签'"]),
        ("what they wrote,y", ["the texts are read from the column 'what they wrote'", "from the column 'y'"]),
        ("text,verdict", ["the labels are read from the column 'verdict'"]),
    ],
)
def test_obvious_names_of_columns_are_read_and_told(tmp_path: Path, header: str, said: list[str]) -> None:
    file = write(tmp_path, "rows.csv", f"{header}\nnice,good\nawful,bad\n")
    with told() as sentences:
        assert pairs(file) == [("nice", ("good",)), ("awful", ("bad",))]
    assert len(sentences) == len(said)
    assert all(part in sentence for part, sentence in zip(said, sentences, strict=True))


def test_text_and_label_are_taken_in_silence_whatever_else_there_is(tmp_path: Path) -> None:
    file = write(tmp_path, "rows.csv", "id,Text,text,label,label_text,target\n1,no,yes,good,GOOD,bad\n")
    with told() as sentences:
        assert pairs(file) == [("yes", ("good",))]
    assert not sentences


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            "review,comment,label\na,b,good\n",
            "rows.csv: the text could be in the column 'review' or 'comment'; say which one with --text_column NAME.",
        ),
        (
            "text,sentiment,topic\na,good,bad\n",
            "rows.csv: the label could be in the column 'sentiment' or 'topic'; say which one with --label_column "
            "NAME.",
        ),
        ("text,text,label\na,b,good\n", "rows.csv: two columns are called 'text'; rename one of them."),
        (
            "premise,hypothesis,label\na,b,good\n",
            "rows.csv: no column that is plainly the text; it has 'premise', 'hypothesis', 'label'; say which one with "
            "--text_column NAME.",
        ),
        (
            "text,id\na,1\n",
            "rows.csv: no column that is plainly the label; it has 'text', 'id'; say which one with "
            "--label_column NAME.",
        ),
        (
            "nice soup,today,good\nawful soup,today,bad\n",
            "rows.csv: its first row ('nice soup, today, good') looks like a row, not like a header; add a first line "
            "that names the columns, such as text and label.",
        ),
    ],
)
def test_what_is_not_obvious_gets_the_words_to_write(tmp_path: Path, content: str, sentence: str) -> None:
    assert refusal(write(tmp_path, "rows.csv", content)) == sentence


def test_a_person_says_which_column_is_which(tmp_path: Path) -> None:
    file = write(tmp_path, "rows.csv", "text,review,label,mood\nno,yes,bad,good\n")
    with told() as sentences:
        assert pairs(file, options=ReadOptions("review", "mood")) == [("yes", ("good",))]
    assert not sentences
    assert refusal(file, options=ReadOptions("reviews")) == (
        "rows.csv: no column 'reviews' (did you mean 'review'?); it has 'text', 'review', 'label', 'mood'."
    )


@pytest.mark.parametrize("rows", [["nice, warm|good", "cold|bad"], ["good|nice", "bad|cold"]])
def test_two_columns_without_a_header_are_read_where_one_holds_the_labels(tmp_path: Path, rows: list[str]) -> None:
    cells = [row.split("|") for row in rows]
    file = write(tmp_path, "rows.csv", "".join(f'"{first}","{second}"\n' for first, second in cells))
    with told() as sentences:
        found = pairs(file)
    assert {label for _, (label,) in found} == {"good", "bad"}
    assert len(found) == 2
    assert sentences[0].startswith(f"{file}: no header, so its first line is read as a row")


def test_numbers_as_labels_do_not_make_a_row_of_a_header(tmp_path: Path) -> None:
    assert labels(write(tmp_path, "rows.csv", "text,label\n0,1\n1,0\n"), task_of("0", "1")) == (("1",), ("0",))
    assert labels(write(tmp_path, "bare.csv", "nice,1\nawful,0\n"), task_of("0", "1")) == (("1",), ("0",))
    assert labels(write(tmp_path, "tags.csv", "fur,cat|dog\nscales,fish\n"), TAGS) == (("cat", "dog"), ("fish",))
