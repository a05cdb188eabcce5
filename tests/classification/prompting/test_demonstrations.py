"""Demonstrations are training rows, and none of them is a row that is being evaluated."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from datasets import Dataset
from hub_server import HubServer
from support.paths import DATA, ROOT

from classification.data.dataset import load_rows
from classification.data.sampling import sample
from classification.data.splitting import fold
from classification.errors import InputError
from classification.lineup import load_lineup
from classification.prompting.demonstrations import choose, choose_from, held_out_split, training_rows, within_budget
from classification.prompting.messages import Demonstration
from classification.prompting.settings import PromptSettings
from classification.runs.seen import folded_hash
from classification.task import Label, Task
from comparison.comparison import Comparison
from comparison.running import ComparisonConfig, run

MOOD = Task(name="mood", language="en", instruction="Decide.", labels=(Label(name="negative"), Label(name="positive")))
CASES = DATA.parent / "cases" / "test-rows-in-prompt"


def written(file: Path, marks: str, count: int = 3) -> Path:
    """A CSV or Parquet file with so many rows of each label."""
    file.parent.mkdir(parents=True, exist_ok=True)
    rows = [(f"{marks} {label} {n}", label) for n in range(count) for label in ("positive", "negative")]
    if file.suffix == ".parquet":
        table = Dataset.from_dict({"text": [text for text, _ in rows], "label": [label for _, label in rows]})
        table.to_parquet(file)
    else:
        separator = "\t" if file.suffix == ".tsv" else ","
        lines = [separator.join(row) for row in [("text", "label"), *rows]]
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


# --- training rows only


@pytest.mark.skipif(not CASES.is_dir(), reason="the folder of faulty inputs is not there")
def test_of_the_reported_folder_no_test_row_is_shown() -> None:
    lineup = load_lineup(CASES / "lineup.yaml")
    told = lineup.contenders[0].choose_demonstrations()
    assert sorted(told.texts) == sorted(load_rows(CASES / "data", lineup.task, split="train").texts)
    assert not any("TEST" in text for text in told.texts)


@pytest.mark.parametrize(
    ("train", "test"),
    [
        (("train.csv",), ("test.csv",)),
        (("train.tsv",), ("dev.tsv", "test.tsv")),
        (("train-00000-of-00002.parquet", "train-00001-of-00002.parquet"), ("test-00000-of-00001.parquet",)),
        (("data/train-00000-of-00001.parquet",), ("data/test-00000-of-00001.parquet",)),
        (("train.csv",), ("eval.csv",)),
    ],
)
def test_of_a_folder_only_the_train_split_is_shown(tmp_path: Path, train: tuple[str], test: tuple[str]) -> None:
    for number, name in enumerate(train):
        written(tmp_path / name, f"train {number}")
    for name in test:
        written(tmp_path / name, "held out", count=50)
    told = choose(tmp_path, MOOD, PromptSettings(shots=3))
    assert len(told.demonstrations) == 6
    assert all(text.startswith("train") for text in told.texts)


@pytest.mark.parametrize("name", ["test.csv", "validation.parquet", "dev.tsv"])
def test_a_folder_without_a_train_split_is_refused(tmp_path: Path, name: str) -> None:
    written(tmp_path / name, "held out")
    with pytest.raises(InputError, match="no train split") as error:
        choose(tmp_path, MOOD, PromptSettings(shots=1))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("test.csv", "test"), ("TEST.csv", "test"), ("dev.tsv", "validation"), ("eval.csv", "validation"),
        ("test-00000-of-00001.parquet", "test"), ("validation-00000-of-00001.parquet", "validation"),
        ("sms_test.csv", "test"), ("rotten.dev.csv", "validation"), ("validation_matched.csv", "validation"),
        ("test2.csv", "test"), ("test/0000.parquet", "test"),
    ],
)  # fmt: skip
def test_a_file_whose_name_says_that_it_is_held_out_is_refused(tmp_path: Path, name: str, split: str) -> None:
    file = written(tmp_path / name, "held out")
    with pytest.raises(InputError) as error:
        choose(file, MOOD, PromptSettings(shots=1))
    assert str(error.value) == (
        f"{file}: its name says that it holds {split} rows, and demonstrations are training rows only; name a file of "
        "training rows, or rename this one if that is what it holds."
    )


@pytest.mark.parametrize("name", ["sms_test.csv.gz", "reviews.dev.jsonl.xz", "test.csv.zip"])
def test_a_packed_file_says_so_as_well(name: str) -> None:
    assert held_out_split(Path(name)) in ("test", "validation")


@pytest.mark.parametrize(
    "name", ["pool.csv", "headlines.csv", "latest.csv", "train.csv", "train_test.csv", "attest.csv", "device.tsv",
             "ab-test-reviews.csv", "train-00000-of-00001.parquet", "0.parquet", "train/0000.parquet"],
)  # fmt: skip
def test_any_other_file_is_taken_at_its_word(tmp_path: Path, name: str) -> None:
    file = written(tmp_path / "rows" / name, "train")
    assert held_out_split(file) is None
    assert len(training_rows(file, MOOD)) == 6


def test_of_a_dataset_on_the_hub_only_the_train_split_is_shown(
    online: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    written(tmp_path / "repo" / "train.csv", "train")
    written(tmp_path / "repo" / "test.csv", "held out", count=50)
    online.seed("you/moods", tmp_path / "repo", repo_type="dataset")
    (tmp_path / "mood.yaml").write_text("name: mood\nlanguage: en\ninstruction: Decide.\nlabels:\n"
                                        "  - {name: negative}\n  - {name: positive}\n")  # fmt: skip
    (tmp_path / "lineup.yaml").write_text(
        "task: mood.yaml\ndemonstrations: you/moods\ncontenders:\n"
        "  - {name: few, approach: few-shot, model: owner/base, shots: 2}\n"
    )
    told = load_lineup(tmp_path / "lineup.yaml").contenders[0].choose_demonstrations()
    assert len(told.texts) == 4
    assert all(text.startswith("train") for text in told.texts)


# --- and none that is evaluated


def test_rows_that_are_evaluated_are_left_out_before_any_is_chosen(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = written(tmp_path / "pool.csv", "row", count=10)
    every = load_rows(file, MOOD)
    for seed in range(20):
        evaluated = sample(every, 14, seed).texts
        told = choose(file, MOOD, PromptSettings(shots=3, seed=seed), evaluated=evaluated, name="few")
        assert not set(told.texts) & set(evaluated)
        assert [one.labels for one in told.demonstrations].count(("positive",)) == 3
        assert (len(told.texts), told.left_out) == (6, 14)
    assert "few: 14 rows of pool.csv cannot be shown, because they are being evaluated." in caplog.messages


def test_copies_that_differ_by_case_and_spacing_are_left_out_too(tmp_path: Path) -> None:
    file = tmp_path / "pool.csv"
    file.write_text(
        "text,label\nGOOD  soup,positive\ngood soup,positive\n good Soup ,positive\nfine,positive\nbad,negative\n"
    )
    for seed in range(10):
        told = choose(file, MOOD, PromptSettings(shots=1, seed=seed), evaluated=["Good soup"])
        assert sorted(told.texts) == ["bad", "fine"]
        assert told.left_out == 3


def test_nothing_is_left_out_where_nothing_is_shared(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = written(tmp_path / "pool.csv", "row")
    told = choose(file, MOOD, PromptSettings(shots=2, seed=3), evaluated=["other", "texts"])
    assert told == choose(file, MOOD, PromptSettings(shots=2, seed=3))
    assert told.left_out == 0
    assert not caplog.records


def test_a_pool_that_is_evaluated_whole_has_nothing_to_show(tmp_path: Path) -> None:
    file = written(tmp_path / "pool.csv", "row")
    with pytest.raises(InputError) as error:
        choose(file, MOOD, PromptSettings(shots=2), evaluated=load_rows(file, MOOD).texts)
    assert str(error.value) == (
        "2 demonstrations of 'negative' were asked for, and only 0 rows have that label once the 6 rows being "
        "evaluated are left out; ask for fewer, add rows, or evaluate others."
    )


def test_too_few_of_one_label_is_said_with_the_reason(tmp_path: Path) -> None:
    file = written(tmp_path / "pool.csv", "row")
    with pytest.raises(InputError, match="2 demonstrations of 'positive' were asked for, and only 1 row has that label "
                                         "once the 2 rows being evaluated are left out; ask"):  # fmt: skip
        choose(file, MOOD, PromptSettings(shots=2), evaluated=["row positive 0", "row positive 1"])
    with pytest.raises(InputError, match="1 demonstration of 'up' was asked for, and only 0 rows have that label; ask"):
        choose_from(
            [],
            Task(name="t", language="en", instruction="?", labels=(Label(name="up"), Label(name="b"))),
            PromptSettings(shots=1),
        )


# --- which rows, how many, in which order

ROWS = [Demonstration(f"{name} {n}", (name,)) for n in range(6) for name in MOOD.label_names]


def labels_of(rows: tuple[Demonstration, ...]) -> list[str]:
    return [label for row in rows for label in row.labels]


def chosen(**settings: object) -> tuple[Demonstration, ...]:
    return choose_from(ROWS, MOOD, PromptSettings(**settings)).demonstrations


def test_balanced_rows_are_seeded_and_mixed() -> None:
    rows = chosen(shots=3, seed=1)
    assert sorted(labels_of(rows)) == ["negative"] * 3 + ["positive"] * 3 != labels_of(rows)
    assert rows == chosen(shots=3, seed=1) != chosen(shots=3, seed=2)
    assert len({row.text for row in rows}) == 6


@pytest.mark.parametrize("shots", [1, 2, 5, 10])
def test_so_many_in_total_are_as_balanced_as_can_be(shots: int) -> None:
    rows = chosen(shots=shots, shots_per="prompt")
    assert len(rows) == shots
    assert abs(labels_of(rows).count("positive") - labels_of(rows).count("negative")) <= 1


def test_the_first_rows_and_random_ones() -> None:
    first = chosen(shots=3, shots_per="prompt", selection="first", order="by_label")
    assert {row.text for row in first} == {"negative 0", "positive 0", "negative 1"}
    assert [row.text for row in chosen(shots=2, selection="first", order="by_label")] == [
        "negative 0", "negative 1", "positive 0", "positive 1"
    ]  # fmt: skip
    seeds = {chosen(shots=4, shots_per="prompt", selection="random", seed=seed) for seed in range(9)}
    assert len(seeds) > 5
    assert any(labels_of(rows).count("positive") != 2 for rows in seeds)


def test_a_text_that_stands_in_the_pool_twice_is_shown_once() -> None:
    rows = [*ROWS, *(Demonstration(row.text.upper(), row.labels) for row in ROWS)]
    assert len(choose_from(rows, MOOD, PromptSettings(shots=6)).demonstrations) == 12
    with pytest.raises(InputError, match="7 demonstrations of 'negative' were asked for, and only 6 rows have"):
        choose_from(rows, MOOD, PromptSettings(shots=7))
    with pytest.raises(InputError, match="13 demonstrations were asked for, and only there are 12 rows; ask for fewer"):
        choose_from(rows, MOOD, PromptSettings(shots=13, shots_per="prompt"))


def test_rows_of_several_labels_are_shown_once_each() -> None:
    several = MOOD.model_copy(update={"multi_label": True})
    rows = [Demonstration("both", ("negative", "positive")), Demonstration("bad", ("negative",)),
            Demonstration("none", ()), Demonstration("good", ("positive",))]  # fmt: skip
    found = choose_from(rows, several, PromptSettings(shots=2)).demonstrations
    assert sorted(row.text for row in found) == ["bad", "both", "good"]


def test_calibration_rows_are_none_of_those_that_are_shown() -> None:
    found = choose_from(ROWS, MOOD, PromptSettings(shots=1, calibration="batch", calibration_rows=64))
    assert len(found.calibration) == 10
    assert not {row.text for row in found.calibration} & {row.text for row in found.demonstrations}
    zero = choose_from(ROWS, MOOD, PromptSettings(calibration="fitted", calibration_rows=8))
    assert (len(zero.demonstrations), len(zero.calibration)) == (0, 8)
    assert zero.record()["calibrated_on"]["rows"] == 8
    with pytest.raises(InputError, match="calibration: batch needs 8 rows beside the demonstrations, and 2 rows are"):
        choose_from(ROWS[:4], MOOD, PromptSettings(shots=1, calibration="batch"))


def test_a_budget_keeps_the_most_similar_or_as_many_of_each_label() -> None:
    similar = [Demonstration(str(share), ("negative",), share / 10) for share in (2, 5, 9)]
    assert [row.text for row in within_budget(similar, [10, 10, 10], 25)] == ["5", "9"]
    rows = choose_from(ROWS, MOOD, PromptSettings(shots=3, order="by_label")).demonstrations
    assert labels_of(within_budget(rows, [10] * 6, 45)) == ["negative", "negative", "positive", "positive"]
    assert within_budget(rows, [10] * 6, None) == rows
    assert within_budget(rows, [10] * 6, 9) == ()


# --- the comparison


def test_the_readmes_quick_comparison_shows_none_of_its_rows() -> None:
    """``--data demo/headlines.csv --limit 60``, with the same file as the pool."""
    lineup = load_lineup(ROOT / "demo" / "lineup.yaml")
    evaluated = sample(load_rows(ROOT / "demo" / "headlines.csv", lineup.task), 60).texts
    few = [contender for contender in lineup.contenders if contender.approach == "few-shot"]
    assert len(few) == 2
    for contender in few:
        told = contender.choose_demonstrations(evaluated)
        assert not set(map(fold, told.texts)) & set(map(fold, evaluated))
        assert len(told.texts) == 3 * contender.entry.shots
        assert told.left_out == 60
        assert contender.seen(evaluated, told).total == 0
    # What was wrong: chosen without a look at what is evaluated, demonstrations stand among the rows.
    assert few[0].seen(evaluated, few[0].choose_demonstrations()).demonstrations > 0


@pytest.fixture
def lineup(tmp_path: Path, task_file: Path, chat_folder: Path) -> Callable[[str], Path]:
    """A lineup of two prompts on a tiny model, with this pool."""

    def make(pool: str) -> Path:
        file = tmp_path / "lineup.yaml"
        file.write_text(
            f"task: {task_file.name}\ndemonstrations: {pool}\ncontenders:\n"
            f"  - {{name: few, approach: few-shot, model: {chat_folder}, shots: 2}}\n"
            f"  - {{name: zero, approach: zero-shot, model: {chat_folder}}}\n"
        )
        return file

    return make


def test_a_run_over_its_own_pool_records_what_it_showed(
    tmp_path: Path, lineup: Callable[[str], Path], rows_csv: Path
) -> None:
    out = tmp_path / "out"
    found, finished = run(ComparisonConfig(lineup(rows_csv.name), str(rows_csv), out, limit=12))
    assert finished
    assert found is not None
    record = json.loads((out / "contenders" / "few.json").read_text())["contender"]
    asked = {folded_hash(text) for text in _texts(out / "contenders" / "few.parquet")}
    shown = record["configuration"]["demonstrations"]
    assert len(shown) == 6
    assert len(asked) == record["configuration"]["demonstrations_left_out"] == 12
    assert not set(shown) & asked
    assert record["seen"] == {"train": 0, "demonstrations": 0, "validation": 0}
    assert Comparison.load(out).measured[0].seen.total == 0
    assert "Rows seen" not in (out / "table.md").read_text()
    assert "No contender has any of these rows among its training rows" in (out / "table.md").read_text()


def _texts(file: Path) -> list[str]:
    import pandas as pd

    return list(pd.read_parquet(file)["text"])


@pytest.mark.parametrize(
    ("pool", "sentence"),
    [
        ("rows.csv", "once the 36 rows being evaluated are left out"),
        ("test.csv", "its name says that it holds test rows, and demonstrations are training rows only"),
    ],
)
def test_a_prompt_without_fair_demonstrations_fails_and_the_others_go_on(
    tmp_path: Path, lineup: Callable[[str], Path], rows_csv: Path, pool: str, sentence: str
) -> None:
    (tmp_path / "test.csv").write_text(rows_csv.read_text().replace("Company", "Other company"))
    found, _ = run(ComparisonConfig(lineup(pool), str(rows_csv), tmp_path / "out"))
    assert found is not None
    assert [contender.name for contender in found.measured] == ["zero"]
    assert sentence in found.failed[0].error


def test_the_demonstrations_of_a_pool_do_not_depend_on_rows_that_are_not_in_it() -> None:
    """Whatever is evaluated elsewhere, the committed results keep the demonstrations that they were made with."""
    committed = {one.name: one.configuration for one in Comparison.load(ROOT / "demo" / "results").measured}
    for contender in load_lineup(ROOT / "demo" / "lineup.yaml").contenders:
        if contender.approach == "few-shot":
            told = contender.choose_demonstrations(["an unrelated tweet"])
            assert told.hashes == committed[contender.name]["demonstrations"]
