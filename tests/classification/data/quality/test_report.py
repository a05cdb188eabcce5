from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from support.paths import ROOT

from classification.data.dataset import Rows, Splits, load_rows
from classification.data.quality.mojibake import double_encoded, lost_character
from classification.data.quality.report import Finding, QualityReport, report
from classification.data.splitting import fold
from classification.task import Label, Task, load_task

DATA = Path(os.environ.get("PROMPT_OR_TUNE_DATA", ROOT.parent / "shared" / "data"))

MOOD = Task(
    name="mood",
    language="en",
    instruction="Decide how the writer feels.",
    labels=(Label(name="Bad"), Label(name="Good")),
)


def rows(*pairs: tuple[str, str]) -> Rows:
    """Rows from (text, label) pairs; an empty label stands for none."""
    return Rows(tuple(text for text, _ in pairs), tuple((label,) if label else () for _, label in pairs))


def plenty(name: str, count: int = 100, good: int = 50) -> list[tuple[str, str]]:
    """Rows that nothing is wrong with."""
    return [(f"{name} text {i}", "Good" if i < good else "Bad") for i in range(count)]


def check(train: Rows, validation: Rows | None = None, test: Rows | None = None, task: Task = MOOD) -> QualityReport:
    return report(Splits(train, validation, test, source="rows.csv"), task)


def only(found: QualityReport) -> Finding:
    assert len(found.findings) == 1, found.as_text()
    return found.findings[0]


def test_clean_rows_have_no_findings() -> None:
    found = check(rows(*plenty("train")), rows(*plenty("validation")), rows(*plenty("test")))
    assert found.findings == ()
    assert not found.has_errors
    assert found.conclusion == "Nothing found."


def test_exact_duplicates_are_counted_once_for_each_repetition() -> None:
    finding = only(check(rows(*plenty("train"), ("again", "Good"), ("again", "Good"), ("again", "Good"))))
    assert (finding.kind, finding.severity, finding.count, finding.split) == ("exact-duplicates", "warning", 2, "train")
    assert finding.sentence == "2 rows (1.9%) repeating an earlier text; keep one of each."
    assert [(example.row, example.text) for example in finding.examples] == [(102, "again"), (103, "again")]


def test_a_few_duplicates_are_only_a_note() -> None:
    assert only(check(rows(*plenty("train", 400, 200), ("train text 0", "Good")))).severity == "note"


def test_duplicates_by_case_and_spacing_are_told_apart_from_exact_ones() -> None:
    finding = only(check(rows(*plenty("train"), ("Hello  there", "Good"), ("HELLO there ", "Good"))))
    assert (finding.kind, finding.count) == ("near-duplicates", 1)
    assert finding.sentence == (
        "1 row (1.0%) differing from an earlier text by case or spacing only; keep one of each."
    )


def test_contradictions_are_found_across_splits() -> None:
    found = check(rows(*plenty("train"), ("meh", "Good")), test=rows(*plenty("test", 500), ("Meh", "Bad")))
    finding = next(finding for finding in found.findings if finding.kind == "contradictory-labels")
    assert (finding.severity, finding.count, finding.split) == ("warning", 1, None)
    assert finding.sentence == (
        "1 text has different labels in different rows (the first: 'Bad' and 'Good'); decide on one, or remove them."
    )
    assert finding.examples[0].row == 101


def test_many_contradictions_are_an_error() -> None:
    pairs = [(text, other) for text, _ in plenty("train") for other in ("Good", "Bad")]
    found = check(rows(*pairs))
    assert found.has_errors
    assert found.findings[0].sentence.startswith("100 texts have different labels in different rows")


@pytest.mark.parametrize(("test_rows", "severity"), [(20, "error"), (200, "warning")])
def test_test_rows_that_were_trained_on_are_a_leak(test_rows: int, severity: str) -> None:
    found = check(rows(*plenty("train")), test=rows(*plenty("test", test_rows - 1, 10), ("TRAIN text 7", "Good")))
    finding = only(found)
    assert (finding.kind, finding.severity, finding.count) == ("leak", severity, 1)
    assert finding.sentence.endswith(" of test also in train; remove them from train.")
    assert (finding.examples[0].split, finding.examples[0].row) == ("test", test_rows)


def test_a_label_without_training_rows_is_an_error_and_without_test_rows_a_warning() -> None:
    found = check(rows(*plenty("train", good=100)), test=rows(*plenty("test", good=0)))
    assert [(finding.kind, finding.severity, finding.split) for finding in found.findings] == [
        ("missing-labels", "error", "train"),
        ("missing-labels", "warning", "test"),
    ]
    assert found.findings[0].sentence == "no row of Bad; add rows, or take the label out of the task."


def test_rare_labels_and_imbalance_are_reported() -> None:
    found = check(rows(*plenty("train", 300, good=10)))
    assert [finding.kind for finding in found.findings] == ["few-rows", "imbalance"]
    assert found.findings[0].sentence == "fewer than 20 rows of Good (10); a model learns little from so few."
    assert found.findings[1].sentence == ("Bad is 29.0 times as frequent as Good; read macro-F1 rather than accuracy.")
    assert only(check(rows(*plenty("train", 200, good=40)))).severity == "note"
    assert check(rows(*plenty("train", 100, good=40))).findings == ()


def test_rows_without_a_label_are_mentioned() -> None:
    task = MOOD.model_copy(update={"multi_label": True})
    finding = only(check(rows(*plenty("train"), ("nothing", "")), task=task))
    assert (finding.kind, finding.severity) == ("no-label", "note")


@pytest.mark.parametrize(("language", "length", "long"), [("en", 2000, 0), ("en", 2001, 1), ("zh", 501, 1)])
def test_long_texts_depend_on_the_language(language: str, length: int, long: int) -> None:
    task = MOOD.model_copy(update={"language": language})
    found = check(rows(*plenty("train"), ("x" * length, "Good")), task=task)
    assert len(found.findings) == long
    assert found.splits[0].longest == length
    if long:
        assert found.findings[0].examples[0].text == "x" * 59 + "…"


def test_damaged_characters_are_shown_where_they_are() -> None:
    damaged = "A long sentence before the damage, so that it would be cut: profit \ufffd up"
    broken = "Profit up 4% â€” shares jump"
    found = check(rows(*plenty("train"), (damaged, "Good"), (broken, "Good")))
    by_kind = {finding.kind: finding for finding in found.findings}
    assert "\ufffd" in by_kind["lost-characters"].examples[0].text
    assert by_kind["double-encoded"].sentence == (
        "1 row (1.0%) of UTF-8 that was read as another encoding ('â€”' for '—'); read the original as UTF-8."
    )


def one_byte(byte: int, encoding: str) -> str:
    """A byte read in an encoding, or as Latin-1 where that leaves it undefined, as web browsers do."""
    try:
        return bytes([byte]).decode(encoding)
    except UnicodeDecodeError:
        return chr(byte)


@pytest.mark.parametrize(
    "text", ["café", "naïve — “quoted”", "£5, 10 €", "Ünïcödé", "好消息。", "Привет", "🚀 up 5%", "한국어", "Việt"]
)
@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_utf8_read_as_a_western_encoding_is_recognised(text: str, encoding: str) -> None:
    broken = "".join(one_byte(byte, encoding) for byte in text.encode("utf-8"))
    assert double_encoded(broken) is not None
    assert double_encoded(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "IRMÃ”",
        "« CAFÉ » et « THÉ »",
        "„MENÜ“",
        "VOILÀ…",
        "château…",
        "«olá»…",
        "São Paulo",
        "Ål–Ø",
    ],
)
def test_accents_beside_punctuation_are_no_damage(text: str) -> None:
    assert double_encoded(text) is None
    assert lost_character(text) is None


@pytest.mark.parametrize(("text", "place"), [("a\ufffd", 1), ("锟斤拷", 0), ("don\x92t", 3), ("fine — 好", None)])
def test_lost_characters_are_located(text: str, place: int | None) -> None:
    assert lost_character(text) == place


def test_the_text_report_is_complete_and_aligned() -> None:
    task = Task(
        name="评价",
        language="zh",
        instruction="判断评价。",
        labels=(Label(name="负面"), Label(name="Good")),
    )
    train = rows(*[(f"甲 {i}", "负面" if i < 75 else "Good") for i in range(100)], ("甲 1", "负面"))
    text = check(train, test=rows(*[(f"乙 {i}", "负面" if i < 5 else "Good") for i in range(10)]), task=task).as_text()
    assert text.splitlines() == [
        "rows.csv, read for the task 评价",
        "",
        "                   rows   characters:  median    95 %  longest",
        "  train             101                     4       4        4",
        "  test               10                     3       3        3",
        "",
        "  label         train        test",
        "  负面             76           5    75.2% ██████████████████",
        "  Good             25           5    24.8% ██████",
        "",
        "· note     train: 1 row (1.0%) repeating an earlier text; keep one of each.",
        "             train row 101: 甲 1",
        "· note     train: 负面 is 3.0 times as frequent as Good; read macro-F1 rather than accuracy.",
        "",
        "Found 2 notes.",
    ]


def test_a_long_list_of_labels_is_shortened() -> None:
    names = [f"label{i:02}" for i in range(20)]
    task = Task(name="t", language="en", instruction="Decide.", labels=tuple(Label(name=name) for name in names))
    text = check(rows(*[(f"text {name} {i}", name) for name in names for i in range(30)]), task=task).as_text()
    assert "  … 9 more" in text
    assert text.count("  label") == 1 + 11


def test_errors_come_first_and_the_conclusion_says_what_to_do() -> None:
    found = check(rows(*plenty("train", good=100), ("train text 0", "Good")))
    assert [finding.severity for finding in found.findings] == ["error", "note"]
    assert found.conclusion == "Found 1 error, 1 note. Correct the errors before you trust a score."


def test_tens_of_thousands_of_rows_are_checked_whole() -> None:
    texts = [(f"Der Text Nummer {i} über ein Thema – kurz", "Good" if i % 2 else "Bad") for i in range(45_000)]
    (finding,) = check(rows(*texts, texts[0])).findings
    assert (finding.kind, finding.count, finding.examples[0].row) == ("exact-duplicates", 1, 45_001)


# --- the rows that come with the project


def test_the_demo_headlines_are_many_balanced_and_clean() -> None:
    task = load_task(ROOT / "tasks" / "financial-sentiment.yaml")
    headlines = load_rows(ROOT / "demo" / "headlines.csv", task)
    counts = Counter(label for (label,) in headlines.labels)
    assert len(headlines) >= 150
    assert set(counts) == set(task.label_names)
    assert max(counts.values()) <= 1.1 * min(counts.values())
    assert len({fold(text) for text in headlines.texts}) == len(headlines)
    assert not any("http" in text for text in headlines.texts)
    assert all(text.isascii() for text in headlines.texts)
    assert check(headlines, task=task).findings == ()


def test_the_demo_headlines_are_our_own() -> None:
    if not (DATA / "tfns").is_dir():
        pytest.skip(f"no tfns in {DATA}; set PROMPT_OR_TUNE_DATA to a folder that has it")
    task = load_task(ROOT / "tasks" / "financial-sentiment.yaml")
    headlines = load_rows(ROOT / "demo" / "headlines.csv", task)
    published = {
        fold(text)
        for split in ("train", "validation", "test")
        for text in load_rows(DATA / "tfns" / f"{split}.csv", task).texts
    }
    assert not published & {fold(text) for text in headlines.texts}


# --- what reading may have got wrong


@pytest.mark.parametrize(
    ("text", "kind", "severity"),
    [
        ("{'title': 'Lovely', 'body': 'Lovely soup'}", "objects", "warning"),
        ('{"title": "Lovely", "body": null}', "objects", "warning"),
        ('["one", "two"]', "objects", "warning"),
        ('"Good soup', "quotation-marks", "note"),
        ('fresh bread"', "quotation-marks", "note"),
        ("half a face \ud83d", "half-characters", "error"),
    ],
)
def test_texts_that_nobody_wrote_are_found(text: str, kind: str, severity: str) -> None:
    finding = only(check(rows((text, "Good"), *plenty("train"))))
    assert (finding.kind, finding.severity, finding.count, finding.examples[0].row) == (kind, severity, 1, 1)
    assert finding.sentence.endswith("look at how the file was written.")
    finding.sentence.encode()
    finding.examples[0].text.encode()


@pytest.mark.parametrize("text", ["{not an object}", "[NAME] is right", '"all" he said, "twice"', "[", "{}x", '"'])
def test_texts_with_brackets_and_marks_are_left_in_peace(text: str) -> None:
    assert check(rows((text, "Good"), *plenty("train"))).findings == ()


def test_a_column_of_numbers_is_asked_about() -> None:
    numbers = rows(*((str(row / 2), "Good" if row % 2 else "Bad") for row in range(60)))
    finding = only(check(numbers))
    assert finding.kind == "numbers"
    assert finding.sentence == "every text is a number; is another column the text? Name it with --text_column."


def test_what_was_assumed_in_reading_is_repeated() -> None:
    splits = Splits(rows(*plenty("train")), None, None, "rows.csv", ("rows.csv: read as UTF-16.",), {"train": (3,)})
    found = report(splits, MOOD)
    assert [(finding.kind, finding.severity) for finding in found.findings] == [
        ("swallowed-rows", "warning"),
        ("reading", "note"),
    ]
    assert found.findings[1].sentence == "rows.csv: read as UTF-16."
    assert found.findings[0].examples[0].row == 3
    assert "Found 1 warning, 1 note." in found.as_text()
