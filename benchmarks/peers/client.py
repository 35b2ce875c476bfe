"""A peer in its own environment, kept alive so that its repetitions alternate with ours."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Self

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


class Peer:
    """The driver of peer ``name``, started in ``benchmarks/peers/<name>/venv``."""

    def __init__(self, name: str) -> None:
        self._command = [str(_python(name)), "-m", f"benchmarks.peers.{name}.driver"]
        pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
        self._process = subprocess.Popen(self._command, stdin=pipe, stdout=pipe, stderr=nowhere, text=True, cwd=ROOT)

    def seconds(self, steps: int, **task: Any) -> list[float]:
        """Seconds of each of ``steps`` steps of a task."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"task": task, "steps": steps}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{' '.join(self._command)} ended without an answer: run it by hand to see why")
        return list(json.loads(line)["seconds"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.terminate()
        self._process.wait()


def installed(name: str) -> bool:
    """Whether peer ``name`` has its environment and, if it exists only as a repository, that repository."""
    needs_path = {"tllib": "ACCLIMATE_TLLIB"}.get(name)
    return _python(name).exists() and (needs_path is None or bool(os.environ.get(needs_path)))


def _python(name: str) -> Path:
    return HERE / name / "venv" / "bin" / "python"
