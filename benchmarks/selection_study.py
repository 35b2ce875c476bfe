"""Judge rules of choice by what `benchmarks.selection_raw` kept: which method to take without target labels.

Scores of validators and the guard's evidence are computed where they are missing, and kept. Works on whatever shifts
have rows, and says how many have none. Writes results/selection.md, .csv and .svg, and selection_rows.csv: every
candidate on every shift, its accuracy and what every validator says of it. Features come from
``ACCLIMATE_DATA``.

Run: python -m benchmarks.selection_study [--print] [--jobs N] [--peers]
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from benchmarks.selection.by_kind import by_kind
from benchmarks.selection.case import Case, accuracies
from benchmarks.selection.judged import Judged, Study
from benchmarks.selection.kept import Kept
from benchmarks.selection.kept_peers import ask_peers
from benchmarks.selection.kept_scores import read_case
from benchmarks.selection.labelled import DRAWS
from benchmarks.selection.lines import line_of, mean_outcome
from benchmarks.selection.scores import BLIND
from benchmarks.selection.shifts import Shift, listed
from benchmarks.selection.study_page import page
from benchmarks.selection.study_picture import draw
from benchmarks.table import RESULTS, write

COLUMNS = (
    "rule",
    "kind",
    "shift",
    "dataset",
    "shift kind",
    "chosen",
    "accuracy",
    "source-only",
    "per-domain",
    "oracle",
)


def main(arguments: Sequence[str] | None = None) -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", action="store_true", help="ask the peers that are installed what they have not said")
    parser.add_argument("--jobs", type=int, default=1, help="processes that score what has no scores yet")
    parser.add_argument("--print", action="store_true", help="print the page and write nothing")
    options = parser.parse_args(arguments)
    kept, shifts = Kept(), listed()
    there = [shift for shift in shifts if kept.current(shift)]
    if not there:
        raise SystemExit("No shift has raw rows: run python -m benchmarks.selection_raw first.")
    if options.peers:
        ask_peers(there, kept)
    with ProcessPoolExecutor(options.jobs) as pool:
        cases = list(pool.map(_read, there))
    judged = Study(cases, [kept.truth(shift) for shift in there]).judged()
    lines = [line_of(each) for each in judged]
    text = page(lines, in_words(there, shifts), BLIND, DRAWS, by_kind(cases, judged))
    if options.print:
        print(text)
        return
    write("selection.md", text)
    draw(lines, RESULTS / "selection.svg")
    _write_rows(judged, cases)
    _write_candidates(cases, [kept.truth(shift) for shift in there])


def _read(shift: Shift) -> Case:
    print(f"reading {shift.name}", flush=True)
    return read_case(shift, Kept())


def in_words(there: Sequence[Shift], shifts: Sequence[Shift]) -> str:
    """How many shifts take part."""
    controls = sum(shift.kind.startswith("control") for shift in there)
    datasets = len({shift.dataset for shift in there})
    missing = len(shifts) - len(there)
    left = f" **{missing} of the {len(shifts)} listed have no rows yet**, so this is a part." if missing else ""
    return f"{len(there) - controls} shifts and {controls} controls of {datasets} data sets.{left}\n"


def _write_rows(judged: Sequence[Judged], cases: Sequence[Case]) -> None:
    with (RESULTS / "selection.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for rule in judged:
            for result, case in zip(rule.results, cases, strict=True):
                if result is not None:
                    found = mean_outcome(result.outcomes)
                    what = (rule.name, rule.kind, case.shift.name, found.dataset, found.kind, result.who)
                    writer.writerow((*what, *(f"{value:.3f}" for value in found[2:])))


def _write_candidates(cases: Sequence[Case], truths: Sequence[Any]) -> None:
    """The raw rows: what each rule had to choose from, and what became of it."""
    keys = list(cases[0].scores)
    with (RESULTS / "selection_rows.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("shift", "dataset", "shift kind", "guard's kind", "candidate", "accuracy", *keys))
        for case, yt in zip(cases, truths, strict=True):
            what = (case.shift.name, case.shift.dataset, case.shift.kind, case.guard["kind"])
            for k, (key, accuracy) in enumerate(zip(case.keys, accuracies(case, yt), strict=True)):
                said = (f"{case.scores[name][k]:.5g}" for name in keys)
                writer.writerow((*what, key, f"{accuracy:.3f}", *said))


if __name__ == "__main__":
    main()
