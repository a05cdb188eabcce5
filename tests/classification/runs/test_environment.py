from __future__ import annotations

from pathlib import Path

import pytest

from classification.runs import environment
from classification.runs.environment import _boards, hardware


def test_boards_are_told_by_the_driver_and_left_out_where_there_are_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for slot in ("0000:01:00.0", "0000:02:00.0"):
        (tmp_path / slot).mkdir()
        (tmp_path / slot / "information").write_text("Model: \t\t Tesla T4\nIRQ:   \t 37\n")
    boards = _boards(tmp_path)
    assert boards == ["Tesla T4", "Tesla T4"]
    monkeypatch.setattr(environment, "_boards", lambda: boards)
    assert hardware().items() >= {"gpu": "Tesla T4", "gpus": 2}.items()
    monkeypatch.setattr(environment, "_boards", list)
    assert set(hardware()) == {"processor", "cores", "system"}
