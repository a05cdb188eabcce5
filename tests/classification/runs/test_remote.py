"""Runs pulled from a real Hub server by the unmodified client, the honest ones and the hostile ones."""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import huggingface_hub
import numpy as np
import pytest
import torch
from support.environment import hub_environment
from support.paths import ROOT, needs_packages
from support.tiny_models import encoder_model
from hub_server import HubServer
from safetensors.torch import load_file, save_file
from transformers import PreTrainedTokenizerFast

from classification.contenders import Contender
from classification.errors import InputError
from classification.lineup import contender_from_hub, Lineup, load_lineup
from classification.models.pool import ModelPool
from classification.runs import remote as pull
from classification.runs.record import load_record
from classification.runs.remote import Reference, find
from classification.task import Label, Task

DEMO = ROOT / "demo"
TEXTS = ["Shares fall after a profit warning", "The bank raises its forecast"]


def lineup_of(tmp_path: Path, task_file: Path, *entries: str) -> Lineup:
    file = tmp_path / "lineup.yaml"
    file.write_text(f"task: {task_file}\ncontenders:\n" + "".join(f"  - {{{e}}}\n" for e in entries), encoding="utf-8")
    return load_lineup(file)


def encoder_repo(folder: Path, tokenizer: PreTrainedTokenizerFast, labels: list[str], **config: Any) -> Path:
    """A full classifier as a stranger would publish it: no run record, only a configuration."""
    model = encoder_model(labels=len(labels))
    model.config.id2label = dict(enumerate(labels))
    model.config.label2id = {name: column for column, name in enumerate(labels)}
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    if config:
        file = folder / "config.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | config), encoding="utf-8")
    return folder


@pytest.fixture
def financial() -> Path:
    return ROOT / "tasks" / "financial-sentiment.yaml"


@needs_packages
def test_an_adapter_answers_the_same_from_the_hub_as_from_its_folder(
    online: HubServer, tmp_path: Path, financial: Path
) -> None:
    online.seed("alice/minilm", DEMO / "minilm-lora")
    lineup = lineup_of(
        tmp_path,
        financial,
        "name: theirs, approach: fine-tuned, run: alice/minilm",
        f"name: ours, approach: fine-tuned, run: {DEMO / 'minilm-lora'}",
    )
    pool = lineup.pool()
    theirs, ours = (contender.load(pool).predict(TEXTS).probabilities for contender in lineup.contenders)
    np.testing.assert_array_equal(theirs, ours)
    about = lineup.contenders[0].describe()
    assert about.startswith("all-MiniLM-L6-v2, LoRA, 8,581 rows of tfns, alice/minilm@")
    assert lineup.contenders[0].configuration()["repository"] == "alice/minilm"


def test_a_revision_is_pinned_and_main_may_move_on(online: HubServer, tmp_path: Path, financial: Path) -> None:
    online.seed("alice/floor", DEMO / "tfidf")
    api = huggingface_hub.HfApi(token=online.user("alice"))
    api.create_tag("alice/floor", tag="v1")
    changed = json.loads((DEMO / "tfidf" / "run.json").read_text()) | {"seconds": 99.0}
    api.upload_file(path_or_fileobj=json.dumps(changed).encode(), path_in_repo="run.json", repo_id="alice/floor")
    old, new = lineup_of(
        tmp_path,
        financial,
        "name: old, approach: baseline, run: alice/floor@v1",
        "name: new, approach: baseline, run: alice/floor",
    ).contenders
    assert (old.record.seconds, new.record.seconds) == (load_record(DEMO / "tfidf").seconds, 99.0)
    assert old.load(None).predict(TEXTS).probabilities.shape == (2, 3)
    assert old.describe().endswith("alice/floor@v1")


def test_outputs_without_a_record_are_put_in_the_order_of_the_task(
    online: HubServer, tmp_path: Path, task_file: Path, tokenizer: PreTrainedTokenizerFast
) -> None:
    online.seed("carol/bert", encoder_repo(tmp_path / "bert", tokenizer, ["NEUTRAL", "bearish", "Bullish"]))
    online.seed("carol/in-order", encoder_repo(tmp_path / "same", tokenizer, ["Bearish", "Bullish", "Neutral"]))
    turned, straight = lineup_of(
        tmp_path,
        task_file,
        "name: turned, approach: fine-tuned, run: carol/bert",
        "name: straight, approach: fine-tuned, run: carol/in-order",
    ).contenders
    pool = lineup_of(tmp_path, task_file, "name: x, approach: fine-tuned, run: carol/bert").pool()
    outputs = straight.load(pool).predict(TEXTS).probabilities  # the same weights: outputs 0, 1 and 2 as they are
    np.testing.assert_array_equal(turned.load(pool).predict(TEXTS).probabilities, outputs[:, [1, 2, 0]])
    assert "published without a record of its training" in turned.describe()


def test_a_full_chat_model_is_asked_in_the_words_of_the_task(
    online: HubServer, tmp_path: Path, task_file: Path, chat_folder: Path
) -> None:
    online.seed("carol/llama", chat_folder)
    (contender,) = lineup_of(tmp_path, task_file, "name: a, approach: fine-tuned, run: carol/llama").contenders
    assert contender.family == "chat"
    assert (
        contender.load(lineup_of(tmp_path, task_file, "name: b, approach: fine-tuned, run: carol/llama").pool())
        .predict(TEXTS)
        .valid.all()
    )


def test_without_a_hub_the_cache_serves_and_the_page_says_so(
    online: HubServer,
    tmp_path: Path,
    financial: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    online.seed("alice/kept", DEMO / "tfidf")
    entry = "name: a, approach: baseline, run: alice/kept"
    expected = lineup_of(tmp_path, financial, entry).contenders[0].load(None).predict(TEXTS).probabilities
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with caplog.at_level(logging.WARNING):
        (contender,) = lineup_of(tmp_path, financial, entry).contenders
    assert "using the copy in the cache" in caplog.text
    assert contender.describe().endswith("from the cache: the Hub cannot be reached")
    np.testing.assert_array_equal(contender.load(None).predict(TEXTS).probabilities, expected)


def test_one_run_that_cannot_be_had_leaves_the_others_alone(online: HubServer, tmp_path: Path, financial: Path) -> None:
    gone, there = lineup_of(
        tmp_path,
        financial,
        "name: gone, approach: fine-tuned, run: nobody/nothing",
        f"name: there, approach: baseline, run: {DEMO / 'tfidf'}",
    ).contenders
    with pytest.raises(InputError, match="cannot pull nobody/nothing: it is not on the Hub, or it is private and"):
        gone.load(None)
    assert "no folder nobody/nothing beside the lineup either" in gone.error
    assert there.load(None).predict(TEXTS).valid.all()


def test_nothing_cached_and_no_hub_is_one_sentence(tmp_path: Path, financial: Path) -> None:
    (contender,) = lineup_of(tmp_path, financial, "name: a, approach: fine-tuned, run: alice/never-seen").contenders
    with pytest.raises(InputError, match="the Hub cannot be reached; check the connection .*no copy is in the cache"):
        contender.load(None)


def test_a_private_run_is_seen_by_its_owner_only(
    online: HubServer, tmp_path: Path, financial: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    online.seed("dora/secret", DEMO / "tfidf", private=True)
    token = online.user("dora")
    task = load_record(DEMO / "tfidf").task
    with pytest.raises(InputError, match="it is not on the Hub, or it is private and this token may not see it"):
        contender_from_hub("a", "dora/secret", task)
    monkeypatch.setenv("HF_TOKEN", token)
    assert contender_from_hub("a", "dora/secret", task).approach == "baseline"


def test_a_gated_run_says_how_to_get_access(online: HubServer) -> None:
    online.seed("dora/gated", DEMO / "tfidf", gated=True)
    with pytest.raises(InputError, match="cannot pull dora/gated: access has to be granted first; ask for it on its"):
        find(Reference("dora/gated"))


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ({"status": 401}, "the Hub does not know this token; sign in with `hf auth login`|it is not on the Hub"),
        ({"status": 403}, "this token may not do that"),
        ({"status": 429, "retry_after": 0}, "the Hub asks to slow down"),
        ({"status": 503}, "no copy is in the cache|the Hub failed"),
    ],
)
def test_each_refusal_while_a_run_is_looked_up_is_one_sentence(
    online: HubServer, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any], sentence: str
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)  # the client waits between its own tries
    name = f"erin/look-{fault['status']}"
    online.seed(name, DEMO / "tfidf")
    online.faults.add("GET", rf"/api/models/{name}", times=None, **fault)
    with pytest.raises(InputError, match=sentence) as caught:
        find(Reference(name))
    assert "\n" not in str(caught.value)
    online.faults.clear()
    assert find(Reference(name)).download().is_dir()  # asking again completes it


def test_a_download_that_is_cut_off_is_completed_by_asking_again(
    online: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", True)
    online.seed("erin/cut", DEMO / "tfidf")
    remote = find(Reference("erin/cut"))
    online.faults.add("GET", r"/resolve/.*model\.safetensors$", cut_after=1000, times=None)
    with pytest.raises(InputError, match="cannot pull erin/cut: the transfer was cut off; run the same command again"):
        remote.download()
    online.faults.clear()
    folder = remote.download()
    assert (folder / "model.safetensors").read_bytes() == (DEMO / "tfidf" / "model.safetensors").read_bytes()


# Hostile repositories: each is refused, with its own sentence, before anything of it is loaded.


def refused(online: HubServer, name: str, folder: Path, task: Task) -> str:
    online.seed(name, folder)
    with pytest.raises(InputError) as caught:
        contender_from_hub("hostile", name, task).load(None)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600
    return str(caught.value)


def test_pickled_weights_are_never_fetched(online: HubServer, tmp_path: Path, task: Task) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "config.json").write_text('{"architectures": ["BertForSequenceClassification"]}')
    (tmp_path / "r" / "pytorch_model.bin").write_bytes(b"\x80\x04c__main__\nboom\n.")
    assert "its weights are a pickle (pytorch_model.bin), which could run code" in refused(
        online, "mallory/pickle", tmp_path / "r", task
    )
    assert not [r for r in online.requests if "pytorch_model.bin" in r.path]


def test_a_pickle_beside_good_weights_stays_there(online: HubServer, tmp_path: Path) -> None:
    shutil.copytree(DEMO / "tfidf", tmp_path / "r")
    (tmp_path / "r" / "training_args.bin").write_bytes(b"\x80\x04.")
    (tmp_path / "r" / "modeling_evil.py").write_text("raise SystemExit")
    online.seed("mallory/beside", tmp_path / "r")
    folder = find(Reference("mallory/beside")).download()
    assert {path.name for path in folder.iterdir()} == {
        "baseline.json",
        "model.safetensors",
        "run.json",
        "text_hashes.txt",
        "vocabulary.txt",
    }


def test_code_of_a_repository_is_never_run(
    online: HubServer, tmp_path: Path, task: Task, tokenizer: PreTrainedTokenizerFast
) -> None:
    folder = encoder_repo(
        tmp_path / "r", tokenizer, list(task.label_names), auto_map={"AutoModelForSequenceClassification": "evil.Model"}
    )
    said = refused(online, "mallory/code", folder, task)
    assert "config.json asks for code of its own to be run (auto_map)" in said


def test_ten_thousand_labels_are_refused_in_a_short_sentence(
    online: HubServer, tmp_path: Path, task: Task, tokenizer: PreTrainedTokenizerFast
) -> None:
    folder = encoder_repo(tmp_path / "r", tokenizer, ["a", "b"], id2label={str(n): f"label {n}" for n in range(10_000)})
    assert "its 10,000 labels are 'label 0', 'label 1'" in refused(online, "mallory/many", folder, task)


def test_labels_that_contradict_the_task_or_the_record_are_refused(
    online: HubServer, tmp_path: Path, task: Task, tokenizer: PreTrainedTokenizerFast
) -> None:
    folder = encoder_repo(tmp_path / "r", tokenizer, ["<script>alert(1)</script>", "Bullish", "Neutral"])
    said = refused(online, "mallory/labels", folder, task)
    assert "and the task tiny has 'Bearish', 'Bullish' or 'Neutral'; say which is which in the lineup" in said
    record = load_record(DEMO / "minilm-lora").model_copy(update={"method": "full", "base": None})
    record.save(folder)
    assert "id2label in config.json says" in refused(online, "mallory/two-minds", folder, record.task)


def test_an_adapter_for_another_base_than_it_says_is_refused(online: HubServer, tmp_path: Path) -> None:
    shutil.copytree(DEMO / "minilm-lora", tmp_path / "r")
    file = tmp_path / "r" / "adapter_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"base_model_name_or_path": "mallory/other"}))
    said = refused(online, "mallory/base", tmp_path / "r", load_record(tmp_path / "r").task)
    assert "the adapter is for the base model 'mallory/other', and its run.json names" in said


@needs_packages
def test_an_adapter_whose_weights_do_not_fit_is_refused_and_the_base_stays_whole(
    online: HubServer, tmp_path: Path, financial: Path
) -> None:
    shutil.copytree(DEMO / "minilm-lora", tmp_path / "r")
    shutil.copy(DEMO / "smollm2-lora" / "adapter_model.safetensors", tmp_path / "r")
    load_record(tmp_path / "r").model_copy(update={"sha256": {}}).save(tmp_path / "r")
    online.seed("mallory/weights", tmp_path / "r")
    bad, good = (
        lineup := lineup_of(
            tmp_path,
            financial,
            "name: bad, approach: fine-tuned, run: mallory/weights",
            f"name: good, approach: fine-tuned, run: {DEMO / 'minilm-lora'}",
        )
    ).contenders
    pool = lineup.pool()
    with pytest.raises(InputError, match="does not fit sentence-transformers/all-MiniLM-L6-v2, which has no layer"):
        bad.load(pool)
    assert list(good.load(pool).predict(["Shares slide 9% after a warning"]).best) == [0]


def test_another_kind_of_adapter_and_other_nonsense_are_refused(online: HubServer, tmp_path: Path, task: Task) -> None:
    shutil.copytree(DEMO / "minilm-lora", tmp_path / "r")
    file = tmp_path / "r" / "adapter_config.json"
    good = json.loads(file.read_text())
    (tmp_path / "r" / "run.json").unlink()
    assert "without run.json does not say which output is which label" in refused(
        online, "mallory/no-record", tmp_path / "r", task
    )
    file.write_text(json.dumps(good | {"task_type": "CAUSAL_LM", "peft_type": "XLORA"}))
    assert "an adapter of the kind 'XLORA'; only LORA adapters are loaded" in refused(
        online, "mallory/kind", tmp_path / "r", task
    )
    file.write_text("[" * 100_000)
    assert "adapter_config.json is not JSON" in refused(online, "mallory/nested", tmp_path / "r", task)
    file.write_text('"' + "x" * 6_000_000 + '"')
    assert "adapter_config.json is larger than 5 MB" in refused(online, "mallory/large", tmp_path / "r", task)


def test_a_record_of_other_labels_or_of_no_sense_is_refused(online: HubServer, tmp_path: Path) -> None:
    other = Task(name="other", language="en", instruction="x", labels=(Label(name="<b>ham</b>"), Label(name="spam")))
    said = refused(online, "mallory/other-task", DEMO / "tfidf", other)
    assert "the run of 'hostile' knows the labels 'Bearish, Bullish or Neutral'" in said
    shutil.copytree(DEMO / "tfidf", tmp_path / "r")
    (tmp_path / "r" / "run.json").write_text('{"format": 1, "name": "x", "surprise": true}')
    said = refused(online, "mallory/record", tmp_path / "r", other)
    assert "mallory/record@" in said
    assert "unknown key 'surprise'" in said or "is missing" in said


def test_a_model_for_something_else_is_refused(online: HubServer, chat_folder: Path, task: Task) -> None:
    file = chat_folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"architectures": ["CLIPModel"]}))
    assert "its architecture 'CLIPModel' neither classifies texts nor writes them" in refused(
        online, "mallory/clip", chat_folder, task
    )


def test_what_is_no_reference_is_told(task: Task) -> None:
    for text in ("../up", "a/../b", "/a/b", "a/b@../c", "only-a-name", "a/b/c", "a b/c"):
        assert Reference.parse(text) is None
    with pytest.raises(InputError, match="is not a repository; write owner/name, or owner/name@revision"):
        contender_from_hub("x", "only-a-name", task)


@pytest.mark.parametrize("text", ["a/b--c", "a/b.git", "a/b.", f"a/{'x' * 97}", "a/b@v1\n"])
def test_ids_that_the_client_refuses_are_no_references(text: str) -> None:
    assert Reference.parse(text) is None


def test_pull_requests_and_branches_with_slashes_are_revisions(online: HubServer, task: Task) -> None:
    online.seed("alice/asked", DEMO / "tfidf")
    api = huggingface_hub.HfApi(token=online.user("alice"))
    operation = huggingface_hub.CommitOperationAdd("notes.txt", b"x")
    api.create_commit("alice/asked", [operation], commit_message="x", create_pr=True)
    api.create_branch("alice/asked", branch="try/this")
    for revision in ("refs/pr/1", "try/this"):
        assert find(Reference("alice/asked", revision)).download().is_dir()


def test_a_repository_that_moved_is_found_where_it_went(online: HubServer) -> None:
    online.seed("alice/old-name", DEMO / "tfidf")
    huggingface_hub.HfApi(token=online.user("alice")).move_repo("alice/old-name", "alice/new-name")
    assert find(Reference("alice/old-name")).download().is_dir()


def test_a_commit_between_the_look_and_the_download_is_looked_over_too(
    online: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    online.seed("mallory/quick", DEMO / "tfidf")
    api = huggingface_hub.HfApi(token=online.user("mallory"))
    download = pull.snapshot_download

    def after_a_commit(*words: Any, **more: Any) -> str:
        api.delete_file("model.safetensors", repo_id="mallory/quick")
        api.upload_file(path_or_fileobj=b"x", path_in_repo="pytorch_model.bin", repo_id="mallory/quick")
        return str(download(*words, **more))

    monkeypatch.setattr(pull, "snapshot_download", after_a_commit)
    with pytest.raises(InputError, match=r"its weights are a pickle \(pytorch_model.bin\)"):
        find(Reference("mallory/quick"))


def test_descriptions_and_vocabularies_without_end_are_never_downloaded(
    online: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(DEMO / "tfidf", tmp_path / "r")
    (tmp_path / "r" / "run.json").write_bytes(b" " * 5_000_001)
    online.seed("mallory/long", tmp_path / "r")
    with pytest.raises(InputError, match=r"run.json is larger than 5 MB; use a repository that describes itself"):
        find(Reference("mallory/long"))
    assert not [request for request in online.requests if "mallory/long/resolve" in request.path]
    online.seed("mallory/wordy", DEMO / "tfidf")
    monkeypatch.setattr(pull, "LONGEST_VOCABULARY", 100)
    with pytest.raises(InputError, match=r"mallory/wordy: vocabulary.txt is larger than 0 MB"):
        find(Reference("mallory/wordy"))


def test_half_a_cache_says_that_the_weights_are_not_there(online: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    online.seed("alice/half", DEMO / "tfidf")
    find(Reference("alice/half"))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match="cannot pull alice/half: the Hub cannot be reached.*no copy is in the cache"):
        find(Reference("alice/half")).download()


def test_a_cache_that_cannot_be_written_is_told(online: HubServer, tmp_path: Path) -> None:
    online.seed("alice/kept-nowhere", DEMO / "tfidf")
    (tmp_path / "home").touch()
    code = "from classification.runs.remote import *; find(Reference('alice/kept-nowhere'))"
    environment = hub_environment(online, None, tmp_path / "home") | {"PYTHONPATH": str(ROOT)}
    found = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    last = found.stderr.strip().splitlines()[-1]
    assert "InputError: cannot pull alice/kept-nowhere: " in last
    assert "let HF_HOME name" in last


@pytest.mark.parametrize("keys", [("1", "2", "3"), ("0", "1", "01"), ("-1", "0", "1"), ("a", "b", "c")])
def test_outputs_that_are_not_counted_from_zero_are_refused(
    online: HubServer, tmp_path: Path, task: Task, tokenizer: PreTrainedTokenizerFast, keys: tuple[str, ...]
) -> None:
    names = dict(zip(keys, task.label_names, strict=True))
    folder = encoder_repo(tmp_path / "r", tokenizer, list(task.label_names), id2label=names)
    assert "the keys of id2label in config.json" in refused(online, f"mallory/keys{abs(hash(keys))}", folder, task)


def test_labels_that_only_look_alike_are_other_labels(
    online: HubServer, tmp_path: Path, task: Task, tokenizer: PreTrainedTokenizerFast
) -> None:
    for place, names in enumerate((["Bearish", "Bullish", "N\u0435utral"], ["Bearish", "BEARISH", "Neutral"])):
        folder = encoder_repo(tmp_path / str(place), tokenizer, names)
        assert "use a model for these labels" in refused(online, f"mallory/alike{place}", folder, task)


def test_weights_that_are_not_whole_or_no_numbers_are_told(
    online: HubServer, tmp_path: Path, task: Task, tokenizer: PreTrainedTokenizerFast
) -> None:
    folder = encoder_repo(tmp_path / "r", tokenizer, list(task.label_names))
    weights = load_file(folder / "model.safetensors")
    pool = ModelPool()

    def contender(name: str, found: dict[str, torch.Tensor]) -> Contender:
        save_file(found, folder / "model.safetensors", metadata={"format": "pt"})
        online.seed(name, folder)
        return contender_from_hub("x", name, task)

    headless = {key: value for key, value in weights.items() if "classifier" not in key}
    with pytest.raises(
        InputError, match=r"its files lack the weights 'classifier.bias', without which it would answer"
    ):
        contender("mallory/headless", headless).load(pool)
    with pytest.raises(InputError, match="cannot load"):
        contender("mallory/shape", weights | {"classifier.weight": torch.zeros(7, 32)}).load(pool)
    nan = contender("mallory/nan", {key: value * float("nan") for key, value in weights.items()}).load(pool)
    with pytest.raises(InputError, match=r"is not a number \(NaN\); its weights are damaged"):
        nan.predict(TEXTS)
    file = folder / "tokenizer_config.json"
    for place, length in enumerate((-5, "many")):
        file.write_text(json.dumps(json.loads(file.read_text()) | {"model_max_length": length}))
        with pytest.raises(InputError):
            contender(f"mallory/length{place}", weights).load(pool)


def test_a_strangers_words_in_prompts_have_an_end(online: HubServer, tmp_path: Path) -> None:
    record = load_record(DEMO / "minilm-lora")
    shutil.copytree(DEMO / "minilm-lora", tmp_path / "r")
    for place, task in enumerate((
        record.task.model_copy(update={"instruction": "x" * 4001}),
        record.task.model_copy(update={"labels": tuple(
            label.model_copy(update={"verbalizer": label.name + "x" * 300}) for label in record.task.labels)}),
    )):  # fmt: skip
        record.model_copy(update={"task": task}).save(tmp_path / "r")
        assert "characters, and at most" in refused(online, f"mallory/words{place}", tmp_path / "r", record.task)


def test_an_adapter_of_another_family_and_a_wrong_revision_are_refused(
    online: HubServer, tmp_path: Path, task: Task
) -> None:
    shutil.copytree(DEMO / "minilm-lora", tmp_path / "r")
    file = tmp_path / "r" / "adapter_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"task_type": "CAUSAL_LM", "revision": [1]}))
    said = refused(online, "mallory/family", tmp_path / "r", load_record(tmp_path / "r").task)
    assert "the adapter is for 'CAUSAL_LM', and run.json says encoder" in said
    (tmp_path / "r" / "run.json").unlink()
    assert "the revision [1] in adapter_config.json is no name of one" in refused(
        online, "mallory/revision", tmp_path / "r", task
    )
