"""Quality against demonstrations: which contenders make a line, and how the lines are drawn and named."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import pytest
from support.fakes import fake_comparison, fake_scores
from support.paths import ROOT

from classification.prompting.settings import PromptSettings
from comparison.comparison import Comparison
from comparison.plots.axes import Upright
from comparison.plots.layout import BOTTOM, HEIGHT, LEFT, NARROW, TOP, WIDE
from comparison.plots.quality_by_shots import Level, Scale, height_of, levels_of, sweep_plot
from comparison.plots.shot_sweeps import ABOUT_SHOWN, ASKED, LONGEST_NAME, MOST_SWEEPS, Sweep, SweepPoint, sweeps_of
from comparison.plots.svg_file import shots_plot
from comparison.records import MeasuredContender

MODEL = "HuggingFaceTB/SmolLM2-135M-Instruct"
EVIL = "<img src=x onerror=alert(1)>"


def prompt(shots: int, macro_f1: float = 0.5, name: str = "", **said: object) -> MeasuredContender:
    """Scores of a prompt with so many demonstrations and this configuration."""
    approach = "few-shot" if shots else "zero-shot"
    configuration = {"approach": approach, "model": MODEL, "seed": 0, **({"shots": shots} if shots else {}), **said}
    scores = fake_scores(name or f"{shots} {sorted(said.items())}"[:80], approach, macro_f1, 0.1)
    return scores.model_copy(update={"configuration": configuration})


def comparison(*contenders: MeasuredContender) -> Comparison:
    return fake_comparison().model_copy(update={"contenders": contenders})


def lines(*contenders: MeasuredContender) -> dict[str, list[int]]:
    return {sweep.name: [point.shots for point in sweep.points] for sweep in sweeps_of(comparison(*contenders))}


def test_a_prompt_with_different_numbers_of_demonstrations_is_a_line_that_begins_at_none() -> None:
    assert lines(prompt(5), prompt(0), prompt(1)) == {"SmolLM2-135M-Instruct, balanced": [0, 1, 5]}


def test_one_number_alone_and_contenders_of_other_kinds_make_no_line() -> None:
    similar = prompt(5).model_copy(update={"family": "similarity"})
    assert lines(prompt(0), similar) == {}
    assert lines(prompt(5)) == {}
    assert sweeps_of(fake_comparison()) == []


def test_a_prompt_without_demonstrations_begins_every_line_that_asks_the_same() -> None:
    found = lines(
        prompt(0), prompt(5), prompt(5, selection="diverse"), prompt(10, selection="diverse"),
        prompt(2, shots_per="prompt"), prompt(0, calibration="batch"), prompt(5, calibration="batch"),
    )  # fmt: skip
    assert found == {
        "balanced": [0, 5],
        "diverse": [0, 5, 10],
        "balanced, in total": [0, 2],
        "balanced, batch calibration": [0, 5],
    }


@pytest.mark.parametrize(
    "said",
    [
        {"style": "carp"}, {"describe_labels": True}, {"instruction": "Other."}, {"prompt_language": "zh"},
        {"label_order": "reversed"}, {"length_normalized": True}, {"decode": "generate"}, {"calibration": "fitted"},
        {"model": "you/other"}, {"revision": "main"}, {"temperature": 0.2},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_asked_otherwise_is_another_line(said: dict[str, object]) -> None:
    assert lines(prompt(0), prompt(5, **said)) == {}
    assert len(lines(prompt(0), prompt(5), prompt(0, **said), prompt(5, **said))) == 2


def test_what_is_said_and_what_is_meant_without_saying_are_the_same() -> None:
    said = {"style": "direct", "selection": "balanced", "shots_per": "label", "order": "shuffled", "calibration": None}
    assert lines(prompt(1), prompt(5, **said), prompt(0, family="chat", style="direct")) == {
        "SmolLM2-135M-Instruct, balanced": [0, 1, 5]
    }


def test_every_key_of_a_prompt_is_thought_of() -> None:
    assert set(ABOUT_SHOWN) | set(ASKED) | {"shots"} == set(PromptSettings.model_fields) | {"model", "revision"}


def test_lines_of_several_models_and_of_several_seeds_are_named_by_them() -> None:
    found = lines(
        prompt(0), prompt(5), prompt(5, seed=1), prompt(0, model="a/b"), prompt(5, model="a/b"),
        prompt(2, demonstration_tokens=9), prompt(3, demonstration_tokens=9),
    )  # fmt: skip
    assert list(found) == [
        "SmolLM2-135M-Instruct, balanced (1)", "SmolLM2-135M-Instruct, balanced, seed 1", "b, balanced",
        "SmolLM2-135M-Instruct, balanced (2)",
    ]  # fmt: skip


def test_only_the_best_lines_are_drawn() -> None:
    many = [prompt(5, n / 20, seed=n) for n in range(1, 10)]
    found = sweeps_of(comparison(prompt(0, 0.03), *many))
    assert [sweep.name for sweep in found] == [f"balanced, seed {n}" for n in range(4, 10)]
    assert len(found) == MOST_SWEEPS


@pytest.mark.parametrize(
    "said", [{"shots": "5"}, {"shots": 10**9}, {"shots": None}, {"model": None}, {"model": [1]}], ids=str
)
def test_what_strangers_write_makes_no_line_and_no_error(said: dict[str, object]) -> None:
    shown = prompt(5)
    strange = shown.model_copy(update={"configuration": shown.configuration | said})
    assert lines(prompt(0), strange) == {}


def test_names_of_strangers_are_escaped_and_bounded() -> None:
    odd = {"selection": [EVIL * 100], "style": {"a": EVIL}, "seed": EVIL}
    found = sweeps_of(comparison(prompt(1, name=EVIL, **odd), prompt(5, **odd)))
    assert len(found[0].name) == LONGEST_NAME
    svg = sweep_plot(found, [Level(EVIL * 9, "baseline", 0.4)])
    assert "<img" not in svg
    ElementTree.fromstring(svg)  # noqa: S314  our own


def test_the_levels_are_the_best_baseline_and_the_best_fine_tuned_contender() -> None:
    assert levels_of(fake_comparison()) == [
        Level("TF-IDF", "baseline", 0.754),
        Level("MiniLM tuned", "fine-tuned", 0.851),
    ]
    assert levels_of(comparison(prompt(0))) == []


SWEEPS = [
    Sweep("balanced", tuple(SweepPoint(f"{k}-shot", k, 0.3 + k / 100, (0.2, 0.95)) for k in (0, 1, 2, 5, 10, 64))),
    Sweep("diverse, batch calibration" * 3, tuple(SweepPoint(f"d{k}", k, 0.9, (0.88, 0.92)) for k in (1, 5))),
]
LEVELS = [Level("TF-IDF", "baseline", 0.05), Level("tuned", "fine-tuned", 1.0)]


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_points_stay_inside_and_every_line_is_named_under_the_plot(width: int) -> None:
    scale = Scale.around(SWEEPS, LEVELS, width)
    for sweep in SWEEPS:
        for point in sweep.points:
            assert LEFT < scale.x(point.shots) < scale.right
            assert TOP <= scale.upright.y(point.quality) <= HEIGHT - BOTTOM
    svg = sweep_plot(SWEEPS, LEVELS, width=width)
    root = ElementTree.fromstring(svg)  # noqa: S314  our own
    assert root.get("viewBox") == f"0 0 {width} {height_of(SWEEPS, LEVELS)}"
    names = [text.text or "" for text in root.iter("text") if text.get("x") == "40"]
    assert names[0] == "balanced"
    assert names[1].startswith("diverse, batch calibration")
    assert names[2:] == ["TF-IDF 0.050", "tuned 1.000"]
    assert all(40 + 7.6 * len(name) <= width for name in names)
    assert svg.count('class="interval"') == 8
    assert len(set(re.findall(r'class="sweep" d="M2[^"]*"( stroke-dasharray="[^"]*")?', svg))) == 2


def test_a_screen_reader_gets_a_sentence_for_each_line() -> None:
    svg = sweep_plot(SWEEPS[:1], LEVELS)
    assert (
        "balanced: macro-F1 0.300 at 0, 0.310 at 1, 0.320 at 2, 0.350 at 5, 0.400 at 10, 0.940 at 64; "
        "TF-IDF, baseline: macro-F1 0.050; tuned, fine-tuned: macro-F1 1.000"
    ) in svg
    assert 'role="img"' in svg


def test_the_demos_comparison_has_a_line_and_its_file_has_both_shades() -> None:
    demo = Comparison.load(ROOT / "demo" / "results")
    (sweep,) = sweeps_of(demo)
    assert [point.name for point in sweep.points] == ["SmolLM2 zero-shot", "SmolLM2 1-shot", "SmolLM2 5-shot"]
    drawn = shots_plot(demo)
    assert drawn is not None
    assert "prefers-color-scheme:dark" in drawn
    assert f'height="{height_of([sweep], levels_of(demo))}"' in drawn
    assert shots_plot(fake_comparison()) is None


def test_the_upright_axis_holds_every_value_in_whole_tenths() -> None:
    assert Upright.around([0.23, 0.61]) == Upright(0.2, 0.7)
    assert Upright.around([1.0, 1.0]) == Upright(0.9, 1.0)
    assert Upright(0.0, 0.5).drawn(600, "<f1>").count('class="grid"') == 6
