"""How well every deep method does, beside source-only and a network trained on the target, and what it costs.

    python -m benchmarks.uda_accuracy            # a night on two cores; goes on where it was killed
    python -m benchmarks.uda_accuracy --smoke    # ten minutes: a pair of each kind, one seed, few steps
    python -m benchmarks.uda_accuracy --gpu      # the end-to-end problems alone, on a GPU
    python -m benchmarks.uda_accuracy --table    # only write page, picture and CSV file of what there is

Each run leaves one line under ``benchmarks/cache/uda``. A run is repeated when its settings or the code of its method
changed, or where it broke. Data comes from ``ACCLIMATE_DATA``.
"""

from __future__ import annotations

import argparse
import multiprocessing
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from tqdm import tqdm

from acclimate.training.plan import Accelerator
from benchmarks.classical.store import Record, Store
from benchmarks.table import RESULTS, write
from benchmarks.uda.chart import draw
from benchmarks.uda.contenders import CEILING, PLAIN, SOURCE_ONLY, contenders
from benchmarks.uda.page import page
from benchmarks.uda.runs import Run, execute
from benchmarks.uda.settings import SETTINGS, Scale, make_problem
from benchmarks.uda.standings import best_of, standings, write_csv

CACHE = Path(__file__).parent / "cache" / "uda"
SEEDS = (0, 1, 2)
BEST = 10  # how many go on to the further end-to-end problems
FIRST = "mnist_usps"  # the problem that decides which


def main() -> None:
    """Run what is missing, then print and write the page."""
    arguments = _arguments()
    scale: Scale = "smoke" if arguments.smoke else "full"
    accelerator: Accelerator = "cuda" if arguments.gpu else "cpu"
    store = Store("accuracy.jsonl", ("configuration",), CACHE)
    settings = [name for name in arguments.setting or SETTINGS if not (arguments.gpu and SETTINGS[name].is_frozen)]
    methods = arguments.method or list(contenders())
    runs = [*wanted(settings, methods, scale, accelerator)]
    if not arguments.table:
        run_missing(runs, store, arguments.jobs)
    first = standings(runs, done(runs, store)).get(FIRST, {})
    best = best_of(first.values(), BEST)
    further = [*wanted(settings, [SOURCE_ONLY, PLAIN, *best, CEILING], scale, accelerator, best=True)]
    if not arguments.table:
        run_missing(further, store, arguments.jobs)
    name = "_".join(["uda_accuracy", *(["smoke"] if arguments.smoke else []), *(["gpu"] if arguments.gpu else [])])
    publish(name, [*runs, *further], store)


def publish(name: str, runs: list[Run], store: Store) -> None:
    """Page, picture and CSV file of what there is."""
    records = done(runs, store)
    found = standings(runs, records)
    write(f"{name}.md", page(runs, records, f"{name}.svg"))
    write_csv(found, RESULTS / f"{name}.csv")
    draw(found, RESULTS / f"{name}.svg")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time, of one thread each (default 2)")
    parser.add_argument("--setting", action="append", choices=list(SETTINGS), help="only this one; repeats")
    parser.add_argument("--method", action="append", choices=list(contenders()), help="only this one; repeats")
    parser.add_argument("--smoke", action="store_true", help="a pair of each kind, one seed, few steps")
    parser.add_argument("--gpu", action="store_true", help="the end-to-end problems alone, on a GPU")
    parser.add_argument("--table", action="store_true", help="only write the page of what there is")
    return parser.parse_args()


def wanted(
    settings: Iterable[str], methods: Iterable[str], scale: Scale, accelerator: Accelerator, best: bool = False
) -> Iterator[Run]:
    """Seed by seed, so that what is cut short has every method on every pair."""
    at_scale = {name: SETTINGS[name].at(scale) for name in settings if SETTINGS[name].best == best}
    for seed in SEEDS if scale == "full" else SEEDS[:1]:
        for name, setting in at_scale.items():
            for pair in setting.pairs:
                yield from (Run(name, *pair, method, seed, setting.settings, accelerator) for method in methods)


def run_missing(runs: list[Run], store: Store, jobs: int) -> None:
    """Execute the runs that have no record, or one that says that they broke, ``jobs`` at a time."""
    missing = [run for run in runs if "error" in store.records.get((run.configuration,), {"error": "none yet"})]
    for setting, source, target in dict.fromkeys((run.setting, run.source, run.target) for run in missing):
        if SETTINGS[setting].is_frozen:
            make_problem(setting, source, target)  # features are computed once, before several processes want them
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting = [pool.submit(execute, run) for run in missing]
        with tqdm(total=len(missing), unit="run") as bar:
            for finished in as_completed(waiting):
                store.add(finished.result())
                bar.update()


def done(runs: Iterable[Run], store: Store) -> list[Record]:
    """The records of runs that have one."""
    return [store.records[run.configuration,] for run in runs if (run.configuration,) in store.records]


if __name__ == "__main__":
    main()
