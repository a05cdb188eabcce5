"""Prompts as a visitor picked them: asked beside the lineup's, one prediction at a time, the last few kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from support.fakes import SENTIMENT, FakeClassifier, FakeContender, FakeLineup, fake_lineup, prompt_entry

from classification.errors import InputError
from classification.lineup import load_lineup
from classification.models.pool import ModelPool
from classification.prompting.demonstrations import ChosenDemonstrations
from classification.prompting.messages import Demonstration
from ui.live.contender_server import ContenderServer
from ui.live.contender_state import ContenderState
from ui.live.picked_prompts import MOST_KEPT, PickedPrompts, build
from ui.live.picks import Picks
from ui.session.runtime import Runtime

ROWS = tuple(Demonstration(f"row {n}", (SENTIMENT.label_names[n % 3],)) for n in range(9))


@dataclass
class Built(FakeContender):
    """Counts how often it is loaded."""

    loads: list[str] | None = None

    def load(self, pool: object, demonstrations: ChosenDemonstrations | None = None) -> FakeClassifier:
        if self.loads is not None and self.entry is not None:
            self.loads.append(f"{self.entry.shots} {self.entry.style}")
        return super().load(pool, demonstrations)


def chat(classifier: FakeClassifier, **more: object) -> Built:
    return Built(classifier, entry=prompt_entry(classifier.name), **more)  # type: ignore[arg-type]


def asked(server: ContenderServer, picks: Picks) -> list[list[ContenderState]]:
    return list(server.ask("a text", picks=picks))


def test_what_is_picked_is_asked_last_beside_the_lineups_own_prompts() -> None:
    boards = asked(ContenderServer(fake_lineup(), None).start(), Picks(2))  # type: ignore[arg-type]
    assert {len(board) for board in boards} == {8}
    picked = [board[-1] for board in boards]
    assert [state.name for state in boards[-1]][:7] == [one.name for one in fake_lineup().contenders]
    assert picked[-1].name == "SmolLM2-135M-Instruct, as picked"
    assert picked[-1].approach == "few-shot"
    assert picked[-1].picked
    assert [*dict.fromkeys(state.phase for state in picked)] == ["waiting", "loading", "asking", "answered"]
    assert all(state.answer for state in boards[-1])
    assert not any(state.picked for state in boards[-1][:7])


def test_without_picks_nothing_is_added() -> None:
    server = ContenderServer(fake_lineup(), None).start()  # type: ignore[arg-type]
    assert server.has_prompts
    assert len(list(server.ask("a text"))[-1]) == 7
    assert not ContenderServer(FakeLineup(SENTIMENT, fake_lineup().contenders[:2]), None).has_prompts  # type: ignore[arg-type]


def test_the_last_few_are_kept_and_the_one_asked_longest_ago_goes() -> None:
    loads: list[str] = []
    prompts = PickedPrompts([chat(FakeClassifier("x"), loads=loads)], None, Runtime(), nullcontext())  # type: ignore[list-item, arg-type]

    def ask(picks: Picks) -> None:
        *_, states = prompts.ask(prompts.contenders(picks), "a text")
        assert states[0].answer is not None
        assert states[0].answer.valid

    many = [Picks(shots, selection=selection) for shots in (1, 2, 5) for selection in ("balanced", "random", "first")]
    for picks in many[:MOST_KEPT]:
        ask(picks)
    assert len(loads) == MOST_KEPT
    ask(many[0])
    assert len(loads) == MOST_KEPT  # it was kept, and is now the youngest
    ask(many[MOST_KEPT])  # one more than are kept
    ask(many[0])
    assert len(loads) == MOST_KEPT + 1
    ask(many[1])
    assert len(loads) == MOST_KEPT + 2
    assert len(prompts._kept) == MOST_KEPT


def test_one_that_cannot_be_built_or_answer_says_why_and_is_not_kept(caplog: pytest.LogCaptureFixture) -> None:
    contenders = [
        chat(FakeClassifier("no rows"), error=InputError("1 demonstration of 'Neutral' was asked for.")),
        Built(FakeClassifier("broken", error=ZeroDivisionError()), entry=prompt_entry("broken", instruction="Other.")),
    ]
    prompts = PickedPrompts(contenders, None, Runtime(), nullcontext())  # type: ignore[arg-type]
    *_, states = prompts.ask(prompts.contenders(Picks(1)), "a text")
    assert [state.answer.error for state in states if state.answer] == [
        "1 demonstration of 'Neutral' was asked for.",
        "It could not answer: ZeroDivisionError.",
    ]
    assert [state.name for state in states] == ["no rows, as picked", "broken, as picked"]
    assert "broken, as picked could not answer" in caplog.text
    assert len(prompts._kept) == 1  # the one that was built


def test_a_gpu_that_cannot_be_borrowed_is_said_on_the_card() -> None:
    class Full(Runtime):
        def on_gpu(self, function):  # type: ignore[no-untyped-def]
            def refuse(*arguments: object) -> Iterator[object]:
                yield 0, "loading"
                raise RuntimeError("No GPU was available")

            return refuse

    prompts = PickedPrompts([chat(FakeClassifier("x"))], None, Full(hardware="ZeroGPU"), nullcontext())  # type: ignore[list-item, arg-type]
    *_, states = prompts.ask(prompts.contenders(Picks()), "a text")
    assert states[0].answer is not None
    assert states[0].answer.error == "It could not answer: RuntimeError, No GPU was available."


def test_a_calibration_is_measured_a_few_rows_at_a_time_each_in_turn() -> None:
    class Turn:
        taken, held = 0, False

        def __enter__(self) -> None:
            assert not self.held
            self.taken, self.held = self.taken + 1, True

        def __exit__(self, *error: object) -> None:
            self.held = False

    turn = Turn()

    class Watching(FakeClassifier):
        def predict(self, texts):  # type: ignore[no-untyped-def]
            assert turn.held
            assert len(texts) <= 4
            return super().predict(texts)

    contender = chat(Watching("x"), demonstrations=ChosenDemonstrations(calibration=ROWS))
    prompts = PickedPrompts([contender], None, Runtime(), turn)  # type: ignore[list-item, arg-type]
    *_, states = prompts.ask(prompts.contenders(Picks(calibration="batch")), "a text")
    answer = states[0].answer
    assert answer is not None
    assert turn.taken == 3 + 1
    assert answer.uncalibrated is not None
    assert (answer.uncalibrated.labels, round(answer.uncalibrated.probability, 3)) == (("Bullish",), 0.8)
    assert np.allclose(answer.probabilities, 1 / 3, atol=1e-3)  # what it says to every text is taken out


def test_visitors_at_once_build_a_prompt_once_and_predict_one_at_a_time() -> None:
    loads: list[str] = []
    running, most = [0], [0]

    class Counting(FakeClassifier):
        def predict(self, texts):  # type: ignore[no-untyped-def]
            running[0] += 1
            most[0] = max(most[0], running[0])
            running[0] -= 1
            return super().predict(texts)

    server = ContenderServer(FakeLineup(SENTIMENT, [chat(Counting("x"), loads=loads)]), None).start()  # type: ignore[arg-type]
    list(server.ask("a text"))
    threads = [threading.Thread(target=asked, args=(server, Picks(2))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert loads == ["None direct", "2 direct"]
    assert most == [1]


def test_a_request_for_what_cannot_be_is_refused_before_anything_is_asked() -> None:
    lineup = FakeLineup(SENTIMENT, [FakeContender(FakeClassifier("tuned"), "fine-tuned")])
    with pytest.raises(InputError, match="there is nothing to pick"):
        asked(ContenderServer(lineup, None).start(), Picks())  # type: ignore[arg-type]


# --- a real, tiny chat model


@pytest.fixture
def tiny_lineup(tmp_path: Path, chat_folder: Path, encoder_folder: Path, rows_csv: Path, task_file: Path) -> Path:
    file = tmp_path / "lineup.yaml"
    entries = (
        f"  - {{name: asked, approach: few-shot, model: {chat_folder}, shots: 1, selection: semantic, "
        f"encoder: {encoder_folder}}}\n"
    )
    file.write_text(f"task: {task_file.name}\ndemonstrations: {rows_csv.name}\ncontenders:\n{entries}")
    return file


def test_a_chat_model_shows_similar_rows_and_is_calibrated(tiny_lineup: Path) -> None:
    lineup = load_lineup(tiny_lineup)
    server = ContenderServer(lineup, lineup.pool()).start()
    *_, states = server.ask("Company 3 rises today", picks=Picks(2, "label", "diverse", calibration="batch"))
    own, picked = (state.answer for state in states)
    assert own is not None
    assert picked is not None
    assert own.error is picked.error is None
    assert len(own.demonstrations) == 3
    assert own.uncalibrated is None
    assert len(picked.demonstrations) == 6
    assert "Company 3 rises today" not in [one.text for one in picked.demonstrations]
    similarities = [one.similarity for one in picked.demonstrations if one.similarity is not None]
    assert similarities == sorted(similarities)
    assert len(similarities) == 6
    assert picked.prompt is not None
    assert all(one.text in picked.prompt for one in picked.demonstrations)
    assert picked.uncalibrated is not None
    assert picked.uncalibrated.probability != max(picked.probabilities)


def test_a_chat_model_reasons_and_says_so(tiny_lineup: Path) -> None:
    lineup = load_lineup(tiny_lineup)
    server = ContenderServer(lineup, lineup.pool()).start()
    *_, states = server.ask("Company 3 rises today", picks=Picks(0, style="chain-of-thought", calibration="contextual"))
    answer = states[-1].answer
    assert answer is not None
    assert answer.error is None
    assert answer.reasoning is not None
    assert answer.demonstrations == ()


def test_built_prompts_share_the_base_model(tiny_lineup: Path) -> None:
    lineup, pool = load_lineup(tiny_lineup), ModelPool()
    prompts = PickedPrompts(lineup.contenders, pool, Runtime(), nullcontext())
    for picks in (Picks(1), Picks(calibration="fitted"), Picks(style="letters")):
        build(prompts.contenders(picks)[0], pool, nullcontext())
    assert [key[0] for key in pool._bases] == ["AutoModelForCausalLM"]
