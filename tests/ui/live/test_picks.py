"""What a visitor may pick, and what a lineup's entries become by it."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from support.fakes import EMOTIONS, SENTIMENT, FakeClassifier, FakeContender, prompt_entry

from classification.classifiers.chat import check_form
from classification.contenders import Contender
from classification.errors import InputError
from classification.prompting.settings import SELECTIONS, STYLES, PromptSettings
from classification.task import Label, Task
from ui.live.picks import CALIBRATIONS, MOST_SHOWN, SHOTS, SHOTS_PER, Picks, changeable, changed, styles_for, with_picks

FIRST = (0, "label", "balanced", "direct", "none")
MANY = Task(name="m", language="en", instruction="Choose.", labels=tuple(Label(name=f"l{n}") for n in range(27)))


def prompt(name: str, approach: str = "zero-shot", pool: Path | None = Path("rows.csv"), **keys: object) -> Contender:
    return Contender(prompt_entry(name, approach, **keys), SENTIMENT, demonstrations=pool)


@pytest.mark.parametrize("task", [SENTIMENT, EMOTIONS, MANY], ids=lambda task: task.name)
def test_the_styles_that_are_offered_are_those_that_fit_the_task(task: Task) -> None:
    def fits(style: str) -> bool:
        try:
            check_form(PromptSettings(style=style), task, "x")  # type: ignore[arg-type]
        except InputError:
            return False
        return True

    assert styles_for(task) == tuple(style for style in STYLES if fits(style))


@pytest.mark.parametrize(
    ("place", "value", "sentence"),
    [
        (0, 3, "The number of demonstrations cannot be 3; pick 0, 1, 2, 5 or 10."),
        (0, True, "The number of demonstrations cannot be True; pick 0, 1, 2, 5 or 10."),
        (0, 2.0, "The number of demonstrations cannot be 2.0; pick 0, 1, 2, 5 or 10."),
        (0, [1], "The number of demonstrations cannot be [1]; pick 0, 1, 2, 5 or 10."),
        (1, "row", "What demonstrations are counted by cannot be 'row'; pick label or prompt."),
        (2, "best", "The selection cannot be 'best'; pick balanced, random, first, semantic or diverse."),
        (3, None, "The style cannot be None; pick direct, described, letters, chain-of-thought, carp, "),
        (3, "yes-no", "The style cannot be 'yes-no'; pick direct, "),
        (4, "x" * 900, "The calibration cannot be 'xxx"),
    ],
)
def test_what_is_on_no_list_gets_a_sentence(place: int, value: object, sentence: str) -> None:
    values = [*FIRST[:place], value, *FIRST[place + 1 :]]
    with pytest.raises(InputError) as refused:
        Picks.of(SENTIMENT, *values)
    assert str(refused.value).startswith(sentence)
    assert len(str(refused.value)) < 250


def test_the_number_of_settings_is_checked_too() -> None:
    with pytest.raises(InputError, match="There are 2 settings of a prompt; give 5"):
        Picks.of(SENTIMENT, 1, 2)


@pytest.mark.parametrize(
    ("task", "values", "sentence"),
    [
        (EMOTIONS, (10, "label", "balanced", "direct", "none"), "10 demonstrations of each of 28 labels are 280"),
        (SENTIMENT, (10, "label", "balanced", "carp", "none"), "writes reasons for each demonstration, and 30 would"),
        (SENTIMENT, (0, "label", "balanced", "chain-of-thought", "batch"), "batch calibration on 32 rows would take"),
    ],
)
def test_what_would_have_others_wait_too_long_gets_a_sentence(
    task: Task, values: tuple[object, ...], sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        Picks.of(task, *values)


def test_fewer_of_many_labels_and_reasons_for_few_can_be_picked() -> None:
    assert Picks.of(EMOTIONS, 10, "prompt", "random", "yes-no", "none").shots == 10
    assert Picks.of(SENTIMENT, 2, "label", "semantic", "carp", "contextual").calibration == "contextual"
    assert Picks.of(EMOTIONS, 2, "label", "first", "direct", "fitted").shots * 28 <= MOST_SHOWN


ENTRIES = (
    prompt_entry("bare"),
    prompt_entry("free", decode="generate", instruction="Say it."),
    prompt_entry("shown", "few-shot", order="by_label", demonstration_tokens=90, length_normalized=True),
    prompt_entry("similar", "few-shot", selection="semantic", order="similar_last", groups=4, encoder="a/b"),
    prompt_entry("calibrated", calibration="batch", calibration_rows=500, seed=7, revision="main"),
)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_every_entry_takes_every_pick(entry) -> None:  # type: ignore[no-untyped-def]
    for values in itertools.product(SHOTS, SHOTS_PER, SELECTIONS, styles_for(SENTIMENT), CALIBRATIONS):
        try:
            wanted = Picks.of(SENTIMENT, *values)
        except InputError:
            continue
        found = changed(entry, wanted)
        assert (found.shots or 0, found.style, found.calibration) == (wanted.shots, wanted.style, wanted.calibration)
        assert found.approach == ("few-shot" if wanted.shots else "zero-shot")
        assert found.calibration_rows <= max(32, PromptSettings().calibration_rows)
        assert (found.model, found.revision, found.seed) == (entry.model, entry.revision, entry.seed)
        assert found.instruction == entry.instruction
        if wanted.shots:
            assert (found.selection, found.shots_per) == (wanted.selection, wanted.shots_per)


def test_what_an_entry_says_otherwise_stays_where_it_can() -> None:
    similar = changed(ENTRIES[3], Picks(2, "prompt", "diverse"))
    assert (similar.order, similar.groups, similar.encoder) == ("similar_last", 4, "a/b")
    assert changed(ENTRIES[2], Picks(1)).order == "by_label"
    assert changed(ENTRIES[1], Picks(1)).decode == "generate"
    assert changed(ENTRIES[1], Picks(0, calibration="contextual")).decode == "score"
    assert changed(ENTRIES[4], Picks(calibration="fitted")).calibration_rows == 32


def test_prompts_on_one_model_become_one_prompt_named_by_the_model() -> None:
    lineup = [prompt("zero"), prompt("one", "few-shot", shots=1), prompt("five", "few-shot", family="chat")]
    (found,) = with_picks(lineup, Picks(2, "label", "diverse", calibration="batch"))
    assert (found.name, found.approach) == ("SmolLM2-135M-Instruct, as picked", "few-shot")
    assert found.describe() == ("SmolLM2-135M-Instruct, 2 diverse demonstrations a label, batch calibration on 32 rows")


def test_each_model_and_each_other_instruction_has_a_prompt_of_its_own() -> None:
    lineup = [prompt("zero"), prompt("worded", instruction="Say it."), prompt("other", model="you/" + "tiny" * 30)]
    found = with_picks(lineup, Picks())
    assert [one.name for one in found] == ["zero, as picked", "worded, as picked", ("tiny" * 17) + ", as picked"]


def test_contenders_that_are_not_prompted_chats_stay_out() -> None:
    tuned = FakeContender(FakeClassifier("tuned"), "fine-tuned")
    similar = FakeContender(FakeClassifier("similar"), "zero-shot", "similarity")
    assert changeable([tuned, similar]) == []  # type: ignore[list-item]
    with pytest.raises(InputError, match="No contender of this lineup is a chat model that is prompted"):
        with_picks([tuned, similar], Picks())  # type: ignore[list-item]


@pytest.mark.parametrize("wanted", [Picks(1), Picks(calibration="batch"), Picks(calibration="fitted")])
def test_without_rows_none_can_be_shown(wanted: Picks) -> None:
    with pytest.raises(InputError, match="The lineup has no 'demonstrations:'.*pick 0 demonstrations"):
        with_picks([prompt("zero", pool=None)], wanted)
    assert with_picks([prompt("zero", pool=None)], Picks(calibration="contextual"))
