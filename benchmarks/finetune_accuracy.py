"""Strategies and regularisers of fine-tuning with 15 to 100 % of the labels, in-domain and under shift.

    python -m benchmarks.finetune_accuracy            # two hours on two cores; goes on where it was killed
    python -m benchmarks.finetune_accuracy --smoke    # a few minutes: two tasks, two steps
    python -m benchmarks.finetune_accuracy --page     # only write the page of what there is

Each run leaves one line in ``benchmarks/results/finetune_rows.jsonl``, of the smoke form under
``benchmarks/cache/finetuning``. A run is repeated when its settings changed, or where it broke. The most telling
runs come first. Data comes from ``ACCLIMATE_DATA``.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import groupby
from pathlib import Path

from tqdm import tqdm

from benchmarks.classical.store import Store
from benchmarks.finetuning.page import page
from benchmarks.finetuning.runs import WAYS, Run, execute, in_jobs, in_order
from benchmarks.finetuning.tasks import TASKS
from benchmarks.table import RESULTS, write

CACHE = Path(__file__).parent / "cache" / "finetuning"


def main() -> None:
    """Run what is missing, then print and write the page."""
    arguments = _arguments()
    runs = [run for run in in_order(arguments.smoke) if _is_wanted(run, arguments)]
    kept = ("smoke.jsonl", CACHE) if arguments.smoke else ("finetune_rows.jsonl", RESULTS)
    store = Store(kept[0], ("configuration",), kept[1])
    if not arguments.page:
        run_missing(runs, store, arguments.jobs)
    records = [store.records[(run.configuration,)] for run in runs if (run.configuration,) in store.records]
    text = page(records, len(runs))
    if arguments.smoke:
        print(text)
    else:
        write("finetune_accuracy.md", text)


def run_missing(runs: Sequence[Run], store: Store, jobs: int) -> None:
    """Execute the runs that have no record, or one that says that they broke, ``jobs`` at a time."""
    missing = [run for run in runs if "error" in store.records.get((run.configuration,), {"error": "none yet"})]
    todo = in_jobs(missing)
    os.environ.setdefault("ACCLIMATE_CACHE", str(CACHE / "features"))
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool, tqdm(total=len(missing), unit="run") as bar:
        for _, some in groupby(todo, key=lambda job: job[0].task):
            for finished in as_completed([pool.submit(execute, job) for job in some]):
                for record in finished.result():
                    store.add(record)
                    bar.update()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time, of one thread each (default 2)")
    parser.add_argument("--task", action="append", choices=TASKS, help="only this one; repeats")
    parser.add_argument("--way", action="append", choices=WAYS, help="only this one; repeats")
    parser.add_argument("--smoke", action="store_true", help="two tasks, few rows and steps; no page is written")
    parser.add_argument("--page", action="store_true", help="only write the page of what there is")
    return parser.parse_args()


def _is_wanted(run: Run, arguments: argparse.Namespace) -> bool:
    return run.task in (arguments.task or [run.task]) and run.way in (arguments.way or [run.way])


if __name__ == "__main__":
    main()
