"""One record a family: trained ones have a script and a loader, the others are prompted and have no runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.paths import DEMO, ROOT

from classification.errors import InputError
from classification.families import FAMILIES, function_of, known_family, need_libraries, scripts, trained_family
from classification.runs.record import load_record

PROMPTED_ONLY = ("similarity", "nli", "gliclass")


@pytest.mark.parametrize("name", FAMILIES)
def test_every_function_and_file_that_a_record_names_is_there(name: str) -> None:
    family = FAMILIES[name]
    places = [place for place in (family.loader, family.prompt_loader, family.onnx_loader) if place]
    assert places
    assert all(callable(function_of(place)) for place in places)
    assert (family.script is None) == (family.loader is None)
    assert family.script is None or (ROOT / family.script.replace(".", "/")).with_suffix(".py").is_file()
    assert family.requirements is None or (ROOT / family.requirements).is_file()
    assert (family.script is None) == (name in PROMPTED_ONLY)


def test_a_family_that_is_only_prompted_has_no_script_and_no_runs(tmp_path: Path) -> None:
    assert all(isinstance(script, str) for script in scripts())
    record = (DEMO / "tfidf" / "run.json").read_text(encoding="utf-8")
    for name in PROMPTED_ONLY:
        assert known_family(name) == name
        with pytest.raises(ValueError, match=f"there is no family '{name}'; it is chat, encoder"):
            trained_family(name)
        (tmp_path / "run.json").write_text(record.replace('"family": "tfidf"', f'"family": "{name}"'))
        with pytest.raises(InputError, match=f"there is no family '{name}'"):
            load_record(tmp_path)


def test_a_library_that_is_missing_is_named_with_what_to_run() -> None:
    need_libraries("gliclass", ("json",))
    sentence = "no_such_library is not installed; run: pip install -r requirements/gliclass.txt"
    with pytest.raises(InputError, match=sentence):
        need_libraries("gliclass", ("json", "no_such_library"))
