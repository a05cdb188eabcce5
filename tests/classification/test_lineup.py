from __future__ import annotations

from pathlib import Path

import pytest
from support.paths import ROOT

from classification.contenders import APPROACHES, Contender, ContenderEntry
from classification.errors import InputError
from classification.lineup import load_lineup
from classification.models.pool import ModelPool
from classification.runs.record import load_record


def write(tmp_path: Path, task_file: Path, *contenders: str, head: str = "") -> Path:
    file = tmp_path / "lineup.yaml"
    listed = "".join(f"  - {{{contender}}}\n" for contender in contenders)
    file.write_text(f"task: {task_file.name}\n{head}contenders:\n{listed}", encoding="utf-8")
    return file


def test_the_demo_has_every_approach_and_loads_nothing() -> None:
    lineup = load_lineup(ROOT / "demo" / "lineup.yaml")
    assert [contender.approach for contender in lineup.contenders] == sorted(
        (contender.approach for contender in lineup.contenders), key=APPROACHES.index
    )
    assert {contender.approach for contender in lineup.contenders} == set(APPROACHES)
    assert {contender.family for contender in lineup.contenders} == {"majority", "tfidf", "chat", "encoder"}
    assert "LoRA, 8,581 rows of tfns" in lineup.contenders[-1].describe()


def test_paths_are_relative_to_the_lineup(tmp_path: Path, task_file: Path) -> None:
    file = write(tmp_path, task_file, "name: zero, approach: zero-shot, model: owner/name")
    assert load_lineup(file).task.label_names == ("Bearish", "Bullish", "Neutral")


@pytest.mark.parametrize(
    ("contender", "sentence"),
    [
        ("name: a, approach: guess, model: o/n", "'contenders.0.approach' is 'guess'"),
        ("name: a, approach: zero-shot", "approach zero-shot needs the key 'model'; add it"),
        ("name: a, approach: zero-shot, model: o/n, run: r", "approach zero-shot takes no 'run'; remove it"),
        ("name: a, approach: fine-tuned", "approach fine-tuned needs the key 'run'; add it"),
        ("name: a, approach: few-shot, model: o/n", "approach few-shot needs the key 'shots'; add it"),
        ("name: a, approach: zero-shot, model: o/n, shots: 2", "approach zero-shot takes no 'shots'; remove it"),
        ("name: a, approach: few-shot, model: o/n, shots: 2", "'a' shows demonstrations; name their rows with"),
        ("name: a, approach: zero-shot, modle: o/n", r"unknown key 'contenders.0.modle' \(did you mean 'model'\?\)"),
        ("name: a, approach: fine-tuned, run: nowhere", "nowhere: no such folder; give one that a training of ours or"),
        ("name: a, approach: fine-tuned, run: o/n, revision: v1", "for a run write run: owner/name@REVISION"),
    ],
)
def test_a_wrong_entry_gets_one_sentence(tmp_path: Path, task_file: Path, contender: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence) as caught:
        load_lineup(write(tmp_path, task_file, contender))
    assert "\n" not in str(caught.value)


def test_two_contenders_need_two_names(tmp_path: Path, task_file: Path) -> None:
    twice = ["name: a, approach: zero-shot, model: o/n"] * 2
    with pytest.raises(InputError, match="two contenders are called 'a'; give each a name of its own"):
        load_lineup(write(tmp_path, task_file, *twice))


def test_a_run_for_other_labels_is_refused(tmp_path: Path, task_file: Path) -> None:
    text = task_file.read_text().replace("Neutral", "Sideways").replace("neutral", "sideways")
    task_file.write_text(text)
    with pytest.raises(InputError, match="the run of 'a' knows the labels .*use a run for this task"):
        load_lineup(write(tmp_path, task_file, f"name: a, approach: baseline, run: {ROOT / 'demo' / 'tfidf'}"))


def test_a_family_that_the_run_is_not_of_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "lineup.yaml"
    file.write_text(
        f"task: {ROOT / 'tasks' / 'financial-sentiment.yaml'}\ncontenders:\n"
        f"  - {{name: a, approach: baseline, family: chat, run: {ROOT / 'demo' / 'tfidf'}}}\n"
    )
    with pytest.raises(InputError, match="'a' asks for the family chat, and its run is tfidf or majority"):
        load_lineup(file)


def test_few_shot_prompts_show_rows_of_the_pool(
    tmp_path: Path, task_file: Path, chat_folder: Path, rows_csv: Path
) -> None:
    entry = f"name: few, approach: few-shot, model: {chat_folder}, shots: 2"
    lineup = load_lineup(write(tmp_path, task_file, entry, head=f"demonstrations: {rows_csv.name}\n"))
    classifier = lineup.contenders[0].load(lineup.pool())
    prompt = classifier.prompt("Shares fall")
    assert prompt.count("<|start|>user\nCompany") == 6
    assert lineup.contenders[0].describe() == "tiny-llama, 2 demonstrations a label"


def test_contenders_on_one_base_share_it(tmp_path: Path, task_file: Path, chat_folder: Path) -> None:
    entries = [f"name: {name}, approach: zero-shot, model: {chat_folder}" for name in "ab"]
    lineup = load_lineup(write(tmp_path, task_file, *entries))
    pool = lineup.pool()
    first, second = (contender.load(pool) for contender in lineup.contenders)
    assert first.answers is second.answers  # the same prompt, so the same answers


def test_an_adapter_is_not_put_on_another_base_than_its_own() -> None:
    run = ROOT / "demo" / "minilm-lora"
    record = load_record(run)
    entry = ContenderEntry(name="a", approach="fine-tuned", run=str(run), model="somebody/other")
    with pytest.raises(InputError, match="a: the adapter stands on .*MiniLM-L6-v2, not on somebody/other"):
        Contender(entry, record.task, record, run).load(ModelPool())
