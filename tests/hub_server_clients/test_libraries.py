"""transformers, PEFT and datasets load from the Hub server by repository id."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hub_server import HubServer
from support.hub_clients import (
    Transfer,
    both,
    call,
    hf,
)
from support.tiny_models import encoder_model
from transformers import PreTrainedTokenizerFast


def client_loads(base: str, full: str, dataset: str, rows: str) -> dict[str, Any]:
    import torch
    from datasets import load_dataset
    from huggingface_hub import HfApi, ModelCard
    from peft import PeftModel
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    api = HfApi()
    api.create_repo(dataset, repo_type="dataset")
    api.upload_folder(repo_id=dataset, repo_type="dataset", folder_path=rows)
    tokenizer = AutoTokenizer.from_pretrained(full)
    model = AutoModelForSequenceClassification.from_pretrained(full)
    adapted = PeftModel.from_pretrained(AutoModelForSequenceClassification.from_pretrained(base), full + "-adapter")
    with torch.no_grad():
        logits = model(**tokenizer("Shares fall", return_tensors="pt")).logits
    card = ModelCard.load(full)
    card.validate()
    loaded = load_dataset(dataset, "predictions", split="test")
    streamed = next(iter(load_dataset(dataset, "metrics", split="train", streaming=True)))
    return {
        "logits": logits[0].tolist(), "labels": model.config.id2label, "adapters": list(adapted.peft_config),
        "licence": card.data.license, "rows": list(loaded["text"]), "streamed": streamed,
        "tags": api.dataset_info(dataset).tags,
    }  # fmt: skip


def rows_repository(folder: Path) -> Path:
    """A dataset of two configurations in Parquet, as a comparison is published."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir()
    pq.write_table(pa.table({"text": ["a", "b"], "label": ["x", "y"]}), folder / "predictions.parquet")
    pq.write_table(pa.table({"accuracy": [0.5]}), folder / "metrics.parquet")
    (folder / "README.md").write_text(
        "---\nlicense: mit\ntags: [comparison]\nconfigs:\n"
        "- config_name: predictions\n  data_files: [{split: test, path: predictions.parquet}]\n"
        "- config_name: metrics\n  data_files: [{split: train, path: metrics.parquet}]\n---\n# Rows\n"
    )
    return folder


def adapter_on(base: Path, folder: Path) -> Path:
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForSequenceClassification

    model = AutoModelForSequenceClassification.from_pretrained(base)
    get_peft_model(model, LoraConfig(task_type="SEQ_CLS", r=2, target_modules=["query"])).save_pretrained(folder)
    (folder / "README.md").unlink()
    return folder


@both
def test_libraries_load_by_repository_id(
    server: HubServer, tmp_path: Path, encoder_folder: Path, tokenizer: PreTrainedTokenizerFast, transfer: Transfer
) -> None:
    full, rows = tmp_path / "full", rows_repository(tmp_path / "rows")
    model = encoder_model()
    model.save_pretrained(full)
    tokenizer.save_pretrained(full)
    (full / "README.md").write_text("---\nlicense: mit\nlibrary_name: transformers\n---\n# A model\n")
    server.seed("acme/base", encoder_folder)
    server.seed(f"acme/full-{transfer}-adapter", adapter_on(encoder_folder, tmp_path / "adapter"))
    hf(server, tmp_path / "home", "upload", f"acme/full-{transfer}", full, transfer=transfer)
    names = ("acme/base", f"acme/full-{transfer}", f"acme/rows-{transfer}")
    seen = call(server, tmp_path, client_loads, *names, rows, transfer=transfer)
    expected = model(**tokenizer("Shares fall", return_tensors="pt")).logits[0].tolist()
    assert seen["logits"] == pytest.approx(expected, abs=1e-5)
    assert (seen["adapters"], seen["licence"]) == (["default"], "mit")
    assert (seen["rows"], seen["streamed"]) == (["a", "b"], {"accuracy": 0.5})
    assert {"comparison", "license:mit"} <= set(seen["tags"])
