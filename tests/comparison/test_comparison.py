from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.comparisons import compared, evaluated

from classification.errors import InputError
from comparison.comparison import Comparison, compare
from comparison.records import MAX_BYTES, RowsOrigin
from comparison.seen_rows import CLEAN
from comparison.verdict import verdict


def test_a_comparison_holds_every_contender_and_every_pair_that_answered() -> None:
    found = compared()
    assert [contender.name for contender in found.contenders] == ["majority", "tuned", "bad", "broken"]
    assert [contender.name for contender in found.measured] == ["majority", "tuned", "bad"]
    assert [(pair.first, pair.second) for pair in found.pairs] == [
        ("majority", "tuned"), ("majority", "bad"), ("tuned", "bad"),
    ]  # fmt: skip
    assert found.floor is not None
    assert found.floor.name == "majority"


def test_pairs_are_tested_on_the_same_rows() -> None:
    first, _, last = compared().pairs
    assert (first.only_first_right, first.only_second_right) == (0, 39)
    assert first.accuracy_difference == pytest.approx(20 / 60 - 59 / 60, abs=1e-6)
    assert first.accuracy_p == pytest.approx(2 * 0.5**39 - 0.5**39)
    assert first.accuracy_p_holm == pytest.approx(2 * first.accuracy_p)  # the smallest is times 3, this comes second
    assert last.accuracy_p_holm == pytest.approx(3 * last.accuracy_p)
    assert last.macro_f1_difference_ci[0] > 0.5
    assert last.macro_f1_p_holm < 0.01


def test_a_pair_has_the_signs_of_the_contender_that_it_is_seen_from() -> None:
    found = compared()
    behind, ahead = found.pairs_of("majority")["tuned"], found.pairs_of("tuned")["majority"]
    assert (ahead.first, ahead.second) == (behind.second, behind.first) == ("tuned", "majority")
    assert ahead.macro_f1_difference == -behind.macro_f1_difference > 0
    assert ahead.macro_f1_difference_ci == (-behind.macro_f1_difference_ci[1], -behind.macro_f1_difference_ci[0])
    assert ahead.accuracy_difference == -behind.accuracy_difference > 0
    assert (ahead.only_first_right, ahead.only_second_right) == (39, 0)
    assert ahead.seen_from("majority") == behind
    assert set(found.pairs_of("tuned")) == {"majority", "bad"}
    assert found.pairs_of("broken") == {}


@pytest.mark.parametrize(
    ("source", "origin"),
    [
        ("tfns (test)", RowsOrigin("tfns", "test")),
        ("owner/name", RowsOrigin("owner/name")),
        ("rows.csv, a sample with seed 3", RowsOrigin("rows.csv", seed=3)),
        ("rows (old) (validation), a sample with seed 0", RowsOrigin("rows (old)", "validation", 0)),
        ("two\nlines", RowsOrigin("two\nlines")),
    ],
)
def test_where_rows_are_from_is_written_and_read(source: str, origin: RowsOrigin) -> None:
    assert RowsOrigin.parse(source) == origin
    assert str(origin) == source


def test_comparison_json_has_what_a_reader_needs(tmp_path: Path) -> None:
    file = compared().save(tmp_path)
    found = json.loads(file.read_text(encoding="utf-8"))
    assert file.name == "comparison.json"
    assert found["task"]["name"] == "abc"
    assert found["rows"]["source"] == "letters.csv"
    assert found["rows"]["count"] == 60
    assert len(found["rows"]["fingerprint"]) == 64
    for contender in found["contenders"]:
        keys = {"name", "approach", "family", "accuracy", "macro_f1", "invalid_rate", "seconds_per_text"}
        assert keys <= set(contender)
    assert found["contenders"][1]["accuracy"] == pytest.approx(59 / 60, abs=1e-6)
    assert found["contenders"][3]["accuracy"] is None
    assert found["contenders"][3]["error"] == "RuntimeError: out of memory"
    assert found["versions"]["python"]
    assert found["hardware"]["cores"] >= 1


def test_saved_and_loaded_comparisons_are_equal(tmp_path: Path) -> None:
    saved = compared()
    saved.save(tmp_path / "new" / "folder")
    assert Comparison.load(tmp_path / "new" / "folder") == saved


def test_evaluations_on_other_rows_are_refused() -> None:
    with pytest.raises(InputError) as error:
        compare([evaluated("one", "AB", "AB"), evaluated("two", "AB", "BA")])
    assert str(error.value) == (
        "'one' and 'two' were not evaluated on the same rows of the same task; evaluate both on the same rows."
    )


def test_nothing_to_compare_is_refused() -> None:
    with pytest.raises(InputError, match=r"^there is nothing to compare; evaluate one contender at least\.$"):
        compare([])


def test_one_contender_is_a_comparison_without_pairs() -> None:
    assert compare([evaluated("one", "AB", "AB")]).pairs == ()


def _set(*path: str | int, to: object) -> Callable[[dict[str, Any]], None]:
    def change(record: Any) -> None:
        for key in path[:-1]:
            record = record[key]
        record[path[-1]] = to

    return change


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (_set("contenders", to=[]), "'contenders' is [], but tuple should have at least 1 item"),
        (_set("contenders", 0, "accuracy", to=2), "accuracy' is 2, but input should be less than or equal to 1"),
        (_set("contenders", 0, "accuracy", to=float("nan")), "accuracy' is nan, but input should be a finite number"),
        (_set("contenders", 0, "name", to="x" * 501), "but string should have at most 500 characters"),
        (_set("contenders", 0, "approach", to="magic"), "approach' is 'magic', but input should be 'baseline'"),
        (_set("contenders", 0, "name", to="bad"), "two contenders are called 'bad'"),
        (
            _set("contenders", 0, "per_class", to={}),
            "the per_class labels of 'majority' are not the labels of the task",
        ),
        (_set("pairs", 0, "first", to="stranger"), "a pair names 'stranger', which is no contender with scores"),
        (_set("task", "labels", to=["A"]), "'task.labels' is ['A'], but tuple should have at least 2 items"),
        (_set("format", to=9), "'format' is 9, but input should be 1"),
        (lambda record: record.pop("rows"), "the key 'rows' is missing; add it"),
    ],
)
def test_a_foreign_file_gives_one_sentence(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], complaint: str
) -> None:
    file = compared().save(tmp_path)
    record = json.loads(file.read_text())
    change(record)
    file.write_text(json.dumps(record))
    with pytest.raises(InputError) as error:
        Comparison.load(tmp_path)
    assert str(error.value).startswith(f"{file}: ")
    assert complaint in str(error.value)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < len(str(file)) + 250


def test_too_many_contenders_are_refused(tmp_path: Path) -> None:
    file = compared().save(tmp_path)
    record = json.loads(file.read_text())
    record["contenders"] = [record["contenders"][3] | {"name": str(number)} for number in range(101)]
    file.write_text(json.dumps(record))
    with pytest.raises(InputError, match="but tuple should have at most 100 items after validation"):
        Comparison.load(tmp_path)


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "comparison.json"
    file.write_bytes(content)
    with pytest.raises(InputError) as error:
        Comparison.load(tmp_path)
    assert str(error.value) == f"{file}: not valid JSON, so no comparison; give one that this program wrote."


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "comparison.json"
    with file.open("wb") as out:
        out.truncate(MAX_BYTES + 1)
    with pytest.raises(InputError) as error:
        Comparison.load(tmp_path)
    assert str(error.value) == f"{file}: larger than 20 MB, so no comparison; give one that this program wrote."


def test_a_later_versions_keys_are_left_out(tmp_path: Path) -> None:
    saved = compared()
    file = saved.save(tmp_path)
    file.write_text(json.dumps(json.loads(file.read_text()) | {"cost": {"per_text": 1}}))
    assert Comparison.load(tmp_path) == saved


def test_verdict_names_the_best_and_what_it_beats() -> None:
    found = verdict(compared())
    assert found is not None
    assert found.best == "tuned"
    assert found.others == {"majority": "worse", "bad": "worse"}
    assert found.sentence == (
        "tuned has the highest macro-F1, 0.991 (0.970 to 1.000); it gets more of the 60 rows right than majority and "
        f"bad (p < 0.001 after Holm's correction). {CLEAN}"
    )


def test_verdict_says_when_rows_cannot_tell() -> None:
    found = verdict(compare([evaluated("one", "ABCABC", "ABCABC"), evaluated("two", "ABCABB", "ABCABC")]))
    assert found is not None
    assert found.others == {"two": "can't tell yet"}
    assert found.p is None
    assert found.sentence == (
        "one has the highest macro-F1, 1.000 (1.000 to 1.000). "
        f"Whether it gets more right than two, these rows can't tell yet. {CLEAN}"
    )


def test_verdict_admits_that_another_gets_more_rows_right() -> None:
    targets = "A" * 180 + "B" * 10 + "C" * 10
    found = verdict(
        compare([evaluated("lazy", "A" * 200, targets), evaluated("fair", "A" * 140 + "B" * 50 + "C" * 10, targets)])
    )
    assert found is not None
    assert (found.best, found.others) == ("fair", {"lazy": "better"})
    assert "; but lazy gets more of the 200 rows right (p" in found.sentence


def test_verdict_warns_when_a_baseline_is_best() -> None:
    found = verdict(
        compare([evaluated("floor", "ABC" * 9, "ABC" * 9, "baseline"), evaluated("model", "A" * 27, "ABC" * 9)])
    )
    assert found is not None
    assert found.sentence.endswith(f"It is a baseline: no model here is worth its cost by macro-F1. {CLEAN}")


def test_verdict_of_one_or_no_contender() -> None:
    alone = verdict(compare([evaluated("one", "ABC", "ABC")]))
    assert alone is not None
    assert alone.sentence == (
        "one has the highest macro-F1, 1.000 (1.000 to 1.000), and nothing was measured beside it on these 3 rows. "
        f"{CLEAN}"
    )
    assert verdict(compare([evaluated("broken", "", "ABC", error=InputError("no weights."))])) is None
