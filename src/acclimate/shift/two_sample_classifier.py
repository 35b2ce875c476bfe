"""Classifier two-sample test: can held-out rows be told apart?"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.stats import rankdata

from acclimate.shift.folds import FOLDS, side_folds
from acclimate.shift.mmd import median_kernel
from acclimate.shift.permutation import BLOCK, TwoSampleTest, tested
from acclimate.shift.rows import MOST, on_one_scale, two_samples
from acclimate.types import Array

NOISE = 1.0  # ridge in units of the kernel's diagonal


def classifier_test(
    source: Any, target: Any, *, permutations: int = 1000, most: int = MOST, folds: int = FOLDS, seed: int = 0
) -> TwoSampleTest:
    """How often a classifier that has seen neither ranks a target row above a source row: AUC, 0.5 under no shift.

    The classifier is kernel ridge regression on the sides (Gaussian kernel, median width), whose held-out scores are
    linear in the sides' labels: `scores = H z`, with H from one Cholesky factor per fold. So every permutation is
    refitted exactly, cross-fitting included, and 1000 of them are one matrix product. The sides are renamed within
    folds, which keeps each fold as balanced as it was; the level is therefore exact.

    Fails: where rows depend on each other (windows of one signal, frames of a film, repeated customers) neighbours of a
    held-out row lie in the training folds and everything seems to differ. A side effect (another camera, another
    encoding of missing values) tells the sides apart as well as a shift that matters: a small p-value says "different",
    not "harmful".

    Args:
        source: (n, d) rows.
        target: (m, d) rows.
        permutations: How often the sides are renamed.
        most: Rows drawn of each side.
        folds: Of the cross-fitting.
        seed: Of the drawing, the folds and the permutations.

    Returns:
        The AUC as statistic, and its p-value.

    Source: Lopez-Paz and Oquab, "Revisiting classifier two-sample tests", ICLR 2017, https://arxiv.org/abs/1610.06545.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x, same, moved = rng.normal(size=(3, 80, 5))
        >>> classifier_test(x, moved + 0.5).p_value < 0.01, classifier_test(x, same).p_value > 0.05
        (True, True)
    """
    drawn = on_one_scale(two_samples(source, target, most, seed))
    n, m = len(drawn.source), len(drawn.target)
    rng = np.random.default_rng(seed)
    fold = side_folds(n, m, folds, rng)
    sides = _permuted_within(np.repeat([0.0, 1.0], [n, m]), fold, permutations, rng)
    H = held_out_smoother(median_kernel(drawn.both) + 1.0, fold)
    return tested("classifier", _areas(H, sides, n, m), n, m)


def held_out_smoother(K: Array, fold: Array) -> Array:
    """H with `H z` the held-out predictions of kernel ridge regression of any labels z, (n, n); 0 inside a fold."""
    H = np.zeros_like(K)
    for k in np.unique(fold):
        test, train = np.flatnonzero(fold == k), np.flatnonzero(fold != k)
        system = K[np.ix_(train, train)] + NOISE * np.eye(len(train))
        H[np.ix_(test, train)] = cho_solve(cho_factor(system), K[np.ix_(train, test)]).T
    return H


def _permuted_within(truth: Array, fold: Array, permutations: int, rng: np.random.Generator) -> Array:
    sides = np.tile(truth, (1 + permutations, 1))
    for k in np.unique(fold):
        rows = np.flatnonzero(fold == k)
        sides[1:, rows] = rng.permuted(sides[1:, rows], axis=1)
    return sides


def _areas(H: Array, sides: Array, n: int, m: int) -> Array:
    """Area under the ROC curve for every line of `sides`, (k,)."""
    out = []
    for i in range(0, len(sides), BLOCK):
        z = sides[i : i + BLOCK]
        ranks = rankdata((2 * z - 1) @ H.T, axis=1)
        out.append(((ranks * z).sum(axis=1) - m * (m + 1) / 2) / (n * m))
    return np.concatenate(out)
