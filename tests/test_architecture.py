"""The house's rules, read from the code itself: who may import whom, and how large anything may be."""

from __future__ import annotations

import ast
import graphlib
import subprocess
from pathlib import Path

import pytest
from support.paths import ROOT

OURS = ("classification", "comparison", "hub", "training", "ui", "app", "benchmarks", "tests")
#: Between the folders: what each may import.
MAY_IMPORT = {
    "classification": set(),
    "comparison": {"classification"},
    "hub": {"classification", "comparison"},
    "training": {"classification", "comparison", "hub"},
    "ui": {"classification", "comparison", "hub"},
    "app": {"classification", "ui"},
    "benchmarks": {"classification", "comparison"},
}
#: Of another folder, where not all of it may be imported.
MAY_IMPORT_OF = {("training", "hub"): {"hub.push", "hub.shared"}}  # for --push_to_hub
#: Inside the folders: rooms and modules, the top floor first. Each may import what stands on the lines below its own,
#: and nothing on its own line or above, so there is no circle. (`families` names functions of `classifiers` as text,
#: and imports them when they are called.)
FLOORS: dict[str, tuple[str, ...]] = {
    "classification": (
        "__main__",
        "__init__",
        "lineup",
        "contenders  prompt_search",
        "classifiers",
        "prompting",
        "runs",
        "data  models  predictions",
        "task",
        "families  files  network  words",
        "errors",
    ),
    "comparison": (
        "__main__",
        "running",
        "results_folder",
        "report",
        "verdict",
        "plots  seen_rows",
        "comparison",
        "evaluation",
        "scores",
        "prediction_table  significance",
        "metrics  records",
    ),
    "hub": (
        "collect",
        "comparisons  feedback  jobs  space",
        "push",
        "cards",
        "shared",
    ),
    "training": (
        "baseline  cloze  decoder  encoder  export  probe  seq2seq  setfit  sft  static",
        "shared",
    ),
    "ui": (
        "page  serving",
        "api  tabs",
        "context  data  events  html",
        "live",
        "session",
        "style",
    ),
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


def module_of(path: Path) -> str:
    """`classification.task` of `classification/task.py`; a package is its `classification.__init__`."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


MODULES = {module_of(path) for path in ours()}


def spelled_out(name: str) -> str:
    """An imported name as `module_of` spells modules."""
    return f"{name}.__init__" if f"{name}.__init__" in MODULES else name


def imported(path: Path) -> set[str]:
    """Every module that a file imports, wherever in the file; of ours, as `module_of` spells it."""
    package = path.relative_to(ROOT).parent.parts
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {spelled_out(alias.name) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else ()
            source = ".".join([*start, *([node.module] if node.module else [])])
            named = {spelled_out(f"{source}.{alias.name}") for alias in node.names}
            inside = named & MODULES
            # `from package import module` names modules; anything else is a name in the module.
            found |= inside | ({spelled_out(source)} if len(inside) < len(node.names) else set())
    return found


def imports(path: Path) -> set[str]:
    """Top-level packages that a file imports, wherever in the file."""
    return {name.partition(".")[0] for name in imported(path)}


def room_of(module: str) -> str:
    """`classification.data` of every module in that folder; `classification.task` and `ui.page` are their own."""
    return ".".join(module.split(".")[:2])


def floor_of(room: str) -> int:
    """The line of `FLOORS` on which a room stands, from 0 for the top floor."""
    folder, _, name = room.partition(".")
    found = [number for number, line in enumerate(FLOORS[folder]) if name in line.split()]
    assert len(found) == 1, f"{room} has no floor in FLOORS; write it on the lowest that its imports allow"
    return found[0]


@pytest.mark.parametrize("path", ours(), ids=name_of)
def test_a_folder_imports_only_what_stands_below_it(path: Path) -> None:
    folder = path.relative_to(ROOT).parts[0].removesuffix(".py")
    used = (imports(path) & set(OURS)) - {folder}
    assert used <= MAY_IMPORT[folder], f"{name_of(path)} imports {sorted(used - MAY_IMPORT[folder])}"
    for (here, there), rooms in MAY_IMPORT_OF.items():
        beyond = {room_of(name) for name in imported(path) if name.startswith(f"{there}.")} - rooms
        assert folder != here or not beyond, f"{name_of(path)} imports {sorted(beyond)}"


@pytest.mark.parametrize("path", [path for path in ours() if path.relative_to(ROOT).parts[0] in FLOORS], ids=name_of)
def test_a_room_imports_only_what_stands_on_lower_floors(path: Path) -> None:
    room = room_of(module_of(path))
    folder, _, name = room.partition(".")
    used = {
        module for module in imported(path) & MODULES if module.startswith(f"{folder}.") and room_of(module) != room
    }
    if name == "__init__" and not used:
        return
    for module in sorted(used):
        assert floor_of(room_of(module)) > floor_of(room), f"{name_of(path)} imports {module}, which stands no lower"
    assert floor_of(room) >= 0


def test_every_room_on_a_floor_is_there() -> None:
    rooms = {room_of(module) for module in MODULES}
    named = [f"{folder}.{room}" for folder, lines in FLOORS.items() for line in lines for room in line.split()]
    assert set(named) <= rooms, f"not there: {sorted(set(named) - rooms)}"


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {module_of(path): imported(path) & MODULES for path in ours()}
    graphlib.TopologicalSorter(graph).prepare()  # names the circle


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


#: Modules that no test imports, and why.
TESTED_OTHERWISE = {
    "app": "tests of the page start it as a process",
    "benchmarks": "they measure time, and docs/scoring.md shows a run",
    "hub.cards": "the parts of a card are tested as a reader sees them, in the whole card",
    "ui.events": "settings of Gradio's events, which the page's tests use in a browser",
    "ui.tabs": "a tab is tested as a visitor sees it, in a browser",
}


def test_every_module_has_its_tests() -> None:
    tested = set().union(*(imported(path) for path in (ROOT / "tests").rglob("*.py")))
    untested = [
        module
        for module in sorted(MODULES - tested)
        # A package is its modules. A command's `__main__` is thin, and runs in a process of its own.
        if not module.endswith(("__init__", "__main__")) and not module.startswith(tuple(TESTED_OTHERWISE))
    ]
    assert not untested, f"no test imports {', '.join(untested)}"


def test_no_large_file_and_no_pickle_is_tracked() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in listed.stdout.split():
        path = ROOT / name
        assert path.suffix not in (".pkl", ".bin", ".pt", ".joblib"), f"{name} may be a pickle"
        assert not path.is_file() or path.stat().st_size < 6_000_000, f"{name} is larger than 6 MB"
