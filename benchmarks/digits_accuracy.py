"""MNIST, USPS and MNIST-M: all methods, three seeds, one table.

    python -m benchmarks.digits_accuracy          # an hour or two on two cores; run again, it goes on where it was

Each run leaves one row file under ``benchmarks/cache/digits``; those that are there, with the same settings, are not
run again. Data comes from ``ACCLIMATE_DATA``.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path
from typing import Any

from acclimate.data.atomic import write_atomically
from benchmarks.digits_run import NO_BATCH_NORM, Run, Settings, execute
from benchmarks.digits_table import PUBLISHED, page
from benchmarks.mnist_m_check import check
from benchmarks.table import write

CACHE = Path(__file__).parent / "cache" / "digits"
METHODS = ("source_only", NO_BATCH_NORM, "dann", "cdan", "mcd", "mcc", "dan", "deep_coral")
SEEDS = (0, 1, 2)
# The papers train differently: MCD by Adam, on USPS; DANN by SGD with decay, on MNIST-M, for which it takes its time.
BY_ADAM, BY_SGD = Settings(steps=1000), Settings(steps=4000, checkpoint_every=500, learning_rate=None)
SETTINGS = {("usps", "mnist"): BY_ADAM, ("mnist", "usps"): BY_ADAM, ("mnist", "mnist_m"): BY_SGD}
WITHOUT_BATCH_NORM = (("mnist", "mnist_m"), NO_BATCH_NORM)  # that pair's network has none to begin with


def main() -> None:
    """Run what is missing, then print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time, of one thread each (default 2)")
    parser.add_argument("--table", action="store_true", help="only write the table of what there is")
    arguments = parser.parse_args()
    runs = all_runs()
    if not arguments.table:
        run_missing(runs, arguments.jobs)
    records = [record for run in runs if (record := stored(run)) is not None]
    write("digits_accuracy.md", page(records, check()))


def all_runs() -> list[Run]:
    """Seed by seed, so that a run that is cut short has every method on every pair."""
    pairs = [(pair, method) for pair in PUBLISHED for method in METHODS if (pair, method) != WITHOUT_BATCH_NORM]
    return [Run(*pair, method, seed, SETTINGS[pair]) for seed in SEEDS for pair, method in pairs]


def run_missing(runs: list[Run], jobs: int) -> None:
    """Execute the runs that have no row file yet, ``jobs`` at a time."""
    missing = [run for run in runs if stored(run) is None]
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        for number, done in enumerate(as_completed([pool.submit(run_and_store, run) for run in missing]), start=1):
            record = done.result()
            name = f"{record['source']} to {record['target']}, {record['method']}, seed {record['seed']}"
            print(f"{number}/{len(missing)} {name}: {record['last']:.1f}, chosen {record['chosen']:.1f}", flush=True)


def run_and_store(run: Run) -> dict[str, Any]:
    """Execute one run and leave its row file."""
    record = execute(run)
    with write_atomically(_file(run)) as temporary:
        temporary.write_text(json.dumps(record, indent=1))
    return record


def stored(run: Run) -> dict[str, Any] | None:
    """The record of a run under the same settings, if there is one."""
    if not _file(run).exists():
        return None
    record: dict[str, Any] = json.loads(_file(run).read_text())
    return record if record["settings"] == asdict(run.settings) else None


def _file(run: Run) -> Path:
    return CACHE / f"{run.name}.json"


if __name__ == "__main__":
    main()
