"""What a comparison says of rows that a contender had seen before, wherever it is shown."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from support.cards import Seen as Browser
from support.cards import card_of, comparison_with, run_record
from support.comparisons import compared, evaluated
from support.fakes import SENTIMENT, FakeClassifier, FakeContender, FakeLineup

from classification.errors import InputError
from classification.prompting.demonstrations import ChosenDemonstrations
from classification.prompting.messages import Demonstration
from classification.runs.seen import Seen, TextHashes
from comparison.comparison import Comparison, compare
from comparison.evaluation import Evaluation
from comparison.report.tables import as_csv, as_markdown, as_table
from comparison.seen_rows import CLEAN, NOBODY_KNOWS, seen_is_informative
from comparison.verdict import verdict
from hub.cards.comparison import comparison_card
from hub.cards.evidence import Evidence
from ui.api import _finished
from ui.html.results_table import results_table, summary_of
from ui.live.contender_server import ContenderServer
from ui.live.evaluate_rows import checked_rows, evaluate_rows

TARGETS = "ABC" * 20
GOOD, FAIR, BAD = "ABC" * 20, "ABC" * 14 + "BCA" * 6, "BCA" * 20


def comparison(good: Seen | None, fair: Seen | None, bad: Seen | None) -> Comparison:
    """Three contenders on 60 rows, of which ``good`` gets 60 right, ``fair`` 42 and ``bad`` none."""
    return compare(
        [
            evaluated("good", GOOD, TARGETS, "fine-tuned", seen=good),
            evaluated("fair", FAIR, TARGETS, "zero-shot", seen=fair),
            evaluated("bad", BAD, TARGETS, "few-shot", seen=bad),
        ]
    )


NONE = Seen(train=0)


def sentence(*seen: Seen | None) -> str:
    found = verdict(comparison(*seen))
    assert found is not None
    return found.sentence


# --- the verdict


def test_where_nobody_has_seen_any_one_sentence_says_so() -> None:
    said = sentence(NONE, NONE, NONE)
    assert said.endswith(f"Holm's correction). {CLEAN}")
    assert "not evidence" not in said


def test_the_best_has_seen_so_many_that_another_is_to_be_used() -> None:
    found = verdict(comparison(Seen(train=40, validation=3), NONE, NONE))
    assert found is not None
    assert found.best == "fair"
    assert found.others == {"good": "better", "bad": "worse"}
    assert found.sentence == (
        "good has the highest macro-F1, 1.000 (1.000 to 1.000), but has seen 40 of the 60 rows in training and 3 in "
        "validation, so its score is not evidence for new texts. Of the contenders that have seen none, fair has the "
        "highest macro-F1, 0.700 (0.567 to 0.810); it gets more of the 60 rows right than bad (p < 0.001 after Holm's "
        "correction)."
    )


def test_the_best_has_seen_so_few_that_it_is_ahead_without_them() -> None:
    found = verdict(comparison(Seen(train=17), NONE, NONE))
    assert found is not None
    assert found.best == "good"
    assert found.sentence.endswith(
        " But good has seen 17 of the 60 rows in training, so its score is not evidence for new texts; with each of "
        "those rows counted as wrong it would still get more right than whoever has seen none."
    )
    assert verdict(comparison(Seen(train=18), NONE, NONE)).best == "fair"  # 60 - 18 is no more than 42


def test_the_second_best_is_held_to_the_same() -> None:
    found = verdict(comparison(Seen(train=60), Seen(train=0, demonstrations=1), NONE))
    assert found is not None
    assert found.best == "fair"
    assert found.sentence == (
        "good has the highest macro-F1, 1.000 (1.000 to 1.000), but has seen 60 of the 60 rows in training, so its "
        "score is not evidence for new texts. Of the contenders that can be judged, fair has the highest macro-F1, "
        "0.700 (0.567 to 0.810); it gets more of the 60 rows right than bad (p < 0.001 after Holm's correction). But "
        "fair has seen 1 of the 60 rows in its prompt, so its score is not evidence for new texts; with each of those "
        "rows counted as wrong it would still get more right than whoever has seen none."
    )


def test_a_loser_has_seen_some() -> None:
    found = verdict(comparison(NONE, NONE, Seen(train=0, demonstrations=1)))
    assert found is not None
    assert found.best == "good"
    assert found.sentence.endswith(" bad has seen 1 of the 60 rows in its prompt, so its score is not evidence for new "
                                   "texts.")  # fmt: skip
    assert CLEAN not in found.sentence


def test_several_that_have_seen_the_same_are_named_together() -> None:
    assert sentence(NONE, Seen(train=5), Seen(train=5)).endswith(
        " fair and bad have seen 5 of the 60 rows in training, so their scores are not evidence for new texts."
    )
    assert sentence(NONE, Seen(train=5), Seen(train=0, validation=2)).endswith(
        " fair has seen 5 of the 60 rows in training; bad has seen 2 of the 60 rows in validation, so their scores are "
        "not evidence for new texts."
    )


def test_rows_of_a_validation_make_a_score_hopeful() -> None:
    assert sentence(NONE, NONE, Seen(train=0, validation=9)).endswith(
        " bad has seen 9 of the 60 rows in validation, so its score is more hopeful than on new texts."
    )


def test_where_all_have_seen_some_none_is_to_be_trusted() -> None:
    found = verdict(comparison(Seen(train=60), Seen(train=60), Seen(train=30)))
    assert found is not None
    assert found.best == "good"
    assert (
        "But good has seen 60 of the 60 rows in training, so its score is not evidence for new texts; compare again on "
        "rows that no contender has seen. fair has seen 60 of the 60 rows in training; bad has seen 30"
        in found.sentence
    )


def test_where_it_is_not_known_that_is_said() -> None:
    assert sentence(None, None, None).endswith(f" {NOBODY_KNOWS}")
    assert sentence(None, NONE, NONE).endswith(" Whether good has seen any of these rows is not known.")
    assert sentence(NONE, None, None).endswith(" Whether fair or bad has seen any of these rows is not known.")
    both = sentence(Seen(train=60), None, NONE)
    assert "Of the contenders that are not known to have seen any, fair has the highest" in both
    assert both.endswith(" Whether fair has seen any of these rows is not known.")


def test_a_lone_contender_that_has_seen_its_rows_is_not_praised() -> None:
    found = verdict(compare([evaluated("one", "ABC", "ABC", seen=Seen(train=3))]))
    assert found is not None
    assert found.sentence.endswith(
        "nothing was measured beside it on these 3 rows. But one has seen 3 of the 3 rows in training, so its score is "
        "not evidence for new texts; compare again on rows that no contender has seen."
    )


def test_a_baseline_is_best_only_among_those_that_can_be_judged() -> None:
    found = verdict(
        compare(
            [
                evaluated("tuned", GOOD, TARGETS, "fine-tuned", seen=Seen(train=60)),
                evaluated("floor", FAIR, TARGETS, "baseline"),
                evaluated("asked", BAD, TARGETS),
            ]
        )
    )
    assert found is not None
    assert found.best == "floor"
    assert found.sentence.endswith("It is a baseline: no model among them is worth its cost by macro-F1.")


def test_of_very_many_only_some_are_named() -> None:
    many = compare([evaluated(f"c{n}", GOOD, TARGETS, seen=Seen(train=1)) for n in range(40)])
    found = verdict(many)
    assert found is not None
    assert len(found.sentence) < 4000
    assert "c8 and 31 others have seen 1 of the 60 rows" in found.sentence


# --- files


def test_counts_are_kept_in_both_files_and_come_back(tmp_path: Path) -> None:
    one = evaluated("one", "ABC", "ABC", seen=Seen(train=1, demonstrations=1, validation=1))
    file = one.save(tmp_path)
    kept = {"train": 1, "demonstrations": 1, "validation": 1}
    assert json.loads(file.read_text())["contender"]["seen"] == kept
    assert Evaluation.load(file).contender == one.contender
    compare([one]).save(tmp_path)
    assert json.loads((tmp_path / "comparison.json").read_text())["contenders"][0]["seen"] == kept
    assert Comparison.load(tmp_path).measured[0].seen == Seen(**kept)


def test_a_file_of_an_older_version_loads_and_nothing_is_known(tmp_path: Path) -> None:
    file = compared().save(tmp_path)
    record = json.loads(file.read_text())
    for contender in record["contenders"]:
        contender.pop("seen", None)
    file.write_text(json.dumps(record))
    found = Comparison.load(tmp_path)
    assert all(contender.seen is None for contender in found.measured)
    assert verdict(found).sentence.endswith(NOBODY_KNOWS)


@pytest.mark.parametrize(
    ("seen", "complaint"),
    [
        ({"train": 61}, "'majority' has seen 61 rows, and there are 60"),
        ({"train": 30, "demonstrations": 30, "validation": 1}, "'majority' has seen 61 rows, and there are 60"),
        ({"train": -1}, "'contenders.0.measured.seen.train' is -1, but input should be greater than or equal to 0"),
        ({}, "'contenders.0.measured.seen.train' is missing"),
        ("many", "seen' is 'many', but input should be an object"),
    ],
)
def test_impossible_counts_of_a_stranger_are_one_sentence(tmp_path: Path, seen: object, complaint: str) -> None:
    file = compared().save(tmp_path)
    record = json.loads(file.read_text())
    record["contenders"][0]["seen"] = seen
    file.write_text(json.dumps(record))
    with pytest.raises(InputError) as error:
        Comparison.load(tmp_path)
    assert complaint in str(error.value)
    assert "\n" not in str(error.value)


# --- tables


def test_a_column_is_there_only_where_it_tells_contenders_apart() -> None:
    assert not seen_is_informative(comparison(NONE, NONE, NONE))
    assert not seen_is_informative(comparison(None, None, None))
    clean = comparison(NONE, NONE, NONE)
    assert "Rows seen" not in as_table(clean) + as_markdown(clean)
    assert CLEAN in as_table(clean)
    assert CLEAN in as_markdown(clean)
    mixed = as_markdown(comparison(Seen(train=40, validation=3), NONE, None)).splitlines()
    assert mixed[0].endswith("| Tokens per text | Rows seen |")
    assert [line.split("|")[-2].strip() for line in mixed[2:5]] == ["43", "0", "not known"]
    assert {line.count("|") for line in mixed[:5]} == {11}
    table = as_table(comparison(NONE, None, NONE)).splitlines()
    assert [line.split()[-1] for line in table[2:5]] == ["0", "known", "0"]
    assert table[0].endswith("Rows seen")


def test_a_contender_that_failed_has_an_empty_cell() -> None:
    failed = evaluated("broken", "", TARGETS, error=InputError("no weights; get some."))
    found = as_markdown(compare([evaluated("one", GOOD, TARGETS, seen=Seen(train=1)), failed])).splitlines()
    assert found[3] == "| broken | zero-shot | — | — | — | — | — | — | — | — |"


def test_csv_has_the_counts_of_every_kind() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(comparison(Seen(train=40, validation=3), NONE, None)))))
    kept = [(row["seen_train"], row["seen_demonstrations"], row["seen_validation"]) for row in rows]
    assert kept == [("40", "0", "3"), ("0", "0", "0"), ("", "", "")]


# --- the page


def test_the_page_marks_who_has_seen_rows_and_names_whom_to_use() -> None:
    found = comparison(Seen(train=40), NONE, NONE)
    top, table = summary_of(found), results_table(found)
    assert "<strong>fair</strong> has the highest macro-F1 of those that can be judged, <strong>0.700</strong>" in top
    assert "good has the highest macro-F1, 1.000 (1.000 to 1.000), but has seen 40 of the 60 rows in training" in top
    assert 'good <span class="badge seen">seen 40 rows</span>' in table
    assert 'fair <span class="badge best">best</span>' in table
    assert table.count("badge seen") == 1
    assert "badge seen" not in results_table(comparison(NONE, None, NONE))


def test_a_clean_comparison_says_so_on_the_page() -> None:
    assert CLEAN in summary_of(comparison(NONE, NONE, NONE))
    assert NOBODY_KNOWS in summary_of(comparison(None, None, None))


def test_rows_that_the_page_is_asked_about_are_counted_and_not_left_out() -> None:
    demonstrations = ChosenDemonstrations((Demonstration("Shares FALL", ("Bearish",)),))
    few_shot = FakeContender(FakeClassifier("few"), demonstrations=demonstrations)
    tuned = FakeContender(FakeClassifier("tuned"), hashes=TextHashes.of(["shares rise"], ["flat"]))
    older = FakeContender(FakeClassifier("older"), hashes=None)
    server = ContenderServer(FakeLineup(SENTIMENT, [few_shot, tuned, older]), None).start()
    given = [{"text": text, "label": "Bullish"} for text in ("shares fall", "Shares rise", "flat", "new")]
    *_, found = evaluate_rows(server, checked_rows(SENTIMENT, given), ["few", "tuned", "older"])
    assert isinstance(found, Comparison)
    assert found.rows.count == 4
    assert [one.seen for one in found.measured] == [Seen(train=0, demonstrations=1), Seen(train=1, validation=1), None]
    answer = _finished(found)
    assert answer["contenders"][0]["seen"] == {"train": 0, "demonstrations": 1, "validation": 0}
    assert answer["contenders"][2]["seen"] is None
    assert answer["best"] == "older"
    assert "but has seen 1 of the 4 rows in its prompt, so its score is not evidence for new texts" in answer["verdict"]
    assert "tuned has seen 1 of the 4 rows in training and 1 in validation" in answer["verdict"]


# --- cards


def test_the_card_of_a_comparison_says_it_in_its_table_and_its_verdict() -> None:
    card = comparison_card(comparison(Seen(train=40), NONE, NONE), repo_id="you/abc", files=())
    seen = Browser(card).words
    assert "but has seen 40 of the 60 rows in training, so its score is not evidence for new texts" in seen
    assert "How far fair, which has the highest macro-F1 of those that can be judged, is ahead" in seen
    assert "| Tokens per text | Rows seen |" in card
    clean = comparison_card(comparison(NONE, NONE, NONE), repo_id="you/abc", files=())
    assert CLEAN in clean
    assert "Rows seen" not in clean
    assert "How far good, which has the highest macro-F1, is ahead" in clean


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (
            Seen(train=40, validation=3),
            "**It had seen 40 of the 60 rows in training and 3 in validation, so its score is not evidence for new "
            "texts.**",
        ),
        (Seen(train=0, validation=3), "**It had seen 3 of the 60 rows in validation, so its score is more hopeful"),
        (NONE, "None of them was among its training rows."),
        (None, "Whether it had seen any of them in training is not known."),
    ],
)
def test_the_card_of_a_run_says_what_it_had_seen(seen: Seen | None, said: str) -> None:
    record = run_record()
    found = comparison_with(record)
    contenders = [one.model_copy(update={"seen": seen}) if one.name == "tuned" else one for one in found.contenders]
    card = card_of(record, Evidence.of(record, found.model_copy(update={"contenders": tuple(contenders)})))
    assert said in card
    assert ("| Rows seen |" in card) is (seen != NONE)


def test_the_card_of_a_run_without_a_comparison_tells_of_its_own_validation_rows() -> None:
    from support.cards import evaluation

    clean = run_record(evaluation=evaluation() | {"seen": {"train": 0}})
    assert "None of them was among its training rows." in card_of(clean, Evidence.of(clean))
    leaked = run_record(evaluation=evaluation() | {"seen": {"train": 12}})
    assert "**It had seen 12 of the 300 rows in training" in card_of(leaked, Evidence.of(leaked))
    older = run_record(evaluation=evaluation())
    assert "had seen" not in card_of(older, Evidence.of(older))
    odd = run_record(evaluation=evaluation() | {"seen": "all"})
    assert "had seen" not in card_of(odd, Evidence.of(odd))
