"""The command searches on validation rows, and leaves a lineup that answers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from classification.__main__ import main
from classification.data.rows import Rows
from classification.lineup import load_lineup
from classification.models.pool import ModelPool
from classification.predictions import decide
from classification.prompt_search import command as search_command
from classification.prompt_search.grid import grid, quick_styles
from classification.prompt_search.halving import rounds_within
from classification.prompt_search.options import add_options
from classification.prompt_search.output import Searched, as_table, lineup_text
from classification.prompt_search.search import PromptSearch, Trial, macro_f1
from classification.prompting.messages import Demonstration
from classification.prompting.settings import PromptSettings
from classification.task import Task
from comparison import metrics

assert add_options  # its options are those of the command below
assert search_command.run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Train, validation and test rows; the words of a test row stand nowhere else."""
    for split, count, mark in (("train", 30, "early"), ("validation", 24, "later"), ("test", 12, "SECRET")):
        rows = [f"{mark} {label.lower()} text {n},{label}" for n in range(count // 3)
                for label in ("Bearish", "Bullish", "Neutral")]  # fmt: skip
        (tmp_path / "data").mkdir(exist_ok=True)
        (tmp_path / "data" / f"{split}.csv").write_text("text,label\n" + "\n".join(rows) + "\n")
    return tmp_path / "data"


def test_the_command_leaves_a_lineup_and_what_it_tried(
    folder: Path, task_file: Path, chat_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch
) -> None:
    asked: list[str] = []
    from classification.classifiers.chat import ChatClassifier

    predict = ChatClassifier.predict
    monkeypatch.setattr(ChatClassifier, "predict", lambda self, texts: asked.extend(texts) or predict(self, texts))
    out = folder.parent / "out"
    command = ["search-prompt", "--task", str(task_file), "--data", str(folder), "--model", str(chat_folder)]
    # Where the encoder that finds similar rows is not installed, prompts that show such rows are passed over.
    assert main([*command, "--budget", "200", "--styles", "direct, letters", "--output", str(out)]) == 0
    told = capsys.readouterr()
    assert "macro-F1" in told.out
    assert "prompts, in rounds of" in told.err
    assert not any("SECRET" in text for text in asked)
    tried = json.loads((out / "tried.json").read_text())
    assert tried["texts_asked"] == len(asked) <= 200
    scores = [one["macro_f1"] for one in tried["trials"] if one["rows"] == tried["best"]["rows"]]
    assert tried["best"]["macro_f1"] == max(scores)
    lineup = load_lineup(out / "lineup.yaml")
    assert [one.name for one in lineup.contenders] == [
        f"{chat_folder.name} zero-shot",
        f"{chat_folder.name} best prompt",
    ]
    monkeypatch.setattr(ChatClassifier, "predict", predict)
    for contender in lineup.contenders:
        assert len(contender.load(ModelPool()).predict(["later text"])) == 1


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--styles", "direkt"], "there is no style 'direkt' (did you mean 'direct'?); it is direct"),
        (["--data", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_what_cannot_be_searched_is_said(
    folder: Path, task_file: Path, chat_folder: Path, more: list[str], sentence: str, capsys
) -> None:
    command = ["search-prompt", "--task", str(task_file), "--data", str(folder), "--model", str(chat_folder)]
    assert main([*command, "--output", str(folder.parent / "out"), *more]) == 2
    assert sentence in capsys.readouterr().err
    assert not (folder.parent / "out").exists()


def test_a_budget_is_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["search-prompt", "--task", "t", "--model", "m", "--output", "o", "--budget", "0"])
    assert "'0' is not a number of texts; give 1 or more" in capsys.readouterr().err


def test_the_grid_begins_with_the_tasks_own_prompt_and_has_nothing_twice(task: Task) -> None:
    found = grid(task, quick_styles(task), ["Is it good news?"], seed=3)
    assert found[0] == PromptSettings(seed=3)
    assert len(set(found)) == len(found) > 60
    assert not any(one.style == "described" for one in found)  # the labels have no descriptions
    assert {one.instruction for one in found} == {
        None,
        "Read the text and choose what fits it best.",
        "Is it good news?",
    }
    chinese = task.model_copy(update={"language": "zh"})
    assert {one.prompt_language for one in grid(chinese, ("direct",), (), 0)} == {"en", "zh"}
    assert quick_styles(task.model_copy(update={"multi_label": True}))[-1] == "yes-no"


def test_several_labels_are_searched_too(task: Task, chat, monkeypatch: pytest.MonkeyPatch) -> None:
    several = task.model_copy(update={"multi_label": True})
    names = task.label_names
    rows = [Demonstration(f"text {n}", tuple(names[: n % 4])) for n in range(40)]
    validation = Rows(tuple(f"new {n}" for n in range(20)), tuple(tuple(names[: n % 4]) for n in range(20)))
    pool = ModelPool()
    monkeypatch.setattr(pool, "chat", lambda model, revision=None: chat)
    search = PromptSearch(several, "tiny", pool, rows, validation)
    candidates = [
        PromptSettings(),
        PromptSettings(style="yes-no"),
        PromptSettings(shots=2),
        PromptSettings(style="letters"),
    ]
    best = search.best(candidates, rounds_within(200, 4, 20))
    assert best.rows <= 20
    assert {trial.settings.calibration for trial in search.trials} == {None, "contextual", "batch", "fitted"}
    assert not any(trial.settings.style == "letters" for trial in search.trials)  # not for several labels
    assert "yes-no" in as_table(search.trials)


def test_macro_f1_is_that_of_the_labels() -> None:
    held = np.array([[True, False], [False, True], [False, True]])
    shares = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9]], dtype=np.float32)
    assert macro_f1(shares, held, multi_label=False) == pytest.approx(2 / 3)


@pytest.mark.parametrize("several", [False, True])
def test_macro_f1_is_that_of_a_comparison(several: bool) -> None:
    random = np.random.default_rng(0)
    for _ in range(20):
        shares = random.random((24, 12)).astype(np.float32)
        held = random.random((24, 12)) < 0.1 if several else np.eye(12, dtype=bool)[random.integers(0, 8, 24)]
        answered = decide(shares, np.ones(24, dtype=bool), multi_label=several)
        assert macro_f1(shares, held, multi_label=several) == pytest.approx(metrics.macro_f1(held, answered))


def test_a_prompt_without_rows_names_none(tmp_path: Path) -> None:
    best = Trial(PromptSettings(calibration="contextual"), 10, 0.5, 0.4, 0.1)
    text = lineup_text(tmp_path, Searched(tmp_path / "task.yaml", "owner/rows", "owner/model", "v1"), best)
    assert "demonstrations" not in text
    assert "revision: v1" in text
    shown = Trial(PromptSettings(shots=2), 10, 0.5, 0.5, 0.1)
    assert "demonstrations: owner/rows" in lineup_text(
        tmp_path, Searched(Path("t"), "owner/rows", "owner/model"), shown
    )
