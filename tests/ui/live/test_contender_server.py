"""Contenders at work: loaded in the background, asked one at a time, and each failure its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from support.fakes import SENTIMENT, FakeClassifier, FakeContender, FakeLineup, fake_lineup

from classification.errors import InputError
from ui.html import answer_cards as cards
from ui.live.answer import Answer
from ui.live.contender_server import ContenderServer
from ui.live.contender_state import ContenderState


def server(*contenders: FakeContender, patience: float = 5.0) -> ContenderServer:
    lineup = FakeLineup(SENTIMENT, contenders) if contenders else fake_lineup()
    return ContenderServer(lineup, None, patience=patience).start()


def last(boards: Iterator[list[ContenderState]]) -> list[ContenderState]:
    *_, board = boards
    return board


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
