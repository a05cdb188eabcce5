from __future__ import annotations

import pytest
from support.cards import TAGS, comparison_with, run_record
from support.comparisons import compared
from support.paths import ROOT

from classification.errors import InputError
from classification.runs.record import load_record
from comparison.comparison import Comparison
from comparison.records import MeasuredContender
from hub.cards.evidence import Evidence


def demo(name: str) -> Evidence:
    found = Evidence.of(load_record(ROOT / "demo" / name), Comparison.load(ROOT / "demo" / "results"))
    assert found is not None
    return found


def test_a_run_finds_itself_in_a_comparison() -> None:
    assert demo("smollm2-lora").contender == "SmolLM2 fine-tuned"
    assert demo("minilm-lora").contender == "MiniLM fine-tuned"
    assert demo("tfidf").contender == "TF-IDF + logistic regression"  # and not the majority, which is the same run


def test_the_gain_is_over_the_same_base_model_asked_zero_shot() -> None:
    gain = demo("smollm2-lora").gain
    assert gain is not None
    assert gain.second == "SmolLM2 zero-shot"
    assert gain.macro_f1_difference == pytest.approx(0.832 - 0.255, abs=0.001)
    assert gain.macro_f1_difference_ci[0] < gain.macro_f1_difference < gain.macro_f1_difference_ci[1]
    assert demo("minilm-lora").gain is None  # an encoder cannot be asked
    prompt = demo("minilm-lora").over_prompt
    assert prompt is not None
    assert prompt.second == "SmolLM2 zero-shot"


def test_the_floor_is_not_compared_with_itself() -> None:
    assert demo("tfidf").over_floor is None
    floor = demo("minilm-lora").over_floor
    assert floor is not None
    assert floor.second == "TF-IDF + logistic regression"
    assert floor.macro_f1_difference > 0


def test_of_several_ways_to_ask_the_best_counts() -> None:
    record = load_record(ROOT / "demo" / "smollm2-lora")
    comparison = Comparison.load(ROOT / "demo" / "results")
    asked = next(one for one in comparison.measured if one.name == "SmolLM2 zero-shot")
    freely = asked.model_copy(
        update={"name": "freely", "macro_f1": 0.4, "configuration": asked.configuration | {"decode": "generate"}}
    )
    pairs = [
        pair.model_copy(update={"first": "freely"}) if pair.first == asked.name else pair for pair in comparison.pairs
    ]
    both = comparison.model_copy(
        update={"contenders": (freely, *comparison.contenders), "pairs": (*pairs, *comparison.pairs)}
    )
    found = Evidence.of(record, both)
    assert found is not None
    assert found.gain is not None
    assert found.gain.second == "freely"
    assert found.over_prompt is None  # the best prompt is the same


def test_a_run_with_an_id_is_found_by_it_and_never_taken_for_another() -> None:
    record = run_record(id="a" * 32)
    comparison = comparison_with(record)
    assert Evidence.of(record, comparison).contender == "tuned"  # type: ignore[union-attr]
    with pytest.raises(InputError, match="'letters' is no contender among 'majority'"):
        Evidence.of(record.model_copy(update={"id": "b" * 32}), comparison)


def test_a_run_or_a_comparison_of_an_older_version_is_found_by_what_it_was_made_from() -> None:
    new, old = run_record(id="a" * 32), run_record()
    for record, measured in ((new, old), (old, new)):
        found = Evidence.of(record, comparison_with(measured))
        assert found is not None
        assert found.contender == "tuned"


def test_a_run_that_is_not_there_is_told_who_is() -> None:
    with pytest.raises(InputError, match="'letters' is no contender among 'majority', 'tuned'"):
        Evidence.of(run_record(), compared())


def test_two_that_could_be_the_run_have_to_be_told_apart() -> None:
    record = run_record()
    first, second = comparison_with(record, "tuned"), comparison_with(record, "bad")
    twins = {one.name: one for one in second.contenders if one.name == "bad"}
    both = first.model_copy(update={"contenders": tuple(twins.get(one.name, one) for one in first.contenders)})
    with pytest.raises(InputError, match="may be each of 'tuned' or 'bad' in the comparison; say which one"):
        Evidence.of(record, both)
    found = Evidence.of(record, both, "bad")
    assert found is not None
    assert found.contender == "bad"


def test_a_name_that_is_not_there_gets_a_suggestion() -> None:
    with pytest.raises(InputError, match=r"no contender 'tuend' \(did you mean 'tuned'\?\); it has 'majority'"):
        Evidence.of(run_record(), comparison_with(run_record()), "tuend")


def test_nobody_elses_scores_are_taken() -> None:
    with pytest.raises(InputError, match="the run 'letters' is another model than 'bad' of the comparison"):
        Evidence.of(run_record(), comparison_with(run_record()), "bad")


def test_a_contender_that_failed_is_no_evidence() -> None:
    record = run_record()
    with pytest.raises(InputError, match="'broken' has no scores in the comparison, since it failed"):
        Evidence.of(record, comparison_with(record, "broken"))


def test_a_comparison_of_another_task_is_refused() -> None:
    record = run_record(task=TAGS)
    with pytest.raises(InputError, match="the comparison is of the task 'abc', and the run is for 'tags'"):
        Evidence.of(record, compared())


def test_without_pairs_there_is_no_gain_to_claim() -> None:
    record = run_record()
    found = Evidence.of(record, comparison_with(record).model_copy(update={"pairs": ()}))
    assert found is not None
    assert isinstance(found.scores, MeasuredContender)
    assert (found.gain, found.over_prompt, found.over_floor) == (None, None, None)
