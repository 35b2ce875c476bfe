"""Train every candidate on every shift of the selection benchmark, and keep what it predicts.

Goes on where it was stopped; prints what it does and, for people, the accuracies on the target. No rule of choice is
in here. Data comes from ``ACCLIMATE_DATA``.

Run: python -m benchmarks.selection_raw [--only NAME ...] [--jobs N]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any

from benchmarks.selection.kept import Kept
from benchmarks.selection.raw import raw_rows
from benchmarks.selection.shifts import Shift, listed, sides


def main(arguments: Sequence[str] | None = None) -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="shifts, or how their names begin")
    parser.add_argument("--jobs", type=int, default=1, help="processes, each with as many threads as OMP_NUM_THREADS")
    options = parser.parse_args(arguments)
    chosen = wanted(listed(), options.only)
    todo = [shift for shift in chosen if not Kept().current(shift)]
    print(f"{len(chosen)} shifts, {len(todo)} to do", flush=True)
    if options.jobs == 1:
        for shift in todo:
            print(run(shift), flush=True)
    else:
        with ProcessPoolExecutor(options.jobs) as pool:
            for done in as_completed([pool.submit(run, shift) for shift in todo]):
                print(done.result(), flush=True)


def wanted(shifts: list[Shift], names: Sequence[str] | None) -> list[Shift]:
    """Those of a name, or all whose names begin so where none has it."""
    if not names:
        return shifts
    exact = {shift.name for shift in shifts} & set(names)
    begins = tuple(name for name in names if name not in exact)
    found = [shift for shift in shifts if shift.name in exact or (begins and shift.name.startswith(begins))]
    if not found:
        raise SystemExit(f"No shift of the list is called {' or '.join(names)}.")
    return found


def run(shift: Shift, kept: Kept | None = None) -> str:
    """Make, train, keep; a line to print."""
    start = time.perf_counter()
    made = sides(shift)
    rows = raw_rows(made.Xs, made.ys, made.Xt, made.num_classes, shift.seed)
    (kept or Kept()).add(shift, rows, made.yt)
    return f"{shift.name}, {time.perf_counter() - start:.0f} s: {_accuracies(rows, made.yt)}"


def _accuracies(rows: dict[str, Any], yt: Any) -> str:
    right = 100 * (rows["target"].argmax(axis=2) == yt).mean(axis=1)
    said = zip(rows["candidates"], right, rows["error"], strict=True)
    return ", ".join(f"{key} {error or f'{accuracy:.1f}'}" for key, accuracy, error in said)


if __name__ == "__main__":
    main()
