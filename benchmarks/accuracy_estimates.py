"""Every estimate of accuracy without target labels, on the shifts of the selection benchmark, by kind of shift.

One linear model for each shift, cross-fitted on the source (`acclimate.workflow.held_out_predictions`). The kind of
shift is what `acclimate.shift.kind_of_shift` says without target labels; these are for scoring alone. Writes a row for
each shift and estimator to results/accuracy_estimates.csv and the tables to results/accuracy_estimates.md. Data comes
from ``ACCLIMATE_DATA``.

Run: python -m benchmarks.accuracy_estimates [--jobs N] [--only NAME ...]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import pandas as pd

from acclimate.shift import accuracy_estimates, expected_accuracy, kind_of_shift, target_likeness
from acclimate.shift.a_distance import distance_of
from acclimate.workflow.held_out_predictions import held_out_predictions
from benchmarks.selection.kept import Kept
from benchmarks.selection.kept_peers import read_peers
from benchmarks.selection.shifts import Shift, listed, sides
from benchmarks.selection_raw import wanted
from benchmarks.table import RESULTS, markdown, write

COLUMNS = (
    "shift",
    "dataset",
    "shift kind",
    "kind seen",
    "estimator",
    "estimate",
    "low",
    "high",
    "true",
    "source accuracy",
    "A-distance",
)
TO_GO_BY = "to go by"
KINDS = {
    "none": "no shift seen",
    "label": "class frequencies explain it",
    "weights": "weights of source rows explain it",
    "look": "rows that look like none of the source",
}
NOTES = """
- **error**: mean absolute difference from the accuracy on the target's labels, in points; **bias**: with its sign;
  **held**: how often the 90 % interval had the truth in it; **width**: its median, in points. What was aimed at: for
  each kind of shift an error of 4, 85 % held, a width of 20.
- The intervals of single estimators know of drawn rows alone. "{to_go_by}" is what `acclimate diagnose` says: by the
  kind of shift accuracy on held-out source rows, the same with each class counting as often as in the target, the mean
  of ATC and DoC, or the mean of COT and COTT (`acclimate.shift.expected`). Its intervals for the last two kinds were
  set after seeing shifts of this list, so their cover is flattered.
- NannyML's CBPE runs in its own environment on the predictions that `benchmarks.selection_raw` kept of source-only.
- "source accuracy" is what one would expect who knows of no shift.
"""


def measured(shift: Shift) -> list[tuple[Any, ...]]:
    """A row for each estimator."""
    made = sides(shift)
    said = held_out_predictions(made.Xs, made.ys, made.Xt, made.num_classes)
    likeness = target_likeness(made.Xs, made.Xt)
    weights = np.exp(np.clip(likeness.source, -30, 30))
    found = accuracy_estimates(said.source, said.target, weights=weights, other=said.other, bootstrap=100)
    distance = distance_of(likeness).value
    kind = kind_of_shift(made.Xs, made.Xt, made.ys, said.source, said.target)
    chosen = expected_accuracy(kind, said.source, said.target, found, distance)
    ours, true = (
        float(np.mean(side.logits.argmax(axis=1) == y)) for side, y in ((said.source, made.ys), (said.target, made.yt))
    )
    named = [*((one.method, one) for one in found), (TO_GO_BY, chosen)]
    what = (shift.name, shift.dataset, shift.kind, kind.name)
    rows = [(*what, name, one.accuracy, one.low, one.high, true, ours, distance) for name, one in named]
    return [*rows, (*what, "source accuracy", ours, ours, ours, true, ours, distance)]


def by_nannyml(shifts: Sequence[Shift], rows: pd.DataFrame) -> list[tuple[Any, ...]]:
    """CBPE of the selection benchmark's source-only model, whose true accuracy differs a little from ours."""
    kept, found = Kept(), []
    for shift in shifts:
        said = read_peers(shift).get("nannyml") if kept.current(shift) else None
        if said is not None:
            own = rows[rows["shift"] == shift.name].iloc[0]
            made = kept.rows(shift)
            base = list(made["candidates"]).index("source_only")
            true = float(np.mean(made["target"][base].argmax(axis=1) == kept.truth(shift)))
            value, error = said["accuracy"], 1.645 * said["error"]
            what = (shift.name, shift.dataset, shift.kind, own["kind seen"], "NannyML CBPE")
            found.append((*what, value, value - error, value + error, true, own["source accuracy"], own["A-distance"]))
    return found


def summary(rows: pd.DataFrame) -> str:
    """Errors of every estimator on some shifts."""
    rows = rows.assign(
        error=(rows["estimate"] - rows["true"]).abs(),
        bias=rows["estimate"] - rows["true"],
        held=(rows["low"] <= rows["true"] + 1e-9) & (rows["true"] <= rows["high"] + 1e-9),
        width=rows["high"] - rows["low"],
    )
    by = rows.groupby("estimator", sort=False)
    table = by.agg(error=("error", "mean"), bias=("bias", "mean"), held=("held", "mean"), width=("width", "median"))
    lines = [(str(name), *(f"{100 * value:.1f}" for value in row)) for name, *row in table.itertuples()]
    return markdown(("estimator", "error", "bias", "held, %", "width"), lines)


def page(rows: pd.DataFrame) -> str:
    """All tables."""
    parts = ["# Accuracy without target labels\n", f"{rows['shift'].nunique()} shifts.\n"]
    for kind, words in KINDS.items():
        own = rows[rows["kind seen"] == kind]
        if len(own):
            sets = ", ".join(f"{name} {count}" for name, count in own.groupby("dataset")["shift"].nunique().items())
            parts += [f"## {words[0].upper()}{words[1:]}: {own['shift'].nunique()} shifts ({sets})\n", summary(own), ""]
    return "\n".join([*parts, "## All\n", summary(rows), NOTES.format(to_go_by=TO_GO_BY)])


def main(arguments: Sequence[str] | None = None) -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="shifts, or how their names begin; writes nothing")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    options = parser.parse_args(arguments)
    chosen = wanted(listed(), options.only)
    with ProcessPoolExecutor(options.jobs) as pool:
        found = list(pool.map(measured, chosen))
    frame = pd.DataFrame([row for rows in found for row in rows], columns=list(COLUMNS))
    peer = pd.DataFrame(by_nannyml(chosen, frame), columns=list(COLUMNS))
    frame = pd.concat([frame, peer]) if len(peer) else frame
    if options.only:
        print(page(frame))
        return
    frame.round(4).to_csv(RESULTS / "accuracy_estimates.csv", index=False)
    write("accuracy_estimates.md", page(frame))


if __name__ == "__main__":
    main()
