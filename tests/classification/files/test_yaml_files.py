"""YAML that people give us: what is read, and what is refused before anything is built of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from classification.errors import InputError
from classification.files import yaml_files
from classification.files.yaml_files import read_yaml, read_yaml_file
from classification.lineup import load_lineup
from classification.task import load_task

GOOD = "name: t\nlanguage: en\ninstruction: Decide.\nlabels: [a, b]\n"


def told(folder: Path, content: str | bytes) -> str:
    """The sentence that a file with this content gets, the path aside."""
    file = folder / "t.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    with pytest.raises(InputError) as raised:
        read_yaml(file, what="task file")
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 400 + len(str(file))
    return str(raised.value).replace(str(file), "t.yaml")


def test_values_are_those_of_yaml_and_keys_are_texts(tmp_path: Path) -> None:
    file = tmp_path / "t.yaml"
    file.write_bytes("\ufeffa: 1\r\nb: [yes, 'no', 1.5, null, {0: x}]\r\n1.0: [+, =, <<, a: b]\r\n".encode())
    found = read_yaml_file(file, what="task file")
    assert found.data == {"a": 1, "b": [True, "no", 1.5, None, {"0": "x"}], "1.0": ["+", "=", "<<", {"a": "b"}]}
    assert found.written == {("a",): "1", ("b", 0): "yes", ("b", 2): "1.5", ("b", 3): "null"}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            "a: &x [1]\nb: *x\n",
            "t.yaml, line 1: the alias '&x' is not read; write out what it stands for, or quote it.",
        ),
        ("a: *gone\n", "t.yaml, line 1: the alias '*gone' is not read; write out what it stands for, or quote it."),
        ("&k a: 1\n", "t.yaml, line 1: the alias '&k' is not read"),
        ("a: &l [*l]\n", "t.yaml, line 1: the alias '&l' is not read"),
        ("a: &a [x]\nb: &b [*a, *a]\n", "t.yaml, line 1: the alias '&a' is not read"),
        ("a: b\n*x : c\n", "t.yaml, line 2: the alias '*x' is not read"),
        (
            "a: !!python/object/apply:os.system [x]",
            "t.yaml, line 1: the tag 'tag:yaml.org,2002:python/object/apply:os.s",
        ),
        ("a: !!binary aGk=", "the tag 'tag:yaml.org,2002:binary' is not read; leave it out."),
        ("a: !mine {b: c}", "the tag '!mine' is not read; leave it out."),
        ("a: 1\nb: 2\na: 3\n", "t.yaml, line 3: the key 'a' stands in line 1 already; keep one of them."),
        ("{[a]: 1}", "t.yaml, line 1: a list or a mapping stands where a key belongs; write `key: value`."),
        ("a: b\n---\nc: d\n", "t.yaml, line 2: a second document begins here; keep one."),
        ("", "t.yaml: nothing is in it; a task file holds `key: value` lines."),
        ("# only a comment\n", "t.yaml: nothing is in it; a task file holds `key: value` lines."),
        ("- a\n- b\n", "t.yaml: found ['a', 'b'] where a task file holds `key: value` lines."),
        ("a: 'b\n", "t.yaml, line 2: not valid YAML ("),
        ("a:\n\t- b\n", "t.yaml, line 2: not valid YAML ("),
        ("a: b\nc: d\x07\n", "t.yaml, line 2: the control character U+0007 is in it; remove it."),
        ('a: "x\\0"\n', "t.yaml, line 1: a character with the number 0 is in the text; remove it."),
        (b"a: caf\xe9\n", "t.yaml: not UTF-8 text; save the task file as UTF-8."),
        ("a: b\n".encode("utf-16"), "t.yaml: not UTF-8 text; save the task file as UTF-8."),
    ],
)
def test_what_is_not_read_is_told(tmp_path: Path, content: str | bytes, sentence: str) -> None:
    assert sentence in told(tmp_path, content)


@pytest.fixture(params=["compiled", "plain"], autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything here holds for the parser in C, and for the one in Python where there is no other."""
    if request.param == "plain":
        monkeypatch.setattr(yaml_files, "LOADER", yaml.SafeLoader)


def test_half_a_character_is_told(tmp_path: Path) -> None:
    said = told(tmp_path, 'a: b\nc: "\\ud83d"\n')
    assert said.startswith("t.yaml, line 2: ")
    assert "half a character (a lone surrogate)" in said or "invalid Unicode character escape code" in said


@pytest.mark.parametrize(
    "content",
    [
        "a: " + "[" * 20_000,
        "a: " + "[" * 20_000 + "]" * 20_000,
        "a: " + "{b: " * 20_000,
        "a:\n" + "".join(" " * depth + "-\n" for depth in range(1, 600)),
        "- " * 20_000 + "a",
        "? " * 20_000 + "a",
        "\n".join(" " * depth + "a:" for depth in range(600)),
    ],
)
def test_thousands_of_levels_are_refused_at_the_first_too_many(tmp_path: Path, content: str) -> None:
    assert "more than 20 deep; write it flat." in told(tmp_path, content) or "where a key belongs" in told(
        tmp_path, content
    )


def test_twenty_levels_are_read(tmp_path: Path) -> None:
    file = tmp_path / "t.yaml"
    file.write_text("a: " + "[" * 19 + "]" * 19, encoding="utf-8")
    assert list(read_yaml(file, what="task file")) == ["a"]


def test_a_large_file_is_refused_by_its_size_and_never_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def parse(text: str) -> object:
        raise AssertionError(f"{len(text)} characters reached the parser")

    file = tmp_path / "large.yaml"
    with file.open("wb") as stream:
        stream.truncate(200_000_000)
    monkeypatch.setattr(yaml_files, "LOADER", parse)
    for load in (load_task, load_lineup):
        with pytest.raises(
            InputError, match=r"large\.yaml: larger than 1 MB, so no (task|lineup) file; give the right file"
        ):
            load(file)


def test_a_file_of_the_largest_size_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_files, "LONGEST_WRITTEN", len(GOOD))
    file = tmp_path / "t.yaml"
    file.write_text(GOOD, encoding="utf-8")
    assert load_task(file).label_names == ("a", "b")
    file.write_text(f"{GOOD}\n", encoding="utf-8")
    with pytest.raises(InputError, match="larger than"):
        load_task(file)


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        (
            "name: 5, approach: zero-shot, model: o/n",
            "'contenders.0.name' is 5, which YAML reads as a number; put quotes around",
        ),
        (
            "name: on, approach: zero-shot, model: o/n",
            "'contenders.0.name' is on, which YAML reads as true; put quotes around",
        ),
        (
            "name: a, approach: no, model: o/n",
            "'contenders.0.approach' is no, but input should be 'baseline', 'zero-shot'",
        ),
        ("name: a, approach: zero-shot, model: 7", "'contenders.0.model' is 7, which YAML reads as a number"),
        (
            "name: a, approach: zero-shot, model: o/n, revision: 1234567",
            "'contenders.0.revision' is 1234567, which YAML",
        ),
        (
            "name: a, approach: few-shot, model: o/n, shots: 1.5",
            "'contenders.0.shots' is 1.5, but input should be a valid int",
        ),
        ("name: a, approach: zero-shot, model: o/n, name: b", "line 3: the key 'name' stands in line 3 already"),
        ("name: a, approach: zero-shot, model: &m o/n", "line 3: the alias '&m' is not read"),
        (
            "name: a, approach: zero-shot, model: o/n, family: null",
            "'contenders.0.family' is null, which YAML reads as nothing",
        ),
    ],
)
def test_a_lineup_is_read_the_same_way(tmp_path: Path, entry: str, sentence: str) -> None:
    (tmp_path / "t.yaml").write_text(GOOD, encoding="utf-8")
    file = tmp_path / "lineup.yaml"
    file.write_text(f"task: t.yaml\ncontenders:\n  - {{{entry}}}\n", encoding="utf-8")
    with pytest.raises(InputError) as raised:
        load_lineup(file)
    assert sentence in str(raised.value)
