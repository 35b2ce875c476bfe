"""What each validator holds besides its inputs, at 50 000 rows of 512 features and 65 classes.

Writes results/validators_memory.md unless sizes or keys are given. Run: python -m benchmarks.validators_memory
Goes on where it was killed (rows lie in ``benchmarks/cache/validators_memory``; delete it to measure again).
Measured in a process of its own: the resident memory at its highest during one call, less that before it, after a call
on few rows has loaded all libraries. Linux.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from acclimate.types import Predictions
from acclimate.validators import VALIDATORS, PanelValidator, Validator, find_validator
from benchmarks.classical.store import Store
from benchmarks.table import write
from benchmarks.validators_speed import made

CACHE = Path(__file__).parent / "cache" / "validators_memory"
FEW = 200  # rows of the call that loads libraries


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--classes", type=int, default=65)
    parser.add_argument("--features", type=int, default=512)
    parser.add_argument("--keys", default=",".join(VALIDATORS))
    parser.add_argument("--jobs", type=int, default=1, help="validators at a time")
    parser.add_argument("--alone", action="store_true", help="measure the one key here; prints the row alone")
    wanted = parser.parse_args()
    sizes = wanted.rows, wanted.classes, wanted.features
    if wanted.alone:
        print(row(wanted.keys, *sizes))
        return
    options = [f"--{name}={size}" for name, size in zip(("rows", "classes", "features"), sizes, strict=True)]

    store = Store("rows.jsonl", ("key", "sizes"), CACHE)

    def measured(key: str) -> str:
        known = store.records.get((key, str(sizes)))
        if known:
            return str(known["line"])
        command = [sys.executable, "-m", "benchmarks.validators_memory", "--alone", f"--keys={key}", *options]
        line = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
        store.add({"key": key, "sizes": str(sizes), "line": line})
        print(line, flush=True)
        return line

    with ThreadPoolExecutor(wanted.jobs) as pool:
        lines = list(pool.map(measured, wanted.keys.split(",")))
    if wanted == parser.parse_args(["--jobs", str(wanted.jobs)]):
        write("validators_memory.md", "\n".join([TITLE, HEAD, *lines, NOTES]))


TITLE = "# Memory of every validator\n"
HEAD = "| validator | extra memory, MiB | processor, s |\n|---|---|---|"
NOTES = """
50 000 rows of each side, 512 float32 features, 65 classes (`source_error`: one value); the inputs, some 110 MiB a side,
not counted. Each in a process of its own; must: under 1024 MiB.
"""


def row(key: str, n: int, c: int, d: int) -> str:
    """One validator's row of the table, measured in this process."""
    validator, given = ready(key, n, c, d)
    few = {side: Predictions(p.logits[:FEW], p.features[:FEW], p.y[:FEW]) for side, p in given.items()}
    judge, _ = ready(key, FEW, c, d)
    judge(**few)
    Path("/proc/self/clear_refs").write_text("5")  # the highest starts again from what is held now
    before, start = resident("VmRSS"), time.process_time()
    validator(**given)
    seconds = time.process_time() - start
    return f"| {key} | {(resident('VmHWM') - before) / 1024:.0f} | {seconds:.1f} |"


def ready(key: str, n: int, c: int, d: int) -> tuple[Validator, dict[str, Predictions]]:
    """The validator and what it reads; a panel of the one candidate."""
    validator = find_validator(key)
    sides = {"source": 0, "train": 0, "target": 1}
    if "regression" in validator.tasks:
        c = 1
    given = {name: made(n, c, d, sides[name]) for name in validator.needs}
    return validator.among([given["target"]]) if isinstance(validator, PanelValidator) else validator, given


def resident(field: str) -> int:
    """A field of this process's status, KiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(field)).split()[1])


if __name__ == "__main__":
    main()
