"""Every estimate of accuracy without target labels, on 30 real pairs, against the labels kept aside.

One linear model per pair, cross-fitted on the source (`acclimate.workflow.held_out_predictions`); up to 1000 rows a
side, one seed. Writes a row per pair and estimator to results/accuracy_estimates.csv and prints the table
of docs/diagnose.md.

Run: python -m benchmarks.accuracy_estimates [first letters of the pairs' names]
"""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.io import loadmat

from acclimate.shift import accuracy_estimates, expected_under_shift, target_likeness
from acclimate.shift.a_distance import distance_of
from acclimate.workflow.compared_rows import signal_summary
from acclimate.workflow.held_out_predictions import held_out_predictions
from benchmarks.table import RESULTS, markdown

DATA = Path(os.environ.get("ACCLIMATE_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
SUBJECTS = ((2, 11), (6, 23), (7, 13), (9, 18), (12, 16), (18, 27), (20, 5), (24, 8), (28, 27), (30, 20))
OFFICE = ("amazon", "webcam", "dslr", "Caltech10")
COLUMNS = ("pair", "estimator", "estimate", "low", "high", "true", "source accuracy", "A-distance")
Rows = tuple[Any, Any]


def office(name: str) -> Rows:
    kept = loadmat(DATA / "office_caltech_surf" / f"{name}_SURF_L10.mat")
    return kept["fts"] / kept["fts"].sum(axis=1, keepdims=True), kept["labels"].ravel()


def subject(number: int) -> Rows:
    kept = np.load(DATA / "uci_har" / "har_raw_int16_milli.npz")
    rows = kept["subject"] == number
    return signal_summary(kept["x"][rows] / 1000), kept["y"][rows]


def wine(colour: str) -> Rows:
    kept = np.loadtxt(DATA / "wine_quality" / f"winequality-{colour}.csv", delimiter=",")
    return kept[:, :11], kept[:, 11] >= 6


def digits(name: str) -> Rows:
    kept = np.load(DATA / "mnist_vs_usps" / "mnist_vs_usps.npz")
    return kept[f"{name}_x"].astype(np.float64), kept[f"{name}_y"]


def census() -> Rows:
    path = DATA / "adult" / "adult-train.csv.gz"
    frame = pd.read_csv(path, header=None, skipinitialspace=True, na_values="?").dropna()
    return pd.get_dummies(frame.drop(columns=[2, 14])).to_numpy(dtype=np.float64), frame[14].to_numpy() == ">50K"


def drawn(rows: Rows, most: int = 1000) -> Rows:
    order = np.random.default_rng(0).permutation(len(rows[1]))[:most]
    return rows[0][order], rows[1][order]


def census_pairs() -> Iterator[tuple[str, Rows, Rows]]:
    x, y = census()
    order = np.random.default_rng(0).permutation(len(y))
    ours, rest = order[:1000], order[1000:]
    rich = np.concatenate([rest[y[rest]][:600], rest[~y[rest]][:400]])
    yield "census, other class frequencies", (x[ours], y[ours]), (x[rich], y[rich])
    yield "census, no shift", (x[ours], y[ours]), (x[rest[:1000]], y[rest[:1000]])


def pairs() -> Iterator[tuple[str, Rows, Rows]]:
    domains = {name: drawn(office(name), 800) for name in OFFICE}
    yield from ((f"office {a}-{b}", domains[a], domains[b]) for a in OFFICE for b in OFFICE if a != b)
    yield from ((f"subject {a}-{b}", drawn(subject(a)), drawn(subject(b))) for a, b in SUBJECTS)
    for a, b in (("red", "white"), ("white", "red")):
        yield f"wine {a}-{b}", drawn(wine(a)), drawn(wine(b))
    for a, b in (("mnist", "usps"), ("usps", "mnist")):
        yield f"digits {a}-{b}", drawn(digits(a)), drawn(digits(b))
    for name in ("amazon", "Caltech10"):
        (x, y), half = domains[name], len(domains[name][1]) // 2
        yield f"halves of {name}, no shift", (x[:half], y[:half]), (x[half:], y[half:])
    yield from census_pairs()


def measured(name: str, source: Rows, target: Rows) -> list[tuple[Any, ...]]:
    classes = np.unique(source[1])
    known = np.isin(target[1], classes)
    ys, yt = (np.searchsorted(classes, y) for y in (source[1], target[1][known]))
    said = held_out_predictions(source[0], ys, target[0][known], len(classes))
    likeness = target_likeness(source[0], target[0][known])
    weights = np.exp(np.clip(likeness.source, -30, 30))
    found = accuracy_estimates(said.source, said.target, weights=weights, other=said.other, bootstrap=50)
    distance = distance_of(likeness).value
    truth, ours = (np.mean(side.logits.argmax(axis=1) == y) for side, y in ((said.target, yt), (said.source, ys)))
    estimates = [*found, expected_under_shift(found, distance)]
    return [(name, e.method, e.accuracy, e.low, e.high, truth, ours, distance) for e in estimates]


def summary(rows: pd.DataFrame) -> str:
    rows = rows.assign(
        error=(rows["estimate"] - rows["true"]).abs(),
        bias=rows["estimate"] - rows["true"],
        held=(rows["low"] <= rows["true"] + 1e-9) & (rows["true"] <= rows["high"] + 1e-9),
        width=rows["high"] - rows["low"],
    )
    by = rows.groupby("estimator", sort=False)
    table = by.agg(error=("error", "mean"), bias=("bias", "mean"), held=("held", "mean"), width=("width", "median"))
    lines = [(str(name), *(f"{100 * value:.1f}" for value in row)) for name, *row in table.itertuples()]
    return markdown(("estimator", "mean absolute error", "bias", "held the truth, %", "median width"), lines)


def main(wanted: str = "") -> None:
    rows = [row for name, *sides in pairs() if name.startswith(wanted) for row in measured(name, *sides)]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    if not wanted:
        frame.round(4).to_csv(RESULTS / "accuracy_estimates.csv", index=False, quoting=csv.QUOTE_MINIMAL)
    print(summary(frame))


if __name__ == "__main__":
    main(*sys.argv[1:])
