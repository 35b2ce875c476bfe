"""An ejected script is one file that needs torch only, or POT too where it solves a plan of transport, and learns."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from acclimate import InputError
from acclimate.methods import METHODS
from acclimate.workflow.eject import eject, script

TRANSPORT = ("deep_jdot", "jumbot")
ALONE = "import runpy, sys; sys.modules.update(dict.fromkeys(('acclimate', 'jaxtyping', 'sklearn'))); "


@pytest.fixture(scope="module")
def accuracy(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """Target accuracy that each script prints, run where this package cannot be imported."""
    folder = tmp_path_factory.mktemp("ejected")
    return {key: run_alone(eject(key, folder / f"{key}.py")) for key in ("source_only", "dann", "mcd", "dann+mcc")}


def run_alone(path: Path) -> float:
    code = ALONE + f"runpy.run_path({str(path)!r}, run_name='__main__')"
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [sys.executable, "-I", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=path.parent, env=env)
    assert done.returncode == 0, done.stderr
    return float(done.stdout.removeprefix("target accuracy: "))


def test_it_learns(accuracy: dict[str, float]) -> None:
    assert accuracy["source_only"] > 0.7


@pytest.mark.parametrize("key", ["dann", "mcd", "dann+mcc"])
def test_adaptation_gains(accuracy: dict[str, float], key: str) -> None:
    assert accuracy[key] > accuracy["source_only"] + 0.03


@pytest.mark.parametrize("key", [key for key, cls in METHODS.items() if "uda" in cls.settings])
def test_every_method_stands_alone(key: str) -> None:
    text = script([METHODS[key]])
    tree = ast.parse(text)
    assert ("needs torch and POT only" in text) == (key in TRANSPORT)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    roots = {(n.module if isinstance(n, ast.ImportFrom) else n.names[0].name).split(".")[0] for n in imports}
    assert roots - set(sys.stdlib_module_names) == ({"torch", "ot"} if key in TRANSPORT else {"torch"})
    assert METHODS[key].__name__ in {node.name for node in tree.body if isinstance(node, ast.ClassDef)}


def test_a_method_without_a_target_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'bss' reads labelled rows alone"):
        eject("bss", tmp_path / "script.py")


def test_an_existing_file_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("mine")
    with pytest.raises(InputError, match="not overwritten"):
        eject("dann", tmp_path / "mine.py")
    assert (tmp_path / "mine.py").read_text() == "mine"


@pytest.mark.parametrize(("key", "model"), [("coral", "AdaptedClassifier"), ("tradaboost_r2", "AdaptedRegressor")])
def test_a_classical_method_has_no_loop_to_eject(key: str, model: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=rf"'{key}' is classical.*acclimate.{model}\('{key}'\)\.fit"):
        eject(key, tmp_path / "script.py")
    assert not list(tmp_path.iterdir())
