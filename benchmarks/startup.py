"""What a person waits for before anything happens: imports, the help page, the demo's first training step."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.timing import medians


@dataclass(frozen=True)
class Start:
    """The demo up to the end of its first training step."""

    seconds: float  # by the clock
    core_seconds: float  # of computing, which other load on the machine does not lengthen
    unwanted: tuple[str, ...]  # what was imported in vain


UNWANTED = ("torchmetrics", "timm")  # each costs seconds, neither is needed for the demo
# Run in place of the console script: what it would run, ended at the first training step.
TO_FIRST_STEP = """
import json, os, sys, time
import acclimate.training.trainer as trainer

whole_step = trainer.train_step

def first_step(*arguments, **options):
    whole_step(*arguments, **options)
    unwanted = [name for name in unwanted_names.split(",") if name in sys.modules]
    first = {"at": time.time(), "core_seconds": time.process_time(), "unwanted": unwanted}
    print("first step " + json.dumps(first), flush=True)
    os._exit(0)

trainer.train_step = first_step
from acclimate.cli import main

unwanted_names, folder = sys.argv[1:]
sys.argv = ["acclimate", "adapt", "--demo", "--out", folder]
main()
"""


def over_bare_python(repeats: int = 10) -> dict[str, float]:
    """Median seconds of ``import acclimate`` and of ``acclimate --help`` less those of an empty program."""
    programs = {
        "bare": ["-c", "pass"],
        "import": ["-c", "import acclimate"],
        "help": ["-m", "acclimate", "--help"],
    }
    seconds = medians({name: partial(_run, program) for name, program in programs.items()}, repeats)
    return {name: value - seconds["bare"] for name, value in seconds.items() if name != "bare"}


def demo_to_first_step() -> Start:
    """Run ``acclimate adapt --demo`` until then."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.time()
        command = [sys.executable, "-c", TO_FIRST_STEP, ",".join(UNWANTED), str(Path(folder) / "run")]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=_fresh(folder))
    lines = [line for line in done.stdout.splitlines() if line.startswith("first step ")]
    if not lines:
        raise RuntimeError(f"the demo did not reach a training step:\n{done.stdout}{done.stderr}")
    first = json.loads(lines[0].removeprefix("first step "))
    return Start(first["at"] - start, first["core_seconds"], tuple(first["unwanted"]))


def _run(program: list[str]) -> list[float]:
    start = time.perf_counter()
    subprocess.run([sys.executable, *program], capture_output=True, check=True)
    return [time.perf_counter() - start]


def _fresh(folder: str) -> dict[str, str]:
    """This environment with an empty cache of features."""
    return {**os.environ, "ACCLIMATE_CACHE": str(Path(folder) / "cache")}
