from __future__ import annotations

import itertools
import re
import threading
import time
from collections.abc import Iterator
from html import escape
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from support.comparisons import compared
from support.fakes import EMOTIONS, SENTIMENT, FakeClassifier, FakeContender, FakeLineup, fake_comparison, fake_lineup

from classification.data.texts import Text
from classification.errors import InputError
from comparison.plots import layout
from comparison.plots import quality_by_speed as plots
from comparison.plots.colours import APPROACHES, BACKGROUND_DARK, BACKGROUND_LIGHT
from comparison.verdict import verdict
from ui.data import answers_of_all
from ui.html import answer_cards as cards
from ui.html.confusion_matrix import confusion_table
from ui.html.results_table import COLUMNS, confusion_of, nothing_yet, results_table, summary_of
from ui.live.answer import MAX_CHARACTERS, Answer, checked_text, differs, majority
from ui.live.contender_server import ContenderServer
from ui.live.contender_state import ContenderState
from ui.page import build_page
from ui.serving import appearance
from ui.style import colours, theme
from ui.tabs import compare, results


def server(*contenders: FakeContender, patience: float = 5.0) -> ContenderServer:
    lineup = FakeLineup(SENTIMENT, contenders) if contenders else fake_lineup()
    return ContenderServer(lineup, None, patience=patience).start()


def last(boards: Iterator[list[ContenderState]]) -> list[ContenderState]:
    *_, board = boards
    return board


def answered(*labels: str, **more: object) -> Answer:
    return Answer(labels=labels, probabilities=(0.1, 0.8, 0.1), valid=True, **more)  # type: ignore[arg-type]


# --- the text


@pytest.mark.parametrize("nothing", ["", "  \n", None, 3])
def test_no_text_gets_a_sentence(nothing: object) -> None:
    with pytest.raises(InputError, match=r"^There is no text to classify; type one, or pick an example\.$"):
        checked_text(nothing)


def test_a_long_text_is_cut_and_said_to_be_and_the_longest_passes_whole() -> None:
    longest = "a" + "b" * (MAX_CHARACTERS - 1)
    assert checked_text(f" {longest}") == Text(longest, MAX_CHARACTERS)
    assert compare.cut_notice(checked_text(longest)) == ""
    cut = checked_text(f"{longest}c ")
    assert cut == Text(longest, MAX_CHARACTERS + 1)
    assert "every contender reads the first 5,000 of its 5,001 characters" in compare.cut_notice(cut)


@pytest.mark.parametrize("half", ["\ud83d", "a \udc00 b", "\udfff\ud800", "text \udce9"])
def test_half_a_character_gets_a_sentence(half: str) -> None:
    with pytest.raises(InputError, match=r"the text (has half a character in it|is not UTF-8) \("):
        checked_text(half)


# --- answers


def test_majority_counts_valid_answers_only() -> None:
    invalid = Answer(valid=False, completion="hm")
    assert majority([answered("Bullish"), answered("Bullish"), answered("Neutral"), invalid, None]) == ("Bullish",)
    assert differs(answered("Neutral"), ("Bullish",))
    assert not differs(answered("Bullish"), ("Bullish",))
    assert not differs(invalid, ("Bullish",))
    assert not differs(answered("Neutral"), None)


def test_a_tie_is_no_majority() -> None:
    assert majority([answered("Bullish"), answered("Neutral")]) is None
    assert majority([]) is None


def test_a_multi_label_answer_has_every_label_from_a_half_as_in_reports() -> None:
    row = [0.0] * 28
    row[3], row[9], row[11], row[12] = 0.9, 0.51, 0.5, 0.49
    answer = Answer.of(EMOTIONS, FakeClassifier("x", EMOTIONS, row).predict(["a"]), None)
    assert answer.labels == ("emotion 3", "emotion 9", "emotion 11")


def test_an_invalid_answer_has_no_label() -> None:
    answer = Answer.of(SENTIMENT, FakeClassifier("x", probabilities=None, said="dunno").predict(["a"]), None)
    assert (answer.valid, answer.labels, answer.completion) == (False, (), "dunno")


# --- the workbench


def test_every_contender_answers_and_the_boards_grow() -> None:
    boards = list(server().ask("a text"))
    counts = [sum(state.answer is not None for state in board) for board in boards]
    assert counts == sorted(counts)
    assert counts[-1] == 7
    assert [state.answer.labels[0] for state in boards[-1] if state.answer] == ["Neutral"] + ["Bullish"] + [
        "Neutral"
    ] + ["Bullish"] * 4


def test_light_contenders_answer_while_heavy_ones_load() -> None:
    gate = threading.Event()
    heavy = FakeContender(FakeClassifier("heavy"), about="SmolLM2-135M-Instruct", gate=gate)
    boards = server(FakeContender(FakeClassifier("light")), heavy).ask("a text")
    for board in boards:
        if board[0].answer and board[1].phase == "loading":
            break
    html = cards.board(SENTIMENT, board, asked=True)
    assert "loading SmolLM2-135M-Instruct…" in html
    assert "<strong>1 of 2</strong> answered" in html
    gate.set()
    assert all(state.answer for state in last(boards))


def test_a_question_does_not_wait_for_ever() -> None:
    gate = threading.Event()
    bench = server(FakeContender(FakeClassifier("slow"), gate=gate), patience=0.05)
    board = last(bench.ask("a text"))  # comes to an end although the gate is shut
    assert board[0].note == "It is still loading; ask again in a moment."
    gate.set()


def test_a_contender_that_cannot_load_says_why_and_the_others_answer() -> None:
    bench = server(
        FakeContender(FakeClassifier("a"), error=InputError("runs/a: no run.json; train it first.")),
        FakeContender(FakeClassifier("b"), error=RuntimeError("out of memory\nsecond line")),
        FakeContender(FakeClassifier("c")),
    )
    a, b, c = last(bench.ask("a text"))
    assert (a.phase, a.note) == ("failed", "runs/a: no run.json; train it first.")
    assert b.note == "It could not load: RuntimeError, out of memory."
    assert c.answer is not None
    assert c.answer.valid


def test_a_contender_that_cannot_answer_says_why_and_the_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    bench = server(FakeContender(FakeClassifier("a", error=ZeroDivisionError())), FakeContender(FakeClassifier("b")))
    a, b = last(bench.ask("a text"))
    assert a.answer == Answer(error="It could not answer: ZeroDivisionError.")
    assert b.answer is not None
    assert b.answer.valid
    assert "a could not answer" in caplog.text


def test_predictions_are_made_one_at_a_time() -> None:
    running, most = [0], [0]

    class Counting(FakeClassifier):
        def predict(self, texts):  # type: ignore[no-untyped-def]
            running[0] += 1
            most[0] = max(most[0], running[0])
            time.sleep(0.01)
            running[0] -= 1
            return super().predict(texts)

    bench = server(*(FakeContender(Counting(f"c{i}")) for i in range(3)))
    threads = [threading.Thread(target=lambda: list(bench.ask("a text"))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


# --- cards


def test_a_card_shows_label_bars_time_tokens_and_mass() -> None:
    answer = answered(
        "Bullish", seconds=0.21, prompt_tokens=1715, completion_tokens=9, label_mass=0.018, truncated=True
    )
    html = cards.card(SENTIMENT, ContenderState("SmolLM2", "zero-shot", "", "answered", "", answer))
    for shown in (
        "Bullish", "80.0%", "210 ms", "1,715 prompt + 9 answer tokens", "1.8% of its probability is on the labels",
        "The text was shortened to fit the model.",
    ):  # fmt: skip
        assert shown in html
    assert html.count("<li") == 3


def test_a_label_has_one_colour_in_its_name_and_in_every_bar() -> None:
    html = cards.card(SENTIMENT, ContenderState("x", "zero-shot", "", "answered", "", answered("Bullish")))
    assert '<span class="swatch label-1" aria-hidden="true"></span>Bullish' in html
    assert '<li class="label-1"><span class="name">Bullish</span>' in html


def test_everything_from_outside_is_escaped_and_bounded() -> None:
    evil = "<img src=x onerror=alert(1)>"
    states = [
        ContenderState(
            evil, evil, evil, "answered", "", Answer(valid=False, completion=evil * 1000, prompt=evil * 2000)
        ),
        ContenderState(evil, "few-shot", evil, "failed", evil),
        ContenderState(evil, "few-shot", evil, "loading"),
        ContenderState(evil, "few-shot", evil, "answered", "", Answer(error=evil)),
    ]
    html = cards.board(SENTIMENT, states, asked=True)
    assert "<img" not in html
    assert len(html) < 60_000
    assert "more characters)" in html
    assert cards.alert(evil).count("<") == 2


def test_an_invalid_answer_shows_what_was_really_said() -> None:
    html = cards.card(SENTIMENT, ContenderState("x", "zero-shot", "", "answered", "", Answer(completion="Up, I guess")))
    assert "invalid" in html
    assert "It said <q>Up, I guess</q>, which is not Bearish, Bullish or Neutral." in html
    assert 'class="bar"' not in html


def test_a_contender_against_the_majority_is_marked() -> None:
    states = [ContenderState(n, "zero-shot", "", "answered", "", answered(label)) for n, label in
             (("a", "Bullish"), ("b", "Bullish"), ("c", "Bearish"))]  # fmt: skip
    html = cards.board(SENTIMENT, states, asked=True)
    assert html.count('class="badge differs"') == 1
    assert "majority says Bullish, 1 differs" in html


def test_many_labels_show_the_most_probable_and_keep_the_rest_at_hand() -> None:
    html = cards.bars(EMOTIONS, [i / 100 for i in range(28)])
    assert "25 more labels" in html
    assert html.index("emotion 27") < html.index("emotion 26") < html.index("<details") < html.index("emotion 24")


@pytest.mark.parametrize(
    ("share", "shown"), [(0, "0.0%"), (0.0001, "&lt;0.1%"), (0.5, "50.0%"), (0.99999, "&gt;99.9%"), (1, "100.0%")]
)
def test_percentages_are_honest_at_the_ends(share: float, shown: str) -> None:
    assert cards.percent(share) == shown


@pytest.mark.parametrize(("seconds", "shown"), [(0, "&lt;1 ms"), (0.0421, "42 ms"), (0.9996, "1.00 s"), (2, "2.00 s")])
def test_durations(seconds: float, shown: str) -> None:
    assert cards.duration(seconds) == shown


def test_the_waiting_board_says_what_is_loading() -> None:
    states = [
        ContenderState("TF-IDF", "baseline", "words", "ready"),
        ContenderState("SmolLM2", "zero-shot", "SmolLM2-135M", "loading"),
    ]
    html = cards.board(SENTIMENT, states, asked=False)
    assert "1 of 2 contenders are ready; loading SmolLM2…" in html
    assert "loading SmolLM2-135M…" in html


# --- colours: measured, not believed

# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB
VISION = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
TO_LMS = np.array(
    [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
     [0.0883024619, 0.2817188376, 0.6299787005]]
)  # fmt: skip
TO_OKLAB = np.array(
    [[0.2104542553, 0.793617785, -0.0040720468], [1.9779984951, -2.428592205, 0.4505937099],
     [0.0259040371, 0.7827717662, -0.808675766]]
)  # fmt: skip


def linear(colour: str) -> np.ndarray:
    srgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio."""
    low, high = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other))
    return (high + 0.05) / (low + 0.05)


def seen(colour: str, vision: str) -> np.ndarray:
    """OKLab as seen with a colour vision (https://bottosson.github.io/posts/oklab/)."""
    rgb = np.clip(np.array(VISION[vision]) @ linear(colour), 0, 1)
    return TO_OKLAB @ np.cbrt(TO_LMS @ rgb)


SCHEMES = [(colours.LABELS_LIGHT, BACKGROUND_LIGHT), (colours.LABELS_DARK, BACKGROUND_DARK)]


@pytest.mark.parametrize(("labels", "card"), SCHEMES)
def test_label_colours_stand_out_from_a_card(labels: tuple[str, ...], card: str) -> None:
    assert min(contrast(label, card) for label in labels) >= 3


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize(("labels", "card"), SCHEMES)
def test_label_colours_stay_apart_for_every_colour_vision(labels: tuple[str, ...], card: str, vision: str) -> None:
    distances = {pair: np.linalg.norm(seen(pair[0], vision) - seen(pair[1], vision))
                 for pair in itertools.combinations(labels, 2)}  # fmt: skip
    assert min(distances.values()) >= 0.07
    first_three = [d for pair, d in distances.items() if set(pair) <= set(labels[:3])]
    assert min(first_three) >= 0.14


@pytest.mark.parametrize("dark", [0, 1])
def test_text_can_be_read_on_every_surface(dark: int) -> None:
    tokens = {name: pair[dark] for name, pair in theme.TOKENS.items()}
    for ink, surface in itertools.product(("ink", "muted", "accent", "bad", "odd", "good"), ("card", "paper")):
        assert contrast(tokens[ink], tokens[surface]) >= 4.5, (ink, surface)
    assert contrast(tokens["on-accent"], tokens["accent"]) >= 4.5
    for pair in APPROACHES.values():
        assert contrast(pair[dark], tokens["paper"]) >= 4.5


def test_twenty_eight_labels_never_look_the_same() -> None:
    assert len({colours.label_classes(column) for column in range(28)}) == 28


# --- plots

POINTS = [
    plots.Point("TF-IDF", "baseline", 0.0, 0.754, (0.734, 0.774)),
    plots.Point("<b>tuned</b>", "fine-tuned", 0.06, 0.846, (0.826, 0.866)),
    plots.Point("zero-shot", "zero-shot", 0.05, 0.19),
]


def test_scatter_names_every_point_and_escapes() -> None:
    svg = plots.scatter(POINTS, floor=0.754)
    assert svg.count('class="mark"') == 3 + 3  # the points and the legend
    assert svg.count('class="interval"') == 2
    assert "&lt;b&gt;tuned&lt;/b&gt;: macro-F1 0.846 at 0.0600 seconds per text" in svg
    assert "<b>" not in svg
    assert 'role="img"' in svg


@pytest.mark.parametrize("width", [layout.WIDE, layout.NARROW])
def test_points_and_names_stay_inside_and_names_do_not_collide(width: int) -> None:
    scale = plots.Scale.around(POINTS, width)
    taken: list[layout.Box] = []
    for point in POINTS:
        x, y = scale.x(point.seconds), scale.y(point.quality)
        assert layout.LEFT <= x <= scale.right
        assert layout.TOP <= y <= layout.HEIGHT - layout.BOTTOM
        name = layout.place_label(point.name, x, y, taken, width)
        assert not any(name.overlap(other) for other in taken)
        taken.append(name)


def test_one_point_still_makes_a_plot() -> None:
    assert "10 ms" in plots.scatter([plots.Point("only", "few-shot", 0.01, 1.0)])


def test_confusion_matrix_shows_the_invalid_column_only_where_there_are_invalid_answers() -> None:
    assert "invalid" not in confusion_table(["a", "b"], [[3, 1, 0], [0, 4, 0]], caption="c")
    html = confusion_table(["a", "<b>"], [[3, 0, 1], [0, 4, 0]], caption="c")
    assert "invalid" in html
    assert "--share:0.750" in html
    assert "<b></th>" not in html


# --- results


def test_results_mark_the_best_the_floor_and_who_is_below_it() -> None:
    html = results_table(fake_comparison())
    marks = {
        row[0].strip(): row[1:] for row in re.findall(r'<th scope="row"[^>]*>([^<]*)(?:<span[^>]*>([^<]*))?', html)
    }
    assert marks == {
        "Majority": ("below the floor",), "TF-IDF": ("floor",), "SmolLM2 zero-shot": ("below the floor",),
        "SmolLM2 1-shot": ("below the floor",), "SmolLM2 5-shot": ("below the floor",), "SmolLM2 tuned": ("",),
        "MiniLM tuned": ("best",), "Qwen tuned": ("failed",),
    }  # fmt: skip
    assert "runs/qwen: no run.json." in html
    assert "<b>0.851</b> <small>0.831 to 0.871</small>" in html


def test_every_row_has_a_value_to_sort_by_in_every_column() -> None:
    rows = results_table(fake_comparison()).split("<tbody>")[1].split("</tr>")[:-1]
    assert {row.count("data-value=") for row in rows} == {len(COLUMNS)}


def test_the_headline_names_the_best_the_floor_and_the_rows() -> None:
    html = summary_of(fake_comparison())
    text = re.sub("<[^>]+>", "", html)
    assert text == (
        "MiniLM tuned has the highest macro-F1, 0.851. The floor is TF-IDF at 0.754."
        "2,388 rows of zeroshot/twitter-financial-news-sentiment, test; intervals are 95%."
        "No contender has any of these rows among its training rows, validation rows or demonstrations."
    )


def test_the_verdict_says_how_sure_it_is() -> None:
    found = compared()
    judged = verdict(found)
    assert judged is not None
    assert f'<p class="verdict">{escape(judged.sentence)}</p>' in summary_of(found)
    assert "after Holm's correction" in judged.sentence


def test_a_confusion_matrix_for_each_contender_that_has_one() -> None:
    assert "What TF-IDF answered for each true label" in confusion_of(fake_comparison(), "TF-IDF")
    assert "There is no such contender" in confusion_of(fake_comparison(), "nobody")
    assert "may have several labels" in confusion_of(fake_comparison(EMOTIONS), "TF-IDF")


def test_results_come_from_a_saved_comparison(tmp_path: Path) -> None:
    assert results.load_results(None) is None
    assert results.load_results(tmp_path) is None
    fake_comparison().save(tmp_path)
    assert results.load_results(tmp_path) == fake_comparison()


def test_without_results_a_sentence_says_how_to_make_them() -> None:
    assert "python -m comparison run" in nothing_yet()


# --- the page as a whole


def test_a_lineup_that_cannot_be_read_ends_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import app

    monkeypatch.setenv("PROMPT_OR_TUNE_LINEUP", "nowhere.yaml")
    assert app.main() == 2
    assert capsys.readouterr().err == (
        "nowhere.yaml: no such file or directory; give the path of a lineup file (YAML).\n"
    )


def test_compare_gives_plain_data_for_the_api() -> None:
    found = answers_of_all(server(), "a text")
    assert found["majority"] == "Bullish"
    zero_shot = found["contenders"][2]
    assert zero_shot["label"] == "Neutral"
    assert zero_shot["differs"] is True
    assert zero_shot["probabilities"] == pytest.approx({"Bearish": 0.21, "Bullish": 0.33, "Neutral": 0.46})
    assert zero_shot["label_mass"] == pytest.approx(0.018)
    assert {frozenset(record) for record in found["contenders"]} == {frozenset(zero_shot)}


def test_bad_text_on_the_page_is_a_sentence_above_the_waiting_board() -> None:
    ((html, asked),) = compare.boards(server(), " ")
    assert asked == ""
    assert html.startswith('<p class="alert" role="alert">There is no text to classify; type one, or pick an example.')
    assert 'class="lanes"' in html


def test_the_page_offers_its_functions_and_hides_its_own_events() -> None:
    page = build_page(fake_lineup(), None)
    assert isinstance(page, gr.Blocks)
    by_visibility = {fn.api_name: fn.api_visibility for fn in page.fns.values()}
    public = {name for name, visibility in by_visibility.items() if visibility == "public"}
    assert public == {"classify", "compare", "contenders", "evaluate", "report", "results"}
    assert set(by_visibility.values()) == {"public", "private"}


def test_nothing_is_fetched_to_look_good() -> None:
    made = appearance()
    assert made["footer_links"] == []
    sheet = made["css"] + made["head"] + made["theme"]._get_theme_css()
    assert "http" not in sheet.replace("http://www.w3.org/2000/svg", "")
    assert "@import" not in sheet
    assert "@font-face" not in sheet
