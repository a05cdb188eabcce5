"""``--push_to_hub`` of every training script, against a real Hub server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hub_server import HubServer
from huggingface_hub import HfApi, ModelCard
from support.trainings import train_chat, train_encoder

from classification.errors import InputError
from classification.lineup import contender_from_hub
from classification.models.pool import ModelPool
from classification.runs.record import load_record
from classification.task import load_task
from training import baseline


@pytest.fixture
def token(online: HubServer, monkeypatch: pytest.MonkeyPatch) -> str:
    token = online.user("trainer")
    monkeypatch.setenv("HF_TOKEN", token)
    return token


def train_floor(tmp_path: Path, task_file: Path, rows: Path, *more: str) -> Path:
    out = tmp_path / "runs" / "floor"
    baseline.main(["--task", str(task_file), "--data", str(rows), "--output_dir", str(out), *more])
    return out


def check_published(repo_id: str, run: Path, token: str) -> None:
    api = HfApi(token=token)
    names = set(api.list_repo_files(repo_id))
    assert names & {"adapter_model.safetensors", "model.safetensors"}
    assert not [name for name in names if name.endswith((".bin", ".pt", ".pkl")) or "/" in name]
    assert [commit.title for commit in api.list_repo_commits(repo_id)] == [f"Publish {run.name}", "initial commit"]
    assert [tag.name for tag in api.list_repo_refs(repo_id).tags] == ["v1"]
    card = ModelCard.load(repo_id, token=token)
    assert "prompt-or-tune" in card.data.tags
    for name in names - {".gitattributes"}:
        text = Path(api.hf_hub_download(repo_id, name)).read_bytes()
        assert str(run.parent.parent).encode() not in text, f"{name} holds a local path"
        assert token.encode() not in text


def test_a_floor_is_pushed_when_it_is_fitted(tmp_path: Path, task_file: Path, rows_csv: Path, token: str) -> None:
    run = train_floor(tmp_path, task_file, rows_csv, "--push_to_hub", "true", "--hub_model_id", "trainer/floor")
    check_published("trainer/floor", run, token)
    assert HfApi(token=token).model_info("trainer/floor").private
    contender = contender_from_hub("theirs", "trainer/floor@v1", load_task(task_file))
    assert contender.load(None).predict(["Company 3 falls today"]).valid.all()


def test_an_encoder_is_pushed_by_our_code_and_not_by_the_trainer(
    tmp_path: Path, task_file: Path, rows_csv: Path, encoder_folder: Path, token: str
) -> None:
    run = train_encoder(
        tmp_path, task_file, rows_csv, encoder_folder, "--push_to_hub", "true", "--hub_private_repo", "false"
    )
    check_published("trainer/encoder", run, token)
    assert not HfApi(token=token).model_info("trainer/encoder").private
    here = contender_from_hub("it", "trainer/encoder", load_task(task_file)).load(ModelPool())
    assert here.predict(["Company 3 falls today"]).valid.all()


def test_a_chat_adapter_is_pushed(
    tmp_path: Path, task_file: Path, rows_csv: Path, chat_folder: Path, token: str
) -> None:
    run = train_chat(tmp_path, task_file, rows_csv, chat_folder, "--push_to_hub", "--hub_model_id", "trainer/chat")
    check_published("trainer/chat", run, token)
    config = json.loads((run / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "tiny-llama"  # and not where that was on this machine


def test_the_record_knows_every_score_and_what_the_model_says_to_the_examples(
    tmp_path: Path, task_file: Path, rows_csv: Path
) -> None:
    task_file.write_text(task_file.read_text() + "examples: [Company 1 falls today, Company 2 rises today]\n")
    record = load_record(train_floor(tmp_path, task_file, rows_csv))
    assert record.evaluation["split"] == "validation"
    assert set(record.evaluation) >= {"accuracy", "accuracy_ci", "macro_f1_ci", "per_class", "confusion_matrix"}
    assert [answer.labels for answer in record.answers] == [("Bearish",), ("Bullish",)]
    assert all(0.3 < answer.probability <= 1 for answer in record.answers)


def test_whoever_is_not_signed_in_hears_of_it_before_the_training(
    tmp_path: Path, task_file: Path, rows_csv: Path, online: HubServer
) -> None:
    with pytest.raises(InputError, match="nobody is signed in to the Hub; run `hf auth login`"):
        train_floor(tmp_path, task_file, rows_csv, "--push_to_hub", "true")
    assert not (tmp_path / "runs").exists()


def test_a_push_that_fails_keeps_the_run_and_says_how_to_push_it(
    tmp_path: Path, task_file: Path, rows_csv: Path, token: str, online: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    online.faults.add("POST", "/commit/", status=503, times=None)
    with pytest.raises(
        InputError, match="The run is complete in .*; push it with: python -m hub.push .*--repo_id"
    ) as caught:
        train_floor(tmp_path, task_file, rows_csv, "--push_to_hub", "true", "--hub_model_id", "trainer/later")
    assert "\n" not in str(caught.value)
    assert load_record(tmp_path / "runs" / "floor").family == "tfidf"
