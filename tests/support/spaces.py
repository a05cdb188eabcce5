"""A small lineup to publish as a Space, and what of a push is the user's own."""

from __future__ import annotations

import json
from pathlib import Path

from hub.shared.publish import Upload
from support.paths import DEMO, ROOT


def floor_lineup(tmp_path: Path, *more: str, demonstrations: Path | None = None) -> Path:
    file = tmp_path / "lineup.yaml"
    rows = f"demonstrations: {json.dumps(str(demonstrations))}\n" if demonstrations else ""
    entries = [
        f"  - {{name: floor, approach: baseline, run: {DEMO}/tfidf}}\n",
        *(f"  - {{{entry}}}\n" for entry in more),
    ]
    file.write_text(f"task: {ROOT}/tasks/financial-sentiment.yaml\n{rows}contenders:\n" + "".join(entries))
    return file


def published_text(uploads: tuple[Upload, ...]) -> bytes:
    own = ("classification/", "comparison/", "hub/", "ui/", "app.py", "requirements.txt")
    return b"\n".join(upload.read() for upload in uploads if not upload.path.startswith(own))
