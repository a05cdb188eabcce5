"""What is written last into every run folder."""

from __future__ import annotations

from pathlib import Path

from support.cards import run_record

from classification.runs.record import load_record
from training.shared.finish import seal


def test_every_run_has_an_id_of_its_own_and_an_export_keeps_the_command(tmp_path: Path) -> None:
    for name in ("run", "export"):
        (tmp_path / name).mkdir()
    trained = seal(run_record(command=("python", "-m", "training.encoder")), tmp_path / "run", None)
    exported = seal(trained.model_copy(update={"export": "onnx"}), tmp_path / "export", None)
    assert trained.id is not None
    assert exported.id is not None
    assert trained.id != exported.id
    assert exported.command == trained.command
    assert load_record(tmp_path / "export").id == exported.id
