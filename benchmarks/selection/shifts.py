"""The list of shifts, which stood before any rule of choice was tried, and the arrays of each."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from benchmarks.selection.changes import CHANGES
from benchmarks.selection.domains import domain, features

LIST = Path(__file__).parent / "shifts.csv"
KINDS = ("real", "corrupted", "subsampled", "control_none", "control_prior")
THIN = "thin"  # of half of the classes a quarter of the target's rows is kept
KEPT = 0.25


class Shift(NamedTuple):
    """A line of the list.

    Attributes:
        name: Also of the file of its results.
        dataset: Where it is from; a guard is tuned on other data sets.
        kind: One of `KINDS`.
        source: A domain.
        target: Another, or the same, of which either side gets a random half.
        rows: At most so many on a side.
        seed: Of everything that is drawn.
        change: Of the target's rows: none, `THIN`, or a corruption of `benchmarks.selection.changes`.
    """

    name: str
    dataset: str
    kind: str
    source: str
    target: str
    rows: int
    seed: int
    change: str


class Sides(NamedTuple):
    """Arrays of a shift; labels are indices among the classes that both sides have.

    Attributes:
        Xs: (n, d) float64, not scaled.
        ys: (n,).
        Xt: (m, d).
        yt: (m,) for scoring alone.
        num_classes: c.
    """

    Xs: Any
    ys: Any
    Xt: Any
    yt: Any
    num_classes: int


def listed(path: Path = LIST) -> list[Shift]:
    """All shifts, in order."""
    with path.open(newline="") as file:
        lines = list(csv.DictReader(file))
    return [Shift(**{**line, "rows": int(line["rows"]), "seed": int(line["seed"])}) for line in lines]


def sides(shift: Shift) -> Sides:
    """The arrays, the same in every run."""
    if shift.source == shift.target:
        whole = domain(shift.dataset, shift.source)
        return drawn(shift, whole, whole)
    return drawn(shift, domain(shift.dataset, shift.source), domain(shift.dataset, shift.target))


def drawn(shift: Shift, source: tuple[Any, Any], target: tuple[Any, Any]) -> Sides:
    """A shift's sides from the rows and labels of its domains; one domain, given twice, is halved."""
    rng = np.random.default_rng(shift.seed)
    (Xs, ys), (Xt, yt) = source, target
    classes = np.intersect1d(ys, yt)
    ours, theirs = (rng.permutation(np.flatnonzero(np.isin(y, classes))) for y in (ys, yt))
    if source is target:
        ours, theirs = ours[: len(ours) // 2], ours[len(ours) // 2 :]
    if shift.change == THIN:
        theirs = theirs[thinned(yt[theirs], rng)]
    ours, theirs = ours[: shift.rows], theirs[: shift.rows]
    Xs, Xt = _dense(Xs[ours], Xt[theirs])
    if shift.change not in ("", THIN):
        Xt = CHANGES[shift.change](Xt, rng)
    Xs, Xt = features(shift.dataset, Xs), features(shift.dataset, Xt)
    ys, yt = np.searchsorted(classes, ys[ours]), np.searchsorted(classes, yt[theirs])
    return Sides(Xs, ys, Xt, yt, len(classes))


def thinned(labels: Any, rng: np.random.Generator, share: float = KEPT) -> Any:
    """Which rows, (n,) bool, are left when half of the classes, drawn at random, keep that share of theirs."""
    classes = np.unique(labels)
    rare = rng.permutation(classes)[: len(classes) // 2]
    return ~np.isin(labels, rare) | (rng.random(len(labels)) < share)


def _dense(Xs: Any, Xt: Any, most: int = 600) -> tuple[Any, Any]:
    """Both as dense float64; of sparse terms those that the most rows of both sides have."""
    if not sparse.issparse(Xs):
        return np.asarray(Xs, dtype=np.float64), np.asarray(Xt, dtype=np.float64)
    counts = np.asarray((Xs != 0).sum(axis=0) + (Xt != 0).sum(axis=0)).ravel()
    terms = np.sort(np.argsort(-counts, kind="stable")[:most])
    return Xs[:, terms].toarray().astype(np.float64), Xt[:, terms].toarray().astype(np.float64)
