"""What must hold for the package as a whole: its version, its promises to importers, and the house rules on size."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import metadata, version
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import pytest

import acclimate

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
HEAVY = {"torch", "torchvision", "sklearn", "scipy", "pandas", "matplotlib", "lightning_fabric", "skops", "timm"}
HELP = """
import sys
from acclimate.cli import main
sys.argv = ["acclimate", "--help"]
try:
    main()
except SystemExit:
    pass
print(*sys.modules)
"""
Function = ast.FunctionDef | ast.AsyncFunctionDef


def run_python(code: str) -> str:
    """What a fresh interpreter prints."""
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def code_lines(function: Function) -> int:
    """Lines from ``def`` to the end, less the docstring."""
    first = function.body[0]
    documented = ast.get_docstring(function, clean=False) is not None
    docstring = first.end_lineno - first.lineno + 1 if documented else 0
    return function.end_lineno - function.lineno + 1 - docstring


def test_the_version_is_one_number() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    citation = (ROOT / "CITATION.cff").read_text()
    newest = next(line for line in (ROOT / "CHANGELOG.md").read_text().splitlines() if line.startswith("## "))
    assert acclimate.__version__ == version("acclimate") == project["version"]
    assert f"\nversion: {project['version']}\n" in citation
    assert newest.split()[1] == project["version"]


def test_the_licence_is_declared() -> None:
    assert metadata("acclimate")["License-Expression"] == "MIT"
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")


def test_the_type_marker_ships() -> None:
    assert files("acclimate").joinpath("py.typed").is_file()


def test_importing_loads_nothing_heavy() -> None:
    loaded = set(run_python("import sys, acclimate; print(*sys.modules)").split())
    assert loaded & HEAVY == set()


def test_help_loads_nothing_heavy() -> None:
    loaded = set(run_python(HELP).splitlines()[-1].split())
    assert "acclimate.cli" in loaded
    assert loaded & HEAVY == set()


def test_every_exported_name_exists() -> None:
    missing = [name for name in acclimate.__all__ if not hasattr(acclimate, name)]
    assert missing == []


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        acclimate.no_such_name  # noqa: B018


def test_the_command_is_installed() -> None:
    command = Path(sys.executable).with_name("acclimate")
    done = subprocess.run([command, "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert all(word in done.stdout for word in ("adapt", "predict", "evaluate", "methods", "eject"))


def test_layers_hold() -> None:
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_room_stands_in_the_contract() -> None:
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]
    listed = {name.strip() for line in contract["layers"] for name in line.split("|")}
    paths = (ROOT / "src/acclimate").iterdir()
    rooms = {f"acclimate.{path.stem}" for path in paths if path.suffix == ".py" or list(path.glob("*.py"))}
    assert rooms - {"acclimate.__init__"} == listed


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def offenders(is_bad: Callable[[Path], object]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in SOURCES if is_bad(path)]


def test_every_file_is_short() -> None:
    assert offenders(lambda path: len(path.read_text().splitlines()) >= 400) == []


def test_no_file_is_a_drawer_for_everything() -> None:
    assert offenders(lambda path: {"utils", "util", "helpers", "common", "misc"} & {*path.with_suffix("").parts}) == []


def test_nothing_runs_code_from_files() -> None:
    """Of ``pickle``, only the names of its errors may be said."""

    def runs(path: Path) -> bool:
        nodes = list(ast.walk(tree_of(path)))
        imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        imported |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
        said = {ast.unparse(node) for node in nodes if isinstance(node, ast.Attribute)}
        unsafe = {name for name in said if name.startswith("pickle.") and not name.endswith("Error")}
        return bool(unsafe or imported & {"dill", "cloudpickle", "joblib", "shelve", "marshal"})

    assert offenders(runs) == []


def test_everything_loads_with_the_safe_arguments() -> None:
    assert offenders(lambda path: [call for call in loads(tree_of(path)) if not is_safe(call)]) == []


def test_what_is_public_is_documented() -> None:
    def silent(path: Path) -> list[str]:
        public = [
            n for n in tree_of(path).body if isinstance(n, Function | ast.ClassDef) and not n.name.startswith("_")
        ]
        return [node.name for node in public if ast.get_docstring(node) is None]

    assert offenders(silent) == []


def loads(tree: ast.AST) -> Iterator[ast.Call]:
    """The calls of ``torch.load`` and ``np.load``."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return (call for call in calls if ast.unparse(call.func) in {"torch.load", "np.load", "numpy.load"})


def is_safe(call: ast.Call) -> bool:
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    return given.get("weights_only") == "True" or given.get("allow_pickle") == "False"


def test_functions_are_short() -> None:
    lengths = [code_lines(function) for path in SOURCES for function in functions(tree_of(path))]
    short = sum(length < 30 for length in lengths)
    assert short >= 0.9 * len(lengths)


def test_the_changelog_is_newest_first() -> None:
    releases = [line.split()[1] for line in (ROOT / "CHANGELOG.md").read_text().splitlines() if line.startswith("## ")]
    numbers = [tuple(map(int, release.split("."))) for release in releases]
    assert all(newer > older for newer, older in pairwise(numbers))
