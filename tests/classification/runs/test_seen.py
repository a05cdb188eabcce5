from __future__ import annotations

import hashlib
import logging
import shutil
from pathlib import Path

import numpy as np
import pytest
from support.paths import ROOT
from hub_server import HubServer
from support.trainings import train_chat, train_encoder

from classification.classifiers.baseline import TfidfClassifier
from classification.contenders import Contender, ContenderEntry
from classification.data.dataset import Rows, load_rows
from classification.data.splitting import fold
from classification.errors import InputError
from classification.lineup import load_lineup, contender_from_hub
from classification.models.pool import ModelPool, ModelSource
from classification.prompting.demonstrations import ChosenDemonstrations
from classification.prompting.messages import Demonstration
from classification.runs import seen
from classification.runs.hashes import check_hashes, hashes_of
from classification.runs.record import DESCRIPTIONS, HASHES_FILE, load_record, run_files
from classification.runs.seen import Seen, TextHashes, folded_hash, hashes_in, hashes_of_base
from classification.task import load_task
from hub.push.run_files import run_uploads
from training import baseline
from training.shared.data import at_most
from training.shared.finish import evaluated
from training.shared.seen import hashes_of_training

TFIDF = ROOT / "demo" / "tfidf"


def rows(*texts: str) -> Rows:
    return Rows(texts, tuple(("Bearish",) for _ in texts))


def test_a_hash_is_of_the_text_without_its_case_and_spacing() -> None:
    assert folded_hash("  Shares\tFALL \n") == folded_hash("shares fall")
    assert folded_hash("shares fall") == hashlib.sha256(b"shares fall").hexdigest()[:16]
    assert folded_hash("sharesfall") != folded_hash("shares fall")
    assert len(folded_hash("中文\ud800")) == 16  # half a character, as broken files have it


def test_the_file_has_a_line_for_each_text_and_comes_back(tmp_path: Path) -> None:
    kept = TextHashes.of(["b", "a", "A", "中文"], ["c"])
    kept.save(tmp_path / "run")
    lines = (tmp_path / "run" / HASHES_FILE).read_text().splitlines()
    assert lines == [*sorted(f"train {folded_hash(text)}" for text in ("a", "b", "中文")),
                     f"validation {folded_hash('c')}"]  # fmt: skip
    assert TextHashes.load(tmp_path / "run" / HASHES_FILE) == kept
    assert [file.name for file in (tmp_path / "run").iterdir()] == [HASHES_FILE]


def test_rows_are_counted_once_and_where_they_weigh_most() -> None:
    kept = TextHashes.of(["trained", "both"], ["chosen by", "both", "shown too"])
    texts = ["new", "Trained", "trained", "both", "chosen by", "shown too", " SHOWN "]
    assert kept.count(texts, ["shown", "shown too", "both"]) == Seen(train=3, demonstrations=2, validation=1)
    assert kept.count(texts).total == 5
    assert kept.count([]) == Seen(train=0)


def test_counting_agrees_with_comparing_every_text() -> None:
    random = np.random.default_rng(0)
    words = ["a", "b", "A", " a ", "b b", "B  B", "中", "ß", "SS"]
    for _ in range(50):
        train, held, asked = (list(random.choice(words, random.integers(0, 6))) for _ in range(3))
        found = TextHashes.of(train, held).count(asked)
        known = [{fold(text) for text in part} for part in (train, held)]
        assert found.train == sum(fold(text) in known[0] for text in asked)
        assert found.validation == sum(fold(text) in known[1] - known[0] for text in asked)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"train 0123456789abcdef\nTrain 0123456789abcdef\n", "line 2 is 'Train 0123456789abcdef'; a line"),
        (b"train 0123456789ABCDEF\n", "line 1 is 'train 0123456789ABCDEF'; a line is"),
        (b"train 0123456789abcde", "line 1 is 'train 0123456789abcde'; a line is"),
        (b"train 0123456789abcdef\n\n", "line 2 is ''; a line is"),
        (b"our customers' own words\n", "line 1 is \"our customers' own words\"; a line is"),
        (b"\xff\xfe\x00", "line 1 is "),
        (b"<html>" * 1000, "…; a line is"),
        (b"", "it names no training text, and no run is without; train again or take it away."),
        (b"validation 0123456789abcdef\n", "it names no training text"),
    ],
)  # fmt: skip
def test_anything_else_in_the_file_is_one_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    file = tmp_path / HASHES_FILE
    file.write_bytes(content)
    with pytest.raises(InputError) as error:
        TextHashes.load(file)
    assert str(error.value).startswith(f"{file}: ")
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < len(str(file)) + 220


def test_a_huge_file_is_not_read_and_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    TextHashes.of(map(str, range(100))).save(tmp_path)
    monkeypatch.setattr(seen, "MAX_HASHES_BYTES", 1000)
    with pytest.raises(InputError, match="larger than 0 MB, so it is not read; no training writes that"):
        TextHashes.load(tmp_path / HASHES_FILE)
    TextHashes.of(map(str, range(100))).save(tmp_path)
    assert "its 100 texts are too many to keep hashes of" in caplog.text
    assert not (tmp_path / HASHES_FILE).exists()


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or directory; give the file that a training wrote beside run"):
        TextHashes.load(tmp_path / HASHES_FILE)


def test_what_a_folder_has_seen(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert hashes_in(tmp_path) is None
    assert hashes_of_base(tmp_path) == TextHashes()  # no run: what a base was pretrained on is not counted
    (tmp_path / "run.json").write_text("{}")
    assert hashes_of_base(tmp_path) is None
    TextHashes.of(["a"]).save(tmp_path)
    assert hashes_in(tmp_path) == hashes_of_base(tmp_path) == TextHashes.of(["a"])
    (tmp_path / HASHES_FILE).write_text("no hash\n")
    with caplog.at_level(logging.WARNING):
        assert hashes_in(tmp_path) is None
    assert "line 1 is 'no hash'" in caplog.text


# --- contenders


def contender(**entry: object) -> Contender:
    found = ContenderEntry(name="it", **entry)  # type: ignore[arg-type]
    run = Path(str(found.run)) if found.run else None
    return Contender(found, load_record(TFIDF).task, load_record(run) if run else None, run)


def test_a_run_has_seen_what_its_file_says_and_an_older_run_nobody_knows_what(tmp_path: Path) -> None:
    shutil.copytree(TFIDF, tmp_path / "run")
    TextHashes.of(["a", "b"], ["c"]).save(tmp_path / "run")
    load_record(TFIDF).model_copy(update={"sha256": hashes_of(tmp_path / "run")}).save(tmp_path / "run")
    run = contender(approach="baseline", run=str(tmp_path / "run"))
    assert run.seen(["A", "c", "d"]) == Seen(train=1, validation=1)
    (tmp_path / "run" / HASHES_FILE).unlink()
    assert run.seen(["A", "c", "d"]) is None


def test_a_prompt_has_seen_its_demonstrations_only(tmp_path: Path) -> None:
    prompt = contender(approach="zero-shot", model="owner/base")
    assert prompt.seen(["a", "b"]) == Seen(train=0)
    told = ChosenDemonstrations((Demonstration("A  ", ("Bearish",)), Demonstration("z", ("Bullish",))), left_out=7)
    few = contender(approach="few-shot", model="owner/base", shots=1)
    assert few.seen(["a", "b"], told) == Seen(train=0, demonstrations=1)
    found = few.configuration(told)
    assert found["demonstrations"] == [folded_hash("a"), folded_hash("z")]
    assert found["demonstrations_left_out"] == 7
    assert "demonstrations" not in prompt.configuration(ChosenDemonstrations())


def test_a_prompt_on_a_run_has_seen_what_the_run_has(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    prompt = contender(approach="zero-shot", model=str(tmp_path))
    assert prompt.seen(["a"]) is None
    TextHashes.of(["a"]).save(tmp_path)
    assert prompt.seen(["a", "b"]) == Seen(train=1)


def test_the_demos_runs_have_the_hashes_of_their_rows() -> None:
    for name in ("tfidf", "minilm-lora", "smollm2-lora"):
        kept, counts = hashes_in(ROOT / "demo" / name), load_record(ROOT / "demo" / name).data.rows
        assert kept is not None
        assert (len(kept.train), len(kept.validation)) == (counts["train"], counts["validation"])
        assert not kept.train & kept.validation


# --- what trainings keep


@pytest.fixture(autouse=True)
def _own_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "datasets"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")


@pytest.fixture
def split(tmp_path: Path, rows_csv: Path) -> Path:
    folder = tmp_path / "split"
    folder.mkdir()
    for name in ("train", "validation", "test"):
        (folder / f"{name}.csv").write_text(rows_csv.read_text().replace("Company", f"{name} company"))
    return folder


def expected(split: Path, task_file: Path, limit: int | None, seed: int = 42) -> TextHashes:
    task = load_task(task_file)
    train = at_most(load_rows(split, task, split="train"), limit, seed)
    return TextHashes.of(train.texts, load_rows(split, task, split="validation").texts)


@pytest.mark.parametrize("limit", [None, 14])
def test_a_chat_model_keeps_exactly_the_rows_that_it_was_trained_on(
    tmp_path: Path, task_file: Path, split: Path, chat_folder: Path, limit: int | None
) -> None:
    more = ["--max_steps", "1", *(["--train_limit", str(limit)] if limit else [])]
    run = train_chat(tmp_path, task_file, split, chat_folder, *more)
    assert hashes_in(run) == expected(split, task_file, limit)
    assert len(hashes_in(run).train) == (limit or 36)
    assert load_record(run).evaluation["seen"] == {"train": 0, "demonstrations": 0, "validation": 0}


def test_an_encoder_keeps_exactly_the_rows_that_it_was_trained_on(
    tmp_path: Path, task_file: Path, split: Path, encoder_folder: Path
) -> None:
    run = train_encoder(tmp_path, task_file, split, encoder_folder, "--max_steps", "1", "--train_limit", "9")
    assert hashes_in(run) == expected(split, task_file, 9)


def test_the_floor_keeps_its_rows_and_its_test_rows_are_none_of_them(
    tmp_path: Path, task_file: Path, rows_csv: Path
) -> None:
    words = ["--task", str(task_file), "--data", str(rows_csv), "--output_dir", str(tmp_path / "floor")]
    baseline.main(words)
    kept, counts = hashes_in(tmp_path / "floor"), load_record(tmp_path / "floor").data.rows
    assert (len(kept.train), len(kept.validation)) == (counts["train"], counts["validation"])
    everything = load_rows(rows_csv, load_task(task_file)).texts
    found = kept.count(everything)
    assert (found.train, found.validation) == (counts["train"], counts["validation"])
    assert found.total == len(everything) - counts["test"]


def test_a_training_that_breaks_off_has_kept_its_rows_in_its_checkpoints(
    tmp_path: Path, task_file: Path, split: Path, chat_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("training.shared.setup.finish", stop)
    with pytest.raises(KeyboardInterrupt):
        train_chat(tmp_path, task_file, split, chat_folder)
    run = tmp_path / "runs" / "chat"
    assert hashes_in(run) is None  # no run is there yet, and a checkpoint is what could be taken for a base
    (checkpoint,) = run.glob("checkpoint-*")
    assert hashes_in(checkpoint) == expected(split, task_file, None)


def test_what_a_base_has_seen_is_not_made_up(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "run.json").write_text("{}")
    assert hashes_of_training(rows("a"), None, base=ModelSource("base", str(tmp_path / "base"), "path")) is None


def test_a_run_on_a_run_has_seen_the_rows_of_both(tmp_path: Path) -> None:
    base = ModelSource("base", str(tmp_path / "base"), "path")
    (tmp_path / "base").mkdir()
    assert hashes_of_training(rows("a"), None, base=base) == TextHashes.of(["a"])
    TextHashes.of(["z"], ["y"]).save(tmp_path / "base")
    assert hashes_of_training(rows("a"), None, base=base) == TextHashes.of(["a", "z"], ["y"])


def test_validation_rows_that_were_trained_on_are_counted_and_told(caplog: pytest.LogCaptureFixture) -> None:
    task = load_record(TFIDF).task
    train = Rows(("it goes up", "it goes down", "it stays"), (("Bullish",), ("Bearish",), ("Neutral",)))
    held_out = Rows(("It goes UP ", "new"), (("Bullish",), ("Bearish",)))
    classifier = TfidfClassifier.fit(task, train.texts, train.targets(task), 0)
    found = evaluated(classifier, held_out, train)["evaluation"]
    assert found["seen"]["train"] == 1
    assert "1 of the 2 validation rows are among the training rows" in caplog.text


# --- to the Hub and back


def test_the_file_is_one_of_a_runs_files_and_no_description() -> None:
    assert HASHES_FILE in run_files()
    assert HASHES_FILE not in DESCRIPTIONS


def test_a_published_run_takes_its_hashes_along(online: HubServer, tmp_path: Path) -> None:
    run = tmp_path / "floor"
    shutil.copytree(TFIDF, run)
    TextHashes.of(["a"], ["b"]).save(run)
    load_record(run).model_copy(update={"sha256": hashes_of(run)}).save(run)
    assert HASHES_FILE in {upload.path for upload in run_uploads(run, load_record(run))}
    online.seed("alice/with-hashes", run)
    theirs = contender_from_hub("theirs", "alice/with-hashes", load_record(run).task)
    assert theirs.seen(["A", "b", "c"]) == Seen(train=1, validation=1)
    (run / HASHES_FILE).unlink()
    online.seed("alice/without-hashes", run)
    assert contender_from_hub("theirs", "alice/without-hashes", load_record(run).task).seen(["a"]) is None


def test_hashes_that_the_record_does_not_describe_count_for_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = tmp_path / "floor"
    shutil.copytree(TFIDF, run)
    TextHashes.of(["a"]).save(run)  # of another training
    entry = ContenderEntry(name="floor", approach="baseline", run=str(run))
    floor = Contender(entry, load_record(run).task, load_record(run), run)
    assert floor.seen(["a"]) is None
    assert "floor: text_hashes.txt is not the file that its run.json describes, so nobody knows" in caplog.text
    assert floor.load(ModelPool()).predict(["a"]).valid.all()
    with pytest.raises(InputError, match="text_hashes.txt is not the file that its run.json describes"):
        check_hashes(run, load_record(run))


def test_a_strangers_bad_file_is_not_known_and_the_run_still_answers(
    online: HubServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = tmp_path / "floor"
    shutil.copytree(TFIDF, run)
    (run / HASHES_FILE).write_text("train ../../etc\n")
    online.seed("mallory/hashes", run)
    theirs = contender_from_hub("theirs", "mallory/hashes", load_record(run).task)
    assert theirs.load(None).predict(["a"]).valid.all()
    assert theirs.seen(["a"]) is None
    assert "line 1 is 'train ../../etc'; a line is 'train' or 'validation'" in caplog.text


def test_a_strangers_huge_file_is_refused_before_it_is_downloaded(
    online: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "floor"
    shutil.copytree(TFIDF, run)
    online.seed("mallory/huge-hashes", run)
    monkeypatch.setattr("classification.runs.remote.LIMITS", {HASHES_FILE: 100})
    with pytest.raises(InputError, match="mallory/huge-hashes: text_hashes.txt is larger than 0 MB"):
        contender_from_hub("theirs", "mallory/huge-hashes", load_record(run).task)


def test_texts_under_the_name_of_hashes_are_not_published(tmp_path: Path) -> None:
    run = tmp_path / "floor"
    shutil.copytree(TFIDF, run)
    (run / HASHES_FILE).write_text("our customers' own words\n")
    with pytest.raises(InputError, match="line 1 is .*a line is 'train' or 'validation' and 16 hexadecimal digits"):
        run_uploads(run, load_record(run))


def test_a_lineup_of_the_demo_knows_of_every_contender() -> None:
    for one in load_lineup(ROOT / "demo" / "lineup.yaml").contenders:
        assert one.seen(["a text that nobody has seen"]) == Seen(train=0)
