"""What can be opened on the card of a prompt: escaped, bounded, and only what there is."""

from __future__ import annotations

import re

from support.fakes import EMOTIONS, SENTIMENT

from classification.prompting.messages import Demonstration
from ui.html import answer_cards as cards
from ui.html.prompt_details import LONGEST_DEMONSTRATION, MOST_LISTED, behind, without_calibration
from ui.live.answer import Answer, Uncalibrated
from ui.live.contender_state import ContenderState

EVIL = "<img src=x onerror=alert(1)>"


def text_of(html: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", html).split())


def test_demonstrations_are_listed_with_label_text_and_similarity() -> None:
    shown = (Demonstration("Profit warning", ("Bearish",), 0.8349), Demonstration("A record", ("Bullish",)))
    html = behind(Answer(prompt="p", demonstrations=shown))
    assert text_of(html) == ("Exact prompt p 2 demonstrations Bearish similarity 0.83 Profit warning Bullish A record")
    assert text_of(behind(Answer(demonstrations=shown[1:]))) == "1 demonstration Bullish A record"


def test_reasons_are_shown_where_the_model_wrote_any() -> None:
    assert text_of(behind(Answer(reasoning=" Up, so good.\n"))) == "Reasoning Up, so good."
    assert text_of(behind(Answer(reasoning="  "))) == "Reasoning The model wrote nothing."
    assert behind(Answer()) == ""


def test_everything_is_escaped_and_bounded() -> None:
    shown = tuple(Demonstration(EVIL * 500, (EVIL,), 0.5) for _ in range(200))
    html = behind(Answer(prompt=EVIL * 5000, demonstrations=shown, reasoning=EVIL * 5000))
    assert "<img" not in html
    assert html.count("<li") == MOST_LISTED + 1
    assert f"and {200 - MOST_LISTED} more in the prompt" in html
    assert f"({500 * len(EVIL) - LONGEST_DEMONSTRATION:,} more characters)" in html
    assert len(html) < 120_000
    assert "<img" not in without_calibration(Uncalibrated((EVIL,), 0.5), [], several=True)


def test_a_calibrated_answer_says_what_it_was_before_and_marks_another() -> None:
    before = Uncalibrated(("Neutral",), 0.452)
    other = without_calibration(before, ("Bullish",), several=False)
    assert text_of(other) == "without calibration: Neutral 45.2% , another answer"
    assert 'class="mass warn"' in other
    same = without_calibration(before, ("Neutral",), several=False)
    assert same == '<p class="mass">without calibration: Neutral 45.2%</p>'
    assert without_calibration(None, ("Neutral",), several=False) == ""
    several = without_calibration(Uncalibrated((), 0.4), ("emotion 3",), several=True)
    assert text_of(several) == "without calibration: no label , another answer"


def test_the_card_of_a_picked_prompt_says_how_it_is_prompted() -> None:
    answer = Answer(("Bullish",), (0.1, 0.8, 0.1), valid=True, uncalibrated=Uncalibrated(("Neutral",), 0.5))
    about = "SmolLM2, 2 diverse demonstrations a label, batch calibration on 32 rows"
    state = ContenderState("SmolLM2, as picked", "few-shot", about, "answered", "", answer, picked=True)
    html = cards.card(SENTIMENT, state)
    assert 'class="card answered picked"' in html
    assert f'<p class="about">{about}</p>' in html
    assert "without calibration: <strong>Neutral 50.0%</strong>, another answer" in html
    own = cards.card(SENTIMENT, ContenderState("SmolLM2", "few-shot", about, "answered", "", answer))
    assert '<p class="about">' not in own


def test_a_picked_prompt_waits_for_its_turn() -> None:
    state = ContenderState("SmolLM2, as picked", "few-shot", "SmolLM2", "waiting", picked=True)
    assert "waits for its turn" in cards.card(EMOTIONS, state)
