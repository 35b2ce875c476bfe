"""How well methods for test time do under each protocol, how sure they are, and what they cost.

    python -m benchmarks.testtime_accuracy            # a night on two cores; goes on where it was killed
    python -m benchmarks.testtime_accuracy --smoke    # ten minutes: few images, corruptions and methods
    python -m benchmarks.testtime_accuracy --table    # only write the page of what there is

Each run leaves one line in ``benchmarks/results/testtime_rows.jsonl``, of the smoke form under
``benchmarks/cache/testtime``. A run is repeated when its settings or the code of its
method changed, or where it broke. The most telling runs come first. Data comes from ``ACCLIMATE_DATA``.
"""

from __future__ import annotations

import argparse
import multiprocessing
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import groupby

from tqdm import tqdm

from benchmarks.classical.store import Store
from benchmarks.table import RESULTS, write
from benchmarks.testtime.page import Records, page
from benchmarks.testtime.runs import Run, execute
from benchmarks.testtime.tasks import CACHE, Scale, in_order, problem, tasks


def main() -> None:
    """Run what is missing, then print and write the page."""
    arguments = _arguments()
    scale: Scale = "smoke" if arguments.smoke else "full"
    kept = ("testtime_rows.jsonl", RESULTS) if scale == "full" else ("smoke.jsonl", CACHE)
    store = Store(kept[0], ("configuration",), kept[1])
    runs = [
        Run(task, method, seed) for task, method, seed in in_order(scale) if _is_wanted(task.key, method, arguments)
    ]
    name = "testtime_accuracy_smoke.md" if arguments.smoke else "testtime_accuracy.md"
    if not arguments.table:
        run_missing(runs, store, arguments.jobs)
    write(name, page(tasks(scale), records_of(runs, store)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time, of one thread each (default 2)")
    parser.add_argument("--task", action="append", choices=[task.key for task in tasks("full")], help="only this one")
    parser.add_argument("--method", action="append", help="only this one; repeats")
    parser.add_argument("--smoke", action="store_true", help="few images, corruptions and methods")
    parser.add_argument("--table", action="store_true", help="only write the page of what there is")
    return parser.parse_args()


def _is_wanted(task: str, method: str, arguments: argparse.Namespace) -> bool:
    return task in (arguments.task or [task]) and method in (arguments.method or [method])


def run_missing(runs: list[Run], store: Store, jobs: int) -> None:
    """Execute the runs that have no record, or one that says that they broke, ``jobs`` at a time."""
    missing = [run for run in runs if "error" in store.records.get((run.configuration,), {"error": "none yet"})]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool, tqdm(total=len(missing), unit="run") as bar:
        for name, some in groupby(missing, key=lambda run: run.task.problem):
            problem(name)  # a network is trained once, before several processes want it
            for finished in as_completed([pool.submit(execute, run) for run in some]):
                store.add(finished.result())
                bar.update()


def records_of(runs: Iterable[Run], store: Store) -> Records:
    """The records of runs that have one."""
    found = ((run, store.records.get((run.configuration,))) for run in runs)
    return {(run.task.key, run.method, run.seed): record for run, record in found if record is not None}


if __name__ == "__main__":
    main()
