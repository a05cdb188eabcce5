from __future__ import annotations

import re
from html import escape
from pathlib import Path

import gradio as gr
import pytest
from support.comparisons import compared
from support.fakes import EMOTIONS, SENTIMENT, FakeContender, FakeLineup, fake_comparison, fake_lineup

from comparison.verdict import verdict
from ui.data import answers_of_all
from ui.html import answer_cards as cards
from ui.html.confusion_matrix import confusion_table
from ui.html.results_table import ONE_LABEL, SEVERAL_LABELS, confusion_of, nothing_yet, results_table, summary_of
from ui.live.answer import Answer
from ui.live.contender_server import ContenderServer
from ui.live.contender_state import ContenderState
from ui.page import build_page
from ui.serving import appearance
from ui.tabs import compare, results


def server(*contenders: FakeContender, patience: float = 5.0) -> ContenderServer:
    lineup = FakeLineup(SENTIMENT, contenders) if contenders else fake_lineup()
    return ContenderServer(lineup, None, patience=patience).start()


def answered(*labels: str, **more: object) -> Answer:
    return Answer(labels=labels, probabilities=(0.1, 0.8, 0.1), valid=True, **more)  # type: ignore[arg-type]


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
    html = cards.bars(EMOTIONS, Answer(probabilities=tuple(i / 100 for i in range(28)), valid=True))
    assert "25 more labels" in html
    assert html.index("emotion 27") < html.index("emotion 26") < html.index("<details") < html.index("emotion 24")


def test_every_label_given_is_shown_with_the_mark_from_which_it_applies() -> None:
    names = EMOTIONS.label_names
    answer = Answer(
        labels=(names[0], names[3], names[5], names[9]),
        probabilities=tuple(0.1 if names.index(n) in (0, 3, 5, 9) else 0.3 for n in names),
        thresholds=(0.05,) * 28,
        valid=True,
    )
    html = cards.bars(EMOTIONS, answer)
    assert "24 more labels" in html
    first = html[: html.index("<details")]
    assert [names.index(name) for name in re.findall(r'class="name">([^<]*)', first)] == [0, 3, 5, 9]
    assert first.count('class="from" style="left:5.00%" title="applies from 5.0%"') == 4
    assert 'class="from"' not in cards.bars(EMOTIONS, Answer(probabilities=(0.1,) * 28, valid=True))


def test_a_task_with_several_labels_has_its_own_columns() -> None:
    html = results_table(fake_comparison(EMOTIONS))
    assert all(f">{title}<span" in html for title in SEVERAL_LABELS)
    rows = html.split("<tbody>")[1].split("</tr>")[:-1]
    assert {row.count("data-value=") for row in rows} == {2 + len(SEVERAL_LABELS)}


def test_the_waiting_board_says_what_is_loading() -> None:
    states = [
        ContenderState("TF-IDF", "baseline", "words", "ready"),
        ContenderState("SmolLM2", "zero-shot", "SmolLM2-135M", "loading"),
    ]
    html = cards.board(SENTIMENT, states, asked=False)
    assert "1 of 2 contenders are ready; loading SmolLM2…" in html
    assert "loading SmolLM2-135M…" in html


def test_confusion_matrix_shows_the_invalid_column_only_where_there_are_invalid_answers() -> None:
    assert "invalid" not in confusion_table(["a", "b"], [[3, 1, 0], [0, 4, 0]], caption="c")
    html = confusion_table(["a", "<b>"], [[3, 0, 1], [0, 4, 0]], caption="c")
    assert "invalid" in html
    assert "--share:0.750" in html
    assert "<b></th>" not in html


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
    assert {row.count("data-value=") for row in rows} == {2 + len(ONE_LABEL)}


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
    several = confusion_of(fake_comparison(EMOTIONS), "TF-IDF")
    assert "How TF-IDF does on each label; a text may have several" in several
    assert all(f">{heading}</th>" in several for heading in ("Precision", "Recall", "F1", "Rows"))


def test_results_come_from_a_saved_comparison(tmp_path: Path) -> None:
    assert results.load_results(None) is None
    assert results.load_results(tmp_path) is None
    fake_comparison().save(tmp_path)
    assert results.load_results(tmp_path) == fake_comparison()


def test_without_results_a_sentence_says_how_to_make_them() -> None:
    assert "python -m comparison run" in nothing_yet()


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
