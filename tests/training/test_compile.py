from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_a_method_compiles_once_and_trains_alike():
    command = [sys.executable, "-m", "tests.training.compiled_run"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["graphs"] == 1
    assert found["gap"] < 1e-5
    assert found["names"] == ["progress"]  # the caller's module is not wrapped
