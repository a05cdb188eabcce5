"""The house's rules, read from the code itself: who may import whom, and how large anything may be."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest
from support.paths import ROOT

OURS = ("classification", "comparison", "hub", "training", "ui", "app", "benchmarks", "tests")
MAY_IMPORT = {
    "classification": set(),
    "comparison": {"classification"},
    "hub": {"classification", "comparison"},
    "training": {"classification", "comparison", "hub"},
    "ui": {"classification", "comparison", "hub"},
    "app": {"classification", "ui"},
    "benchmarks": {"classification", "comparison"},
}
HEAVY = {"torch", "transformers", "peft"}
HEAVY_ROOMS = (
    "classification/models/", "classification/prompting/encoding.py", "classification/classifiers/", "training/",
    "benchmarks/",
)  # fmt: skip
COMMAND_FILES = ("app.py", "__main__.py")
#: Far above what is usual here: a module or function of this size does more than one thing.
MAX_MODULE, MAX_FUNCTION = 400, 60


def sources() -> list[Path]:
    listed = [path for room in OURS if (ROOT / room).is_dir() for path in (ROOT / room).rglob("*.py")]
    return sorted(path for path in [ROOT / "app.py", *listed] if "__pycache__" not in path.parts)


def ours() -> list[Path]:
    return [path for path in sources() if path.relative_to(ROOT).parts[0] != "tests"]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> set[str]:
    """Top-level packages that a file imports from outside its own folder, wherever in the file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(str(node.module).partition(".")[0])
    return found


@pytest.mark.parametrize("path", ours(), ids=name_of)
def test_a_folder_imports_only_what_stands_below_it(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0].removesuffix(".py")
    used = (imports(path) & set(OURS)) - {room}
    assert used <= MAY_IMPORT[room], f"{name_of(path)} imports {sorted(used - MAY_IMPORT[room])}"


@pytest.mark.parametrize("path", ours(), ids=name_of)
def test_heavy_libraries_stay_in_their_rooms(path: Path) -> None:
    used, name = imports(path), name_of(path)
    if not name.startswith(HEAVY_ROOMS):
        assert not used & HEAVY, f"{name} imports {sorted(used & HEAVY)}"
    if not name.startswith(("app.py", "ui/")):
        assert "gradio" not in used, f"{name} imports gradio"


@pytest.mark.parametrize("path", sources(), ids=name_of)
def test_modules_and_functions_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if path.relative_to(ROOT).parts[0] != "tests":
        assert text.count("\n") <= MAX_MODULE, f"{name_of(path)} has {text.count(chr(10))} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= MAX_FUNCTION, f"{name_of(path)}: {node.name} has {length} lines"


@pytest.mark.parametrize("path", ours(), ids=name_of)
def test_nothing_happens_at_import(path: Path) -> None:
    """Module level defines things; only command files may act, and those under `if __name__`."""
    allowed = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.If)
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        environment = path.name in COMMAND_FILES and isinstance(node, ast.Expr)
        assert docstring or environment or isinstance(node, allowed), f"{name_of(path)}:{node.lineno} acts at import"


@pytest.mark.parametrize("path", ours(), ids=name_of)
def test_every_module_class_and_public_function_says_what_it_is_for(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if path.name != "__init__.py":
        assert ast.get_docstring(tree), f"{name_of(path)} has no docstring"
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{name_of(path)}: {node.name} has no docstring"


def test_every_module_has_its_tests() -> None:
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").glob("test_*.py"))
    for path in ours():
        # The parts of a card are tested as a reader sees them: in the whole card.
        if path.name in ("__init__.py", "__main__.py") or path.parent.name in ("benchmarks", "cards"):
            continue
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        package, _, name = module.rpartition(".")
        spelled = (module, f"from {package} import {name}", f"from {package} import")
        assert any(word in tests for word in spelled), f"no test imports {module}"


def test_no_large_file_and_no_pickle_is_tracked() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in listed.stdout.split():
        path = ROOT / name
        assert path.suffix not in (".pkl", ".bin", ".pt", ".joblib"), f"{name} may be a pickle"
        assert not path.is_file() or path.stat().st_size < 6_000_000, f"{name} is larger than 6 MB"
